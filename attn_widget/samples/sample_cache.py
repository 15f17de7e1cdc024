"""The last samples that were asked for."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import replace

from attn_widget.samples.sample import Sample

MOST_KEPT = 32  # as many as a page of mistakes shows
MOST_BYTES = 256 * 2**20
"""How many samples are kept, and how many bytes of images and pictures; the last one always is."""


class KeptSamples:
    """Samples, of which those are dropped first that were not asked for for longest."""

    def __init__(self) -> None:
        self._samples: OrderedDict[Hashable, Sample] = OrderedDict()

    def get(self, key: Hashable) -> Sample | None:
        """Give a sample; None where it is not kept."""
        sample = self._samples.get(key)
        if sample is not None:
            self._samples.move_to_end(key)
        return sample

    def keep(self, key: Hashable, sample: Sample) -> None:
        """Keep a sample, and drop others for which there is no room."""
        self._samples[key] = sample
        while len(self._samples) > MOST_KEPT or (len(self._samples) > 1 and self._bytes() > MOST_BYTES):
            self._samples.popitem(last=False)

    def _bytes(self) -> int:
        return sum(sample.nbytes for sample in self._samples.values())


def with_image_of_its_own(sample: Sample) -> Sample:
    """Give a sample into whose image may be written."""
    return replace(sample, image=sample.image.clone())
