"""What one sample is, and the error of one that cannot be read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor

from attn_widget.samples.axes import Axes
from attn_widget.samples.picture import Rendering
from attn_widget.words import forms, summaries


@dataclass(frozen=True)
class Pair:
    """The numbers 0 and 1 as a label: one of two classes, one-hot, or two classes of more.

    Attributes
    ----------
    numbers : tuple of int
        ``(0, 1)`` or ``(1, 0)``.
    listed : bool
        Whether they came as a list, as the numbers of classes do, and not as a tensor or array.
    """

    numbers: tuple[int, int]
    listed: bool

    def read(self, classes: int | None) -> "Label":
        """Read them as a label where there are so many classes; None where that is not known: a list has classes."""
        one_hot = not self.listed if classes is None else classes == 2
        return self.numbers.index(1) if one_hot else self.numbers

    def said(self) -> str:
        """Say how they are read where the number of classes is not known."""
        read = f"the classes {self.numbers[0]} and {self.numbers[1]}" if self.listed else f"class {self.read(None)}"
        return f"the label {list(self.numbers)} is read as {read}"


Label = int | tuple[int, ...] | float | str | None
"""A class, several classes, a regression's value, a text, or nothing."""


@dataclass(frozen=True, eq=False)
class Sample:
    """One item behind a loader.

    Attributes
    ----------
    position : int
        The index in the loader's own order.
    image : Tensor, shape [C, H, W]
        The image as the model takes it: detached, on the CPU, in memory of its own.
    label : int, tuple of int, float, str or None
        A class index, the indices of a multi-label sample, a regression value, a text, or nothing.
    rendering : Rendering
        Makes the picture, whole or in part, at the resolution asked for.
    name : str
        The file (``"cat/0003.jpg"``) where the data set knows one, else the data-set index (``"#17"``), else
        nothing.
    notes : tuple of str
        Sentences about what had to be done to make the picture, and how the label was read.
    axes : str
        Those that the image had as the loader gave it (`attn_widget.samples.axes`).
    pair : Pair or None
        The label's own two numbers, where the number of classes decides how they are read.
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
        """The image to look at, ``[H, W, 3]``, float32: de-normalised, and clipped to [0, 1]; made on first use."""
        return self.rendering.whole

    @property
    def nbytes(self) -> int:
        """How many bytes of memory image and picture hold at present; the picture's come once it is asked for."""
        return self.rendering.nbytes


@dataclass(frozen=True)
class Place:
    """Where a sample comes from: its index in the loader's data set, None where it has none, and `Sample.name`."""

    index: int | None
    name: str


class SampleError(RuntimeError):
    """One sample that cannot be read; the error behind it is its ``__cause__``."""


@contextmanager
def naming(position: int) -> Iterator[None]:
    """Raise what fails inside as a `SampleError` that names the position, the error's type and its text."""
    try:
        yield
    except SampleError:
        raise
    except Exception as error:
        text = f"{type(error).__name__}: {error}".rstrip(": ")
        raise SampleError(f"Sample {position} cannot be read ({text}). Other samples are not affected.") from error
