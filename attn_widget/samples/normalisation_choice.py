"""Which of the normalisations found an image's values show, if any."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from attn_widget.samples.normalisation import Normalisation
from attn_widget.words import sample_notes

SLACK = 1e-3
"""How far rounding may carry a value out of [0, 1]."""
MOST_PIXELS = 4_096
"""How many pixels of a larger image are looked at."""
STRAY = 0.1
"""After noise or erasing: how far outside [0, 1], relative to the picture's range, and what share of values may lie."""
FEW = 8
"""Fewer distinct values than this may be multiples of 1/255 by accident."""
CONTRAST = 0.5
"""Pictures often have a channel of this range; normalised values with it lie in [0, 1] only by chance."""


@dataclass(frozen=True, eq=False)
class Reading:
    """The picture [C, N] that the values show if `normalisation` made them; None if nothing did.

    `width` is one unit of the values as a fraction of the picture's range.
    """

    normalisation: Normalisation | None
    picture: npt.NDArray[Any]
    width: float

    @property
    def stray(self) -> float:
        """The share of values that no picture can have; at low contrast the margin is smaller."""
        margin = STRAY * min(1.0, float(np.ptp(self.picture)))
        return float(((self.picture < -margin) | (self.picture > 1 + margin)).mean())

    def clean(self, rounding: float) -> bool:
        """Whether a picture can have all of the values."""
        slack = SLACK + rounding * self.width
        return bool(self.picture.min() >= -slack and self.picture.max() <= 1 + slack)

    def lattice(self, rounding: float) -> float:
        """The share of values that are multiples of 1/255, as a file's are; 0 if they are too coarse to tell."""
        levels = self.picture * 255
        tolerance = 0.01 + 255 * rounding * self.width
        return float((abs(levels - np.rint(levels)) < tolerance).mean()) if tolerance < 0.15 else 0.0


def choose(image: Tensor, found: Sequence[Normalisation]) -> tuple[Normalisation | None, tuple[str, ...]]:
    """Tell from an image's values which of the normalisations found made it, if any.

    A data set may hold a ``Normalize`` that did not run on this image: another split's, an inverse, one that is
    switched off. So each of them, and "none ran", is checked against the values, in this order:

    1. A reading that gives a picture far outside [0, 1] is out. If some give one inside, all that do not are out.
    2. Pixels come from files as multiples of 1/255. Readings that give such a picture win. An image that was resized
       or jittered as floats is on no such lattice, so this is evidence for a reading, never against one.
    3. Otherwise none ran if the values lie in [0, 1] (or 0 to 255) and a channel uses half of that range, which a
       normalised image does only by chance. Values of less contrast are de-normalised. A note says so in both cases.

    If several readings are left, the largest std wins, since the fewest images fit into its range. Gives None to show
    the values as they are, and notes for the reader. Only floats can have been normalised.
    """
    if not found or not image.is_floating_point():
        return None, ()
    channels = image.shape[0]
    fitting = [normalisation for normalisation in found if normalisation.fits(channels)]
    if not fitting:
        count = max(len(found[0].mean), len(found[0].std))
        return None, (sample_notes.not_so_many(count, channels),)
    values = _some_pixels(image)
    if not values.size:
        return fitting[0], ()
    rounding = torch.finfo(image.dtype).eps / 2 * float(abs(values).max())
    readings = _possible(values, fitting, rounding)
    if not readings:
        return None, (sample_notes.UNFIT,)
    return (readings[0].normalisation, ()) if len(readings) == 1 else _likeliest(readings, rounding)


def _some_pixels(image: Tensor) -> npt.NDArray[Any]:
    """The values [C, N] of pixels from all over the image, except NaN and infinite ones."""
    width = image.shape[2]
    step = -(-image[0].numel() // MOST_PIXELS)
    while math.gcd(step, width) > 1:  # or whole columns would be left out
        step += 1
    some = image.flatten(1)[:, ::step]
    values: npt.NDArray[Any] = some.to(torch.float64 if some.dtype == torch.float64 else torch.float32).numpy()
    finite = np.isfinite(values).all(axis=0)
    return values if finite.all() else values[:, finite]


def _possible(values: npt.NDArray[Any], found: Sequence[Normalisation], rounding: float) -> list[Reading]:
    """The readings that give a picture: largest std first, "none ran" last."""
    readings = [Reading(one, one.undo(values), one.width) for one in sorted(found, key=lambda one: -one.width)]
    readings = [reading for reading in readings if reading.stray <= STRAY]
    low, high = float(values.min()), float(values.max())
    if low >= -SLACK and high <= 1 + SLACK:
        readings.append(Reading(None, values, 1.0))
    elif low >= 0 and 2 < high <= 255:
        readings.append(Reading(None, values / 255, 1 / 255))
    return [reading for reading in readings if reading.clean(rounding)] or readings


def _likeliest(readings: list[Reading], rounding: float) -> tuple[Normalisation | None, tuple[str, ...]]:
    """Choose among the readings that the range of the values leaves possible."""
    shares = [reading.lattice(rounding) for reading in readings]
    on_lattice = max(shares) > 0.5
    if on_lattice:
        readings = [reading for reading, share in zip(readings, shares, strict=True) if share == max(shares)]
    first, last = readings[0], readings[-1]
    if all(abs(reading.picture - first.picture).max() < 1 / 255 for reading in readings):
        return first.normalisation, ()
    if last.normalisation is not None:
        return first.normalisation, (sample_notes.SEVERAL,)
    if on_lattice:
        sure = len(np.unique(np.rint(last.picture * 255))) >= FEW and len(readings) == 2
        return first.normalisation, () if sure else (sample_notes.UNDONE,)
    if np.ptp(last.picture, axis=1).max() >= CONTRAST:
        return None, (sample_notes.LEFT,)
    return first.normalisation, (sample_notes.UNDONE,)
