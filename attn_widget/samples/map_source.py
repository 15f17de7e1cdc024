"""Map-style data sets, in which every item can be reached at once."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from torch.utils.data import DataLoader, Dataset

from attn_widget.samples.item_order import Indices
from attn_widget.samples.items import Item, as_item, check_not_empty
from attn_widget.samples.loading import Loading
from attn_widget.samples.numbering import Numbering
from attn_widget.samples.sample import SampleError, naming
from attn_widget.samples.steady_draws import SteadyDraws
from attn_widget.samples.workers import in_worker, reading_beside

MOVED = "an item was found to hold several images, each of which counts: the positions after it have moved"


@dataclass(frozen=True, eq=False)
class Held:
    """What one item of a data set holds: so many images, of which `at` makes the i-th an `Item`."""

    count: int
    at: Callable[[int], Item]


class MapSource:
    """A map-style data set behind a loader, or alone.

    Parameters
    ----------
    loading : Loading
        Reads its items.
    indices : Indices
        The index by number of an item: in the order of the loader.
    loader : DataLoader, optional
        An item that cannot be read in this process is read through a worker, where this one has workers.

    Attributes
    ----------
    numbering : Numbering
        Which position is in which item.
    draws : SteadyDraws
        Guards every read.
    """

    def __init__(self, loading: Loading, indices: Indices, loader: "DataLoader[Any] | None" = None) -> None:
        self.loading, self.indices = loading, indices
        self.numbering = Numbering(len(indices))
        self.draws = SteadyDraws(loading.dataset, loading.convert, loading.iterated)
        self._loader = loader if loader is not None and loader.num_workers > 0 else None
        self._moved = False  # whether positions have moved since an item was last given
        check_not_empty(len(indices))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_loader": None}  # a worker starts none, and what a loader holds need not be picklable

    @property
    def count(self) -> int | None:
        """How many samples there are; None where items hold several images and some were not read yet.

        Where the loader does not collate, the first item is read to see whether it is a batch.
        """
        if not self.loading.collates and self.numbering.even and self.numbering.unread is not None:
            self._learn(self.numbering.unread)
        while not self.numbering.even and self.numbering.unread is not None and self._in_memory:
            self._learn(self.numbering.unread)
        return self.numbering.count

    def read(self, position: int) -> Item:
        """Read the image at a position, and the items before it as far as they tell which that is."""
        while True:
            place, held = self._find(position)
            if place is None:
                raise IndexError(f"position {position} is past the end")
            with naming(position):
                held = held or self._hold(place[0])
                if self.numbering.locate(position) == place:
                    return self._given(held, place[1])

    def read_on(self, start: int) -> Iterator[Item | SampleError]:
        """Read from a position to the end, each item once; for a sample that cannot be read its error is given."""
        position = start
        while True:
            place, held = self._find(position)
            if place is None:
                return
            try:
                with naming(position):
                    held = held or self._hold(place[0])
            except SampleError as error:
                yield error
                position += 1
                continue
            if self.numbering.locate(position) != place:
                continue
            for row in range(place[1], max(held.count, 1)):
                yield self._given_or_error(position, held, row)
                position += 1

    def fetch(self, number: int) -> Held:
        """Read an item, in this process or, where that fails, through a worker, if the loader has workers."""
        try:
            return self.draws.read(number, lambda: self._fetch_here(number))
        except Exception as error:
            if self._loader is None or in_worker():
                raise
            return _fetch_in_worker(self, self._loader, number, error)

    def index_of(self, position: int) -> Any:
        """Give the data set's index of a position; None where that is an image of a batch, or not known yet."""
        place = self.numbering.locate(position)
        return None if place is None else self._index_at(place[0], self.numbering.size(place[0]) or 1)

    @property
    def _in_memory(self) -> bool:
        return isinstance(self.loading.dataset, list | tuple)

    def _index_at(self, number: int, size: int) -> Any:
        return self.indices[number] if self.loading.collates or size == 1 else None

    def _find(self, position: int) -> tuple[tuple[int, int] | None, Held | None]:
        """Say in which item a position is, and where in it; None where it is past the end.

        Items of unknown size before it are read; its own is given too where it was among them.
        """
        number, held = None, None
        while (place := self.numbering.locate(position)) is None and self.numbering.unread is not None:
            number = self.numbering.unread
            held = self._learn(number)
        return place, held if place is not None and place[0] == number else None

    def _learn(self, number: int) -> Held | None:
        with suppress(Exception):  # reading its position will say what is wrong
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
            return replace(item, notes=(*item.notes, MOVED))
        return item

    def _given_or_error(self, position: int, held: Held, row: int) -> Item | SampleError:
        try:
            with naming(position):
                return self._given(held, row)
        except SampleError as error:
            return error


class ItemReader(Dataset[Any]):
    """What runs in the worker that is started for one item: gives all that the item holds, or its error's text."""

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
    """Read an item through a worker; raises `error`, met in this process, where that cannot be done either."""
    try:
        (found,) = reading_beside(loader, ItemReader(source), [number], workers=1)
    except Exception:
        raise error from None
    if not isinstance(found, str):
        return Held(len(found), found.__getitem__)
    if found != f"{type(error).__name__}: {error}":
        raise RuntimeError(f"in a worker: {found}") from error
    raise error
