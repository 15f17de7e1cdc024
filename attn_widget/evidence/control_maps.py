"""Heatmaps that know nothing of the image, as controls."""

import numpy as np

from attn_widget.explanation import to_heatmap

SPREAD = 0.25


def random_map(grid: tuple[int, int], size: tuple[int, int], generator: np.random.Generator) -> np.ndarray:
    """Draw each cell of a grid ``(h, w)`` between 0 and 1, and show that as a heatmap ``[H, W]``, float32."""
    return to_heatmap(generator.random(grid), size)


def centred_map(size: tuple[int, int]) -> np.ndarray:
    """Give a Gaussian in the middle, of a quarter of the image's sides, ``[H, W]``, float32.

    It knows only that objects tend to lie there.
    """
    rows, columns = (((np.arange(pixels) + 0.5) / pixels - 0.5) / SPREAD for pixels in size)
    return np.exp(-(rows[:, None] ** 2 + columns**2) / 2).astype(np.float32)
