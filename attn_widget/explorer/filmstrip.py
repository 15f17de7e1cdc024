"""Every usable layer's overall heatmap of the sample shown, as small pictures of which a click picks the layer."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from attn_widget.explanation import Explanation
from attn_widget.explorer.late import LateCanvas
from attn_widget.explorer.looking import Look
from attn_widget.explorer.parts import layout, show
from attn_widget.figure import Painter, SheetFigure, Style, Tile
from attn_widget.layers import Layer
from attn_widget.refusal import Refusal
from attn_widget.window import Window
from attn_widget.words import captions, messages, pictures


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
    late : LateCanvas
        Its canvas.
    root : Widget
        All of it; hidden until it is shown.
    """

    def __init__(self, width: int, lock: threading.RLock, picked: Callable[[str], None]) -> None:
        self._picked = picked
        self.late = LateCanvas(lambda: SheetFigure(width), lock, self._clicked)
        self.root = widgets.VBox(layout=layout(margin="0"))
        self._look: Look | None = None
        self._found: Sequence[tuple[Layer, Explanation | Refusal]] = ()
        show(self.root, False)

    def show(self, look: Look, found: Sequence[tuple[Layer, Explanation | Refusal]], style: Style) -> None:
        """Show what each layer gave of a look's sample."""
        self._look, self._found = look, found
        self.late.drawing.point([captions.layer_option(layer.name, layer.kind, layer.shape) for layer, _ in found])
        self.restyle(style)
        self._say(messages.STRIP)

    def restyle(self, style: Style) -> None:
        """Draw what is shown in another view, alpha or colour map."""
        look = self._look
        if look is None:
            return
        rendering = look.sample.rendering
        window = Window.whole(rendering.size, SheetFigure.MOST)
        painter = Painter(rendering.part(window), style)
        heats = [None if isinstance(given, Refusal) else given.overall_in(window) for _, given in self._found]
        names = pictures.distinct_names(self._layers)
        tiles = [
            Tile(None if heat is None else painter.heat(heat), [name]) for heat, name in zip(heats, names, strict=True)
        ]
        self.late.drawing.show(tiles)
        if look.explanation.layer in self._layers:
            self.late.drawing.choose(self._layers.index(look.explanation.layer))
        self.late.redraw()

    def refuse(self, reason: str) -> None:
        """Say why there is nothing to show."""
        self._look, self._found = None, ()
        self._say(reason)

    def outdate(self) -> None:
        """Say that what is chosen now is not what is shown."""
        self._say(messages.NO_PICTURE_YET if self._look is None else messages.STRIP_OF_BEFORE)

    def hide(self) -> None:
        """Hide it, and keep nothing."""
        self._look, self._found = None, ()
        show(self.root, False)

    @property
    def _layers(self) -> list[str]:
        return [layer.name for layer, _ in self._found]

    def _say(self, text: str) -> None:
        if not self.root.children:
            self._line = widgets.Label(layout=layout(width="max-content"))
            self.root.children = [self._line, self.late.root]
        self._line.value = text
        show(self.late.root, self._look is not None)
        show(self.root, True)

    def _clicked(self, event: Any) -> None:
        inside = event.button == 1 and event.inaxes is not None
        tile = self.late.drawing.tile_at(event.xdata, event.ydata) if inside else None
        if tile is not None:
            self._picked(self._layers[tile])
