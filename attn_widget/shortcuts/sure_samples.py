"""The samples that a search for shortcuts works on: each class's surest ones, and pictures to paste onto."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from attn_widget.predictions import Review
from attn_widget.predictions.columns import NO_CLASS
from attn_widget.samples import Axes, SampleError, Samples
from attn_widget.samples.items import Item

SOURCES = 8
"""How many of its surest samples stand for a class."""

LEAST_SOURCES = 4
"""A class with fewer right samples is not searched."""

_TARGETS = 160
_MOST_CLASSES = 20


@dataclass(frozen=True, eq=False)
class Picked:
    """A sample that was read."""

    position: int
    item: Item
    label: int  # -1 for none
    predicted: int

    @property
    def image(self) -> torch.Tensor:
        """The image as the model takes it, ``[C, H, W]``."""
        return self.item.image

    def is_of(self, class_: int) -> bool:
        """Whether label or prediction say so."""
        return class_ in (self.label, self.predicted)


@dataclass(frozen=True, eq=False)
class Picks:
    """All samples that are needed, in memory at the same time; their images have one shape."""

    sources: dict[int, list[Picked]]  # by class, surest first
    targets: list[Picked]  # of any class, in a random order
    axes: Axes

    @property
    def range(self) -> tuple[float, float]:
        """The lowest and highest value of any image."""
        images = [one.image for one in self.targets]
        return float(min(image.min() for image in images)), float(max(image.max() for image in images))


def surest(review: Review, classes: Iterable[int] | None) -> dict[int, np.ndarray]:
    """Give the positions of each class's right samples, surest first; where there is no label, the prediction counts.

    Without `classes`, these are the up to 20 that have most right samples. A class with fewer than 4 is left out.
    """
    labels, predicted, confidence = review.labels, review.predicted, review.confidence
    right = (predicted != NO_CLASS) & ((labels == predicted) | (labels == NO_CLASS))
    if classes is None:
        counts = np.bincount(predicted[right], minlength=1)
        classes = np.sort(np.argsort(-counts, kind="stable")[:_MOST_CLASSES]).tolist()
    found = {}
    for class_ in classes:
        positions = np.flatnonzero(right & (predicted == class_))
        if len(positions) >= LEAST_SOURCES:
            found[class_] = positions[np.argsort(-confidence[positions], kind="stable")]
    return found


def pick(
    samples: Samples,
    review: Review,
    by_class: dict[int, np.ndarray],
    seed: int,
    report: Callable[[], object],
) -> Picks:
    """Read the samples; one that cannot be read, or whose image has another shape than the first's, is passed over."""
    reader = _Reader(samples, review, report)
    sources = {class_: reader.first(positions, SOURCES) for class_, positions in by_class.items()}
    taken = {one.position for several in sources.values() for one in several}
    order = np.random.default_rng(seed).permutation(np.flatnonzero(review.predicted != NO_CLASS))
    rest = order[~np.isin(order, list(taken))]
    targets = reader.first(rest if len(rest) else order, _TARGETS)
    enough = {class_: several for class_, several in sources.items() if len(several) >= LEAST_SOURCES}
    return Picks(enough, targets, reader.axes)


class _Reader:
    """Reads samples whose images are alike."""

    def __init__(self, samples: Samples, review: Review, report: Callable[[], object]) -> None:
        self._samples, self._review, self._report = samples, review, report
        self._shape: tuple[object, ...] | None = None
        self.axes: Axes = "CHW"

    def first(self, positions: Sequence[int] | np.ndarray, count: int) -> list[Picked]:
        """Read the first of these samples that can be used."""
        found: list[Picked] = []
        for position in map(int, positions):
            if len(found) == count:
                break
            self._report()
            try:
                item = self._samples.item(position)
            except (SampleError, IndexError):
                continue
            shape = (item.image.shape, item.image.dtype, item.axes)
            if self._shape is None:
                self._shape, self.axes = shape, item.axes
            if shape == self._shape:
                label, predicted = int(self._review.labels[position]), int(self._review.predicted[position])
                found.append(Picked(position, item, label, predicted))
        return found
