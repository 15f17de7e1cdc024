"""What a method is given, and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np


class Activation:
    """A layer's output for one sample.

    Parameters
    ----------
    maps : ndarray ``[K, h, w]``
        The layer's channels on their grid.
    gradients : callable
        Gives the gradients of the target's score with respect to the maps, ``[K, h, w]``; called when asked for.

    Attributes
    ----------
    maps : ndarray ``[K, h, w]``, float64
        The same.
    """

    def __init__(self, maps: np.ndarray, gradients: Callable[[], np.ndarray]) -> None:
        self.maps = maps.astype(np.float64)
        self._gradients = gradients

    @cached_property
    def gradients(self) -> np.ndarray:
        """Of the target's score with respect to the maps, ``[K, h, w]``, float64."""
        return self._gradients().astype(np.float64)


@dataclass(frozen=True, eq=False)
class Weighing:
    """What a method says of the channels.

    A channel's contribution to the overall map is its factor times its map.

    Attributes
    ----------
    weights : ndarray ``[K]``, float64
        One number a channel.
    factors : ndarray ``[K]`` or ``[K, h, w]``, float64
        What each map is multiplied by, as a whole or element by element.
    """

    weights: np.ndarray
    factors: np.ndarray

    def overall_map(self, maps: np.ndarray) -> np.ndarray:
        """Sum all channels' contributions: ``[K, h, w]`` to ``[h, w]``, not rectified."""
        if self.factors.ndim == 1:
            return np.tensordot(self.factors, maps, axes=1)
        return np.einsum("khw,khw->hw", self.factors, maps)

    def strengths(self, maps: np.ndarray) -> np.ndarray:
        """Give the grid mean of each channel's contribution, ``[K]``."""
        if self.factors.ndim == 1:
            return self.factors * maps.mean(axis=(1, 2))
        return np.einsum("khw,khw->k", self.factors, maps) / maps[0].size
