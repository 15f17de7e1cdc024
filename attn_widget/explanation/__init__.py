"""From a sample, a layer, a method and a target to an `Explanation`.

`question` puts one sample to one model. `pipeline` turns a pass into Explanations (`result`): a method gets
`layer_answers`, `attention_answers` or `pixel_answers`, and `assembly` makes an Explanation of what it finds.
`scored_output` finds the target's score in an output, `batched_scores` scores many images. `layer_choice` picks the
default layer, and `altered_question` silences channels (`silencing`); `heatmap` fits a map to the image, `fusion`
combines the heatmaps of several layers, and `comparison` sets two explanations side by side. `batch` explains many
images in one pass (`batch_pass`), if that does not change what the model gives for each (`batch_output`), and
`weighed_batch` gives all channels of a batch as arrays, without an Explanation for each image. `explanation_files` has
the file of an Explanation, and a `glance` is what was found of one of many samples.
"""

from attn_widget.explanation.batch import explain_batch, explained_batch
from attn_widget.explanation.comparison import Comparison
from attn_widget.explanation.fusion import fuse
from attn_widget.explanation.glance import Glance
from attn_widget.explanation.heatmap import on_scale, to_heatmap
from attn_widget.explanation.layer_choice import leading_layer
from attn_widget.explanation.pipeline import explain, explain_many, explained, silenced
from attn_widget.explanation.question import Question
from attn_widget.explanation.result import Explanation, cell_under
from attn_widget.explanation.silencing import Silencing
from attn_widget.explanation.weighed_batch import Weighed, Weigher

__all__ = [
    "Comparison",
    "Explanation",
    "Glance",
    "Question",
    "Silencing",
    "Weighed",
    "Weigher",
    "cell_under",
    "explain",
    "explain_batch",
    "explain_many",
    "explained",
    "explained_batch",
    "fuse",
    "leading_layer",
    "on_scale",
    "silenced",
    "to_heatmap",
]
