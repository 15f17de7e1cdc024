"""Sample, layer, method and target, to an `Explanation`.

`computing` goes from a pass to Explanations, `record` is what they hold, `heatmap` makes one map fit an image.
"""

from attn_widget.explanation.computing import explain, explain_many
from attn_widget.explanation.heatmap import to_heatmap
from attn_widget.explanation.record import Explanation

__all__ = ["Explanation", "explain", "explain_many", "to_heatmap"]
