"""What one sample is, and the error raised when it cannot be read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor

from attn_widget.samples.images import Axes
from attn_widget.samples.picture import Rendering
from attn_widget.words import forms, sample_notes, summaries

Label = int | tuple[int, ...] | float | str | None
"""A class, several classes, a regression value, a text, or nothing."""


@dataclass(frozen=True)
class Pair:
    """The label (0, 1) or (1, 0): one-hot if there are two classes, two class indices if there are more.

    `listed` says that it came as a list, as class indices usually do, and not as a tensor or array.
    """

    numbers: tuple[int, int]
    listed: bool

    def read(self, classes: int | None) -> Label:
        """Resolve it for a number of classes; if that is None, a list holds class indices and an array is one-hot."""
        one_hot = not self.listed if classes is None else classes == 2
        return self.numbers.index(1) if one_hot else self.numbers

    def said(self) -> str:
        """Say how it is read while the number of classes is not known."""
        numbers = list(self.numbers)
        if self.listed:
            return sample_notes.read_as_classes(numbers, *numbers)
        return sample_notes.read_as_class(numbers, self.read(None))


@dataclass(frozen=True, eq=False)
class Sample:
    """One item behind a loader.

    Attributes
    ----------
    position : int
        Its index in the loader's own order.
    image : Tensor, shape [C, H, W]
        The image as the model takes it: detached, on the CPU, in its own memory.
    label : int, tuple of int, float, str or None
        A class index, the indices of a multi-label sample, a regression value, a text, or nothing.
    rendering : Rendering
        Draws the picture, or part of it, at the resolution asked for.
    name : str
        The file (``"cat/0003.jpg"``) if the data set knows one, else the data-set index (``"#17"``), else empty.
    notes : tuple of str
        Sentences about how the picture was made and the label was read.
    axes : str
        The axes of the image as the loader gave it (`attn_widget.samples.images.Axes`).
    pair : Pair or None
        The two numbers of the label, if the number of classes decides how they are read.
    """

    position: int
    image: Tensor
    label: Label
    rendering: Rendering
    name: str = ""
    notes: tuple[str, ...] = ()
    axes: Axes = "CHW"
    pair: Pair | None = None

    def __repr__(self) -> str:
        label = forms.label_text(self.label, str)
        return summaries.sample_summary(self.position, self.name, self.image.shape, str(self.image.dtype), label)

    @property
    def picture(self) -> npt.NDArray[np.float32]:
        """The image to look at, ``[H, W, 3]``, float32: de-normalised and clipped to [0, 1]; made on first use."""
        return self.rendering.whole

    @property
    def nbytes(self) -> int:
        """The bytes that image and picture take at present; the picture takes none before its first use."""
        return self.rendering.nbytes


@dataclass(frozen=True)
class Place:
    """Where a sample comes from: its index in the loader's data set, None if it has none, and `Sample.name`."""

    index: int | None
    name: str


class SampleError(RuntimeError):
    """One sample cannot be read; the error behind it is its ``__cause__``."""


@contextmanager
def naming(position: int) -> Iterator[None]:
    """Re-raise any error as a `SampleError` that names the position, and the error's type and text."""
    try:
        yield
    except SampleError:
        raise
    except Exception as error:
        text = f"{type(error).__name__}: {error}".rstrip(": ")
        raise SampleError(sample_notes.unreadable(position, text)) from error
