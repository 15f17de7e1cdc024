"""An image that a model takes, as a picture that people look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from attn_widget.samples.normalisation import Normalisation
from attn_widget.samples.normalisation_choice import SLACK, choose
from attn_widget.window import Window
from attn_widget.words import sample_notes

_MANY = 4  # with so many pixels for each one shown, the simpler filter is as good and takes half the time


@dataclass(frozen=True, eq=False)
class Rendering:
    """How an image becomes a picture: decided once for all of it, drawn for as much as is asked for.

    An image [C, H, W] of any real type is de-normalised by `normalisation`; if that is None, its values `black` and
    `white` become 0 and 1, and if these are equal, it is drawn mid-grey. `finite` says whether all its values are.
    """

    image: Tensor
    normalisation: Normalisation | None = None
    black: float = 0.0
    white: float = 1.0
    finite: bool = True

    @property
    def size(self) -> tuple[int, int]:
        """The image's ``(H, W)``."""
        height, width = self.image.shape[-2:]
        return height, width

    @cached_property
    def whole(self) -> npt.NDArray[np.float32]:
        """The picture ``[H, W, 3]`` in [0, 1], read-only because it may be shared."""
        picture = self._drawn(self.image[:3])
        picture.setflags(write=False)
        return picture

    def part(self, window: Window) -> npt.NDArray[np.float32]:
        """Draw only what a window of the image shows: ``[rows, columns, 3]`` in [0, 1]."""
        if window.shows(self.size):
            return self.whole
        seen = self.image[:3, window.top : window.bottom, window.left : window.right]
        if window.exact:
            return self._drawn(seen)
        shape = (window.rows, window.columns)
        if self.finite:
            return self._drawn(_reduced(seen, shape))
        drawn = torch.from_numpy(self._drawn(seen)).permute(2, 0, 1)  # first, or NaN would spread
        return _coloured(_reduced(drawn, shape).numpy())

    @property
    def nbytes(self) -> int:
        """The bytes that it takes at present: the image's, and the whole picture's once it is drawn."""
        whole = vars(self).get("whole")
        return self.image.nbytes + (0 if whole is None else whole.nbytes)

    def _drawn(self, image: Tensor) -> npt.NDArray[np.float32]:
        values = _as_floats(image)
        if self.normalisation is not None:
            values = self.normalisation.undo(values)
        elif self.black == self.white:
            values = np.where(np.isfinite(values), 0.5, values)
        elif (self.black, self.white) != (0, 1):
            values = (values - self.black) / (self.white - self.black)
        return _coloured(values)


def make_picture(
    image: Tensor, given: Normalisation | None, found: Sequence[Normalisation] = ()
) -> tuple[Rendering, tuple[str, ...]]:
    """Decide how to draw an image [C, H, W] of any real type, and what to tell the reader about it; nothing is drawn.

    Floats are de-normalised by `given`, whatever their values, else by whichever of `found` the values show. One
    channel is drawn grey, two are red and cyan; of more, the first three are red, green and blue.
    """
    channels = image.shape[0]
    normalisation, doubts = (given, ()) if given is not None else choose(image, found)
    notes = [*doubts]
    if channels > 4:
        notes.append(sample_notes.first_channels(channels))
    missing = _non_finite(image)
    notes += missing
    if normalisation is not None and image.is_floating_point():
        return Rendering(image, normalisation, finite=not missing), tuple(notes)
    black, white, scaled = _black_and_white(image[:3])
    notes += [sample_notes.SCALED] if scaled and sample_notes.UNFIT not in notes else []
    return Rendering(image, None, black, white, finite=not missing), tuple(notes)


def as_rendering(picture: npt.NDArray[Any] | Rendering) -> Rendering:
    """Make a picture ``[H, W, 3]`` in [0, 1] one that is drawn at the resolution asked for."""
    if isinstance(picture, Rendering):
        return picture
    pixels = torch.from_numpy(np.require(picture, requirements="W")).permute(2, 0, 1)
    return Rendering(pixels, finite=bool(np.isfinite(picture).all()))


def _as_floats(values: Tensor) -> npt.NDArray[Any]:
    """As an array of a float type that NumPy has and that is wide enough."""
    wide = values.dtype in (torch.float64, torch.int64)
    found: npt.NDArray[Any] = values.to(torch.float64 if wide else torch.float32).numpy()
    return found


def _reduced(image: Tensor, shape: tuple[int, int]) -> Tensor:
    """Resample an image [C, H, W] to fewer rows and columns, with antialiasing."""
    values = image if image.dtype in (torch.uint8, torch.float32) else torch.from_numpy(_as_floats(image))
    many = min(image.shape[1] / shape[0], image.shape[2] / shape[1]) >= _MANY
    mode = "bilinear" if many else "bicubic"
    with torch.no_grad():
        return functional.interpolate(values.unsqueeze(0), size=shape, mode=mode, antialias=True)[0]


def _non_finite(image: Tensor) -> list[str]:
    """Say how many pixels have a value that is NaN or infinite."""
    if not image.is_floating_point() or all(end.isfinite() for end in image.aminmax()):  # NaN would be either end
        return []
    notes = []
    for test, said in ((torch.isnan, sample_notes.pixels_nan), (torch.isinf, sample_notes.pixels_infinite)):
        count = int(test(image).any(dim=0).sum())
        if count:
            notes.append(said(count))
    return notes


def _black_and_white(image: Tensor) -> tuple[float, float, bool]:
    """Choose the values drawn black and white, and tell whether that stretches the image's range."""
    if image.dtype == torch.uint8:
        return 0, 255, False
    low, high = _extent(_as_floats(image))
    if low >= -SLACK and high <= 1 + SLACK:
        return 0, 1, False
    if low >= 0 and 2 < high <= 255:
        return 0, 255, False
    return low, high, True


def _extent(values: npt.NDArray[Any]) -> tuple[float, float]:
    """The least and the greatest finite value; zeros if there is none."""
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    return (low, high) if np.isfinite((low, high)).all() else _extent(values[np.isfinite(values)])


def _coloured(values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Make channels ``[C, h, w]`` a picture ``[h, w, 3]`` in [0, 1]; a pixel with a NaN in any channel is mid-grey."""
    clipped: npt.NDArray[np.float32] = np.clip(values, 0, 1).astype(np.float32, copy=False)
    if clipped.size and np.isnan(clipped.min()):
        clipped[:, np.isnan(clipped).any(axis=0)] = 0.5
    planes = {1: (0, 0, 0), 2: (0, 1, 1)}.get(len(clipped), (0, 1, 2))
    return np.ascontiguousarray(np.stack([clipped[plane] for plane in planes], axis=-1))
