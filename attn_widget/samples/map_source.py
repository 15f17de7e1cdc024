"""Map-style data sets, in which every item can be reached directly."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from torch.utils.data import DataLoader, Dataset, get_worker_info

from attn_widget.samples.item_order import Indices
from attn_widget.samples.items import Item, as_item, check_not_empty
from attn_widget.samples.loading import Loading
from attn_widget.samples.numbering import Numbering
from attn_widget.samples.sample import SampleError, naming
from attn_widget.samples.steady_draws import SteadyDraws
from attn_widget.samples.workers import reading_beside
from attn_widget.words import sample_notes


@dataclass(frozen=True, eq=False)
class Held:
    """The `count` images that one item of a data set holds; ``at(i)`` makes image i an `Item`."""

    count: int
    at: Callable[[int], Item]


class MapSource:
    """A map-style data set, behind a loader or alone.

    `indices` gives the data-set index of each item, in the order of the loader. If `loader` has workers, an item that
    cannot be read in this process is read in a worker. `draws` guards every read.
    """

    def __init__(self, loading: Loading, indices: Indices, loader: "DataLoader[Any] | None" = None) -> None:
        self.loading, self.indices = loading, indices
        self.numbering = Numbering(len(indices))
        self.draws = SteadyDraws(loading.dataset, loading.convert, loading.iterated)
        self._loader = loader if loader is not None and loader.num_workers > 0 else None
        self._moved = False  # whether positions have shifted since an item was last given
        check_not_empty(len(indices))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_loader": None}  # a worker starts none, and a loader may not be picklable

    @property
    def count(self) -> int | None:
        """How many samples there are; None if items hold several images and some have not been read.

        If the loader does not collate, the first item is read to see whether it is a batch; if one is, and the data
        set is a list, all items are read.
        """
        if not self.loading.collates and self.numbering.even and self.numbering.unread is not None:
            self._learn(self.numbering.unread)
        in_memory = isinstance(self.loading.dataset, list | tuple)
        while in_memory and not self.numbering.even and self.numbering.unread is not None:
            self._learn(self.numbering.unread)
        return self.numbering.count

    def read(self, position: int) -> Item:
        """Read the image at a position, and any items before it that must be read to find it."""
        found = self._find(position)
        if found is None:
            raise IndexError(f"position {position} is past the end")
        with naming(position):
            return self._given(*found)

    def read_on(self, start: int) -> Iterator[Item | SampleError]:
        """Read from a position to the end, each item once; gives the error of a sample that cannot be read."""
        position = start
        while True:
            try:
                found = self._find(position)
            except SampleError as error:
                yield error
                position += 1
                continue
            if found is None:
                return
            held, first = found
            for row in range(first, max(held.count, 1)):
                yield self._given_or_error(position, held, row)
                position += 1

    def fetch(self, number: int) -> Held:
        """Read an item in this process or, if that fails and the loader has workers, in a worker."""
        try:
            return self.draws.read(number, lambda: self._fetch_here(number))
        except Exception as error:
            if self._loader is None or get_worker_info() is not None:  # a worker may start none of its own
                raise
            return _fetch_in_worker(self, self._loader, number, error)

    def index_of(self, position: int) -> Any:
        """Give the data-set index of a position; None if that is not known yet, or is an image of a batch."""
        place = self.numbering.locate(position)
        return None if place is None else self._index_at(place[0], self.numbering.size(place[0]) or 1)

    def _index_at(self, number: int, size: int) -> Any:
        return self.indices[number] if self.loading.collates or size == 1 else None

    def _find(self, position: int) -> tuple[Held, int] | None:
        """Read the item that holds a position, and tell which of its images that is; None past the end.

        Reads the items of unknown size before it. If the item then turns out to hold another number of images than
        was thought, the position is looked up again.
        """
        while True:
            number, held = None, None
            while (place := self.numbering.locate(position)) is None and self.numbering.unread is not None:
                number = self.numbering.unread
                held = self._learn(number)
            if place is None:
                return None
            with naming(position):
                if held is None or place[0] != number:
                    held = self._hold(place[0])
            if self.numbering.locate(position) == place:
                return held, place[1]

    def _learn(self, number: int) -> Held | None:
        with suppress(Exception):  # it is raised when the item's own position is read
            return self._hold(number)
        return None

    def _hold(self, number: int) -> Held:
        """Read an item, and note how many images it has."""
        try:
            held = self.fetch(number)
        except Exception:
            self.numbering.learn(number, None)
            raise
        self._moved |= self.numbering.learn(number, held.count)
        return held

    def _fetch_here(self, number: int) -> Held:
        given = self.loading.give([self.indices[number]])
        index = self._index_at(number, given.rows.count)
        return Held(given.rows.count, lambda row: replace(as_item(given.rows, row, index), notes=given.notes))

    def _given(self, held: Held, row: int) -> Item:
        item = held.at(row)
        if self._moved:
            self._moved = False
            return replace(item, notes=(*item.notes, sample_notes.MOVED))
        return item

    def _given_or_error(self, position: int, held: Held, row: int) -> Item | SampleError:
        try:
            with naming(position):
                return self._given(held, row)
        except SampleError as error:
            return error


class ItemReader(Dataset[Any]):
    """Runs in the worker that is started for one item; gives all that the item holds, or its error's text."""

    def __init__(self, source: MapSource) -> None:
        self._source = source
        self.dataset = source.loading.dataset

    def __getitems__(self, number: int) -> list[Item] | str:
        """Read an item."""
        try:
            held = self._source.fetch(number)
            return [held.at(row) for row in range(held.count)]
        except Exception as error:
            return f"{type(error).__name__}: {error}"


def _fetch_in_worker(source: MapSource, loader: "DataLoader[Any]", number: int, error: Exception) -> Held:
    """Read an item in a worker; if that fails too, raises `error`, which this process met."""
    try:
        (found,) = reading_beside(loader, ItemReader(source), [number], workers=1)
    except Exception:
        raise error from None
    if not isinstance(found, str):
        return Held(len(found), found.__getitem__)
    if found != f"{type(error).__name__}: {error}":
        raise RuntimeError(sample_notes.in_a_worker(found)) from error
    raise error
