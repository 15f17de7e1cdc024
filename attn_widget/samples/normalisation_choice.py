"""Which normalisation an image's values show: one of those found, or none."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from attn_widget.samples.normalisation import Normalisation

UNFIT = "the mean and std found do not fit the values: the image is scaled for display"
LEFT = "a mean and std were found, but the values can be a picture's: shown as they are (mean= and std= overrule that)"
UNDONE = "the mean and std found are undone, but the values can be a picture's (mean=0, std=1 shows them as they are)"
SEVERAL = "several pairs of mean and std were found, and the values fit more than one (mean= and std= overrule that)"

SLACK = 1e-3
"""How far rounding may carry a value out of [0, 1]."""
MOST_PIXELS = 4_096
"""Of a larger image so many pixels are looked at."""
STRAY = 0.1
"""How far, in the picture's own range, and what share of the values may lie outside [0, 1] after noise or erasing."""
FEW = 8
"""Fewer different values than this lie on the lattice by accident."""
CONTRAST = 0.5
"""In a picture a channel of this range is nothing special; that normalised values of it lie in [0, 1] is chance."""


@dataclass(frozen=True, eq=False)
class Reading:
    """The values [C, N] as a picture's, in [0, 1], if `normalisation` made them of one; None: they are as they were."""

    normalisation: Normalisation | None
    picture: npt.NDArray[Any]
    width: float

    @property
    def stray(self) -> float:
        """Which share of the values no picture can have; one of little contrast strays little."""
        margin = STRAY * min(1.0, float(np.ptp(self.picture)))
        return float(((self.picture < -margin) | (self.picture > 1 + margin)).mean())

    def clean(self, rounding: float) -> bool:
        """Whether all values are ones that a picture can have."""
        slack = SLACK + rounding * self.width
        return bool(self.picture.min() >= -slack and self.picture.max() <= 1 + slack)

    def lattice(self, rounding: float) -> float:
        """Which share of the values are multiples of 1/255, as a file's are; 0 where they are too coarse to tell."""
        levels = self.picture * 255
        tolerance = 0.01 + 255 * rounding * self.width
        return float((abs(levels - np.rint(levels)) < tolerance).mean()) if tolerance < 0.15 else 0.0


def choose(image: Tensor, found: Sequence[Normalisation]) -> tuple[Normalisation | None, tuple[str, ...]]:
    """Tell from an image's values by which of the normalisations found it was normalised, if by any.

    A data set may hold a ``Normalize`` that did not run on this image: another split's, an inverse, one that is
    switched off. So each of them, and that none ran, is held against the values, in this order:

    1. What gives a picture far outside [0, 1] is out; where something gives one inside, so is all that does not.
    2. Pixels come from files as multiples of 1/255. Of what is left, that counts which gives such a picture. An
       image that was resized or jittered as floats has none, so this speaks for, never against.
    3. Else none ran where the values lie in [0, 1] (or 0 to 255) and a channel uses half of that range: a normalised
       image does so by chance only. Values of less contrast are de-normalised. Both is said in a note.

    Of several that are left the one with the largest std counts, into whose range the fewest images fit.

    Parameters
    ----------
    image : Tensor, shape [C, H, W]
        Of any type; only floats can have been normalised.
    found : sequence of Normalisation

    Returns
    -------
    normalisation : Normalisation or None
        None to show the values as they are.
    notes : tuple of str
        What the reader should know about it.
    """
    if not found or not image.is_floating_point():
        return None, ()
    channels = image.shape[0]
    fitting = [normalisation for normalisation in found if normalisation.fits(channels)]
    if not fitting:
        count = max(len(found[0].mean), len(found[0].std))
        return None, (f"the mean and std found have {count} numbers, not {channels}: they are not used",)
    values = _some_pixels(image)
    if not values.size:
        return fitting[0], ()
    rounding = torch.finfo(image.dtype).eps / 2 * float(abs(values).max())
    readings = _possible(values, fitting, rounding)
    if not readings:
        return None, (UNFIT,)
    return (readings[0].normalisation, ()) if len(readings) == 1 else _likeliest(readings, rounding)


def _some_pixels(image: Tensor) -> npt.NDArray[Any]:
    """Values [C, N] of pixels from all over the image, without NaN and infinite ones."""
    width = image.shape[2]
    step = -(-image[0].numel() // MOST_PIXELS)
    while math.gcd(step, width) > 1:  # else whole columns would be left out
        step += 1
    some = image.flatten(1)[:, ::step]
    values: npt.NDArray[Any] = some.to(torch.float64 if some.dtype == torch.float64 else torch.float32).numpy()
    finite = np.isfinite(values).all(axis=0)
    return values if finite.all() else values[:, finite]


def _possible(values: npt.NDArray[Any], found: Sequence[Normalisation], rounding: float) -> list[Reading]:
    """The readings that give a picture, the one of the largest std first, that none ran last."""
    readings = [Reading(one, one.undo(values), one.width) for one in sorted(found, key=lambda one: -one.width)]
    readings = [reading for reading in readings if reading.stray <= STRAY]
    low, high = float(values.min()), float(values.max())
    if low >= -SLACK and high <= 1 + SLACK:
        readings.append(Reading(None, values, 1.0))
    elif low >= 0 and 2 < high <= 255:
        readings.append(Reading(None, values / 255, 1 / 255))
    return [reading for reading in readings if reading.clean(rounding)] or readings


def _likeliest(readings: list[Reading], rounding: float) -> tuple[Normalisation | None, tuple[str, ...]]:
    """Choose among what the range of the values leaves possible."""
    shares = [reading.lattice(rounding) for reading in readings]
    on_lattice = max(shares) > 0.5
    if on_lattice:
        readings = [reading for reading, share in zip(readings, shares, strict=True) if share == max(shares)]
    first, last = readings[0], readings[-1]
    if all(abs(reading.picture - first.picture).max() < 1 / 255 for reading in readings):
        return first.normalisation, ()
    if last.normalisation is not None:
        return first.normalisation, (SEVERAL,)
    if on_lattice:
        sure = len(np.unique(np.rint(last.picture * 255))) >= FEW and len(readings) == 2
        return first.normalisation, () if sure else (UNDONE,)
    if np.ptp(last.picture, axis=1).max() >= CONTRAST:
        return None, (LEFT,)
    return first.normalisation, (UNDONE,)
