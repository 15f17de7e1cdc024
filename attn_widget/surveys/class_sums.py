"""Sums over the samples of each class."""

import numpy as np


class ClassSums:
    """For each class met, the number of its samples and the sums of D quantities.

    Attributes
    ----------
    row_of : dict of int to int
        Each class's row.
    counts, sums : ndarray ``[r]``, int64, and ``[r, D]``, float64
        With room for more classes.
    """

    def __init__(self, width: int) -> None:
        self.row_of: dict[int, int] = {}
        self.counts, self.sums = np.zeros(0, np.int64), np.zeros((0, width))

    def add(self, classes: np.ndarray, values: np.ndarray) -> None:
        """Add samples: their classes ``[N]``, -1 for one to leave out, and their values ``[N, D]``."""
        known = np.flatnonzero(classes >= 0)
        if known.size:
            order = known[np.argsort(classes[known], kind="stable")]
            met, starts, counts = np.unique(classes[order], return_index=True, return_counts=True)
            self._add(met.tolist(), counts, np.add.reduceat(values[order], starts, axis=0))

    def merge(self, other: "ClassSums") -> None:
        """Add those of other samples."""
        rows = list(other.row_of.values())
        self._add(list(other.row_of), other.counts[rows], other.sums[rows])

    def of_all(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Give the counts ``[n]`` and sums ``[n, D]`` of classes 0 to n - 1."""
        counts, sums = np.zeros(count, np.int64), np.zeros((count, self.sums.shape[1]))
        classes = [each for each in self.row_of if each < count]
        rows = [self.row_of[each] for each in classes]
        counts[classes], sums[classes] = self.counts[rows], self.sums[rows]
        return counts, sums

    def _add(self, classes: list[int], counts: np.ndarray, sums: np.ndarray) -> None:
        for each in classes:
            self.row_of.setdefault(each, len(self.row_of))
        needed = len(self.row_of)
        if needed > len(self.counts):
            room = max(needed, len(self.counts) + len(self.counts) // 2)
            self.counts = _longer(self.counts, room)
            self.sums = _longer(self.sums, room)
        rows = [self.row_of[each] for each in classes]
        self.counts[rows] += counts
        self.sums[rows] += sums


def _longer(array: np.ndarray, length: int) -> np.ndarray:
    longer = np.zeros((length, *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer
