"""Single samples that a survey keeps: the worst mistakes, and right predictions drawn at random."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from attn_widget.surveys.mistake_record import Mistakes


@dataclass(frozen=True)
class KeptSample:
    """What is kept of one sample: a row of `Mistakes`."""

    position: int
    label: int
    predicted: int
    loss: float
    confidence: float
    map: np.ndarray = field(compare=False)  # ``[h, w]``, float32
    shares: np.ndarray = field(compare=False)  # ``[K]``, float32
    picture: tuple[float, float] = field(compare=False)


@dataclass(frozen=True, eq=False)
class Kept:
    """At most so many samples, those of highest key; of equal ones, those at lower positions."""

    most: int
    heap: list[tuple[float, int, KeptSample]] = field(default_factory=list)  # key, minus the position, sample

    def __iter__(self) -> Iterator[tuple[float, KeptSample]]:
        return ((key, sample) for key, _, sample in sorted(self.heap, key=lambda one: one[:2], reverse=True))

    def takes(self, key: float, position: int) -> bool:
        """Whether a sample with this key would be kept."""
        return self.most > 0 and (len(self.heap) < self.most or (key, -position) > self.heap[0][:2])

    def add(self, key: float, sample: KeptSample) -> None:
        """Keep a sample, in the place of the one of lowest key if there are too many."""
        entry = (key, -sample.position, sample)
        if len(self.heap) < self.most:
            heapq.heappush(self.heap, entry)
        else:
            heapq.heappushpop(self.heap, entry)

    def beside(self, other: "Kept") -> "Kept":
        """Keep those of highest key of both."""
        return Kept(self.most, sorted(heapq.nlargest(self.most, [*self.heap, *other.heap], key=lambda one: one[:2])))

    def record(self, grid: tuple[int, int], channels: int) -> Mistakes:
        """Give them as arrays, highest key first."""
        kept = [sample for _, sample in self]
        return Mistakes(
            np.array([one.position for one in kept], np.int64),
            np.array([one.label for one in kept], np.int32),
            np.array([one.predicted for one in kept], np.int32),
            np.array([one.loss for one in kept], np.float32),
            np.array([one.map for one in kept], np.float32).reshape(-1, *grid),
            np.array([one.shares for one in kept], np.float32).reshape(-1, channels),
            np.array([one.confidence for one in kept], np.float32),
            np.array([one.picture for one in kept], np.float32).reshape(-1, 2),
        )


def lot_of(position: int) -> float:
    """Draw a lot for a position, the same each time: uniform in [0, 1) (splitmix64; Steele, Lea & Flood 2014)."""
    mask = 2**64 - 1
    mixed = (position + 1) * 0x9E3779B97F4A7C15 & mask
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & mask
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & mask
    return (mixed ^ mixed >> 31) / 2**64
