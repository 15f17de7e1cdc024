"""Sample, layer, method and target, to an `Explanation`.

`question` is one sample put to one model. `pipeline` goes from a pass to Explanations (`result`): a method is given
`layer_answers`, `attention_answers` or `pixel_answers`, and `assembly` makes an Explanation of what it says.
`scored_output` finds the target's score in an output, `batched_scores` the scores of many images. `layer_choice` is the
layer where none is asked for; `heatmap` fits a map to the image, `fusion` makes one heatmap of several layers', and
`comparison` sets two side by side.
"""

from attn_widget.explanation.comparison import Comparison
from attn_widget.explanation.fusion import fuse
from attn_widget.explanation.heatmap import to_heatmap
from attn_widget.explanation.layer_choice import leading_layer
from attn_widget.explanation.pipeline import explain, explain_many, explained
from attn_widget.explanation.question import Question
from attn_widget.explanation.result import Explanation, cell_under

__all__ = [
    "Comparison",
    "Explanation",
    "Question",
    "cell_under",
    "explain",
    "explain_many",
    "explained",
    "fuse",
    "leading_layer",
    "to_heatmap",
]
