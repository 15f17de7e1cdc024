"""What a loader gives for some items of its map-style data set."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch.utils.data import DataLoader

from attn_widget.samples.batch_reading import Rows, read_rows
from attn_widget.samples.items import Convert
from attn_widget.samples.loader_copy import iterated, iterates_itself


@dataclass(frozen=True, eq=False)
class Given:
    """What a loader gives for some items: the rows of all, and what it makes of the i-th where that is the only one.

    The notes say what is not as the loader would give it.
    """

    rows: Rows
    alone: Callable[[int], Rows]
    notes: tuple[str, ...] = ()


class Loading:
    """Gives what a loader would give for some items, without that loader being iterated.

    Parameters
    ----------
    dataset, convert
        The loader's own data set, and its collate function or what it has in that one's place.
    collates, listed : bool
        Whether the loader makes batches, or else each item is converted for itself; whether the data set is then asked
        for a list of one index, not for the index.
    loader : DataLoader, optional
        Of a class with an ``__iter__`` of its own, whatever that does is done.
    prefer : sequence of str
        See `read_rows`.
    """

    def __init__(
        self,
        dataset: Any,
        convert: Convert,
        *,
        collates: bool,
        listed: bool = False,
        loader: "DataLoader[Any] | None" = None,
        prefer: Sequence[str] = (),
    ) -> None:
        self.dataset, self.convert, self.collates = dataset, convert, collates
        self.iterated = loader if loader is not None and iterates_itself(loader) else None
        self._listed, self._prefer = listed, tuple(prefer)

    def give(self, indices: list[Any]) -> Given:
        """Give what the loader makes of the items with these indices: of a single one, where it does not collate."""
        if self.iterated is None:
            return self._raw(indices)
        try:
            batch = iterated(self.iterated, indices if self.collates else self._key(indices))
            rows = self._rows(batch, one=len(indices) == 1)
            if rows.count == 0:
                raise ValueError("it gave no sample")
        except Exception as error:
            return replace(self._raw(indices), notes=(passed_by(self.iterated, error),))
        return Given(rows, lambda at: self.give([indices[at]]).rows)

    def _raw(self, indices: list[Any]) -> Given:
        """Fetch and collate, as torch's own loader does."""
        if not self.collates:
            return Given(self._rows(self.convert(self.dataset[self._key(indices)])), lambda _: self._raw(indices).rows)
        several = getattr(self.dataset, "__getitems__", None)
        items: Any = several(indices) if several else [self.dataset[index] for index in indices]
        rows = self._collated(items) if len(indices) == 1 else self._rows(self.convert(items), one=False)
        if several:  # what it gives may be a batch already
            return Given(rows, lambda at: self._raw([indices[at]]).rows)
        return Given(rows, lambda at: self._collated([items[at]]))

    def _key(self, indices: list[Any]) -> Any:
        return indices if self._listed else indices[0]

    def _collated(self, items: Any) -> Rows:
        """Collate one item; where the collate function needs an even batch, beside another one like it."""
        try:
            batch = self.convert(items)
        except Exception as error:
            rows = self._collated_twice(items)
            if rows is None:
                raise error
            return rows
        return self._rows(batch)

    def _collated_twice(self, items: Any) -> Rows | None:
        if not isinstance(items, list) or len(items) != 1:
            return None
        try:
            rows = self._rows(self.convert([*items, *copy.deepcopy(items)]), one=False)
        except Exception:  # then it is not the number of items that it minds
            return None
        return Rows(1, lambda _: rows.at(0)) if rows.count == 2 else None

    def _rows(self, batch: Any, *, one: bool = True) -> Rows:
        return read_rows(batch, one=one, prefer=self._prefer)


def passed_by(loader: "DataLoader[Any]", error: Exception) -> str:
    """Say that what a loader does in its ``__iter__`` is not done here, and why not."""
    reason = f"{type(error).__name__}: {error}".rstrip(": ")
    return (
        f"this loader's class, {type(loader).__name__}, has an __iter__ of its own, which cannot be had for single "
        f"samples ({reason}): the images are those of the data set and the collate function"
    )
