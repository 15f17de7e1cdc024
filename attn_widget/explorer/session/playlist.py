"""The samples that the slider runs over, and their order."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Selection:
    """What is selected: from a review, by the arguments of `attn_widget.Review.select`; or samples one by one."""

    which: str = "all"
    true: int | None = None
    predicted: int | None = None
    confidence: tuple[float, float] = (0.0, 1.0)
    positions: tuple[int, ...] | None = None  # in the slider's order; the rest then counts for nothing
    named: str = ""  # what these positions are, in a few words


EVERYTHING = Selection()


@dataclass(frozen=True, eq=False)
class Playlist:
    """All positions, or a selection of them."""

    selection: np.ndarray | None = None  # positions ``[m]``, int64, in the slider's order; None for all

    def at(self, step: int) -> int:
        """Give the position at a step of the slider."""
        return step if self.selection is None else int(self.selection[step])

    def step_of(self, position: int) -> int | None:
        """Give the slider's step for a position; None where it is not selected."""
        if self.selection is None:
            return position
        found = np.flatnonzero(self.selection == position)
        return int(found[0]) if len(found) else None

    def beside(self, position: int, count: int | None, *, onwards: bool) -> Iterable[int]:
        """Give the positions after one, or before it, nearest first; among `count`, where that is known.

        For a position that is not selected, those are the whole selection.
        """
        if self.selection is not None:
            step = self.step_of(position)
            if onwards:
                return self.selection[0 if step is None else step + 1 :].tolist()
            return self.selection[:step][::-1].tolist()
        if not onwards:
            return range(position - 1, -1, -1)
        return itertools.count(position + 1) if count is None else range(position + 1, count)


ALL_SAMPLES = Playlist()
