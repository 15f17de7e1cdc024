"""Every usable layer's overall heatmap of the sample shown, as small pictures of which a click picks the layer."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from attn_widget import texts
from attn_widget.canvas import PanelCanvas
from attn_widget.explanation import Explanation
from attn_widget.explorer.looking import Look
from attn_widget.explorer.parts import layout, show
from attn_widget.figure import SheetFigure, Style, Tile, heat_pixels
from attn_widget.layers import Layer
from attn_widget.refusal import Refusal

_COLUMNS, _MOST_IN_LARGE = (7, 9), 14


class Filmstrip:
    """The filmstrip's canvas and the line above it.

    Parameters
    ----------
    width : int
        In CSS pixels.
    lock : RLock
        The panel's, for the canvas.
    picked : callable
        Is told the name of the layer that was clicked.

    Attributes
    ----------
    root : Widget
        All of it; hidden until it is shown.
    """

    def __init__(self, width: int, lock: threading.RLock, picked: Callable[[str], None]) -> None:
        self._picked = picked
        self._sheet = SheetFigure(width)
        self.canvas = PanelCanvas(self._sheet.figure, lock)
        self.canvas.mpl_connect("button_press_event", self._clicked)
        self._line = widgets.Label(layout=layout(width="max-content"))
        self.root = widgets.VBox([self._line, self.canvas], layout=layout(margin="0"))
        self._layers: list[str] = []
        show(self.root, False)

    def show(self, look: Look, found: Sequence[tuple[Layer, Explanation | Refusal]], style: Style) -> None:
        """Show what each layer gave of a look's sample."""
        self._layers = [layer.name for layer, _ in found]
        tiles = [self._tile(look, layer, given, style) for layer, given in found]
        self._sheet.show(tiles, _COLUMNS[len(tiles) > _MOST_IN_LARGE])
        self._sheet.point([texts.layer_option(layer.name, layer.kind, layer.shape) for layer, _ in found])
        if look.explanation.layer in self._layers:
            self._sheet.choose(self._layers.index(look.explanation.layer))
        self._say(texts.STRIP)
        self.canvas.fit_figure()

    def refuse(self, reason: str) -> None:
        """Say why there is nothing to show."""
        self._layers = []
        self._sheet.show([], _COLUMNS[0])
        self._say(reason)
        self.canvas.fit_figure()

    def hide(self) -> None:
        """Hide it."""
        show(self.root, False)

    def _say(self, text: str) -> None:
        self._line.value = text
        show(self.root, True)

    def _tile(self, look: Look, layer: Layer, given: Explanation | Refusal, style: Style) -> Tile:
        parts = layer.name.split(".")
        captions = [".".join(parts[start:]) for start in range(len(parts))]
        if isinstance(given, Refusal):
            return Tile(None, captions)
        return Tile(heat_pixels(given.overall, look.sample.picture, style), captions)

    def _clicked(self, event: Any) -> None:
        tile = None if event.xdata is None else self._sheet.tile_at(event.xdata, event.ydata)
        if tile is not None:
            self._picked(self._layers[tile])
