"""For each channel, the samples of highest value."""

from collections.abc import Sequence

import numpy as np

from attn_widget.surveys.exemplar import Exemplar

_ENTRY = np.dtype(
    [("value", "f8"), ("position", "i8"), ("row", "i4"), ("column", "i4"), ("label", "i4"), ("predicted", "i4")]
)
_ROWS = 64  # samples that are sorted in at a time, which bounds the memory that takes
_NONE = -1


class TopSamples:
    """The m samples of highest value for each of K channels; of equal ones, those of lower position.

    Attributes
    ----------
    entries : ndarray ``[m, K]`` of records
        ``value``, ``position``, ``row`` and ``column`` of the cell, ``label`` and ``predicted``; best first, with
        position -1 where there are fewer samples.
    """

    def __init__(self, entries: np.ndarray) -> None:
        self.entries = entries

    @classmethod
    def none(cls, bound: int, channels: int) -> "TopSamples":
        """Begin without samples."""
        entries = np.zeros((bound, channels), _ENTRY)
        entries["value"], entries["position"] = -np.inf, _NONE
        return cls(entries)

    @classmethod
    def of(cls, exemplars: Sequence[Sequence[Exemplar]], bound: int) -> "TopSamples":
        """Begin with some exemplars of each channel, best first."""
        top = cls.none(bound, len(exemplars))
        for channel, each in enumerate(exemplars):
            for rank, one in enumerate(each):
                top.entries[rank, channel] = (one.value, one.position, *one.cell, one.label, one.predicted)
        return top

    @property
    def exemplars(self) -> tuple[tuple[Exemplar, ...], ...]:
        """For each channel, best first."""
        return tuple(
            tuple(
                Exemplar(position, (row, column), value, label, predicted)
                for value, position, row, column, label, predicted in entries
                if position != _NONE
            )
            for entries in self.entries.T.tolist()
        )

    def add(
        self,
        values: np.ndarray,
        cells: np.ndarray,
        width: int,
        positions: np.ndarray,
        labels: np.ndarray,
        predicted: np.ndarray,
    ) -> None:
        """Add samples: values ``[N, K]``, cells ``[N, K]`` of a grid of this width, and what they are, ``[N]`` each."""
        for start in range(0, len(values), _ROWS):
            some = slice(start, start + _ROWS)
            entering = self._entering(values[some], positions[some, None])
            if not entering.size:
                continue
            entries = np.empty((len(values[some]), len(entering)), _ENTRY)
            entries["value"] = values[some][:, entering]
            entries["row"], entries["column"] = np.divmod(cells[some][:, entering], width)
            for name, column in (("position", positions), ("label", labels), ("predicted", predicted)):
                entries[name] = column[some, None]
            self._keep(entries, entering)

    def merge(self, other: "TopSamples") -> None:
        """Add those of other samples."""
        entering = self._entering(other.entries["value"], other.entries["position"])
        self._keep(other.entries[:, entering], entering)

    def _entering(self, values: np.ndarray, positions: np.ndarray) -> np.ndarray:
        """List the channels for which some sample is better than the last one kept."""
        last = self.entries[-1]
        better = values > last["value"]
        better |= (values == last["value"]) & (positions < last["position"])
        return np.flatnonzero(better.any(0))

    def _keep(self, entries: np.ndarray, channels: np.ndarray) -> None:
        bound = len(self.entries)
        all_of_them = np.concatenate([self.entries[:, channels], entries])
        order = np.lexsort((all_of_them["position"], -all_of_them["value"]), axis=0)[:bound]
        self.entries[:, channels] = np.take_along_axis(all_of_them, order, 0)
