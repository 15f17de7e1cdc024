"""Four images as one, cell by cell, and the heat of each cell."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from attn_widget.capture import as_batch, written_in


def checked_images(images: Any) -> list[torch.Tensor]:
    """Read images of one size as tensors ``[C, H, W]``; raises TypeError or ValueError where that cannot be."""
    found = [as_batch(image)[0] for image in images]
    if len(found) < 4:
        raise ValueError(f"images must be at least 4, for the cells of a grid, got {len(found)}")
    sizes = sorted({tuple(image.shape) for image in found})
    if len(sizes) > 1:
        raise ValueError(f"images must all have one size, got {' and '.join(map(str, map(list, sizes[:2])))}")
    return found


def joined(cells: Sequence[torch.Tensor]) -> torch.Tensor:
    """Lay four images ``[C, H, W]`` side by side, row by row: ``[C, 2H, 2W]``."""
    first, second, third, fourth = cells
    return torch.cat([torch.cat([first, second], -1), torch.cat([third, fourth], -1)], -2)


def halved(grid: torch.Tensor) -> torch.Tensor:
    """Shrink a grid ``[C, 2H, 2W]`` to ``[C, H, W]``: each pixel is the mean of 2x2."""
    wide = grid if grid.is_floating_point() else grid.float()
    return written_in(functional.avg_pool2d(wide[None], 2)[0], grid.dtype, grid)


def cell_heat(heat: np.ndarray) -> np.ndarray:
    """Sum a map ``[h, w]`` over each quarter: ``[4]``, row by row; a middle row or column counts half to each side."""
    rows, columns = (np.clip(count / 2 - np.arange(count), 0, 1) for count in heat.shape)
    return np.stack([down @ heat @ across for down in (rows, 1 - rows) for across in (columns, 1 - columns)])


def peak_cell(heat: np.ndarray) -> int:
    """Find the quarter in which the peak of a map ``[h, w]`` lies, the first one of several."""
    row, column = np.unravel_index(int(heat.argmax()), heat.shape)
    return 2 * int(2 * row + 1 >= heat.shape[0]) + int(2 * column + 1 >= heat.shape[1])
