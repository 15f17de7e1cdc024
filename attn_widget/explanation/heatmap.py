"""One map as the panels show it."""

from functools import lru_cache

import numpy as np


def to_heatmap(map_: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Normalise a map to [0, 1] and resize it to an image, as the panels show it.

    Normalised by minimum and maximum in float64; a flat map becomes zeros, infinite cells saturate, NaN
    stays NaN. Resized bilinearly with half-pixel centres to exactly ``size``, which is what
    ``scipy.ndimage.zoom(..., order=1, grid_mode=True, mode="nearest")`` gives. A NaN cell leaves the
    pixels of other cells as they would be without it.

    Parameters
    ----------
    map_ : ndarray ``[h, w]``
        Any numeric dtype.
    size : tuple of int
        ``(H, W)``.

    Returns
    -------
    ndarray ``[H, W]``, float32
    """
    return resized(_normalised(np.asarray(map_, np.float64)), size)


def resized(unit: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize a map ``[h, w]``, float64, to ``[H, W]``, float32, as `to_heatmap` does, with its values as they are."""
    height, width = size
    rows, columns = _resize_weights(unit.shape[0], height), _resize_weights(unit.shape[1], width)
    known = ~np.isnan(unit)
    if known.all():
        return np.asarray(rows @ unit @ columns.T, np.float32)
    filled, coverage = rows @ np.where(known, unit, 0) @ columns.T, rows @ known @ columns.T
    nearest = known[np.ix_(rows.argmax(1), columns.argmax(1))]
    return np.where(nearest, filled / np.where(nearest, coverage, 1), np.nan).astype(np.float32)


def _normalised(map_: np.ndarray) -> np.ndarray:
    """Scale the finite values to [0, 1]; zeros where they are all the same."""
    finite = map_[np.isfinite(map_)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    return np.clip((map_ - low) / (high - low if high > low else 1), 0, 1)


@lru_cache(maxsize=64)
def _resize_weights(cells: int, pixels: int) -> np.ndarray:
    """Give the matrix ``[pixels, cells]`` of bilinear interpolation between half-pixel centres."""
    centres = np.clip((np.arange(pixels) + 0.5) * cells / pixels - 0.5, 0, cells - 1)
    lower = np.minimum(centres.astype(int), max(cells - 2, 0))
    fraction = centres - lower
    weights = np.zeros((pixels, cells))
    weights[np.arange(pixels), lower] = 1 - fraction
    weights[np.arange(pixels), np.minimum(lower + 1, cells - 1)] += fraction
    return weights
