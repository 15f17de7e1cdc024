"""A figure whose canvas is created when it is first drawn on: most panels never need it."""

import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

import ipywidgets as widgets
from matplotlib.figure import Figure

from attn_widget.canvas import PanelCanvas, Surroundings

_BAR = 20  # CSS pixels, more than a scroll bar is wide


class Drawing(Protocol):
    """Something that draws on a Matplotlib figure."""

    figure: Figure

    def set_width(self, width: int) -> None:
        """Redraw at another width, in CSS pixels."""

    def set_dark(self, dark: bool) -> None:
        """Switch to the colours of a dark or a light page."""


D = TypeVar("D", bound=Drawing)


class LazyCanvas(Generic[D]):
    """A drawing and its canvas, which is as wide as the box around it (`root`).

    `make` creates the drawing, `lock` is the panel's, and `clicked` handles Matplotlib's ``button_press_event``.
    `canvas` is None until `drawing` is first used.
    """

    def __init__(self, make: Callable[[], D], lock: threading.RLock, clicked: Callable[[Any], None]) -> None:
        self._make, self._lock, self._clicked = make, lock, clicked
        self._width = 0
        self.canvas: PanelCanvas | None = None
        self.root = widgets.Box().add_class("attn-canvas-box")

    @cached_property
    def drawing(self) -> D:
        """The drawing, created on first use."""
        drawing = self._make()
        drawing.set_dark(PanelCanvas.on_dark_page)
        self.canvas = PanelCanvas(drawing.figure, self._lock, self._fit)
        self.canvas.mpl_connect("button_press_event", self._clicked)
        self.root.children = [self.canvas]
        return drawing

    def redraw(self) -> None:
        """Have the browser fetch the picture."""
        if self.canvas is not None:
            self.canvas.fit_figure()

    def _fit(self, page: Surroundings) -> None:
        """Draw at the box's width, unless only a scroll bar has come or gone, and in the page's colours."""
        if abs(page.width - self._width) > _BAR:
            self._width = page.width
            self.drawing.set_width(page.width)
        self.drawing.set_dark(page.dark)
        self.redraw()
