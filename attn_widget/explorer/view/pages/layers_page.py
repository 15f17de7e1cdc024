"""The filmstrip: a small heatmap of the sample from every layer; a click on one chooses its layer."""

import threading
from collections.abc import Sequence
from typing import Any

from attn_widget.explanation import Explanation
from attn_widget.explorer.action import Send, change
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.lazy_canvas import LazyCanvas
from attn_widget.explorer.view.page import Page
from attn_widget.explorer.view.widget_parts import Maker, show
from attn_widget.figure import Painter, SheetFigure, Style, Tile
from attn_widget.layers import Layer
from attn_widget.refusal import Refusal
from attn_widget.samples import Rendering
from attn_widget.window import Window
from attn_widget.words import captions, forms, messages, pictures

_WIDTH = 420  # CSS pixels, until the browser reports the page's real width
_MOST_IN_LARGE = 16


class LayersPage(Page):
    """The filmstrip, and a line above it that says what it shows or why there is none."""

    name = "layers"
    wants = ("explanation", "style")

    def __init__(self, send: Send, lock: threading.RLock) -> None:
        super().__init__(send, lock)
        self.strip = LazyCanvas(lambda: SheetFigure(_WIDTH), lock, self._clicked)
        make = Maker(send)
        self.line = make.html("attn-words")
        self.root = make.column(self.line, self.strip.root, classes="attn-layers")
        self._found: Sequence[tuple[Layer, Explanation | Refusal]] = ()
        self._explained: Explanation | None = None

    def render(self, scene: Scene) -> None:
        """Show every layer of the picture. A state that could not be computed keeps the previous picture's layers."""
        before = messages.STRIP_OF_BEFORE if self._found else messages.NO_PICTURE_YET
        if scene.explanation is None or scene.look is None:
            self._say(before)
            return
        if scene.explanation is not self._explained:
            try:
                found = scene.layers
            except KeyboardInterrupt:
                self._say(before)
                raise
            self._explained = scene.explanation
            self._found = () if isinstance(found, str) else found
            self._say(found if isinstance(found, str) else messages.STRIP)
        if self._found:
            self._draw(scene.look.sample.rendering, scene.style, scene.explanation.layer)

    def closed(self) -> None:
        """Keep nothing."""
        self._found, self._explained = (), None

    def _say(self, text: str) -> None:
        self.line.value = markup.faint(text)
        show(self.strip.root, bool(self._found))

    def _draw(self, rendering: Rendering, style: Style, chosen: str) -> None:
        window = Window.whole(rendering.size, SheetFigure.MOST)
        painter = Painter(rendering.part(window), style)
        layers = [layer.name for layer, _ in self._found]
        wordings = pictures.distinct_names([name or captions.WHOLE_MODEL for name in layers])
        tiles = [
            Tile(None if isinstance(given, Refusal) else painter.heat(given.overall_in(window)), [caption])
            for (_, given), caption in zip(self._found, wordings, strict=True)
        ]
        sheet = self.strip.drawing
        sheet.show(tiles, "M" if len(tiles) <= _MOST_IN_LARGE else "S")
        sheet.point([_pointed(*pair) for pair in self._found])
        sheet.choose(layers.index(chosen) if chosen in layers else None)
        self.strip.redraw()

    def _clicked(self, event: Any) -> None:
        inside = event.button == 1 and event.inaxes is not None
        tile = self.strip.drawing.tile_at(event.xdata, event.ydata) if inside else None
        if tile is not None and tile < len(self._found):
            self.send(change(layer=self._found[tile][0].name))


def _pointed(layer: Layer, given: Explanation | Refusal) -> str:
    """Name the layer under the mouse; where it gives no map, say why."""
    name = captions.layer_option(layer.name, layer.kind, layer.shape)
    return forms.name_and_words(name, str(given)) if isinstance(given, Refusal) else name
