"""A loader as samples, reached by position: the same position is the same sample at every redraw."""

from attn_widget.samples.images import Axes, with_axes
from attn_widget.samples.labels import read_label
from attn_widget.samples.loader_portions import open_portions
from attn_widget.samples.picture import Rendering, as_rendering
from attn_widget.samples.portions import Portion
from attn_widget.samples.sample import Label, Pair, Place, Sample, SampleError
from attn_widget.samples.samples import Samples, as_samples

__all__ = [
    "Axes",
    "Label",
    "Pair",
    "Place",
    "Portion",
    "Rendering",
    "Sample",
    "SampleError",
    "Samples",
    "as_rendering",
    "as_samples",
    "open_portions",
    "read_label",
    "with_axes",
]
