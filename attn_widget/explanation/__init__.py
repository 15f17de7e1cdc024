"""Sample, layer, method and target, to an `Explanation`.

`computing` goes from a pass to Explanations, `asking` runs what the methods ask of the model, `record` is what
an Explanation holds, `heatmap` makes one map fit an image, `fusing` combines layers.
"""

from attn_widget.explanation.computing import explain, explain_many
from attn_widget.explanation.fusing import fuse
from attn_widget.explanation.heatmap import to_heatmap
from attn_widget.explanation.record import Explanation

__all__ = ["Explanation", "explain", "explain_many", "fuse", "to_heatmap"]
