"""Whether a method, which may be a user's, gives a weighing of the channels that it was asked about."""

from typing import Any

import numpy as np

from attn_widget.methods.activation import Activation, Weighing
from attn_widget.methods.registry import Method


def weighing_by(method: Method, activation: Activation) -> Weighing:
    """Weigh channels by a method that reads layers.

    Raises
    ------
    TypeError
        Where the method gives no `Weighing`, or one that does not hold arrays.
    ValueError
        Where the arrays do not have the channels and grid of the maps.
    """
    weighing: Any = method.weigh(activation)
    if not isinstance(weighing, Weighing):
        raise TypeError(f"method {method.name!r} must give a Weighing, got {type(weighing).__name__}")
    for name, array in (("weights", weighing.weights), ("factors", weighing.factors)):
        if not isinstance(array, np.ndarray):
            raise TypeError(f"{name} of method {method.name!r} must be a NumPy array, got {type(array).__name__}")
    maps = weighing.weighed(activation.maps).shape
    weights, factors = weighing.weights.shape, weighing.factors.shape
    if weights != maps[:-2] or not (factors == maps[:-2] or _spreads(factors, maps)):
        raise ValueError(
            f"method {method.name!r} gave weights {list(weights)} and factors {list(factors)} for maps {list(maps)}: "
            f"weights must be {list(maps[:-2])}, and factors {list(maps[:-2])} or {list(maps)}"
        )
    return weighing


def _spreads(factors: tuple[int, ...], maps: tuple[int, ...]) -> bool:
    """Whether there is a factor for each cell, perhaps the same along an axis of length one."""
    return len(factors) == len(maps) and all(one in (1, other) for one, other in zip(factors, maps, strict=True))
