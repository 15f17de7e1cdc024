"""What a source gives for a position."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from attn_widget.samples.axes import Axes
from attn_widget.samples.batch_reading import Rows
from attn_widget.samples.images import as_image
from attn_widget.samples.labels import read_label
from attn_widget.samples.sample import Label, Pair

Convert = Callable[[Any], Any]
"""Makes a batch of what a data set gives, as a loader's collate_fn does."""


@dataclass(frozen=True, eq=False)
class Item:
    """What was read at a position.

    Attributes
    ----------
    image : Tensor [C, H, W]
        The image.
    label : Label or Pair
        Its label, or two numbers that are one once the number of classes is known.
    index
        The item's index in the data set, if any.
    axes : str
        Those that the image had among others in a batch.
    notes : tuple of str
        Sentences about how it was read.
    """

    image: Tensor
    label: Label | Pair
    index: Any = None
    axes: Axes = "CHW"
    notes: tuple[str, ...] = ()


class Source(Protocol):
    """A loader, opened: items by position."""

    @property
    def count(self) -> int | None:
        """How many there are, where that is known."""

    def read(self, position: int) -> Item:
        """Read one item; a `SampleError` where it cannot be, an `IndexError` past an end that was unknown."""

    def index_of(self, position: int) -> Any:
        """Give the item's index in the data set; None where it has none."""


def as_item(rows: Rows, i: int, index: Any = None) -> Item:
    """Sample `i` of a batch, in memory of its own.

    Raises
    ------
    ValueError
        Where the batch has no such sample.
    """
    if not 0 <= i < rows.count:
        raise ValueError("the data set, or the loader's collate_fn, gave no sample for it")
    image, label = rows.at(i)
    pixels, axes = as_image(image)
    alone = not isinstance(image, Tensor) and rows.stack is None  # which somebody must make a tensor of, as we do
    return Item(pixels, read_label(label), index, "CHW" if alone else axes)


def are_same(a: Item, b: Item) -> bool:
    """Whether two items have the same label, and images of the same values."""
    if a.label != b.label or a.image.shape != b.image.shape:
        return False
    return torch.equal(a.image, b.image) or torch.allclose(a.image.double(), b.image.double(), 0, 0, equal_nan=True)


def check_not_empty(count: int | None) -> None:
    """Raise a `ValueError` where there is known to be no sample."""
    if count == 0:
        raise ValueError("loader is empty; expected at least one sample. Check the data set, or the folder, behind it")
