"""The measures of heatmaps that `compare_methods` knows by name."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.capture import Forward
from attn_widget.evidence.confidence_changes import average_drop, increase_in_confidence
from attn_widget.evidence.curves import Curve, deletion, insertion
from attn_widget.evidence.pointing import energy_inside, pointing_game
from attn_widget.evidence.road_curve import road
from attn_widget.explanation import Explanation
from attn_widget.samples import Label, Pair
from attn_widget.targets import Target


@dataclass(frozen=True, eq=False)
class Case:
    """A heatmap to be measured, and what it is of.

    Attributes
    ----------
    model, image, target, label, forward
        What was explained, as `explain` takes it; image is ``[C, H, W]``.
    heatmap : ndarray ``[H, W]``
        In [0, 1].
    explanation : Explanation or None
        None for a control, which explains nothing.
    region : array_like or None
        The mask or boxes of the image's object, where they were given.
    """

    model: nn.Module
    image: torch.Tensor
    target: Target
    label: Label | Pair
    forward: Forward | None
    heatmap: np.ndarray
    explanation: Explanation | None
    region: Any

    @property
    def heat(self) -> np.ndarray | Explanation:
        """What the games read: the explanation, whose heat is not stretched to [0, 1], or else the heatmap."""
        return self.heatmap if self.explanation is None else self.explanation


Measure = Callable[[Case], float]
"""A number for a heatmap; NaN where it has none."""


def _area(draw: Callable[..., Curve]) -> Measure:
    """Measure the area under a curve."""
    return lambda case: (
        draw(case.model, case.image, case.heatmap, target=case.target, label=case.label, forward=case.forward).area
    )


def _of_one(measure: Callable[..., float]) -> Measure:
    """Measure one image with a measure of several."""
    return lambda case: measure(
        case.model, [case.image], [case.heatmap], target=case.target, labels=[case.label], forward=case.forward
    )


MEASURES: dict[str, Measure] = {
    "deletion": _area(deletion),
    "insertion": _area(insertion),
    "road": _area(road),
    "average_drop": _of_one(average_drop),
    "increase_in_confidence": _of_one(increase_in_confidence),
    "pointing_game": lambda case: pointing_game(case.heat, case.region),
    "energy_inside": lambda case: energy_inside(case.heat, case.region),
    "class_shift": lambda case: math.nan if case.explanation is None else case.explanation.class_shift,
}

NEED_REGIONS = frozenset({"pointing_game", "energy_inside"})


def measure_named(name: str) -> Measure:
    """Look a measure up; raise a `ValueError` if none has that name."""
    if name not in MEASURES:
        known = ", ".join(map(repr, MEASURES))
        raise ValueError(f"measures must be of {known}, or functions of a Case that give a number; got {name!r}")
    return MEASURES[name]
