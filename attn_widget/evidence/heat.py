"""The heat of a heatmap: its positive part, pixel by pixel."""

import numpy as np

from attn_widget.explanation import Explanation
from attn_widget.explanation.heatmap import resized


def positive_heat(heatmap: np.ndarray | Explanation) -> np.ndarray:
    """Give the positive part of a heatmap, ``[H, W]``, float64.

    An Explanation's is the positive part of its overall map, resized to the image as for the picture, but not stretched
    to [0, 1], which would take away what is the same everywhere. The sum of all heat may be scaled. A cell that is NaN
    has no heat; where cells are infinite, all heat is theirs.

    Raises
    ------
    TypeError, ValueError
        If `heatmap` is neither an Explanation nor an array ``[H, W]`` of numbers.
    """
    if isinstance(heatmap, Explanation):
        heat = _positive(heatmap.overall_map)
        most = heat.max(initial=0.0)
        return resized(heat / most if most > 0 else heat, heatmap.size).astype(np.float64)
    values = np.asarray(heatmap)
    if values.dtype == object or values.dtype.kind not in "buif":
        raise TypeError(f"heatmap must be an Explanation or an array [H, W] of numbers, got {type(heatmap).__name__}")
    if values.ndim != 2 or not values.size:
        raise ValueError(f"heatmap must be an Explanation or an array [H, W], got the shape {list(values.shape)}")
    return _positive(values)


def _positive(values: np.ndarray) -> np.ndarray:
    heat = np.maximum(np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=np.inf, neginf=0.0), 0)
    return np.isposinf(heat).astype(np.float64) if np.isposinf(heat).any() else heat


def pixels_by_heat(heatmap: np.ndarray | Explanation, size: tuple[int, int], *, coldest: bool = False) -> np.ndarray:
    """Number the pixels of an image ``(H, W)`` by their heat, hottest or coldest first: ``[H * W]``, int64.

    Of equal ones, the first comes first, row by row. Raises a ValueError if the heatmap has another size.
    """
    heat = positive_heat(heatmap)
    if heat.shape != size:
        raise ValueError(f"heatmap must have the image's size {list(size)}, got {list(heat.shape)}")
    return np.argsort(heat if coldest else -heat, axis=None, kind="stable")
