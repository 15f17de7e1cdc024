"""A loader as samples, reached by position: the same position is the same sample at every redraw."""

from attn_widget.samples.labels import as_label
from attn_widget.samples.sample import Label, Sample, SampleError
from attn_widget.samples.samples import Samples

__all__ = ["Label", "Sample", "SampleError", "Samples", "as_label"]
