"""Loaders in which every position can be reached at once."""

import itertools
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from attn_widget.samples.batch import Rows, read_rows
from attn_widget.samples.draws import SteadyDraws
from attn_widget.samples.items import Convert, Item, as_item, check_not_empty
from attn_widget.samples.order import Order
from attn_widget.samples.sample import naming


class MapSource:
    """A map-style data set behind a loader that collates: one item for each index.

    Attributes
    ----------
    dataset, collate
        The loader's own.
    indices : Indices
        By position.
    draws : SteadyDraws
        Whether fetching and collating an item draws, once one was read.
    count : int
        How many samples there are.
    """

    def __init__(self, dataset: Any, order: Order, collate: Convert) -> None:
        self.dataset, self.indices, self.collate = dataset, order.indices, collate
        self.draws = SteadyDraws(dataset, collate)
        self.count = len(order.indices)
        check_not_empty(self.count)

    def read(self, position: int) -> Item:
        """Collate the one item, in this process."""
        with naming(position):
            batch = self.draws.read(position, lambda: self.collate([self.fetch(position)]))
            return as_item(read_rows(batch, one=True), 0, self.index_of(position))

    def index_of(self, position: int) -> Any:
        """Give the index that the loader's sampler has for a position."""
        return self.indices[position]

    def fetch(self, position: int) -> Any:
        """Give the data set's own item, not yet collated."""
        index, several = self.indices[position], self.fetch_several
        return several([index])[0] if several else self.dataset[index]

    @property
    def fetch_several(self) -> Callable[[list[Any]], Any] | None:
        """What gives several items by their indices at once; None where the data set has no such method."""
        return getattr(self.dataset, "__getitems__", None)


class ItemSource:
    """A map-style data set without collation: each item may be a sample or a batch as large as the first."""

    def __init__(self, dataset: Any, order: Order, convert: Convert) -> None:
        self._dataset, self._order, self._convert = dataset, order, convert
        self._draws = SteadyDraws(dataset, convert)
        self._sizes: tuple[int, int] | None = None
        check_not_empty(len(order.indices))

    @property
    def count(self) -> int:
        """Known once the first item was read and, where that is a batch, the last."""
        first, last = self._first_and_last()
        return (len(self._order.indices) - 1) * first + last

    def read(self, position: int) -> Item:
        """Read the item, or the batch that holds it."""
        size, _ = self._first_and_last()
        number, row = divmod(position, size)
        with naming(position):
            index = self._order.indices[number]
            return as_item(self._rows(number), row, index if size == 1 else None)

    def index_of(self, position: int) -> Any:
        """Give the item's index; None where items are batches."""
        size, _ = self._first_and_last()
        return self._order.indices[position] if size == 1 else None

    def _rows(self, number: int) -> Rows:
        index = self._order.indices[number]
        key = [index] if self._order.listed else index
        return read_rows(self._draws.read(number, lambda: self._convert(self._dataset[key])), one=True)

    def _first_and_last(self) -> tuple[int, int]:
        """How many samples the first item has, and the last; one that cannot be read counts as one sample."""
        if self._sizes is None:
            first = self._size(0)
            self._sizes = first, first if first == 1 else self._size(len(self._order.indices) - 1)
        return self._sizes

    def _size(self, number: int) -> int:
        try:
            return max(self._rows(number).count, 1)
        except Exception:  # reading its position will say what is wrong
            return 1


class BatchesSource:
    """A list of batches in memory; one in which no image is found counts as one sample, which is broken."""

    def __init__(self, batches: Sequence[Any]) -> None:
        self._batches = batches
        self._ends = list(itertools.accumulate(self._size(batch) for batch in batches))
        self.count = self._ends[-1] if self._ends else 0
        check_not_empty(self.count)

    def read(self, position: int) -> Item:
        """Read a sample of the batch that holds it."""
        number = bisect_right(self._ends, position)
        row = position - (self._ends[number - 1] if number else 0)
        with naming(position):
            return as_item(read_rows(self._batches[number]), row)

    def index_of(self, position: int) -> None:
        """Samples of batches have no index."""

    @staticmethod
    def _size(batch: Any) -> int:
        return read_rows(batch).count if has_images(batch) else 1


def has_images(batch: Any) -> bool:
    """Whether a batch can be read at all."""
    try:
        read_rows(batch)
    except ValueError:
        return False
    return batch is not None
