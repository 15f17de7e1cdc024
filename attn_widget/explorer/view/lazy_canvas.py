"""A figure on a canvas that is made when it is first drawn on: most panels never need it."""

import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

import ipywidgets as widgets
from matplotlib.figure import Figure

from attn_widget.canvas import PanelCanvas, Surroundings

_BAR = 20  # CSS pixels


class Drawing(Protocol):
    """What draws on a Matplotlib figure."""

    figure: Figure

    def set_width(self, width: int) -> None:
        """Draw what is shown in another width, in CSS pixels."""

    def set_dark(self, dark: bool) -> None:
        """Take the colours of a dark page, or of a light one."""


D = TypeVar("D", bound=Drawing)


class LazyCanvas(Generic[D]):
    """A drawing and its canvas, which is as wide as the box in which it stands.

    Parameters
    ----------
    make : callable
        Makes the drawing.
    lock : RLock
        The panel's, for the canvas.
    clicked : callable
        Is told of Matplotlib's ``button_press_event``.

    Attributes
    ----------
    root : Widget
        Where the canvas will be.
    canvas : PanelCanvas or None
        None until the drawing has been asked for.
    """

    def __init__(self, make: Callable[[], D], lock: threading.RLock, clicked: Callable[[Any], None]) -> None:
        self._make, self._lock, self._clicked = make, lock, clicked
        self._width = 0
        self.canvas: PanelCanvas | None = None
        self.root = widgets.Box().add_class("attn-canvas-box")

    @cached_property
    def drawing(self) -> D:
        """The drawing, made at the first time."""
        drawing = self._make()
        drawing.set_dark(PanelCanvas.on_dark_page)
        self.canvas = PanelCanvas(drawing.figure, self._lock, self._fit)
        self.canvas.mpl_connect("button_press_event", self._clicked)
        self.root.children = [self.canvas]
        return drawing

    def redraw(self) -> None:
        """Ask the browser to fetch the picture."""
        if self.canvas is not None:
            self.canvas.fit_figure()

    def _fit(self, page: Surroundings) -> None:
        """Draw as wide as the box, unless a bar that scrolls has come or gone, and in the page's colours."""
        if abs(page.width - self._width) > _BAR:
            self._width = page.width
            self.drawing.set_width(page.width)
        self.drawing.set_dark(page.dark)
        self.redraw()
