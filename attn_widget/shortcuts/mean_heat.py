"""Where the model looks for each class on average: how narrow that is, and how far off the other classes'."""

from collections.abc import Mapping

import numpy as np
import torch
from torch.nn import functional

from attn_widget.shortcuts.shortcut_record import MeanHeat

_FINEST = 32  # rows and columns
_NARROW, _OFF = 0.5, 0.5


def where_on_average(heats: Mapping[int, np.ndarray]) -> dict[int, MeanHeat]:
    """Compare classes' mean heat ``[H, W]``, each of sum 1, with one another."""
    grids = {class_: _reduced(heat) for class_, heat in heats.items()}
    halves = {class_: half_of_heat(grid) for class_, grid in grids.items()}
    found = {}
    for class_, grid in grids.items():
        others = [other for other in grids if other != class_]
        usual = float(np.median([halves[other] for other in others])) if others else np.nan
        mean = np.mean([grids[other] for other in others], axis=0) if others else np.full_like(grid, np.nan)
        overlap = float(np.minimum(grid, mean).sum())
        apart = halves[class_] <= _NARROW * usual and overlap <= _OFF
        found[class_] = MeanHeat(grid, halves[class_], usual, overlap, bool(apart))
    return found


def half_of_heat(heat: np.ndarray) -> float:
    """Give the least share of a picture that holds half of the heat ``[h, w]`` of sum 1."""
    cells = np.sort(heat, axis=None)[::-1].cumsum()
    return float((np.searchsorted(cells, 0.5) + 1) / heat.size)


def _reduced(heat: np.ndarray) -> np.ndarray:
    grid = min(heat.shape[0], _FINEST), min(heat.shape[1], _FINEST)
    cells = functional.adaptive_avg_pool2d(torch.from_numpy(heat)[None].double(), grid)[0].numpy()
    return (cells / cells.sum()).astype(np.float32)
