"""A map as the panels show it."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from attn_widget.window import Window

_KEPT = 2**17  # the most entries of a matrix that is cached
_BAND = 2**20  # cells of a map that are averaged at a time


def to_heatmap(map_: np.ndarray, size: tuple[int, int], window: Window | None = None) -> np.ndarray:
    """Normalise a map to [0, 1] and resize it to an image, as the panels show it.

    Normalised by minimum and maximum in float64; a flat map becomes zeros, infinite cells saturate, NaN stays NaN.
    Resized bilinearly with half-pixel centres to exactly ``size``, as by
    ``scipy.ndimage.zoom(..., order=1, grid_mode=True, mode="nearest")``. A NaN cell does not affect the pixels of
    other cells.

    Parameters
    ----------
    map_ : ndarray ``[h, w]``
        Any numeric dtype.
    size : tuple of int
        ``(H, W)``.
    window : Window, optional
        The part of the image to show, and at which resolution; by default all its pixels.

    Returns
    -------
    ndarray ``[H, W]``, or the window's ``[rows, columns]``, float32
    """
    map_ = np.asarray(map_)
    return _sampled(map_, _ends(map_), size, window or Window.whole(size))


def on_scale(
    map_: np.ndarray, ends: tuple[float, float], size: tuple[int, int], window: Window | None = None
) -> np.ndarray:
    """Resize a map ``[h, w]`` like `to_heatmap`, normalised from one given value to another: ``[H, W]``, float32."""
    return _sampled(np.asarray(map_), ends, size, window or Window.whole(size))


def resized(unit: np.ndarray, size: tuple[int, int], window: Window | None = None) -> np.ndarray:
    """Resize a map ``[h, w]`` of values in [0, 1] like `to_heatmap`, but without normalising: ``[H, W]``, float32."""
    return _sampled(unit, (0.0, 1.0), size, window or Window.whole(size))


def _sampled(map_: np.ndarray, ends: tuple[float, float], size: tuple[int, int], window: Window) -> np.ndarray:
    """Normalise the map's cells under a window, and interpolate at the centres of the window's own cells."""
    down, across = (
        _Axis(map_.shape[0], size[0], window.top, window.bottom, window.rows),
        _Axis(map_.shape[1], size[1], window.left, window.right, window.columns),
    )
    under = map_[down.cells, across.cells]
    fine = max(down.block, across.block) > 1
    unit = _means(under, ends, down.block, across.block) if fine else _normalised(under, ends)
    rows, columns = down.weights(), across.weights()
    known = ~np.isnan(unit)
    if known.all():
        return np.asarray(rows @ unit @ columns.T, np.float32)
    filled, coverage = rows @ np.where(known, unit, 0) @ columns.T, rows @ known @ columns.T
    nearest = known[np.ix_(rows.argmax(1), columns.argmax(1))]
    return np.where(nearest, filled / np.where(nearest, coverage, 1), np.nan).astype(np.float32)


class _Axis(NamedTuple):
    """One axis: a map's `total` cells over an image's `pixels`, of which a window shows some, at `places` points."""

    total: int
    pixels: int
    first: int
    last: int
    places: int

    @property
    def block(self) -> int:
        """How many of the map's cells are averaged first: those under one cell of a window of lower resolution."""
        if self.places == self.last - self.first:
            return 1
        return max(int((self.last - self.first) * self.total / (self.pixels * self.places)), 1)

    @property
    def cells(self) -> slice:
        """The cells of the map to interpolate between."""
        first, last = (edge * self.total // self.pixels for edge in (self.first, self.last))
        return slice(max(first - 1 - self.block, 0), min(last + 2 + self.block, self.total))

    def weights(self) -> np.ndarray:
        """Give the matrix of bilinear interpolation, with half-pixel centres: ``[places, blocks of cells]``."""
        blocks = -(-(self.cells.stop - self.cells.start) // self.block)
        make = _weights if self.places * blocks <= _KEPT else _weights.__wrapped__
        weights: np.ndarray = make(self, blocks)
        return weights


@lru_cache(maxsize=64)
def _weights(axis: _Axis, blocks: int) -> np.ndarray:
    middles = axis.first + (np.arange(axis.places) + 0.5) * (axis.last - axis.first) / axis.places
    centres = np.clip((middles * axis.total / axis.pixels - axis.cells.start) / axis.block - 0.5, 0, blocks - 1)
    lower = np.minimum(centres.astype(int), max(blocks - 2, 0))
    fraction = centres - lower
    weights = np.zeros((axis.places, blocks))
    weights[np.arange(axis.places), lower] = 1 - fraction
    weights[np.arange(axis.places), np.minimum(lower + 1, blocks - 1)] += fraction
    return weights


def _ends(map_: np.ndarray) -> tuple[float, float]:
    """Give the smallest and largest finite value; zeros where there is none."""
    low, high = (float(map_.min()), float(map_.max())) if map_.size else (0.0, 0.0)
    if np.isfinite(low) and np.isfinite(high):
        return low, high
    finite = map_[np.isfinite(map_)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def _normalised(map_: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    """Scale values from `ends` to [0, 1], float64; zeros where the ends are the same."""
    low, high = ends
    return np.clip((map_.astype(np.float64) - low) / (high - low if high > low else 1), 0, 1)


def _means(map_: np.ndarray, ends: tuple[float, float], high: int, wide: int) -> np.ndarray:
    """Average a normalised map over blocks of cells, which are cut off at the edges; NaN where all cells are."""
    columns = np.arange(0, map_.shape[1], wide)
    band = high * max(_BAND // (high * map_.shape[1]), 1)
    found = []
    for first in range(0, len(map_), band):
        unit = _normalised(map_[first : first + band], ends)
        known = ~np.isnan(unit)
        rows = np.arange(0, len(unit), high)
        total, count = (
            np.add.reduceat(np.add.reduceat(part, columns, axis=1), rows, axis=0)
            for part in (np.where(known, unit, 0), known.astype(np.float64))
        )
        found.append(np.where(count > 0, total / np.maximum(count, 1), np.nan))
    return np.concatenate(found)
