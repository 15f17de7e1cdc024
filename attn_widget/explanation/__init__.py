"""Sample, layer, method and target, to an `Explanation`.

`computing` goes from a pass to Explanations, which `composing` puts together; `asking` is one sample put to
one model, `answering` what a method asks of a layer, `attending` of all the attention, `attributing` of the
image's pixels, and `batching` scores many images; `record` is what an Explanation holds, `heatmap` makes one
map fit an image, `fusing` combines layers, `comparing` sets two side by side, `leading` chooses the layer
where none is asked for.
"""

from attn_widget.explanation.comparison import Comparison
from attn_widget.explanation.fusion import fuse
from attn_widget.explanation.heatmap import to_heatmap
from attn_widget.explanation.layer_choice import leading_layer
from attn_widget.explanation.pipeline import asked, explain, explain_many, explained
from attn_widget.explanation.question import Question
from attn_widget.explanation.result import Explanation, cell_under

__all__ = [
    "Comparison",
    "Explanation",
    "Question",
    "asked",
    "cell_under",
    "explain",
    "explain_many",
    "explained",
    "fuse",
    "leading_layer",
    "to_heatmap",
]
