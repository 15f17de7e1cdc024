"""Blocks of a map-style data set: items that follow one another, read together, here or in workers."""

from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from attn_widget.samples.batch_reading import Rows
from attn_widget.samples.images import is_image_stack
from attn_widget.samples.items import Item, are_same, as_item
from attn_widget.samples.labels import read_label
from attn_widget.samples.loading import Given
from attn_widget.samples.map_source import MapSource
from attn_widget.samples.portions import USUAL_SIZE, ItemPortions, Portion, Portions, portion_of
from attn_widget.samples.sample import Label, Pair, SampleError, naming
from attn_widget.samples.samples import Samples
from attn_widget.samples.workers import reading_beside

_CHECKED_AT_FIRST = 8


def open_portions(samples: Samples) -> Portions:
    """Find the way through all samples: beside their loader, where that is one of a map-style data set."""
    source, loader = samples.source, samples.loader
    if isinstance(source, MapSource) and isinstance(loader, DataLoader) and source.loading.collates:
        return LoaderPortions(samples, source)
    return ItemPortions(samples)


class LoaderPortions:
    """A map-style data set in batches as large as its loader's, and with as many workers.

    A loader with an ``__iter__`` of its own is read in this process, where it runs when it is iterated. So is one
    whose items hold several images, from the portion on in which that is met. The loader is never iterated.
    """

    def __init__(self, samples: Samples, source: MapSource) -> None:
        self._samples, self._loader, self._source = samples, samples.loader, source
        batches = self._loader.batch_sampler
        self.size: int = self._loader.batch_size or getattr(batches, "batch_size", None) or USUAL_SIZE

    @property
    def count(self) -> int | None:
        """How many there are; None before all items were read, once one of several images was met."""
        return self._source.count

    @property
    def items(self) -> int:
        """How many items the data set has."""
        return len(self._source.indices)

    @property
    def even(self) -> bool:
        """Whether each item that was read holds one image."""
        return self._source.numbering.even

    def reader(self) -> "PortionReader":
        """Make what reads a portion in another process."""
        return PortionReader(self._source)

    def read_from(self, start: int, *, pin: bool = False) -> Generator[Portion]:
        """Read on from a position to the end."""
        if self.even:
            with closing(self._read_evenly(start, pin)) as portions:
                for portion in portions:
                    if portion.uneven:
                        break
                    start = portion.stop
                    self._source.numbering.learn_singles(start)
                    yield portion
                else:
                    return
        yield from ItemPortions(self._samples).read_from(start)

    def _read_evenly(self, start: int, pin: bool) -> Generator[Portion]:
        """Read items as they are grouped where each holds one image."""
        blocks: Any = _Blocks(start, self.items, self.size)  # ranges, where torch names lists
        workers = self._loader.num_workers
        if workers == 0 or self._source.loading.iterated is not None:
            yield from map(PortionReader(self._source, self._samples.lock).__getitems__, blocks)
        else:
            pin = pin and self._loader.pin_memory
            yield from reading_beside(self._loader, self.reader(), blocks, workers=workers, pin=pin)


class PortionReader(Dataset[Portion]):
    """Fetches a batch of items, collates and reads it, all in one place: here, or in a worker.

    What a collate function makes of many items must be what it makes of each alone, which is how `Samples` reads
    them. Some of each batch are held against that; where it is not so (padding to the largest in the batch, say),
    and where an item fails, items are collated one by one. The lock is taken for each; `dataset` is the user's own.
    """

    def __init__(self, source: MapSource, lock: AbstractContextManager[Any] | None = None) -> None:
        self._source, self._lock = source, nullcontext() if lock is None else lock
        self.dataset = source.loading.dataset
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
            given = self._source.draws.read_together(lambda: self._checked_batch(positions))
        if is_image_stack(given.rows.stack):
            images = given.rows.stack.detach().as_subclass(Tensor)
            labels = _labels_of(given.rows)
            return Portion(positions[0], positions[-1] + 1, images, labels, notes=given.notes)
        found = [replace(as_item(given.rows, row), notes=given.notes) for row in range(given.rows.count)]
        return portion_of(positions[0], positions[-1] + 1, found, {})

    def _checked_batch(self, positions: range) -> Given:
        """Give the samples as the loader makes a batch of them; each is what it is alone."""
        given = self._source.loading.give([self._source.indices[position] for position in positions])
        if given.rows.count != len(positions):
            raise ValueError(f"{given.rows.count} samples came of {len(positions)} items")
        self._together = self._is_as_alone(given)
        if not self._together:
            raise ValueError("the loader makes something else of many items than of one")
        return given

    def _is_as_alone(self, given: Given) -> bool:
        """Hold some samples of a batch against what is made of each alone; another one of each batch."""
        count = given.rows.count
        places = range(0, count, -(-count // _CHECKED_AT_FIRST)) if not self._checked else [self._checked]
        self._checked += 1
        return all(_is_same(given, place % count) for place in places)

    def _read_singly(self, positions: range) -> Portion:
        items: list[Item] = []
        errors = {}
        for position in positions:
            try:
                with self._lock, naming(position):
                    held = self._source.fetch(position)
                    if held.count > 1:
                        return Portion(positions[0], positions[-1] + 1, [], [], uneven=True)
                    items.append(held.at(0))
            except SampleError as error:
                errors[position] = str(error)
        return portion_of(positions[0], positions[-1] + 1, items, errors)


class _Blocks:
    """The positions of one portion after another, as ranges: a batch sampler that needs no list."""

    def __init__(self, start: int, stop: int, size: int) -> None:
        self._start, self._stop, self._size = start, stop, size

    def __iter__(self) -> Iterator[range]:
        for start in range(self._start, self._stop, self._size):
            yield range(start, min(start + self._size, self._stop))

    def __len__(self) -> int:
        return -(-(self._stop - self._start) // self._size)


def _labels_of(rows: Rows) -> "np.ndarray[Any, Any] | list[Label | Pair]":
    """Read the labels at once where they are whole numbers, one a sample; else one by one."""
    labels = rows.labels
    if isinstance(labels, Tensor) and labels.shape == (rows.count,) and not labels.is_floating_point():
        return labels.detach().cpu().numpy().astype(np.int64)
    return [read_label(rows.at(row)[1]) for row in range(rows.count)]


def _is_same(given: Given, at: int) -> bool:
    """Whether a sample of a batch is what is made of it alone."""
    alone = given.alone(at)
    if alone.count != 1:
        return False
    a, b = as_item(given.rows, at), as_item(alone, 0)
    return a.axes == b.axes and a.image.dtype == b.image.dtype and are_same(a, b)
