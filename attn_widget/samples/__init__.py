"""A loader as samples, reached by position: the same position is the same sample at every redraw."""

from .sample import Sample, SampleError
from .samples import Samples

__all__ = ["Sample", "SampleError", "Samples"]
