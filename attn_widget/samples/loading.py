"""What a loader gives for some items of its map-style data set."""

import copy
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from torch.utils.data import DataLoader

from attn_widget.samples.batch_reading import Rows, read_rows
from attn_widget.samples.items import Convert
from attn_widget.samples.loader_copy import batch_of
from attn_widget.words import sample_notes


@dataclass(frozen=True, eq=False)
class LoadedRows:
    """What a loader gives for some items: the rows of all, and, by ``alone(i)``, what it makes of item i alone.

    The notes say what differs from what the loader would give.
    """

    rows: Rows
    alone: Callable[[int], Rows]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Loading:
    """Gives what a loader would give for some items, without iterating it.

    `dataset` and `convert` are the loader's data set and its collate function, or whatever takes its place. If the
    loader `collates`, it makes batches. If not, each item is converted alone; `listed` then says that the data set is
    asked for a list of one index, rather than for the index. `iterated` is the loader, if its class has an ``__iter__``
    of its own, which is run too. For `prefer` see `read_rows`.
    """

    dataset: Any
    convert: Convert
    collates: bool
    listed: bool = False
    iterated: "DataLoader[Any] | None" = None
    prefer: Sequence[str] = ()

    def give(self, indices: list[Any]) -> LoadedRows:
        """Give what the loader makes of the items with these indices: one index, if it does not collate."""
        if self.iterated is None:
            return self._raw(indices)
        try:
            batch = batch_of(self.iterated, indices if self.collates else self._key(indices))
            rows = self._rows(batch, one=len(indices) == 1)
            if rows.count == 0:
                raise ValueError(sample_notes.GAVE_NO_SAMPLE)
        except Exception as error:
            return replace(self._raw(indices), notes=(_without_iter(self.iterated, error),))
        return LoadedRows(rows, lambda at: self.give([indices[at]]).rows)

    def _raw(self, indices: list[Any]) -> LoadedRows:
        """Fetch and collate, as torch's own loader does."""
        if not self.collates:
            return LoadedRows(
                self._rows(self.convert(self.dataset[self._key(indices)])), lambda _: self._raw(indices).rows
            )
        several = getattr(self.dataset, "__getitems__", None)
        items: Any = several(indices) if several else [self.dataset[index] for index in indices]
        rows = self._collated(items) if len(indices) == 1 else self._rows(self.convert(items), one=False)
        if several:  # what it gives may be a batch already
            return LoadedRows(rows, lambda at: self._raw([indices[at]]).rows)
        return LoadedRows(rows, lambda at: self._collated([items[at]]))

    def _key(self, indices: list[Any]) -> Any:
        return indices if self.listed else indices[0]

    def _collated(self, items: Any) -> Rows:
        """Collate one item; if the collate function needs an even batch, together with a copy of it."""
        try:
            batch = self.convert(items)
        except Exception:
            if isinstance(items, list) and len(items) == 1:
                with suppress(Exception):  # if this fails too, the number of items is not the problem
                    rows = self._rows(self.convert([*items, *copy.deepcopy(items)]), one=False)
                    if rows.count == 2:
                        return Rows(1, lambda _: rows.at(0))
            raise
        return self._rows(batch)

    def _rows(self, batch: Any, *, one: bool = True) -> Rows:
        return read_rows(batch, one=one, prefer=self.prefer)


def _without_iter(loader: "DataLoader[Any]", error: Exception) -> str:
    """Say that a loader's own ``__iter__`` was not run, and why."""
    reason = f"{type(error).__name__}: {error}".rstrip(": ")
    return sample_notes.iter_not_run(type(loader).__name__, reason)
