"""For each channel, the samples that drive it most, kept while others go by."""

from dataclasses import dataclass

import numpy as np

from attn_widget.surveys.survey_record import Exemplar


@dataclass(frozen=True, eq=False)
class Strongest:
    """The m strongest samples of each of K channels, strongest first; of equal ones, those at lower positions.

    Fewer than m where there were fewer samples: their positions are -1, their values minus infinity. Arrays are
    ``[m, K]``.
    """

    values: np.ndarray  # float32
    positions: np.ndarray  # int64
    cells: np.ndarray  # flat index into the layer's grid, int32
    labels: np.ndarray  # int32, -1 for none
    predicted: np.ndarray  # int32, -1 for none

    @classmethod
    def none(cls, count: int, channels: int) -> "Strongest":
        """Begin without samples."""
        shape = count, channels
        values, empty = np.full(shape, -np.inf, np.float32), np.full(shape, -1, np.int32)
        return cls(values, np.full(shape, -1, np.int64), empty, empty, empty)

    def beside(self, other: "Strongest") -> "Strongest":
        """Keep the strongest of both."""
        count = len(self.values)
        joined = [np.concatenate(pair) for pair in zip(vars(self).values(), vars(other).values(), strict=True)]
        order = np.lexsort((joined[1], -joined[0]), axis=0)[:count]
        return Strongest(*(np.take_along_axis(each, order, 0) for each in joined))

    def among(self, values: np.ndarray, cells: np.ndarray, about: np.ndarray) -> "Strongest":
        """Consider more samples: their values and cells ``[N, K]``; `about` is ``[3, N]``: position, label, predicted.

        A value of NaN is none.
        """
        known = np.where(np.isnan(values), -np.inf, values)
        if (known.max(0) < self.values[-1]).all():
            return self
        chosen = np.argsort(-known, axis=0, kind="stable")[: len(self.values)]
        best = np.take_along_axis(known, chosen, 0)
        positions, labels, predicted = (np.where(best > -np.inf, each[chosen], -1) for each in about)
        found = Strongest(
            best,
            positions.astype(np.int64),
            np.take_along_axis(cells, chosen, 0).astype(np.int32),
            labels.astype(np.int32),
            predicted.astype(np.int32),
        )
        return self.beside(found)

    def exemplars(self, grid: tuple[int, int]) -> tuple[tuple[Exemplar, ...], ...]:
        """Give the samples of each channel as records."""
        columns = [each.T.tolist() for each in (self.positions, self.cells, self.values, self.labels, self.predicted)]
        return tuple(
            tuple(
                Exemplar(position, divmod(cell, grid[1]), value, label, predicted)
                for position, cell, value, label, predicted in zip(*of_channel, strict=True)
                if position >= 0
            )
            for of_channel in zip(*columns, strict=True)
        )
