"""Covering a region of an image, so that the model cannot see what is there."""

from typing import Any, Literal

import numpy as np
import torch
from scipy import ndimage

from attn_widget.capture import as_batch, written_in
from attn_widget.evidence.regions import region_mask

FILLS = ("blur", "mean", "noise")
"""What a region can be covered with, besides another sample's patch at that place."""

Fill = Literal["blur", "mean", "noise"] | torch.Tensor | np.ndarray

_SIGMA = 0.1  # of the image's shorter side: of a region, little but its colour remains


def cover(image: torch.Tensor | np.ndarray, mask: Any, fill: Fill = "blur", *, seed: int = 0) -> torch.Tensor:
    """Give a copy of an image with a region covered; each pixel outside it stays as it is.

    What covers a region is never nothing: a blurred or plain patch may itself be evidence for a class, so compare with
    the same region covered in another way, and with as large a region elsewhere.

    Parameters
    ----------
    image : Tensor or ndarray
        ``[C, H, W]`` or ``[1, C, H, W]``, as the model takes it.
    mask : array_like or Tensor
        The region: booleans ``[H, W]``, or boxes ``[n, 4]`` of ``(x1, y1, x2, y2)`` in pixels, x2 and y2 not included.
    fill : str, Tensor or ndarray
        ``"blur"``: a Gaussian blur of the image, with a tenth of its shorter side as the standard deviation;
        ``"mean"``: the mean of each of the image's channels; ``"noise"``: normal noise of each channel's own mean and
        standard deviation; or another image ``[C, H, W]`` of the same size, whose patch at that place is taken.
    seed : int
        Of the noise.

    Returns
    -------
    Tensor
        Of the image's shape, dtype and device.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid.
    """
    batch = as_batch(image)
    region = torch.from_numpy(region_mask(mask, (batch.shape[-2], batch.shape[-1])).copy()).to(batch.device)
    covered = torch.where(region, filling(batch, fill, seed), batch)
    return covered if image.ndim == 4 else covered[0]


def filling(image: torch.Tensor, fill: Fill, seed: int = 0) -> torch.Tensor:
    """Give an image that is covered all over, of the same shape, dtype and device."""
    batch = as_batch(image)
    values = written_in(_values(batch, fill, seed).to(batch.device), batch.dtype, batch)
    return values.reshape(image.shape)


def _values(batch: torch.Tensor, fill: Fill, seed: int) -> torch.Tensor:
    """Give what covers each pixel of an image ``[1, C, H, W]``, mostly as floats."""
    if not isinstance(fill, str):
        other = as_batch(fill)
        if other.shape != batch.shape:
            raise ValueError(f"fill must be an image of the shape {list(batch.shape[1:])}, got {list(other.shape[1:])}")
        return other
    pixels = batch.to("cpu", torch.float64)
    mean = pixels.mean((2, 3), keepdim=True)
    if fill == "blur":
        sigma = _SIGMA * min(batch.shape[-2:])
        return torch.from_numpy(ndimage.gaussian_filter(pixels.numpy(), (0, 0, sigma, sigma), mode="nearest"))
    if fill == "mean":
        return mean.expand_as(pixels)
    if fill == "noise":
        drawn = torch.randn(pixels.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        return mean + drawn * pixels.std((2, 3), keepdim=True, correction=0)
    raise ValueError(f"fill must be 'blur', 'mean', 'noise', or another image [C, H, W], got {fill!r}")
