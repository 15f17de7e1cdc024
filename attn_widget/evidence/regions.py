"""A region of an image: a mask, or boxes."""

from typing import Any

import numpy as np
import torch


def region_mask(region: Any, size: tuple[int, int]) -> np.ndarray:
    """Read a region as a mask, ``[H, W]``, bool.

    Parameters
    ----------
    region : array_like or Tensor
        A mask ``[H, W]`` of booleans, or boxes ``[n, 4]`` of numbers, each ``(x1, y1, x2, y2)`` in pixels: columns x1
        to x2 and rows y1 to y2, the last ones not included. A pixel is in a box if its centre is.
    size : tuple of int
        The image's ``(H, W)``.

    Raises
    ------
    TypeError, ValueError
        If it is neither, or the mask does not have the image's size.
    """
    given = np.asarray(region.detach().cpu() if isinstance(region, torch.Tensor) else region)
    if given.dtype == bool:
        if given.shape != size:
            raise ValueError(f"region must be a mask of the heatmap's size {list(size)}, got {list(given.shape)}")
        return given
    if given.dtype.kind not in "uif":
        raise TypeError(f"region must be a mask of booleans [H, W] or boxes of numbers [n, 4], got {type(region)!r}")
    if given.ndim != 2 or given.shape[1] != 4:
        wanted = "boxes [n, 4] of (x1, y1, x2, y2), or a mask of booleans [H, W]: mask > 0 makes one of numbers"
        raise ValueError(f"region must be {wanted}; got numbers of the shape {list(given.shape)}")
    rows, columns = (np.arange(pixels) + 0.5 for pixels in size)
    inside = np.zeros(size, bool)
    for left, top, right, bottom in given.tolist():
        if not (left <= right and top <= bottom):
            box = (left, top, right, bottom)
            raise ValueError(f"region's boxes must be (x1, y1, x2, y2) with x1 <= x2 and y1 <= y2, got {box}")
        inside |= np.outer((top <= rows) & (rows < bottom), (left <= columns) & (columns < right))
    return inside
