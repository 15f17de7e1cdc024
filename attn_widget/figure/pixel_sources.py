"""Pixels that are computed only for the visible window, at the resolution at which it is seen."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from attn_widget.figure.colours import Painter, Style, opaque, painted
from attn_widget.samples import Rendering
from attn_widget.window import Window

Values = Callable[[Window], np.ndarray]
"""Computes the values in a window of an image: a map ``[rows, columns]``, or a picture ``[rows, columns, 3]``."""


@dataclass(frozen=True, eq=False)
class Source:
    """Colours that are computed window by window."""

    size: tuple[int, int]  # rows and columns of pixels in all
    paint: Callable[[Window], np.ndarray]  # computes a window of them as opaque RGBA, uint8 ``[rows, columns, 4]``


def ground_of(rendering: Rendering) -> Values:
    """Return a function that computes parts of a picture, and caches the last few."""
    return lru_cache(maxsize=3)(rendering.part)


def picture_source(ground: Values, size: tuple[int, int]) -> Source:
    """Return the colours of a picture itself."""
    return Source(size, lambda window: opaque(ground(window)))


def raw_source(map_: np.ndarray, cmap: str, low: float, high: float) -> Source:
    """Return the colours of a map ``[h, w]`` on its own grid, or of a sample of its cells if there are too many."""
    height, width = map_.shape

    def paint(window: Window) -> np.ndarray:
        if window.shows((height, width)):
            return painted(map_, cmap, low, high)
        edges = ((window.top, window.bottom, window.rows), (window.left, window.right, window.columns))
        rows, columns = (
            (first + (np.arange(count) + 0.5) * (last - first) / count).astype(int) for first, last, count in edges
        )
        return painted(map_[np.ix_(rows, columns)], cmap, low, high)

    return Source((height, width), paint)


class Painters:
    """Colours heatmaps over a picture of size ``(H, W)``, whose parts `ground` computes, window by window."""

    def __init__(self, ground: Values, size: tuple[int, int], style: Style) -> None:
        self._size = size
        self._painter = lru_cache(maxsize=2)(partial(_painter, ground, style))

    def heat(self, values: Values, low: float = 0.0, high: float = 1.0, cmap: str | None = None) -> Source:
        """Return the colours of a heatmap, as `Painter.heat` computes them."""
        return Source(self._size, lambda window: self._painter(window).heat(values(window), low, high, cmap))


def _painter(ground: Values, style: Style, window: Window) -> Painter:
    under = ground(window) if style.view == "overlay" else np.zeros((0, 0, 3), np.float32)  # unused in other views
    return Painter(under, style)
