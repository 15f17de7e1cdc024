"""Single samples that are kept with their heatmaps, up to a bound: mistakes, and right ones drawn at random."""

from collections.abc import Callable
from dataclasses import fields

import numpy as np

from attn_widget.surveys.mistake_record import Mistakes
from attn_widget.surveys.portion_look import Look

Picture = Callable[[int], tuple[float, float]]
"""Gives brightness and sharpness of the sample at a position."""


class BoundedSamples:
    """The samples of lowest key; of equal ones, those of lower position.

    Attributes
    ----------
    keys : ndarray ``[m]``, float64
        Ascending.
    kept : Mistakes
        In the same order.
    """

    def __init__(self, bound: int, keys: np.ndarray, kept: Mistakes) -> None:
        self.bound, self.keys, self.kept = bound, keys, kept

    @classmethod
    def none(cls, bound: int, channels: int, grid: tuple[int, int]) -> "BoundedSamples":
        """Begin without samples."""
        return cls(bound, np.zeros(0), no_mistakes(channels, grid))

    def add(self, keys: np.ndarray, look: Look, heat: np.ndarray, picture: Picture | None) -> None:
        """Add samples with their keys ``[N]`` and heatmaps ``[N, h, w]``; without `picture`, its measures are NaN."""
        chosen = np.flatnonzero(self._entering(keys, look.positions))
        chosen = np.sort(chosen[np.lexsort((look.positions[chosen], keys[chosen]))[: self.bound]])
        if not chosen.size:
            return
        positions = look.positions[chosen]
        unknown = (np.nan, np.nan)
        pictures = [unknown if picture is None else picture(position) for position in positions.tolist()]
        self._keep(
            keys[chosen],
            Mistakes(
                positions=positions,
                labels=look.labels[chosen],
                predicted=look.predicted[chosen],
                losses=look.losses[chosen],
                maps=heat[chosen].astype(np.float32),
                contributions=look.weighed.shares[chosen].astype(np.float32),
                confidences=look.confidences[chosen],
                pictures=np.array(pictures, np.float32).reshape(-1, 2),
            ),
        )

    def merge(self, other: "BoundedSamples") -> None:
        """Add those of other samples."""
        self._keep(other.keys, other.kept)

    def fill_pictures(self, picture: Picture) -> None:
        """Measure the pictures that were not measured."""
        for at in np.flatnonzero(np.isnan(self.kept.pictures[:, 0])):
            self.kept.pictures[at] = picture(int(self.kept.positions[at]))

    def _entering(self, keys: np.ndarray, positions: np.ndarray) -> np.ndarray:
        if len(self.keys) < self.bound:
            return np.full(len(keys), self.bound > 0)
        if not self.bound:
            return np.zeros(len(keys), bool)
        key, position = self.keys[-1], self.kept.positions[-1]
        return (keys < key) | ((keys == key) & (positions < position))

    def _keep(self, keys: np.ndarray, more: Mistakes) -> None:
        keys = np.concatenate([self.keys, keys])
        positions = np.concatenate([self.kept.positions, more.positions])
        order = np.lexsort((positions, keys))[: self.bound]
        self.keys, self.kept = keys[order], joined(self.kept, more, order)


def joined(one: Mistakes, other: Mistakes, order: np.ndarray) -> Mistakes:
    """Put the samples of two records into one, in this order of both, one behind the other."""
    names = [field.name for field in fields(Mistakes)]
    return Mistakes(**{name: np.concatenate([getattr(one, name), getattr(other, name)])[order] for name in names})


def no_mistakes(channels: int, grid: tuple[int, int]) -> Mistakes:
    """Make a record of no samples."""
    return Mistakes(
        positions=np.zeros(0, np.int64),
        labels=np.zeros(0, np.int32),
        predicted=np.zeros(0, np.int32),
        losses=np.zeros(0, np.float32),
        maps=np.zeros((0, *grid), np.float32),
        contributions=np.zeros((0, channels), np.float32),
        confidences=np.zeros(0, np.float32),
        pictures=np.zeros((0, 2), np.float32),
    )
