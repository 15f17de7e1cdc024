"""The samples that were asked for last."""

from collections import OrderedDict
from collections.abc import Hashable

from attn_widget.samples.sample import Sample

MOST_KEPT = 32  # as many as a page of mistakes shows
MOST_BYTES = 256 * 2**20
"""How many samples are kept, and how many bytes of images and pictures; the latest always is."""


class KeptSamples:
    """A bounded cache of samples; the least recently used is dropped first."""

    def __init__(self) -> None:
        self._samples: OrderedDict[Hashable, Sample] = OrderedDict()

    def get(self, key: Hashable) -> Sample | None:
        """Give a sample, or None if it is not kept."""
        sample = self._samples.get(key)
        if sample is not None:
            self._samples.move_to_end(key)
        return sample

    def keep(self, key: Hashable, sample: Sample) -> None:
        """Keep a sample, and drop others to make room."""
        self._samples[key] = sample
        while len(self._samples) > MOST_KEPT or (len(self._samples) > 1 and self._bytes() > MOST_BYTES):
            self._samples.popitem(last=False)

    def _bytes(self) -> int:
        return sum(sample.nbytes for sample in self._samples.values())
