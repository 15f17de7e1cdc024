"""All samples behind a loader in the order of their positions, some at a time: the way through a whole data set."""

from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, get_worker_info

from attn_widget.samples.axes import Axes
from attn_widget.samples.batch import Rows, read_rows
from attn_widget.samples.images import is_image_stack
from attn_widget.samples.items import Item, as_item
from attn_widget.samples.labels import read_label
from attn_widget.samples.maps import MapSource
from attn_widget.samples.sample import Label, Pair, SampleError
from attn_widget.samples.samples import Samples

USUAL_SIZE = 32
"""How many samples are read at a time where the loader does not say."""

_CHECKED_AT_FIRST = 8


@dataclass(frozen=True, eq=False)
class Portion:
    """Samples that follow one another, read together.

    Attributes
    ----------
    start, stop : int
        The positions that were to be read, without the last.
    images : Tensor ``[B, C, H, W]`` or list of Tensor ``[C, H, W]``
        Of those that could be read; a list where their shapes differ, or the axes that they had.
    axes : list of str
        Which those were; empty where all were given as they are here.
    labels : ndarray ``[B]``, int64, or list
        Their labels.
    errors : dict of int to str
        By position, why a sample could not be read.
    ended : bool
        Whether a stream ended before `stop`, which is then where it ended.
    """

    start: int
    stop: int
    images: Tensor | list[Tensor]
    labels: "np.ndarray[Any, Any] | list[Label | Pair]"
    errors: dict[int, str] = field(default_factory=dict)
    ended: bool = False
    axes: list[Axes] = field(default_factory=list)

    @property
    def positions(self) -> list[int]:
        """The positions of the samples that could be read."""
        return [position for position in range(self.start, self.stop) if position not in self.errors]

    def axes_at(self, place: int) -> Axes:
        """Give the axes that one of the images had."""
        return self.axes[place] if self.axes else "CHW"

    def pin_memory(self) -> "Portion":
        """Move a stack of images to where a GPU copies from; called by torch's `DataLoader`."""
        return replace(self, images=self.images.pin_memory()) if isinstance(self.images, Tensor) else self


class Portions(Protocol):
    """The way through a loader.

    Attributes
    ----------
    count : int or None
        How many samples there are; None for a stream whose end has not been met.
    size : int
        How many are read at a time.
    """

    size: int

    @property
    def count(self) -> int | None: ...

    def read_from(self, start: int, *, pin: bool = False) -> Generator[Portion]:
        """Read on from a position to the end; `pin` where the images go to a GPU."""


def open_portions(samples: Samples) -> Portions:
    """Find the way through all samples: beside their loader, where that is one of a map-style data set."""
    if isinstance(samples.loader, DataLoader) and isinstance(samples.source, MapSource):
        return LoaderPortions(samples.loader, samples.source, samples.lock)
    return ItemPortions(samples)


class LoaderPortions:
    """A map-style data set in batches as large as its loader's, and with as many workers.

    Parameters
    ----------
    loader : DataLoader
        Never iterated.
    source : MapSource
        What it holds.
    lock : context manager
        Taken for each item that is read in this process, where another thread may be reading too.
    """

    def __init__(self, loader: "DataLoader[Any]", source: MapSource, lock: AbstractContextManager[Any]) -> None:
        self._loader, self._source, self._lock = loader, source, lock
        self.size: int = loader.batch_size or getattr(loader.batch_sampler, "batch_size", None) or USUAL_SIZE
        self.count = source.count

    def reader(self) -> "PortionReader":
        """Make what reads a portion in another process."""
        return PortionReader(self._source)

    def read_from(self, start: int, *, pin: bool = False) -> Generator[Portion]:
        """Read on from a position to the end."""
        blocks: Any = _Blocks(start, self.count, self.size)  # ranges, where torch names lists
        if self._loader.num_workers == 0:
            yield from map(PortionReader(self._source, self._lock).__getitems__, blocks)
            return
        names = ("num_workers", "timeout", "multiprocessing_context", "prefetch_factor")
        beside: DataLoader[Any] = DataLoader(
            self.reader(),
            batch_sampler=blocks,
            collate_fn=_as_it_is,
            worker_init_fn=_Start(self._loader.worker_init_fn),
            pin_memory=pin and self._loader.pin_memory,
            generator=torch.Generator(),  # else the global one is drawn from
            **{name: getattr(self._loader, name) for name in names},
        )
        yield from beside


class ItemPortions:
    """Whatever else has samples: read one by one, in this process."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples
        self.size = USUAL_SIZE

    @property
    def count(self) -> int | None:
        """How many there are."""
        return self._samples.count

    def read_from(self, start: int, *, pin: bool = False) -> Generator[Portion]:
        """Read on from a position to the end."""
        while self.count is None or start < self.count:
            portion = self._read(start)
            yield portion
            if portion.ended:
                return
            start = portion.stop

    def _read(self, start: int) -> Portion:
        items: list[Item] = []
        errors = {}
        stop = start + self.size if self.count is None else min(start + self.size, self.count)
        for position in range(start, stop):
            try:
                items.append(self._samples.item(position))
            except SampleError as error:
                errors[position] = str(error)
            except IndexError:
                return _portion(start, position, items, errors, ended=True)
        return _portion(start, stop, items, errors)


class PortionReader(Dataset[Portion]):
    """Fetches a batch of items, collates and reads it, all in one place: here, or in a worker.

    What a collate function makes of many items must be what it makes of each alone, which is how `Samples` reads
    them. Some of each batch are held against that; where it is not so (padding to the largest in the batch, say),
    and where an item fails, items are collated one by one.

    Parameters
    ----------
    source : MapSource
        The items.
    lock : context manager
        Taken for each item.

    Attributes
    ----------
    dataset
        The user's own.
    """

    def __init__(self, source: MapSource, lock: AbstractContextManager[Any] | None = None) -> None:
        self._source, self._lock = source, nullcontext() if lock is None else lock
        self.dataset = source.dataset
        self._together = True
        self._checked = 0

    def __getitems__(self, positions: range) -> Portion:
        """Read the samples at these positions."""
        if self._together:
            try:
                return self._read_together(positions)
            except Exception:  # one of them is broken, or they do not go together
                pass
        return self._read_singly(positions)

    def _read_together(self, positions: range) -> Portion:
        with self._lock:
            items, batch = self._source.draws.read_together(lambda: self._fetch(positions))
        rows = read_rows(batch)
        if rows.count != len(positions):
            raise ValueError(f"{rows.count} samples came of {len(positions)} items")
        self._together = self._is_as_alone(rows, items)
        if not self._together:
            raise ValueError("the collate function makes something else of many items than of one")
        if is_image_stack(rows.stack):
            return Portion(positions[0], positions[-1] + 1, rows.stack.detach().as_subclass(Tensor), _labels_of(rows))
        found = [as_item(rows, row) for row in range(rows.count)]
        return _portion(positions[0], positions[-1] + 1, found, {})

    def _fetch(self, positions: range) -> tuple[list[Any], Any]:
        """Give the data set's items, and what the collate function makes of them."""
        source, several = self._source, self._source.fetch_several
        indices = [source.indices[position] for position in positions]
        items = list(several(indices)) if several else [source.dataset[index] for index in indices]
        return items, source.collate(items)

    def _is_as_alone(self, rows: Rows, items: list[Any]) -> bool:
        """Hold some samples of a batch against what is made of each alone; another one of each batch."""
        places = range(0, rows.count, -(-rows.count // _CHECKED_AT_FIRST)) if not self._checked else [self._checked]
        self._checked += 1
        return all(
            _same(as_item(rows, at), as_item(read_rows(self._source.collate([items[at]]), one=True), 0))
            for at in (place % rows.count for place in places)
        )

    def _read_singly(self, positions: range) -> Portion:
        items: list[Item] = []
        errors = {}
        for position in positions:
            try:
                with self._lock:
                    items.append(self._source.read(position))
            except SampleError as error:
                errors[position] = str(error)
        return _portion(positions[0], positions[-1] + 1, items, errors)


class _Blocks:
    """The positions of one portion after another, as ranges: a batch sampler that needs no list."""

    def __init__(self, start: int, stop: int, size: int) -> None:
        self._start, self._stop, self._size = start, stop, size

    def __iter__(self) -> Iterator[range]:
        for start in range(self._start, self._stop, self._size):
            yield range(start, min(start + self._size, self._stop))

    def __len__(self) -> int:
        return -(-(self._stop - self._start) // self._size)


class _Start:
    """What a worker does first: shows the user's code its own data set, then runs the user's own first step."""

    def __init__(self, given: Any) -> None:
        self._given = given

    def __call__(self, number: int) -> None:
        info: Any = get_worker_info()
        object.__setattr__(info, "dataset", info.dataset.dataset)  # which torch means to be written once
        if self._given is not None:
            self._given(number)


def _as_it_is(portion: Any) -> Any:
    return portion


def _portion(start: int, stop: int, items: list[Item], errors: dict[int, str], *, ended: bool = False) -> Portion:
    images: Any = [item.image for item in items]
    axes = [item.axes for item in items]
    if len({(item.image.shape, item.image.dtype, item.axes) for item in items}) == 1:
        images = torch.stack(images)
    if set(axes) <= {"CHW"}:
        axes = []
    return Portion(start, stop, images, [item.label for item in items], errors, ended, axes)


def _labels_of(rows: Rows) -> "np.ndarray[Any, Any] | list[Label | Pair]":
    """Read the labels at once where they are whole numbers, one a sample; else one by one."""
    labels = rows.labels
    if isinstance(labels, Tensor) and labels.shape == (rows.count,) and not labels.is_floating_point():
        return labels.detach().cpu().numpy().astype(np.int64)
    return [read_label(rows.at(row)[1]) for row in range(rows.count)]


def _same(a: Item, b: Item) -> bool:
    if a.label != b.label or a.axes != b.axes or a.image.dtype != b.image.dtype or a.image.shape != b.image.shape:
        return False
    return torch.equal(a.image, b.image) or torch.allclose(a.image.double(), b.image.double(), 0, 0, equal_nan=True)
