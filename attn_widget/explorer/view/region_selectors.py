"""Drawing a region with the mouse on the figure, by Matplotlib's selectors."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import MouseButton
from matplotlib.patheffects import withStroke
from matplotlib.widgets import LassoSelector, RectangleSelector

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.cover_tool import Drawn

_ON_ANY_PICTURE = [withStroke(linewidth=3.6, foreground="black")]
_LASSO = {"color": "white", "linewidth": 1.6, "path_effects": _ON_ANY_PICTURE}
_RECTANGLE = {"edgecolor": "white", "linewidth": 1.6, "fill": False, "path_effects": _ON_ANY_PICTURE}


class RegionSelectors:
    """Selectors on some axes with an image each, of which at most one is used at a time; a drawn region is sent.

    `drawn` is what dragging draws. Nothing is on the figure while it is empty.
    """

    def __init__(self, axes: Sequence[Axes], send: Send) -> None:
        self._axes, self._send = axes, send
        self._selectors: list[Any] = []
        self.drawn: Drawn = ""

    def draw(self, drawn: Drawn) -> None:
        """Have dragging draw a rectangle, a lasso, or nothing."""
        if drawn == self.drawn:
            return
        for selector in self._selectors:
            selector.disconnect_events()
            for artist in selector.artists:
                artist.remove()
        self._selectors = [self._selector(axes, drawn) for axes in self._axes] if drawn else []
        self.drawn = drawn

    def _selector(self, axes: Axes, drawn: Drawn) -> Any:
        if drawn == "lasso":
            return LassoSelector(axes, self._encircled, useblit=False, props=_LASSO, button=MouseButton.LEFT)
        return RectangleSelector(axes, self._framed, useblit=False, props=_RECTANGLE, button=MouseButton.LEFT)

    def _framed(self, pressed: Any, released: Any) -> None:
        """Cover each pixel that a rectangle touches."""
        corners = np.array([(event.xdata, event.ydata) for event in (pressed, released)]) + 0.5
        left, top = np.floor(corners.min(0)).astype(int).tolist()
        right, bottom = np.ceil(corners.max(0)).astype(int).tolist()
        self._send(Action("covering.rectangle", left, top, right, bottom))

    def _encircled(self, line: Sequence[tuple[float, float]]) -> None:
        """Cover what a lasso goes round; a click alone goes round nothing."""
        points = [(round(float(x) + 0.5, 1), round(float(y) + 0.5, 1)) for x, y in line]
        distinct = list(dict.fromkeys(points))
        if len(distinct) > 2:
            self._send(Action("covering.lasso", distinct))
