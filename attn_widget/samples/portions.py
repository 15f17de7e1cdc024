"""All samples behind a loader, a portion at a time, in the order of their positions."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from itertools import count, islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from attn_widget.samples.images import Axes
from attn_widget.samples.items import Item
from attn_widget.samples.map_source import MapSource
from attn_widget.samples.sample import Label, Pair, SampleError
from attn_widget.samples.samples import Samples
from attn_widget.samples.stream_reading import BrokenOff

USUAL_SIZE = 32
"""How many samples are read at a time if the loader does not say."""

_MOST_BYTES = 64 * 2**20
"""Bytes of images read one by one; so few that a stream still keeps them if an interrupt loses the portion."""


@dataclass(frozen=True, eq=False)
class Portion:
    """Consecutive samples, read together: those at ``range(start, stop)``, except where there are errors.

    `images` and `labels` hold those that could be read, images as a list if they differ in shape or original axes.
    """

    start: int
    stop: int
    images: Tensor | list[Tensor]  # [B, C, H, W] or each [C, H, W]
    labels: "np.ndarray[Any, Any] | list[Label | Pair]"  # int64 [B], or a list
    errors: dict[int, str] = field(default_factory=dict)  # by position
    ended: bool = False  # whether a stream has ended, which it did at `stop`
    uneven: bool = False  # whether nothing is given, as an item holds several images: positions are not item numbers
    notes: tuple[str, ...] = ()  # what differs from what the loader would give
    broken: str | None = None  # what a stream raised at `stop`, if it broke off there
    axes: list[Axes] = field(default_factory=list)  # the original ones of each image; empty if all were "CHW"

    @property
    def positions(self) -> list[int]:
        """The positions of the samples that could be read."""
        return [position for position in range(self.start, self.stop) if position not in self.errors]

    def axes_at(self, place: int) -> Axes:
        """Give the original axes of an image."""
        return self.axes[place] if self.axes else "CHW"

    def pin_memory(self) -> "Portion":
        """Move a stack of images to pinned memory; called by torch's `DataLoader`."""
        return replace(self, images=self.images.pin_memory()) if isinstance(self.images, Tensor) else self


class Portions:
    """The way through all samples, here one by one in this process; items may hold several images."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples
        self.size = USUAL_SIZE

    @property
    def count(self) -> int | None:
        """How many samples there are; None while `Samples.count` is."""
        return self._samples.count

    def read_from(self, start: int, *, pin: bool = False) -> Generator[Portion]:  # noqa: ARG002  # only workers pin
        """Read from a position to the end; `pin` if the images go to a GPU."""
        entries = self._entries(start)
        while True:
            portion = self._read(start, entries)
            over = portion.ended or portion.broken is not None
            if portion.stop > start or over:
                yield portion
            if portion.stop == start or over:
                return
            start = portion.stop

    def _read(self, start: int, entries: Iterator[Item | Exception]) -> Portion:
        items: list[Item] = []
        errors: dict[int, str] = {}
        room = _MOST_BYTES
        for position, entry in enumerate(islice(entries, self.size), start):
            if isinstance(entry, BrokenOff):
                return replace(portion_of(start, position, items, errors), broken=entry.why)
            if isinstance(entry, IndexError):
                return replace(portion_of(start, position, items, errors), ended=True)
            if isinstance(entry, Item):
                items.append(entry)
                room -= entry.image.nbytes
            else:
                errors[position] = str(entry)
            if room <= 0:
                break
        return portion_of(start, start + len(items) + len(errors), items, errors)

    def _entries(self, start: int) -> Iterator[Item | Exception]:
        """Give each item, or why it cannot be read, or an IndexError where a stream ends."""
        source = self._samples.source
        entries = source.read_on(start) if isinstance(source, MapSource) else self._singly(start)
        while True:
            with self._samples.lock:  # but not between two items
                entry = next(entries, None)
            if entry is None:
                return
            yield entry

    def _singly(self, start: int) -> Iterator[Item | Exception]:
        for position in count(start):
            if self.count is not None and position >= self.count:
                return
            try:
                yield self._samples.item(position)
            except (SampleError, IndexError) as error:
                yield error


def portion_of(start: int, stop: int, items: list[Item], errors: dict[int, str]) -> Portion:
    """Put items that were read one by one together."""
    images: Any = [item.image for item in items]
    if len({(item.image.shape, item.image.dtype, item.axes) for item in items}) == 1:
        images = torch.stack(images)
    notes = tuple(dict.fromkeys(note for item in items for note in item.notes))
    labels = [item.label for item in items]
    axes = [item.axes for item in items] if any(item.axes != "CHW" for item in items) else []
    return Portion(start, stop, images, labels, errors, notes=notes, axes=axes)
