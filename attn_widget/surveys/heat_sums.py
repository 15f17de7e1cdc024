"""Sums of overall heatmaps by class, and what they give: mean and spread."""

from dataclasses import dataclass

import numpy as np

from attn_widget.surveys.survey_record import ClassMaps


@dataclass(frozen=True, eq=False)
class HeatSums:
    """How many heatmaps of each of n classes were added, their sum, and the sum of their squares."""

    counts: np.ndarray  # ``[n]``, int64
    total: np.ndarray  # ``[n, h, w]``, float64
    squares: np.ndarray  # ``[n, h, w]``, float64

    @classmethod
    def none(cls, classes: int, grid: tuple[int, int]) -> "HeatSums":
        """Begin without heatmaps."""
        return cls(np.zeros(classes, np.int64), np.zeros((classes, *grid)), np.zeros((classes, *grid)))

    def add(self, classes: np.ndarray, heat: np.ndarray) -> None:
        """Add heatmaps ``[N, h, w]`` of these classes ``[N]``; those outside the n classes, and NaN, are left out."""
        known = (classes >= 0) & (classes < len(self.counts)) & np.isfinite(heat).all((1, 2))
        np.add.at(self.counts, classes[known], 1)
        np.add.at(self.total, classes[known], heat[known])
        np.add.at(self.squares, classes[known], heat[known].astype(np.float64) ** 2)

    def beside(self, other: "HeatSums") -> "HeatSums":
        """Add both."""
        return HeatSums(self.counts + other.counts, self.total + other.total, self.squares + other.squares)

    @property
    def maps(self) -> ClassMaps:
        """Mean and standard deviation."""
        count = np.where(self.counts > 0, self.counts, np.nan)[:, None, None]
        mean = self.total / count
        spread = np.sqrt(np.maximum(self.squares / count - mean**2, 0))
        return ClassMaps(self.counts.copy(), mean.astype(np.float32), spread.astype(np.float32))
