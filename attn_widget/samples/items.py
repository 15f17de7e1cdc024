"""What a source gives for a position."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

from attn_widget.samples.batch import Rows
from attn_widget.samples.images import as_image
from attn_widget.samples.labels import as_label
from attn_widget.samples.sample import Label

Convert = Callable[[Any], Any]
"""Makes a batch of what a data set gives, as a loader's collate_fn does."""


@dataclass(frozen=True, eq=False)
class Item:
    """What was read at a position: image [C, H, W], label, the item's index in the data set, if any, and notes."""

    image: Tensor
    label: Label
    index: Any = None
    notes: tuple[str, ...] = ()


class Source(Protocol):
    """A loader, opened: items by position.

    Attributes
    ----------
    count : int or None
        How many there are, where that is known.
    """

    @property
    def count(self) -> int | None: ...

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
    return Item(as_image(image), as_label(label), index)


def check_not_empty(count: int | None) -> None:
    """Raise a `ValueError` where there is known to be no sample."""
    if count == 0:
        raise ValueError("loader is empty; expected at least one sample. Check the data set, or the folder, behind it")
