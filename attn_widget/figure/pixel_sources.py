"""Pixels at whatever resolution they are seen."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from attn_widget.figure.colours import Painter, Style, opaque, painted
from attn_widget.samples import Rendering
from attn_widget.window import Window

Values = Callable[[Window], np.ndarray]
"""Gives the values in a window of an image: ``[rows, columns]``, or a picture ``[rows, columns, 3]``."""


@dataclass(frozen=True, eq=False)
class Source:
    """Colours that are computed for what is seen of them.

    Attributes
    ----------
    size : tuple of int
        How many rows and columns of pixels there are.
    paint : callable
        Gives a window of them as opaque RGBA, uint8 ``[rows, columns, 4]``.
    """

    size: tuple[int, int]
    paint: Callable[[Window], np.ndarray]


def ground_of(rendering: Rendering) -> Values:
    """Give a picture's parts, of which the last few are kept."""
    return lru_cache(maxsize=3)(rendering.part)


def picture_source(ground: Values, size: tuple[int, int]) -> Source:
    """Give the colours of a picture itself."""
    return Source(size, lambda window: opaque(ground(window)))


def raw_source(map_: np.ndarray, cmap: str, low: float, high: float) -> Source:
    """Give the colours of a map ``[h, w]`` on its own grid; where there are too many cells, of some of them."""

    def paint(window: Window) -> np.ndarray:
        if window.shows((map_.shape[0], map_.shape[1])):
            return painted(map_, cmap, low, high)
        edges = ((window.top, window.bottom, window.rows), (window.left, window.right, window.columns))
        rows, columns = (
            (first + (np.arange(count) + 0.5) * (last - first) / count).astype(int) for first, last, count in edges
        )
        return painted(map_[np.ix_(rows, columns)], cmap, low, high)

    return Source((map_.shape[0], map_.shape[1]), paint)


class Painters:
    """Paints heatmaps over a picture in one style.

    Parameters
    ----------
    ground : callable
        Gives the picture's parts.
    size : tuple of int
        The picture's ``(H, W)``.
    style : Style
        How they are drawn.
    """

    def __init__(self, ground: Values, size: tuple[int, int], style: Style) -> None:
        self._size = size
        self._painter = lru_cache(maxsize=2)(partial(_painter, ground, style))

    def heat(self, values: Values, low: float = 0.0, high: float = 1.0, cmap: str | None = None) -> Source:
        """Give the colours of a heatmap, as `Painter.heat` makes them."""
        return Source(self._size, lambda window: self._painter(window).heat(values(window), low, high, cmap))


def _painter(ground: Values, style: Style, window: Window) -> Painter:
    under = ground(window) if style.view == "overlay" else np.zeros((0, 0, 3), np.float32)  # else it is not seen
    return Painter(under, style)
