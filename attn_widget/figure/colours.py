"""From maps to pixels: colour look-up tables, and heatmaps blended with the image."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import matplotlib
import numpy as np

VIEWS = ("overlay", "heatmap", "raw")
COLOUR_MAPS = ("jet", "viridis", "magma", "inferno", "plasma", "cividis", "turbo", "gray")

DIFFERENCES = "RdBu_r"  # for signed values: blue is negative, white zero, red positive
NO_DATA = 150  # grey level of a NaN cell, between the ends of every colour map on offer


@dataclass(frozen=True)
class Style:
    """How an explanation is drawn."""

    view: str = "overlay"  # one of `VIEWS`
    alpha: float = 0.5  # the heatmap's opacity in the overlay, from 0 to 1
    cmap: str = "jet"  # the name of a Matplotlib colour map
    scale: str | tuple[tuple[float, float], tuple[float, float]] = "own"  # or "alike", or numbers (see `value_scale`)
    fade: bool = False  # whether low heat lets the picture show through in the overlay


def painted(values: np.ndarray, cmap: str, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """Colour values ``[h, w]`` on a scale from `low` to `high`, NaN grey: opaque RGBA, uint8 ``[h, w, 4]``."""
    return _looked_up(_bytes(cmap), values, low, high)


def opaque(picture: np.ndarray) -> np.ndarray:
    """Convert a picture ``[H, W, 3]`` in [0, 1] to opaque RGBA, uint8 ``[H, W, 4]``."""
    return _faded(picture, 1.0).astype(np.uint8)


class Painter:
    """Colours the heatmaps of one picture ``[H, W, 3]`` in [0, 1], which only the overlay view shows under them."""

    def __init__(self, picture: np.ndarray, style: Style) -> None:
        self._picture, self._style = picture, style

    def heat(self, heatmap: np.ndarray, low: float = 0.0, high: float = 1.0, cmap: str | None = None) -> np.ndarray:
        """Colour a heatmap ``[H, W]``, in the overlay view blended with the picture: RGBA, uint8 ``[H, W, 4]``."""
        cmap = cmap or self._style.cmap
        if self._style.view != "overlay":
            return painted(heatmap, cmap, low, high)
        if self._style.fade:
            return self._faded_in(heatmap, low, high, cmap)
        mixed = _looked_up(_fractions(cmap, self._style.alpha), heatmap, low, high)
        mixed += self._under
        return mixed.astype(np.uint8)

    def _faded_in(self, heatmap: np.ndarray, low: float, high: float, cmap: str) -> np.ndarray:
        """Blend with an opacity that grows with the heat: without heat, a pixel is the picture's own."""
        opacities = self._style.alpha * (_FROM_THE_MIDDLE if cmap == DIFFERENCES else _FROM_THE_LOW_END)
        colours = (_fractions(cmap, 1.0) * opacities).astype(np.float32)
        mixed = _looked_up(colours, heatmap, low, high)
        kept = _looked_up((1 - opacities).astype(np.float32), heatmap, low, high)
        for colour in range(3):
            mixed[..., colour] += self._picture[..., colour] * np.float32(255) * kept[..., 0] + np.float32(0.5)
        mixed[..., 3] = 255
        return mixed.astype(np.uint8)

    @cached_property
    def _under(self) -> np.ndarray:
        return _faded(self._picture, 1 - self._style.alpha)


def value_range(values: np.ndarray) -> tuple[float, float]:
    """Return the least and the greatest finite value, or zeros if there is none."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def _faded(picture: np.ndarray, share: float) -> np.ndarray:
    """Scale a picture's colours by `share`: opaque float32 ``[H, W, 4]``, with 0.5 added for rounding."""
    faded = np.zeros((*picture.shape[:2], 4), np.float32)
    for colour in range(3):  # NumPy is slow when its innermost loop runs over three numbers only
        np.multiply(picture[..., colour], np.float32(255 * share), out=faded[..., colour])
    faded += np.float32(0.5)
    faded[..., 3] = 255
    return faded


def _looked_up(table: np.ndarray, values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Look values up in a table of 256 colours and a last one for NaN."""
    scale = high - low if high > low else 1.0
    missing = np.isnan(values)
    with np.errstate(invalid="ignore"):
        steps = np.clip((values - low) * (256 / scale), 0, 255)
    if not missing.any():
        return table.take(steps.astype(np.uint8), axis=0)
    return table.take(np.where(missing, 256, steps).astype(np.uint16), axis=0)


# How opaque each colour of a table is where low heat fades, and grey for NaN: ``[257, 1]``.
_FROM_THE_LOW_END = np.append(np.arange(256) / 255, 1)[:, None]
_FROM_THE_MIDDLE = np.append((np.abs(np.arange(256) - 127.5) - 0.5) / 127, 1)[:, None]

_MIDDLES = (np.arange(256) + 0.5) / 256  # values, not indices: a colour map may not have 256 colours


@lru_cache(maxsize=32)
def _bytes(cmap: str) -> np.ndarray:
    """Tabulate a colour map, opaque and rounded as by Matplotlib, and grey for NaN: uint8 ``[257, 4]``."""
    colours = matplotlib.colormaps[cmap](_MIDDLES, bytes=True)
    colours[:, 3] = 255
    return np.vstack([colours, np.array([[NO_DATA, NO_DATA, NO_DATA, 255]], np.uint8)])


@lru_cache(maxsize=32)
def _fractions(cmap: str, share: float) -> np.ndarray:
    """Tabulate a colour map and grey for NaN, scaled by `share` and with zero opacity: float32 ``[257, 4]``."""
    colours = np.vstack([matplotlib.colormaps[cmap](_MIDDLES) * 255, np.full((1, 4), NO_DATA)])
    colours[:, 3] = 0
    return (colours * share).astype(np.float32)
