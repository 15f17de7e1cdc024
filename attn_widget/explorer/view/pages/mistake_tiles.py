"""The samples chosen as small pictures with their heatmaps, a page at a time; a click opens one."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets
import numpy as np

from attn_widget.explanation import Explanation
from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.life.background import Worker
from attn_widget.explorer.session.looker import Glance
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.lazy_canvas import LazyCanvas
from attn_widget.explorer.view.widget_parts import Maker, show
from attn_widget.figure import SIZES, Painter, SheetFigure, Style, Tile, opaque
from attn_widget.methods import method_named
from attn_widget.outputs import is_right
from attn_widget.predictions import Mark
from attn_widget.window import Window
from attn_widget.words import captions, forms, mistakes, pictures

PAGE = 24
_WIDTH = 420  # CSS pixels, until the browser tells how wide the page is


@dataclass(frozen=True, eq=False)
class _Small:
    """What is kept of a `Glance`: of its sample the picture, no larger than a tile needs it."""

    position: int
    picture: np.ndarray | None
    explanation: Explanation | None
    said: str


def _small(glance: Glance) -> _Small:
    picture = None
    if glance.sample is not None:
        rendering = glance.sample.rendering
        picture = rendering.part(Window.whole(rendering.size, SheetFigure.MOST))
    return _Small(glance.position, picture, glance.explanation, glance.said)


class MistakeTiles:
    """A page of samples."""

    def __init__(self, make: Maker, lock: threading.RLock, send: Send) -> None:
        self._lock, self._send, tips = lock, send, captions.TOOLTIPS
        self.lazy = LazyCanvas(lambda: SheetFigure(_WIDTH), lock, self._clicked)
        self.back = make.button("", "chevron-left", tips["previous_page"])
        self.onwards = make.button("", "chevron-right", tips["next_page"])
        for button in (self.back, self.onwards):
            button.on_click(self._turned)
        self.line = make.html("attn-words")
        self.size = make.one(
            widgets.ToggleButtons, "attn-sizes", options=list(SIZES), tooltips=[tips["tiles"]] * len(SIZES)
        )
        self.size.observe(self._resized, "value")
        self._room = make.column(self.lazy.root, classes="attn-tiles")
        self.root = make.column(make.row(self.back, self.onwards, self.line, self.size), self._room)
        self._worker: Worker[tuple[int, int], list[_Small]] = Worker(self._progressed, self._made)
        self._scene: Scene | None = None
        self._page = 0
        self._asked: tuple[Any, ...] = ()
        self._small: Sequence[_Small] = ()
        self._drawn: tuple[Style, Mapping[int, Mark]] | None = None
        self._framed: int | None = None

    def render(self, scene: Scene) -> None:
        """Show the page on which the chosen samples begin, or the present one where they are the same."""
        before, self._scene = self._scene, scene
        (self._room.add_class if scene.reviewed.findings is None else self._room.remove_class)("attn-tall")
        if before is not None:
            if scene.reviewed.selection != before.reviewed.selection:
                self._page = 0
            if scene.look is not before.look and scene.state == before.state:
                self._asked = ()  # the pass was run again: the model may have changed
        self._make()
        if self._small and self._drawn != (scene.style, scene.reviewed.marks):
            self._draw()
        elif self._small and self._framed != self._open_tile:
            self._frame()

    def forget(self) -> None:
        """End what is on its way, and keep nothing."""
        self._worker.forget()
        self._asked, self._small, self._scene = (), (), None

    def _make(self) -> None:
        """Look at the page's samples on a thread, unless that is done already or on its way."""
        scene = self._scene
        if scene is None:
            return
        count = scene.playing.steps
        self._page = min(self._page, max(count - 1, 0) // PAGE)
        first = self._page * PAGE
        last = min(first + PAGE, count)
        self.back.disabled, self.onwards.disabled = first == 0, last == count
        positions = [scene.playlist.at(step) for step in range(first, last)]
        asked = positions, scene.state.but(sample=0, top_k=1, at=None, compare=None)  # on which a page depends
        if asked == self._asked:
            return
        self._asked = asked
        self._worker.forget()
        slow = method_named(scene.state.method).slow
        show(self.lazy.root, bool(positions) and not slow)
        if slow or not positions:
            self._small = ()
            nothing = mistakes.nothing_chosen(scene.reviewed.selection_said)
            self._say(mistakes.no_sheet(scene.state.method) if positions else nothing)
            return
        self._say(mistakes.page_computed(0, len(positions)))
        glance = scene.glance

        def look(report: Callable[[tuple[int, int]], None]) -> list[_Small]:
            found = []
            for position in positions:
                found.append(_small(glance(position)))
                report((len(found), len(positions)))
            return found

        self._worker.start(look)

    def _say(self, text: str) -> None:
        self.line.value = markup.faint(text)

    def _progressed(self, progress: tuple[int, int]) -> None:
        with self._lock:
            if self._worker.running:
                self._say(mistakes.page_computed(*progress))

    def _made(self, small: Sequence[_Small] | Exception) -> None:
        with self._lock:
            scene = self._scene
            if isinstance(small, Exception) or scene is None or self._worker.running:
                return
            first = self._page * PAGE
            self._say(mistakes.page(first, first + len(small), scene.playing.steps))
            self._small = list(small)
            self._draw()

    def _draw(self) -> None:
        scene, sheet = self._scene, self.lazy.drawing
        if scene is None:
            return
        self._drawn = scene.style, scene.reviewed.marks
        tiles = [_tile(small, scene) for small in self._small]
        sheet.show(tiles, self.size.value, pairs=True)
        sheet.point([_pointed(small, scene) for small in self._small])
        self._frame()

    @property
    def _open_tile(self) -> int | None:
        """Which tile is of the sample that is open, if one is."""
        shown = [small.position for small in self._small]
        position = -1 if self._scene is None else self._scene.state.sample
        return shown.index(position) if position in shown else None

    def _frame(self) -> None:
        self._framed = self._open_tile
        self.lazy.drawing.choose(self._framed)
        self.lazy.redraw()

    def _turned(self, button: widgets.Button) -> None:
        with self._lock:
            self._page = max(self._page + (1 if button is self.onwards else -1), 0)
            self._make()

    def _resized(self, _change: Any) -> None:
        with self._lock:
            if self._small:
                self._draw()

    def _clicked(self, event: Any) -> None:
        tile = None if event.xdata is None else self.lazy.drawing.tile_at(event.xdata, event.ydata)
        if tile is not None and tile < len(self._small):
            self._send(Action("pick", self._small[tile].position))


def _tile(small: _Small, scene: Scene) -> Tile:
    """Draw a sample: the picture with its heatmap, its classes, and its mark."""
    mark = scene.reviewed.marks.get(small.position)
    badge = "" if mark is None else captions.MARK_BADGES[mark.kind]
    picture, explanation = small.picture, small.explanation
    if picture is None or explanation is None:
        return Tile(None if picture is None else opaque(picture), [[str(small.position)]], badge=badge)
    heatmap = explanation.overall_in(Window.whole(explanation.size, SheetFigure.MOST))
    return Tile(
        opaque(picture),
        _caption(small.position, explanation, scene.name_of),
        Painter(picture, scene.style).heat(heatmap),
        is_right(explanation.predicted, explanation.label),
        badge,
    )


def _caption(position: int, explanation: Explanation, name_of: Callable[[int], str]) -> list[list[str]]:
    """Name true and predicted class, and how probable that is; a sample without them by its position."""
    predicted, probabilities = explanation.predicted, explanation.probabilities
    if predicted is None:
        return [[str(position)]]
    sure = "" if probabilities is None else forms.percent(float(probabilities[predicted]))
    return pictures.tile_caption(forms.label_text(explanation.label, name_of), name_of(predicted), sure)


def _pointed(small: _Small, scene: Scene) -> str:
    """Say what is under the mouse: which sample it is, its classes in full, and what is noted of it."""
    explanation, mark = small.explanation, scene.reviewed.marks.get(small.position)
    says = small.said
    if explanation is not None:
        says = " ".join(wordings[0] for wordings in _caption(small.position, explanation, scene.name_of))
    noted = "" if mark is None else mark.kind + (f" ({mark.note})" if mark.note else "")
    return mistakes.tile_pointed(small.position, says, noted)
