"""What a survey keeps while it runs: sums and the best few, which can be merged in any order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attn_widget.explanation.heatmap import resized
from attn_widget.explanation.weighed_batch import Weighed
from attn_widget.predictions.columns import NO_CLASS
from attn_widget.surveys.bounded_samples import BoundedSamples, Picture
from attn_widget.surveys.class_sums import ClassSums
from attn_widget.surveys.portion_look import Look
from attn_widget.surveys.top_samples import TopSamples
from attn_widget.words import surveys


@dataclass(frozen=True)
class Bounds:
    """How much is kept of single samples."""

    top_k: int  # channels of a sample that count as its strongest
    exemplars: int  # samples for each channel
    mistakes: int  # and as many right predictions


class Sums:
    """The sums over some samples, whose layer has K channels; heatmaps lie on one grid ``(h, w)``.

    Attributes
    ----------
    by_label, by_prediction : ClassSums
        Of the heatmaps and their squares, flattened; by label, the channels' grid means come first.
    share_counts, shares : ndarray ``[2]``, int64, and ``[2, K]``, float64
        The number of right and of wrong predictions, and the sums of their shares.
    strongest : ndarray ``[K]``, int64
    by_activation, by_contribution : TopSamples
    mistakes, right : BoundedSamples
    blank : int
        Samples whose heatmap is blank.
    """

    def __init__(self, bounds: Bounds, channels: int, grid: tuple[int, int]) -> None:
        self.bounds, self.channels, self.grid = bounds, channels, grid
        cells = grid[0] * grid[1]
        self.by_label, self.by_prediction = ClassSums(channels + 2 * cells), ClassSums(2 * cells)
        self.share_counts, self.shares = np.zeros(2, np.int64), np.zeros((2, channels))
        self.strongest = np.zeros(channels, np.int64)
        self.by_activation, self.by_contribution = (TopSamples.none(bounds.exemplars, channels) for _ in range(2))
        self.mistakes, self.right = (BoundedSamples.none(bounds.mistakes, channels, grid) for _ in range(2))
        self.blank = 0

    @property
    def nbytes(self) -> int:
        """How much memory the sums take, in bytes."""
        tables = (self.by_label, self.by_prediction)
        arrays = [array for table in tables for array in (table.counts, table.sums)]
        arrays += [top.entries for top in (self.by_activation, self.by_contribution)]
        arrays += [array for kept in (self.mistakes, self.right) for array in (kept.keys, *vars(kept.kept).values())]
        return sum(array.nbytes for array in (*arrays, self.shares, self.strongest))

    def add(self, look: Look, classes: int, picture: Picture | None) -> None:
        """Add samples, given the model's number of classes; heatmaps are resized where they lie on another grid."""
        weighed, width = look.weighed, look.heat.shape[2]
        heat = look.heat
        if heat.shape[1:] != self.grid:
            heat = np.stack([resized(each, self.grid) for each in heat]).astype(np.float64)
        flat = heat.reshape(len(heat), -1)
        squares = flat**2
        labels = np.where(look.labels < classes, look.labels, NO_CLASS)
        self.by_label.add(labels, np.concatenate([weighed.means, flat, squares], axis=1))
        self.by_prediction.add(look.predicted, np.concatenate([flat, squares], axis=1))
        known = (labels >= 0) & (look.predicted >= 0)
        right, wrong = known & (labels == look.predicted), known & (labels != look.predicted)
        for place, chosen in enumerate((right, wrong)):
            self.share_counts[place] += chosen.sum()
            self.shares[place] += weighed.shares[chosen].sum(0)
        self.strongest += strongest_in(weighed, self.bounds.top_k)
        self.blank += int((~flat.any(1)).sum())
        about = (weighed.cells, width, look.positions, look.labels, look.predicted)
        self.by_activation.add(weighed.peaks, *about)
        self.by_contribution.add(weighed.strengths, *about)
        for kept, chosen, keys in (
            (self.mistakes, wrong, worst_first(look.losses)),
            (self.right, right, random_keys(look.positions)),
        ):
            if chosen.any():
                kept.add(keys[chosen], look.rows(chosen), heat[chosen], picture)

    def merge(self, other: "Sums") -> None:
        """Add the sums over other samples, whose bounds, channels and grid are the same."""
        self.by_label.merge(other.by_label)
        self.by_prediction.merge(other.by_prediction)
        self.share_counts += other.share_counts
        self.shares += other.shares
        self.strongest += other.strongest
        self.blank += other.blank
        self.by_activation.merge(other.by_activation)
        self.by_contribution.merge(other.by_contribution)
        self.mistakes.merge(other.mistakes)
        self.right.merge(other.right)


def with_looks(
    sums: Sums | None, bounds: Bounds, looks: Sequence[Look], classes: int, picture: Picture | None
) -> tuple[Sums | None, dict[int, str]]:
    """Add what was seen to sums, which the first sample begins; gives errors of samples with other channels."""
    errors: dict[int, str] = {}
    for look in filter(len, looks):
        channels = look.weighed.means.shape[1]
        if sums is None:
            height, width = look.heat.shape[1:]
            sums = Sums(bounds, channels, (height, width))
        if channels == sums.channels:
            sums.add(look, classes, picture)
        else:
            errors |= dict.fromkeys(look.positions.tolist(), surveys.other_channels(channels, sums.channels))
    return sums, errors


def strongest_in(weighed: Weighed, top_k: int) -> np.ndarray:
    """Count for each channel in how many samples it is among the `top_k` of largest share: ``[K]``.

    Ties are broken as in an Explanation, by weight, then by number; a share must be positive.
    """
    ranks, count = np.maximum(weighed.shares, 0), weighed.shares.shape[1]
    least = np.partition(ranks, max(count - top_k, 0), axis=1)[:, max(count - top_k, 0), None]
    among = (ranks >= least) & (ranks > 0)
    for at in np.flatnonzero(among.sum(1) > top_k):
        order = np.lexsort((-weighed.weights[at], -ranks[at]))
        among[at] = False
        among[at, order[:top_k]] = True
    return among.sum(0)


def worst_first(losses: np.ndarray) -> np.ndarray:
    """Give keys by which the highest loss ``[N]`` comes first, and one that is not known, NaN, last."""
    return np.where(np.isnan(losses), np.inf, -losses.astype(np.float64))


def random_keys(positions: np.ndarray) -> np.ndarray:
    """Give each position ``[N]`` a number in [0, 1) as if at random, always the same (splitmix64, Steele et al. 2014).

    Those of lowest number are then a random sample, whatever the order in which positions come.
    """
    mixed = (positions.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) / 2**53
