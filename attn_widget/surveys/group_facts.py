"""What sets a group of mistakes apart, measured, each fact beside the same among right predictions."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from attn_widget.surveys.mistake_features import usual_contributions
from attn_widget.surveys.mistake_record import Mistakes

_LARGE = 0.8  # standard deviations of right ones: Cohen's (1988) large effect
_SURE = 5.0  # standard errors: by chance, the most of 2,048 channels reaches that in 1 of 1,000 groups
_FACTS = 3  # that are told, at most
_TWICE = 2.0  # as strong among right ones is the least that is said of a channel


@dataclass(frozen=True)
class Fact:
    """A mean over a group, and its control.

    `kind` is ``"outside"``, the part of the heat outside the middle half of rows and of columns; ``"region"``, that in
    one of nine equal parts of the image; ``"channel"`` or ``"part"``, the share of one in the contributions;
    ``"brightness"`` or ``"sharpness"``, as `picture_measures.brightness_and_sharpness` has them; or ``"confidence"``.
    `which` is the region, counted by rows, or the channel or part; else 0.
    """

    kind: str
    which: int
    value: float
    right: float  # the mean over right predictions; for a channel, over those of the same predicted classes
    apart: float  # the difference in standard deviations of right predictions


def facts_of(group: Mistakes, right: Mistakes, unit: str = "channel") -> tuple[Fact, ...]:
    """Give up to three facts that set a group apart, the largest difference first.

    A fact's mean must lie at least 0.8 standard deviations of right predictions from theirs, and 5 standard errors

        (mean - mean_right) / sqrt(var / n + var_right / n_right)

    (Welch 1947). Of the heat one fact is told, of the channels the one whose share exceeds its control most, if that
    is at least twice it.
    """
    heat = [*_heat_facts(group, right)]
    found = [*heat[:1], *_channel_facts(group, right, unit), *_picture_facts(group, right)]
    return tuple(sorted(found, key=lambda fact: -abs(fact.apart))[:_FACTS])


def confidence_of(group: Mistakes, right: Mistakes) -> Fact | None:
    """Say how sure the model is of a group and of right predictions; None where that is not known."""
    ours, theirs = (each.confidences[~np.isnan(each.confidences)] for each in (group, right))
    if not len(ours) or not len(theirs):
        return None
    apart, _ = _difference(ours, theirs)
    return Fact("confidence", 0, float(ours.mean()), float(theirs.mean()), apart)


def _heat_facts(group: Mistakes, right: Mistakes) -> Iterator[Fact]:
    """Give the facts about where the heat lies, the largest first."""
    ours, theirs = _heat_by_part(group.maps), _heat_by_part(right.maps)
    facts = []
    for part in range(ours.shape[1]):
        kind, which = ("outside", 0) if part == 0 else ("region", part - 1)
        fact = _told(kind, which, ours[:, part], theirs[:, part])
        if fact is not None and (part == 0 or fact.value > fact.right):
            facts.append(fact)
    yield from sorted(facts, key=lambda fact: -abs(fact.apart))


def _heat_by_part(maps: np.ndarray) -> np.ndarray:
    """Give the parts of each heatmap's heat outside the centre and in nine regions: ``[m, 10]``; NaN for no heat."""
    heat = np.maximum(np.nan_to_num(maps.astype(np.float64)), 0)
    total = heat.sum((1, 2))
    inside = _weights(maps.shape[1], 0.25, 0.75)[:, None] * _weights(maps.shape[2], 0.25, 0.75)
    parts = [1 - inside]
    for row in range(3):
        for column in range(3):
            rows = _weights(maps.shape[1], row / 3, (row + 1) / 3)
            parts.append(rows[:, None] * _weights(maps.shape[2], column / 3, (column + 1) / 3))
    lies = np.stack([(heat * part).sum((1, 2)) for part in parts], axis=1)
    return np.divide(lies, total[:, None], out=np.full_like(lies, np.nan), where=total[:, None] > 0)


def _weights(cells: int, start: float, end: float) -> np.ndarray:
    """Say how much of each cell of a row lies between two fractions of its length."""
    edges = np.linspace(0, 1, cells + 1)
    within = np.minimum(edges[1:], end) - np.maximum(edges[:-1], start)
    return np.clip(within * cells, 0, 1)


def _channel_facts(group: Mistakes, right: Mistakes, unit: str) -> Iterator[Fact]:
    """Give the channel, or the part, whose share exceeds its control most."""
    ours = np.nan_to_num(group.contributions.astype(np.float64))
    usual = usual_contributions(group.predicted, right).mean(0)
    for channel in np.argsort(usual - ours.mean(0))[:1].tolist():
        if ours[:, channel].mean() < _TWICE * max(usual[channel], 0):
            return
        theirs = right.contributions[:, channel].astype(np.float64)
        fact = _told(unit, channel, ours[:, channel], theirs - np.nanmean(theirs) + usual[channel])
        if fact is not None:
            yield fact


def _picture_facts(group: Mistakes, right: Mistakes) -> Iterator[Fact]:
    for column, kind in enumerate(("brightness", "sharpness")):
        fact = _told(kind, 0, group.pictures[:, column], right.pictures[:, column])
        if fact is not None:
            yield fact


def _told(kind: str, which: int, ours: np.ndarray, theirs: np.ndarray) -> Fact | None:
    """Make a fact of values that differ enough to be told."""
    ours, theirs = (each[~np.isnan(each)].astype(np.float64) for each in (ours, theirs))
    if len(ours) < 2 or len(theirs) < 2:
        return None
    apart, errors = _difference(ours, theirs)
    if abs(apart) < _LARGE or abs(errors) < _SURE:
        return None
    return Fact(kind, which, float(ours.mean()), float(theirs.mean()), apart)


def _difference(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float]:
    """Give the difference of the means in standard deviations of the second, and in standard errors."""
    difference = float(ours.mean() - theirs.mean())
    error = float(np.sqrt(ours.var() / len(ours) + theirs.var() / len(theirs)))
    tiny = 1e-12
    return difference / max(float(theirs.std()), tiny), difference / max(error, tiny)
