"""Batches that are in memory."""

import itertools
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from attn_widget.samples.batch_reading import Rows, read_rows
from attn_widget.samples.items import Item, as_item, check_not_empty
from attn_widget.samples.sample import naming


class BatchesSource:
    """A list of batches in memory; a batch in which no image is found counts as one sample, which is broken."""

    def __init__(self, batches: Sequence[Any], prefer: Sequence[str] = ()) -> None:
        self._batches, self._prefer = batches, prefer
        self._ends = list(itertools.accumulate(self._size(batch) for batch in batches))
        self.count = self._ends[-1] if self._ends else 0
        check_not_empty(self.count)

    def read(self, position: int) -> Item:
        """Read a sample; raises a `SampleError` if it cannot be read."""
        number = bisect_right(self._ends, position)
        if number == len(self._ends):
            raise IndexError(f"position {position} is past the end")
        row = position - (self._ends[number - 1] if number else 0)
        with naming(position):
            return as_item(self._rows(self._batches[number]), row)

    def index_of(self, position: int) -> None:
        """Samples of batches have no index."""

    def _size(self, batch: Any) -> int:
        return self._rows(batch).count if has_images(batch) else 1

    def _rows(self, batch: Any) -> Rows:
        return read_rows(batch, prefer=self._prefer)


def has_images(batch: Any) -> bool:
    """Whether a batch can be read at all."""
    try:
        read_rows(batch)
    except ValueError:
        return False
    return batch is not None
