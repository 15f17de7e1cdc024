"""An image that a model takes as a picture that people look at."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from attn_widget.samples.normalisation import Normalisation
from attn_widget.samples.readings import SLACK, UNFIT, choose

SCALED = "no mean and std found: the image is scaled for display"


def make_picture(
    image: Tensor, given: Normalisation | None, found: Sequence[Normalisation] = ()
) -> tuple[npt.NDArray[np.float32], tuple[str, ...]]:
    """Draw an image.

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
    picture : ndarray, shape [H, W, 3], float32
        In [0, 1]. One channel is grey, two are red and cyan, of more the first three are red, green and blue.
    notes : tuple of str
        What the reader should know about it.
    """
    channels = image.shape[0]
    normalisation, doubts = (given, ()) if given is not None else choose(image, found)
    notes = [*doubts]
    if channels > 4:
        notes.append(f"first 3 of {channels} channels shown")
    notes += _non_finite(image)
    shown = image[:3]
    values = shown.to(torch.float64 if shown.dtype in (torch.float64, torch.int64) else torch.float32).numpy()
    if normalisation is not None and image.is_floating_point():
        values = normalisation.undo(values)
    else:
        values, scaled = _scaled(values, image.dtype)
        notes += [SCALED] if scaled and UNFIT not in notes else []
    return _coloured(_clipped(values)), tuple(notes)


def _non_finite(image: Tensor) -> list[str]:
    if not image.is_floating_point() or image.sum(dtype=torch.float64).isfinite():  # then each of its terms is finite
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


def _scaled(values: npt.NDArray[Any], dtype: torch.dtype) -> tuple[npt.NDArray[Any], bool]:
    """Values brought to [0, 1], and whether their range had to be stretched for that."""
    if dtype == torch.uint8:
        return values / 255, False
    low, high = _extent(values)
    if low >= -SLACK and high <= 1 + SLACK:
        return values, False
    if low >= 0 and 2 < high <= 255:
        return values / 255, False
    if high == low:
        return np.where(np.isfinite(values), 0.5, values), True
    return (values - low) / (high - low), True


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
