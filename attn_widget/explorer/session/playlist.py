"""Over which samples the slider runs, and in which order."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Selection:
    """What is chosen from a review.

    Attributes
    ----------
    which : str
        One of `SELECTIONS`.
    true, predicted : int or None
        Only samples of this true class, and of this predicted one; None for any.
    confidence : (float, float)
        Only samples whose predicted class has a probability in this range.
    """

    which: str = "all"
    true: int | None = None
    predicted: int | None = None
    confidence: tuple[float, float] = (0.0, 1.0)


EVERYTHING = Selection()


@dataclass(frozen=True, eq=False)
class Playlist:
    """All positions, or a selection of them.

    Attributes
    ----------
    selection : ndarray ``[m]``, int64, or None
        Positions in the order in which the slider shows them; None for all of them.
    """

    selection: np.ndarray | None = None

    def at(self, step: int) -> int:
        """Give the position at a step of the slider."""
        return step if self.selection is None else int(self.selection[step])

    def step_of(self, position: int) -> int | None:
        """Give the slider's step for a position; None where the selection does not have it."""
        if self.selection is None:
            return position
        found = np.flatnonzero(self.selection == position)
        return int(found[0]) if len(found) else None
