"""A map-style data set in portions of consecutive items, read here or in workers."""

from collections.abc import Generator
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
from attn_widget.samples.loading import LoadedRows
from attn_widget.samples.map_source import MapSource
from attn_widget.samples.portions import Portion, Portions, portion_of
from attn_widget.samples.sample import Label, Pair, SampleError, naming
from attn_widget.samples.samples import Samples
from attn_widget.samples.workers import reading_beside

_CHECKED_AT_FIRST = 8


def open_portions(samples: Samples) -> Portions:
    """Choose how to read all samples: in the loader's batches if it collates a map-style data set, else one by one."""
    source, loader = samples.source, samples.loader
    if isinstance(source, MapSource) and isinstance(loader, DataLoader) and source.loading.collates:
        return LoaderPortions(samples, source)
    return Portions(samples)


class LoaderPortions(Portions):
    """A map-style data set, read in batches as large as its loader's and with as many workers.

    Without workers if the loader has an ``__iter__`` of its own, which runs in this process when it is iterated; one
    item at a time from the first portion in which an item holds several images. The loader itself is never iterated.
    """

    def __init__(self, samples: Samples, source: MapSource) -> None:
        super().__init__(samples)
        self._loader, self._source = samples.loader, source
        batches = self._loader.batch_sampler
        self.size = self._loader.batch_size or getattr(batches, "batch_size", None) or self.size

    @property
    def items(self) -> int:
        """How many items the data set has."""
        return len(self._source.indices)

    @property
    def even(self) -> bool:
        """Whether every item read so far holds one image."""
        return self._source.numbering.even

    def reader(self) -> "PortionReader":
        """Make a reader of portions for another process."""
        return PortionReader(self._source)

    def read_from(self, start: int, *, pin: bool = False) -> Generator[Portion]:
        """Read from a position to the end; `pin` if the images go to a GPU."""
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
        one_by_one = Portions(self._samples)
        yield from one_by_one.read_from(start)

    def _read_evenly(self, start: int, pin: bool) -> Generator[Portion]:
        """Read blocks of items, each of which holds one image."""
        positions = range(self.items)
        blocks = (positions[at : at + self.size] for at in range(start, self.items, self.size))
        workers = self._loader.num_workers
        if workers == 0 or self._source.loading.iterated is not None:
            yield from map(PortionReader(self._source, self._samples.lock).__getitems__, blocks)
        else:
            pin = pin and self._loader.pin_memory
            yield from reading_beside(self._loader, self.reader(), blocks, workers=workers, pin=pin)


class PortionReader(Dataset[Portion]):
    """Fetches, collates and reads a batch of items, here or in a worker.

    `Samples` reads each item alone, so collating many must give the same. Some items of each batch are checked for
    that. If they differ (say, by padding to the largest in the batch), or an item fails, items are collated one by
    one. The lock is taken for each read; `dataset` is the user's own.
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
            except Exception:  # an item is broken, or they cannot be collated together
                pass
        return self._read_singly(positions)

    def _read_together(self, positions: range) -> Portion:
        with self._lock:
            given = self._source.draws.read_together(lambda: self._checked_batch(positions))
        if is_image_stack(given.rows.stack):
            images = given.rows.stack.detach().as_subclass(Tensor)
            return Portion(positions.start, positions.stop, images, _labels_of(given.rows), notes=given.notes)
        found = [replace(as_item(given.rows, row), notes=given.notes) for row in range(given.rows.count)]
        return portion_of(positions.start, positions.stop, found, {})

    def _checked_batch(self, positions: range) -> LoadedRows:
        """Give the batch that the loader makes; raises a `ValueError` if a sample is not what it is alone."""
        given = self._source.loading.give([self._source.indices[position] for position in positions])
        count = given.rows.count
        if count != len(positions):
            raise ValueError(f"{count} samples came from {len(positions)} items")
        # several samples of the first batch are checked, and a different one of each later batch
        places = range(0, count, -(-count // _CHECKED_AT_FIRST)) if not self._checked else [self._checked % count]
        self._checked += 1
        self._together = all(_is_same(given, place) for place in places)
        if not self._together:
            raise ValueError("the loader gives something else for many items than for one")
        return given

    def _read_singly(self, positions: range) -> Portion:
        items: list[Item] = []
        errors = {}
        for position in positions:
            try:
                with self._lock, naming(position):
                    held = self._source.fetch(position)
                    if held.count > 1:
                        return Portion(positions.start, positions.stop, [], [], uneven=True)
                    items.append(held.at(0))
            except SampleError as error:
                errors[position] = str(error)
        return portion_of(positions.start, positions.stop, items, errors)


def _labels_of(rows: Rows) -> "np.ndarray[Any, Any] | list[Label | Pair]":
    """Read the labels, all at once if they are whole numbers, one per sample."""
    labels = rows.labels
    if isinstance(labels, Tensor) and labels.shape == (rows.count,) and not labels.is_floating_point():
        return labels.detach().cpu().numpy().astype(np.int64)
    return [read_label(rows.at(row)[1]) for row in range(rows.count)]


def _is_same(given: LoadedRows, at: int) -> bool:
    """Whether a sample of a batch is what it is alone."""
    alone = given.alone(at)
    if alone.count != 1:
        return False
    a, b = as_item(given.rows, at), as_item(alone, 0)
    return a.axes == b.axes and a.image.dtype == b.image.dtype and are_same(a, b)
