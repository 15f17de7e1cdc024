"""Whether a heatmap lies on an object: the pointing game, and its energy."""

from typing import Any

import numpy as np

from attn_widget.evidence.heat import positive_heat
from attn_widget.evidence.regions import region_mask
from attn_widget.explanation import Explanation


def pointing_game(heatmap: np.ndarray | Explanation, region: Any, *, tolerance: float = 0) -> bool:
    """Whether the heatmap's peak lies in the region, or near it.

    Zhang et al., "Top-down neural attention by excitation backprop", IJCV 126, 2018: ``argmax_p h(p) in R`` is a hit,
    and a method's accuracy is the share of hits. Its control is the share of the image that the region covers, which
    is what a random peak hits.

    Parameters
    ----------
    heatmap : Explanation or ndarray ``[H, W]``
        Its positive part counts, so one without any has no peak, which is a miss. Of several equal peaks, the first one
        counts, row by row.
    region : array_like or Tensor
        A mask ``[H, W]`` of booleans, or boxes ``[n, 4]`` of ``(x1, y1, x2, y2)`` in pixels, x2 and y2 not included.
    tolerance : float
        How far from the region the peak may lie, in pixels; the game's published figures for photographs are for 15.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid.
    """
    if not tolerance >= 0:
        raise ValueError(f"tolerance must be a number of pixels of at least 0, got {tolerance!r}")
    heat = positive_heat(heatmap)
    mask = region_mask(region, heat.shape)
    if not heat.any():
        return False
    row, column = np.unravel_index(int(heat.argmax()), heat.shape)
    rows, columns = np.nonzero(mask)
    return bool((np.hypot(rows - row, columns - column) <= tolerance).any())


def energy_inside(heatmap: np.ndarray | Explanation, region: Any) -> float:
    """Give the share of the heat that lies in the region, from 0 to 1.

    The energy-based pointing game of Wang et al., "Score-CAM", CVPR workshops 2020:
    ``sum_{p in R} h(p) / sum_p h(p)``, here of the heatmap's positive part. Its control is the share of the image that
    the region covers, which is what a flat heatmap has.

    Parameters
    ----------
    heatmap : Explanation or ndarray ``[H, W]``
        One without any heat has none inside: 0.
    region : array_like or Tensor
        As in `pointing_game`.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid.
    """
    heat = positive_heat(heatmap)
    mask = region_mask(region, heat.shape)
    total = heat.sum()
    return float(heat[mask].sum() / total) if total > 0 else 0.0
