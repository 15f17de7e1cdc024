"""Maps to pixels: look-up tables, and heatmaps laid over the image."""

from dataclasses import dataclass
from functools import lru_cache

import matplotlib
import numpy as np

from attn_widget.explanation import Explanation

VIEWS = ("overlay", "heatmap", "raw")
COLOUR_MAPS = ("jet", "turbo", "viridis", "inferno", "gray")

DIFFERENCES = "RdBu_r"  # for signed values: blue, white at zero, red
NO_DATA = 150  # the grey level of a cell that holds NaN: between the ends of every colour map offered


@dataclass(frozen=True)
class Style:
    """How a computed explanation is drawn.

    Attributes
    ----------
    view : str
        ``"overlay"``, ``"heatmap"`` or ``"raw"``.
    alpha : float
        How much of the overlay is heatmap, from 0 to 1.
    cmap : str
        The name of a Matplotlib colour map.
    """

    view: str = "overlay"
    alpha: float = 0.5
    cmap: str = "jet"


def painted(values: np.ndarray, cmap: str, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """Colour values by a map from `low` to `high`: ``[h, w]`` to uint8 ``[h, w, 3]``; NaN is grey."""
    return _looked_up(_bytes(cmap), values, low, high)


def overlaid(picture: np.ndarray, heatmap: np.ndarray, style: Style, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """Lay a heatmap ``[H, W]`` over a picture ``[H, W, 3]`` in [0, 1]; gives uint8 ``[H, W, 3]``."""
    mixed = picture * np.float32(255 * (1 - style.alpha))
    mixed += _looked_up(_fractions(style.cmap), heatmap, low, high) * np.float32(style.alpha)
    return (mixed + np.float32(0.5)).astype(np.uint8)


def heat_pixels(
    heatmap: np.ndarray, picture: np.ndarray, style: Style, low: float = 0.0, high: float = 1.0
) -> np.ndarray:
    """Draw a heatmap ``[H, W]`` over the picture, or alone in the views that show no picture."""
    if style.view == "overlay":
        return overlaid(picture, heatmap, style, low, high)
    return painted(heatmap, style.cmap, low, high)


def overall_pixels(explanation: Explanation, picture: np.ndarray, style: Style) -> np.ndarray:
    """Draw what all channels show together; in the raw view the overall map's own values on its own grid."""
    if style.view == "raw":
        return painted(explanation.overall_map, style.cmap, *value_range(explanation.overall_map))
    return heat_pixels(explanation.overall, picture, style)


def value_range(values: np.ndarray) -> tuple[float, float]:
    """Give the least and the greatest finite value; zeros where there is none."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def _looked_up(table: np.ndarray, values: np.ndarray, low: float, high: float) -> np.ndarray:
    scale = high - low if high > low else 1.0
    missing = np.isnan(values)
    with np.errstate(invalid="ignore"):
        steps = np.clip((values - low) * (256 / scale), 0, 255)
    if not missing.any():
        return table.take(steps.astype(np.uint8), axis=0)
    pixels = table.take(np.where(missing, 0, steps).astype(np.uint8), axis=0)
    pixels[missing] = NO_DATA
    return pixels


_MIDDLES = (np.arange(256) + 0.5) / 256  # values, not indices: a colour map may have another number of colours


@lru_cache(maxsize=32)
def _bytes(cmap: str) -> np.ndarray:
    """Give a colour map's colours as Matplotlib rounds them, uint8 ``[256, 3]``."""
    return matplotlib.colormaps[cmap](_MIDDLES, bytes=True)[:, :3].copy()


@lru_cache(maxsize=32)
def _fractions(cmap: str) -> np.ndarray:
    """Give a colour map's colours before they are rounded, from 0 to 255, float32 ``[256, 3]``."""
    return (matplotlib.colormaps[cmap](_MIDDLES)[:, :3] * 255).astype(np.float32)
