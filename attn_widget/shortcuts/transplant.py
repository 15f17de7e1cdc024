"""Transplants: many pictures with something of others in them, and what the model says of each."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
import torch

from attn_widget.predictions.columns import NO_CLASS
from attn_widget.predictions.predictor import Predictor
from attn_widget.samples import Axes, Portion
from attn_widget.shortcuts import picture_regions as regions
from attn_widget.shortcuts.cues import Cue, RegionCue, pasted
from attn_widget.shortcuts.sure_samples import Picked

_MOST = 128  # pictures in one pass
_NUMBERS = 2**22  # in the pictures of one pass

Trial = tuple[int, Picked]
"""The number of a source, and the picture to paste onto."""

Altered = tuple[torch.Tensor, int]
"""An image ``[C, H, W]``, and the label to read the output beside."""


class Verdicts:
    """Predicts altered pictures in batches; `report` is told how many were, and what it raises ends the work."""

    def __init__(self, predictor: Predictor, axes: Axes, report: Callable[[int], object]) -> None:
        self._predictor, self._axes, self._report = predictor, axes, report

    def of(self, altered: Iterable[Altered]) -> np.ndarray:
        """Give the predicted class of each: ``[n]``, int32; -1 where the model gives none.

        Only one batch of them is held at a time. Raises the Refusal of a model that fails on all.
        """
        rest, found = iter(altered), [np.zeros(0, np.int32)]
        while first := list(islice(rest, 1)):
            size = min(max(_NUMBERS // first[0][0].numel(), 1), _MOST)
            found.append(self._batch([*first, *islice(rest, size - 1)]))
        return np.concatenate(found)

    def _batch(self, altered: Sequence[Altered]) -> np.ndarray:
        count = len(altered)
        images = torch.stack([image for image, _ in altered])
        labels = np.array([label for _, label in altered], np.int64)
        axes: list[Axes] = [] if self._axes == "CHW" else [self._axes] * count
        scored = self._predictor.predict(Portion(0, count, images, labels, axes=axes))
        if scored.refusal is not None:
            raise scored.refusal
        self._report(count)
        return scored.columns["predicted"]


def pairs(sources: int, targets: Sequence[Picked]) -> list[Trial]:
    """Pair each picture with a source, in turn."""
    return [(at % sources, target) for at, target in enumerate(targets)]


def transplanted(cue: Cue, trials: Iterable[Trial]) -> Iterator[Altered]:
    """Put the cue onto pictures."""
    for source, target in trials:
        yield cue.onto(source, target.image), target.label


def taken_out(cue: Cue, class_: int, trials: Iterable[Trial]) -> Iterator[Altered]:
    """Put what pictures have in the cue's place into its sources."""
    for source, other in trials:
        yield cue.without(source, other.image), class_


def at_coldest(cue: RegionCue, heats: Sequence[np.ndarray], trials: Iterable[Trial]) -> Iterator[Altered]:
    """Paste the coldest region of the same shape instead."""
    masks = [regions.coldest(heat, cue.kind, cue.size) for heat in heats]
    yield from transplanted(RegionCue(cue.kind, cue.size, cue.images, masks), trials)


def at_random(cue: RegionCue, generator: np.random.Generator, trials: Iterable[Trial]) -> Iterator[Altered]:
    """Paste a region of the same shape from a random place instead, drawn for each."""
    for source, target in trials:
        height, width = target.image.shape[1:]
        mask = regions.at_random(generator, (height, width), cue.kind, cue.size)
        yield pasted(mask, cue.images[source], target.image), target.label


def of_others(cues: Sequence[Cue], trials: Sequence[Trial]) -> Iterator[Altered]:
    """Put other classes' cues of the same kind onto pictures, each class's in turn."""
    for at, (source, target) in enumerate(trials):
        yield cues[at % len(cues)].onto(source, target.image), target.label


def edges_alone(cue: RegionCue, class_: int, pool: Sequence[Picked], trials: Sequence[Trial]) -> Iterator[Altered]:
    """Paste the cue's region of another picture: one of the target's own class or, failing that, any other class."""
    for at, (source, target) in enumerate(trials):
        others = [one for one in pool if one is not target and not one.is_of(class_)]
        alike = [one for one in others if one.label == target.label != NO_CLASS]
        donors = alike or others
        if donors:
            yield pasted(cue.masks[source], donors[at % len(donors)].image, target.image), target.label
