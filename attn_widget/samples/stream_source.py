"""Loaders that can only be read forward, with a bounded store to go back in."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from attn_widget.samples.batch_reading import Rows, read_rows
from attn_widget.samples.items import Convert, Item, as_item, check_not_empty, unchanged
from attn_widget.samples.sample import SampleError, naming
from attn_widget.samples.steady_draws import SteadyDraws
from attn_widget.samples.stream_reading import BrokenOff, Feed, Read
from attn_widget.words import sample_notes

MOST_KEPT = 1_000
MOST_BYTES = 256 * 2**20
"""How many samples are kept to go back to, and how many bytes of images."""


class StreamSource:
    """An iterable of items or batches, read only as far as is asked for.

    `stream` is an iterable data set, a generator, or any other iterable; `convert` makes a batch of what it gives, and
    `one` says that this holds a single item (see `read_rows`, also for `prefer`). `count` is how many samples the
    stream says it has; its actual end, once reached, overrules that. If the stream raises before it has given anything,
    `instead` is iterated, which gives what `convert` would make.
    """

    def __init__(
        self,
        stream: Iterable[Any],
        convert: Convert = unchanged,
        *,
        one: bool = False,
        count: int | None = None,
        prefer: Sequence[str] = (),
        instead: Iterable[Any] | None = None,
    ) -> None:
        self._convert, self._one, self._prefer = convert, one, prefer
        self.count = count
        check_not_empty(count)
        ways: list[tuple[Iterable[Any], Read]] = [(stream, self._converted)]
        if instead is not None:
            ways.append((instead, self._rows))
        self._feed = Feed(ways, SteadyDraws(stream, convert))
        self._taken = 0
        self._first, self._batch = 0, Rows(0, lambda _: (None, None))
        self._store: OrderedDict[int, Item | SampleError] = OrderedDict()
        self._bytes = 0
        self._next = 0
        self._ended = False

    @property
    def broken(self) -> str | None:
        """What the stream raised, if it has broken off; the next read tries to continue."""
        return self._feed.broken

    def read(self, position: int) -> Item:
        """Read forward to a position, or give the sample that is kept.

        Raises
        ------
        SampleError
            If the sample is broken, or was read but is no longer kept.
        BrokenOff
            If the stream raises before it reaches the sample; the next call tries again.
        IndexError
            If the stream has ended before it.
        ValueError
            If it has given nothing at all.
        """
        while self._next <= position and not self._ended:
            self._read_next()
        check_not_empty(self.count)
        if position >= self._next:
            raise IndexError(f"position {position} is past the end")
        kept = self._store.get(position)
        if kept is None:
            first = next(iter(self._store))
            raise SampleError(sample_notes.no_longer_kept(position, len(self._store), first, self._next - 1))
        if isinstance(kept, SampleError):
            raise kept
        return replace(kept, image=kept.image.clone())

    def index_of(self, position: int) -> None:
        """Samples of a stream have no index."""

    def _read_next(self) -> None:
        """Read one more sample into the store, or learn that there is none."""
        position = self._next
        entry: Item | SampleError
        try:
            with naming(position):
                while position - self._first >= self._batch.count:
                    rows = self._feed.get(self._taken, position)
                    if rows is None:
                        self._ended, self.count = True, position
                        return
                    self._first, self._batch, self._taken = position, rows, self._taken + 1
                entry = as_item(self._batch, position - self._first)
        except BrokenOff:
            raise
        except SampleError as error:
            entry = error
        self._keep(position, entry)

    def _converted(self, given: Any) -> Rows:
        return self._rows(self._convert(given))

    def _rows(self, batch: Any) -> Rows:
        rows = read_rows(batch, one=self._one, prefer=self._prefer)
        if self._one and rows.count == 0:
            raise ValueError(sample_notes.NO_SAMPLE_GIVEN)
        if rows.count != 1 and self._one:
            self.count = None  # what was stated counted batches
        return rows

    def _keep(self, position: int, entry: Item | SampleError) -> None:
        size = _size(entry)
        self._store[position] = entry
        self._bytes += size
        self._next = position + 1  # last, so that a sample whose reading is interrupted is read again
        while len(self._store) > MOST_KEPT or (self._bytes > MOST_BYTES and len(self._store) > 1):
            self._bytes -= _size(self._store.popitem(last=False)[1])


def _size(entry: Item | SampleError) -> int:
    return 0 if isinstance(entry, SampleError) else entry.image.nbytes
