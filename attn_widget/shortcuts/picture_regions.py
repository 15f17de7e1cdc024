"""Regions of a picture, of several shapes and sizes, by their heat."""

from collections.abc import Sequence

import numpy as np

THICKNESSES = (1 / 32, 1 / 16, 3 / 32)
"""Of frames, as shares of the picture's shorter side: 12, 23 and 34 % of a square."""


def shape_of(kind: str, size: float, picture: tuple[int, int]) -> tuple[int, int]:
    """Give the rows and columns of a region of this kind that takes about this share of a picture ``(H, W)``."""
    height, width = picture
    across = {"patch": np.sqrt(size), "rows": 1.0, "columns": size}[kind]
    down = {"patch": np.sqrt(size), "rows": size, "columns": 1.0}[kind]
    return min(max(round(height * down), 1), height), min(max(round(width * across), 1), width)


def hottest(heat: np.ndarray, kind: str, size: float, *, within: np.ndarray | None = None) -> np.ndarray:
    """Find the region of most heat: a mask ``[H, W]``, bool; of equal ones the first, row by row.

    With `within`, a mask, the heat elsewhere counts for nothing.
    """
    heat = heat if within is None else np.where(within, heat, 0)
    rows, columns = shape_of(kind, size, heat.shape)
    sums = _sums(heat, rows, columns)
    top, left = np.unravel_index(int(sums.argmax()), sums.shape)
    return box(heat.shape, int(top), int(left), rows, columns)


def coldest(heat: np.ndarray, kind: str, size: float) -> np.ndarray:
    """Find the region of least heat, in the same way."""
    return hottest(heat.max() - heat, kind, size)


def at_random(generator: np.random.Generator, picture: tuple[int, int], kind: str, size: float) -> np.ndarray:
    """Draw a place for a region."""
    rows, columns = shape_of(kind, size, picture)
    top, left = (int(generator.integers(most + 1)) for most in (picture[0] - rows, picture[1] - columns))
    return box(picture, top, left, rows, columns)


def several(heat: np.ndarray, kind: str, size: float, count: int) -> list[np.ndarray]:
    """Find the hottest region, then the hottest besides, and so on."""
    found: list[np.ndarray] = []
    for _ in range(count):
        found.append(hottest(heat, kind, size))
        heat = np.where(found[-1], 0, heat)
    return found


def strips(picture: tuple[int, int], kind: str, size: float) -> list[np.ndarray]:
    """Give the strips of rows or of columns, each half a strip further than the one before, to the picture's end."""
    rows, columns = shape_of(kind, size, picture)
    last = max(picture[0] - rows, picture[1] - columns)
    starts = sorted({*range(0, last, max(min(rows, columns) // 2, 1)), last})
    down, across = (1, 0) if kind == "rows" else (0, 1)
    return [box(picture, at * down, at * across, rows, columns) for at in starts]


def frame(picture: tuple[int, int], thickness: float) -> np.ndarray:
    """Give the frame of a picture, its thickness a share of the shorter side: a mask ``[H, W]``, bool."""
    pixels = max(round(min(picture) * thickness), 1)
    mask = np.ones(picture, bool)
    mask[pixels:-pixels, pixels:-pixels] = False
    return mask


def box(picture: tuple[int, ...], top: int, left: int, rows: int, columns: int) -> np.ndarray:
    """Give a box as a mask ``[H, W]``, bool."""
    mask = np.zeros(picture, bool)
    mask[top : top + rows, left : left + columns] = True
    return mask


def mean_of(heats: Sequence[np.ndarray]) -> np.ndarray:
    """Average heatmaps ``[H, W]``, each with a sum of 1."""
    return np.mean([heat / heat.sum() for heat in heats], axis=0)


def _sums(heat: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Sum the heat of each box of this size."""
    total = np.zeros((heat.shape[0] + 1, heat.shape[1] + 1))
    total[1:, 1:] = heat.cumsum(0).cumsum(1)
    return total[rows:, columns:] - total[:-rows, columns:] - total[rows:, :-columns] + total[:-rows, :-columns]
