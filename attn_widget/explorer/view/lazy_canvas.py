"""A figure on a canvas that is made when it is first shown: most panels never need it."""

import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

import ipywidgets as widgets
from matplotlib.figure import Figure

from attn_widget.canvas import PanelCanvas
from attn_widget.explorer.parts import box_layout


class Drawing(Protocol):
    """What draws on a Matplotlib figure."""

    figure: Figure


D = TypeVar("D", bound=Drawing)


class LateCanvas(Generic[D]):
    """A drawing and its canvas.

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
    canvas : PanelCanvas or None
        None until the drawing has been asked for.
    """

    def __init__(self, make: Callable[[], D], lock: threading.RLock, clicked: Callable[[Any], None]) -> None:
        self._make, self._lock, self._clicked = make, lock, clicked
        self._drawing: D | None = None
        self.canvas: PanelCanvas | None = None

    @cached_property
    def root(self) -> widgets.Box:
        """Where the canvas will be."""
        return widgets.Box(layout=box_layout(margin="0"))

    @property
    def drawing(self) -> D:
        """The drawing, made at the first time."""
        if self._drawing is None:
            self._drawing = self._make()
            self.canvas = PanelCanvas(self._drawing.figure, self._lock)
            self.canvas.mpl_connect("button_press_event", self._clicked)
            self.root.children = [self.canvas]
        return self._drawing

    def redraw(self) -> None:
        """Ask the browser to fetch the picture."""
        if self.canvas is not None:
            self.canvas.fit_figure()
