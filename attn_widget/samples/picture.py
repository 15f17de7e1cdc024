"""An image that a model takes as a picture that people look at."""

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
from attn_widget.samples.normalisation_choice import SLACK, UNFIT, choose
from attn_widget.window import Window

SCALED = "no mean and std found: the image is scaled for display"

_MANY = 4  # of so many pixels for one of the picture the simpler filter is as good, in half the time


@dataclass(frozen=True, eq=False)
class Rendering:
    """How an image becomes a picture: decided by the whole of it, done for as much of it as is asked for.

    Attributes
    ----------
    image : Tensor, shape [C, H, W]
        Of any real type.
    normalisation : Normalisation or None
        What it is de-normalised by.
    black, white : float
        The values that become 0 and 1, where it is not de-normalised; a flat image is mid-grey where they are equal.
    finite : bool
        Whether each of its values is.
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
        """The picture ``[H, W, 3]`` in [0, 1], read-only: others may hold it as well."""
        picture = self._drawn(_plain(self.image[:3]))
        picture.setflags(write=False)
        return picture

    def part(self, window: Window) -> npt.NDArray[np.float32]:
        """Give the picture in a window of the image: ``[rows, columns, 3]`` in [0, 1]; only that is computed."""
        if window.shows(self.size):
            return self.whole
        seen = self.image[:3, window.top : window.bottom, window.left : window.right]
        if window.exact:
            return self._drawn(_plain(seen))
        shape = (window.rows, window.columns)
        if self.finite:
            return self._drawn(_plain(_reduced(seen, shape)))
        drawn = torch.from_numpy(self._drawn(_plain(seen))).permute(2, 0, 1)  # first, or NaN would spread
        return _coloured(_clipped(_reduced(drawn, shape).numpy()))

    @property
    def nbytes(self) -> int:
        """How many bytes of memory it holds at present: the image's, and the whole picture's once it is made."""
        whole = vars(self).get("whole")
        return self.image.nbytes + (0 if whole is None else whole.nbytes)

    def _drawn(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        if self.normalisation is not None:
            values = self.normalisation.undo(values)
        elif self.black == self.white:
            values = np.where(np.isfinite(values), 0.5, values)
        elif (self.black, self.white) != (0, 1):
            values = (values - self.black) / (self.white - self.black)
        return _coloured(_clipped(values))


def make_picture(
    image: Tensor, given: Normalisation | None, found: Sequence[Normalisation] = ()
) -> tuple[Rendering, tuple[str, ...]]:
    """Find how to draw an image; nothing is drawn yet.

    Parameters
    ----------
    image : Tensor, shape [C, H, W]
        Of any real type.
    given : Normalisation or None
        What floats are de-normalised by, whatever their values.
    found : sequence of Normalisation
        Where none is given: those that may have made the image, of which its values choose.

    Returns
    -------
    picture : Rendering
        One channel is grey, two are red and cyan, of more the first three are red, green and blue.
    notes : tuple of str
        What the reader should know about it.
    """
    channels = image.shape[0]
    normalisation, doubts = (given, ()) if given is not None else choose(image, found)
    notes = [*doubts]
    if channels > 4:
        notes.append(f"first 3 of {channels} channels shown")
    missing = _non_finite(image)
    notes += missing
    if normalisation is not None and image.is_floating_point():
        return Rendering(image, normalisation, finite=not missing), tuple(notes)
    black, white, scaled = _ends(image[:3])
    notes += [SCALED] if scaled and UNFIT not in notes else []
    return Rendering(image, None, black, white, finite=not missing), tuple(notes)


def as_rendering(picture: npt.NDArray[Any] | Rendering) -> Rendering:
    """Take a picture ``[H, W, 3]`` in [0, 1] for one that is made at the resolution asked for."""
    if isinstance(picture, Rendering):
        return picture
    pixels = torch.from_numpy(np.require(picture, requirements="W")).permute(2, 0, 1)
    return Rendering(pixels, finite=bool(np.isfinite(picture).all()))


def _plain(values: Tensor) -> npt.NDArray[Any]:
    """Give values as floats that NumPy has."""
    wide = values.dtype in (torch.float64, torch.int64)
    found: npt.NDArray[Any] = values.to(torch.float64 if wide else torch.float32).numpy()
    return found


def _reduced(image: Tensor, shape: tuple[int, int]) -> Tensor:
    """Resample an image [C, H, W] to fewer rows and columns, with antialiasing."""
    values = image if image.dtype in (torch.uint8, torch.float32) else torch.from_numpy(_plain(image))
    many = min(image.shape[1] / shape[0], image.shape[2] / shape[1]) >= _MANY
    mode = "bilinear" if many else "bicubic"
    with torch.no_grad():
        return functional.interpolate(values.unsqueeze(0), size=shape, mode=mode, antialias=True)[0]


def _non_finite(image: Tensor) -> list[str]:
    if not image.is_floating_point() or all(end.isfinite() for end in image.aminmax()):  # NaN would be either end
        return []
    notes = []
    for test, text in (
        (torch.isnan, "not a number (NaN), drawn grey"),
        (torch.isinf, "infinite, drawn saturated"),
    ):
        count = int(test(image).any(dim=0).sum())
        if count:
            notes.append(f"{count} pixel{'s are' if count > 1 else ' is'} {text}")
    return notes


def _ends(image: Tensor) -> tuple[float, float, bool]:
    """Give the values that are drawn black and white, and whether the image's range is stretched by that."""
    if image.dtype == torch.uint8:
        return 0, 255, False
    low, high = _extent(_plain(image))
    if low >= -SLACK and high <= 1 + SLACK:
        return 0, 1, False
    if low >= 0 and 2 < high <= 255:
        return 0, 255, False
    return low, high, True


def _extent(values: npt.NDArray[Any]) -> tuple[float, float]:
    """Give the least and the greatest finite value; zeros where there is none."""
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    if np.isfinite(low) and np.isfinite(high):
        return low, high
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def _clipped(values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Within [0, 1]; a pixel with a NaN in any channel is mid-grey."""
    clipped: npt.NDArray[np.float32] = np.clip(values, 0, 1).astype(np.float32, copy=False)
    if clipped.size and np.isnan(clipped.min()):
        clipped[:, np.isnan(clipped).any(axis=0)] = 0.5
    return clipped


def _coloured(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    planes = {1: (0, 0, 0), 2: (0, 1, 1)}.get(len(values), (0, 1, 2))
    return np.ascontiguousarray(np.stack([values[plane] for plane in planes], axis=-1))
