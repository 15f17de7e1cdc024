"""What a survey adds up on its way: sums, counts, and the samples kept; two of them can be merged in any order."""

from dataclasses import dataclass, replace

import numpy as np

from attn_widget.surveys.heat_sums import HeatSums
from attn_widget.surveys.kept_samples import Kept
from attn_widget.surveys.strongest_samples import Strongest


@dataclass(frozen=True)
class Bounds:
    """How much is kept: strongest channels that are counted, exemplars of a channel, mistakes."""

    top_k: int
    exemplars: int
    mistakes: int


@dataclass(eq=False)
class SurveySums:
    """Sums over samples, for K channels on a grid ``(h, w)`` and n classes."""

    bounds: Bounds
    means: np.ndarray  # of the channels' grid means, by true class: ``[n, K]``, float64
    labelled: np.ndarray  # samples of each true class, ``[n]``, int64
    shares: np.ndarray  # of the channels' shares, among right and among wrong predictions: ``[2, K]``, float64
    compared: np.ndarray  # right and wrong predictions, ``[2]``, int64
    strongest: np.ndarray  # for how many samples each channel was among the `top_k` of largest share: ``[K]``, int64
    by_activation: Strongest
    by_contribution: Strongest
    by_label: HeatSums
    by_prediction: HeatSums
    wrong: Kept
    right: Kept

    @classmethod
    def none(cls, bounds: Bounds, classes: int, channels: int, grid: tuple[int, int]) -> "SurveySums":
        """Begin without samples."""
        return cls(
            bounds,
            np.zeros((classes, channels)),
            np.zeros(classes, np.int64),
            np.zeros((2, channels)),
            np.zeros(2, np.int64),
            np.zeros(channels, np.int64),
            Strongest.none(bounds.exemplars, channels),
            Strongest.none(bounds.exemplars, channels),
            HeatSums.none(classes, grid),
            HeatSums.none(classes, grid),
            Kept(bounds.mistakes),
            Kept(bounds.mistakes),
        )

    @property
    def grid(self) -> tuple[int, int]:
        """The layer's grid, ``(h, w)``."""
        height, width = self.by_label.total.shape[1:]
        return height, width

    def beside(self, other: "SurveySums") -> "SurveySums":
        """Merge two, of different samples."""
        return replace(
            self,
            **{
                name: getattr(self, name) + getattr(other, name)
                for name in ("means", "labelled", "shares", "compared", "strongest")
            },
            **{
                name: getattr(self, name).beside(getattr(other, name))
                for name in ("by_activation", "by_contribution", "by_label", "by_prediction", "wrong", "right")
            },
        )

    def add_channels(
        self, about: np.ndarray, means: np.ndarray, peaks: np.ndarray, cells: np.ndarray, shares: np.ndarray
    ) -> None:
        """Add what the channels do in N samples, ``[N, K]`` each; `about` is ``[3, N]``: position, label, predicted."""
        _, labels, predicted = about
        known = (labels >= 0) & (labels < len(self.labelled)) & np.isfinite(means).all(1)
        np.add.at(self.means, labels[known], means[known])
        np.add.at(self.labelled, labels[known], 1)
        finite = np.isfinite(shares).all(1) & (labels >= 0) & (predicted >= 0)
        for place, chosen in enumerate((finite & (labels == predicted), finite & (labels != predicted))):
            self.shares[place] += shares[chosen].sum(0, dtype=np.float64)
            self.compared[place] += chosen.sum()
        top = _highest(shares, self.bounds.top_k)
        np.add.at(self.strongest, top[np.take_along_axis(shares, top, 1) > 0], 1)
        self.by_activation = self.by_activation.among(peaks, cells, about)
        self.by_contribution = self.by_contribution.among(shares, cells, about)

    def add_heat(self, labels: np.ndarray, predicted: np.ndarray, heat: np.ndarray) -> None:
        """Add overall heatmaps ``[N, h, w]``."""
        self.by_label.add(labels, heat)
        self.by_prediction.add(predicted, heat)


def _highest(shares: np.ndarray, count: int) -> np.ndarray:
    """Find the channels of largest share in each sample, ``[N, count]``; of equal ones, the first."""
    known = np.where(np.isnan(shares), -np.inf, shares)
    return np.argsort(-known, axis=1, kind="stable")[:, :count]
