"""What a source gives for a position."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from attn_widget.samples.batch_reading import Rows
from attn_widget.samples.images import Axes, as_image
from attn_widget.samples.labels import read_label
from attn_widget.samples.sample import Label, Pair
from attn_widget.words import sample_notes

Convert = Callable[[Any], Any]
"""Turns what a data set gives into a batch, as a loader's collate_fn does."""


@dataclass(frozen=True, eq=False)
class Item:
    """What was read at a position.

    The label may be a `Pair`, which only the number of classes resolves. `index` is the item's index in the data set,
    if it has one, `axes` the axes that the image had in its batch, and `notes` are sentences about how it was read.
    """

    image: Tensor
    label: Label | Pair
    index: Any = None
    axes: Axes = "CHW"
    notes: tuple[str, ...] = ()


def unchanged(value: Any) -> Any:
    """The `Convert` that changes nothing."""
    return value


def as_item(rows: Rows, i: int, index: Any = None) -> Item:
    """Copy sample `i` of a batch into an item; raises a `ValueError` if the batch has no such sample."""
    if not 0 <= i < rows.count:
        raise ValueError(sample_notes.NO_SAMPLE_GIVEN)
    image, label = rows.at(i)
    pixels, axes = as_image(image)
    converted = not isinstance(image, Tensor) and rows.stack is None  # no model takes it before it is a tensor
    return Item(pixels, read_label(label), index, "CHW" if converted else axes)


def are_same(a: Item, b: Item) -> bool:
    """Whether two items have equal labels and images of equal values."""
    if a.label != b.label or a.image.shape != b.image.shape:
        return False
    return torch.equal(a.image, b.image) or torch.allclose(a.image.double(), b.image.double(), 0, 0, equal_nan=True)


def check_not_empty(count: int | None) -> None:
    """Raise a `ValueError` if there is known to be no sample."""
    if count == 0:
        raise ValueError(sample_notes.EMPTY_LOADER)
