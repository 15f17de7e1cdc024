"""How much of an overall heatmap moves from one class to another."""

import math
from collections.abc import Callable, Sequence
from typing import TypedDict

import numpy as np

from attn_widget.explanation.scored_output import ScoredOutput


class Shift(TypedDict):
    """The fields of an `Explanation` about its class shift."""

    class_shift: float
    shift_classes: tuple[int, int] | None


UNMEASURED = Shift(class_shift=math.nan, shift_classes=None)

Gradients = Sequence[np.ndarray]
"""Of a score, with respect to each tensor that a method reads."""


def shift_between(
    output: ScoredOutput,
    own_map: np.ndarray,
    own: Gradients,
    second: Gradients | None,
    map_for: Callable[[Gradients], np.ndarray],
) -> Shift:
    """Compare the overall maps of the two classes of an output's `pair`.

    Parameters
    ----------
    output : ScoredOutput
        Names the classes.
    own_map : ndarray ``[h, w]``
        The target's overall map.
    own, second : sequence of ndarray
        The gradients of the target's score, and of the second class's if they came with the pass.
    map_for : callable
        Gives the overall map for other gradients; it may raise, as a registered method may want more than those.
    """
    if output.pair is None or second is None:
        return UNMEASURED
    try:
        first = own_map
        if isinstance(output.settled, tuple):  # a difference of two scores: adding the second gives the first
            first = map_for([one + other for one, other in zip(own, second, strict=True)])
        return Shift(class_shift=total_variation(first, map_for(second)), shift_classes=output.pair)
    except Exception:  # the target's own map stands all the same
        return UNMEASURED


def total_variation(first: np.ndarray, second: np.ndarray) -> float:
    """Give the total variation of two maps of one shape, each rectified and divided by its sum.

    NaN where one of them is nowhere positive, or holds NaN or infinite values.
    """
    shares = []
    for map_ in (first, second):
        heat = np.maximum(map_.astype(np.float64), 0)
        total = heat.sum()
        if not 0 < total < math.inf:
            return math.nan
        shares.append(heat / total)
    return min(float(np.abs(shares[0] - shares[1]).sum() / 2), 1.0)
