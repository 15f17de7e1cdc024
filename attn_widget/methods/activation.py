"""What a method is given, and what it gives back."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Activation:
    """A layer's output for one sample.

    Attributes
    ----------
    maps : ndarray ``[K, h, w]``, float64
        The layer's channels on their grid.
    """

    maps: np.ndarray


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
