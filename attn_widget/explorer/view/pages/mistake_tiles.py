"""The selected samples as tiles, small pictures with their heatmaps, a page at a time; a click on one opens it."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import ipywidgets as widgets
import numpy as np

from attn_widget.explanation import Explanation, Glance
from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.life.background import Worker
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.lazy_canvas import LazyCanvas
from attn_widget.explorer.view.widget_parts import Maker, on_change, on_click, set_class, show
from attn_widget.figure import SIZES, SheetFigure, Style, Tile, classes_caption, in_drawn_language, sample_tile
from attn_widget.methods import method_named
from attn_widget.predictions import Mark
from attn_widget.window import Window
from attn_widget.words import captions, mistakes

_PER_PAGE = 24
_WIDTH = 420  # CSS pixels, until the browser reports the page's real width


@dataclass(frozen=True, eq=False)
class _Thumbnail:
    """What a tile needs of a `Glance`: of the sample only its picture, and that no larger than a tile."""

    position: int
    picture: np.ndarray | None
    explanation: Explanation | None
    said: str


class MistakeTiles:
    """A page of tiles, with buttons that turn it."""

    def __init__(self, make: Maker, lock: threading.RLock, send: Send) -> None:
        self._lock, self._send, tips = lock, send, captions.TOOLTIPS
        self.lazy = LazyCanvas(lambda: SheetFigure(_WIDTH), lock, self._clicked)
        self.back = make.button("", "chevron-left", tips["previous_page"])
        self.onwards = make.button("", "chevron-right", tips["next_page"])
        for button in (self.back, self.onwards):
            on_click(button, self._turned)
        self.line = make.html("attn-words")
        self.size = make.one(
            widgets.ToggleButtons, "attn-sizes", options=list(SIZES), tooltips=[tips["tiles"]] * len(SIZES)
        )
        on_change(self.size, self._resized)
        self._room = make.column(self.lazy.root, classes="attn-tiles")
        self.root = make.column(make.row(self.back, self.onwards, self.line, self.size), self._room)
        self._worker: Worker[tuple[int, int], list[_Thumbnail]] = Worker(self._progressed, self._computed)
        self._scene: Scene | None = None
        self._page = 0
        self._asked: tuple[Any, ...] = ()
        self._thumbnails: Sequence[_Thumbnail] = ()
        self._drawn: tuple[Style, Mapping[int, Mark]] | None = None
        self._framed: int | None = None

    def render(self, scene: Scene) -> None:
        """Show the present page of the selected samples, or the first if the selection is a new one."""
        before, self._scene = self._scene, scene
        set_class(self._room, "attn-tall", scene.reviewed.findings is None)
        if before is not None:
            if scene.reviewed.selection != before.reviewed.selection:
                self._page = 0
            if scene.look is not before.look and scene.state == before.state:
                self._asked = ()  # the pass was run again: the model may have changed
        self._compute()
        if self._thumbnails and self._drawn != (scene.style, scene.reviewed.marks):
            self._draw(scene)
        elif self._thumbnails and self._framed != self._open_tile(scene):
            self._frame(scene)

    def forget(self) -> None:
        """Stop computing, and keep nothing."""
        self._worker.forget()
        self._asked, self._thumbnails, self._scene = (), (), None

    def _compute(self) -> None:
        """Compute the page's tiles on a thread, unless that is done or under way."""
        scene = self._scene
        if scene is None:
            return
        count = scene.playing.steps
        self._page = min(self._page, max(count - 1, 0) // _PER_PAGE)
        steps = range(count)[self._page * _PER_PAGE : (self._page + 1) * _PER_PAGE]
        self.back.disabled, self.onwards.disabled = steps.start == 0, steps.stop == count
        positions = [scene.playlist.at(step) for step in steps]
        asked = positions, scene.state.but(sample=0, top_k=1, at=None, compare=None)  # all that a page depends on
        if asked == self._asked:
            return
        self._asked = asked
        self._worker.forget()
        slow = method_named(scene.state.method).slow
        show(self.lazy.root, bool(positions) and not slow)
        if slow or not positions:
            self._thumbnails = ()
            nothing = mistakes.nothing_chosen(scene.reviewed.selection_said)
            self._say(mistakes.no_sheet(scene.state.method) if positions else nothing)
            return
        self._say(mistakes.page_computed(0, len(positions)))
        self._worker.start(partial(_look_at, positions, scene.glances))

    def _say(self, text: str) -> None:
        self.line.value = markup.faint(text)

    def _progressed(self, progress: tuple[int, int]) -> None:
        with self._lock:
            if self._worker.running:
                self._say(mistakes.page_computed(*progress))

    def _computed(self, thumbnails: list[_Thumbnail] | Exception) -> None:
        with self._lock:
            scene = self._scene
            if isinstance(thumbnails, Exception) or scene is None or self._worker.running:
                return
            first = self._page * _PER_PAGE
            self._say(mistakes.page(first, first + len(thumbnails), scene.playing.steps))
            self._thumbnails = thumbnails
            self._draw(scene)

    def _draw(self, scene: Scene) -> None:
        self._drawn = scene.style, scene.reviewed.marks
        sheet = self.lazy.drawing
        sheet.show([_tile(each, scene) for each in self._thumbnails], self.size.value, pairs=True)
        sheet.point([_pointed(each, scene) for each in self._thumbnails])
        self._frame(scene)

    def _frame(self, scene: Scene) -> None:
        self._framed = self._open_tile(scene)
        self.lazy.drawing.choose(self._framed)
        self.lazy.redraw()

    def _open_tile(self, scene: Scene) -> int | None:
        """Find the tile of the sample that is open, if it is on this page."""
        positions = [each.position for each in self._thumbnails]
        return positions.index(scene.state.sample) if scene.state.sample in positions else None

    def _turned(self, button: widgets.Button) -> None:
        with self._lock:
            self._page = max(self._page + (1 if button is self.onwards else -1), 0)
            self._compute()

    def _resized(self, _event: Any) -> None:
        with self._lock:
            if self._thumbnails and self._scene is not None:
                self._draw(self._scene)

    def _clicked(self, event: Any) -> None:
        tile = None if event.xdata is None else self.lazy.drawing.tile_at(event.xdata, event.ydata)
        if tile is not None and tile < len(self._thumbnails):
            self._send(Action("pick", self._thumbnails[tile].position))


def _look_at(
    positions: Sequence[int],
    glances: Callable[[Sequence[int]], Iterator[Glance]],
    report: Callable[[tuple[int, int]], None],
) -> list[_Thumbnail]:
    """Explain the samples at some positions, and report after each how many of how many are done."""
    found: list[_Thumbnail] = []
    for seen in glances(positions):
        picture = None
        if seen.sample is not None:
            rendering = seen.sample.rendering
            picture = rendering.part(Window.whole(rendering.size, SheetFigure.MOST))
        found.append(_Thumbnail(seen.position, picture, seen.explanation, seen.said))
        report((len(found), len(positions)))
    return found


@in_drawn_language
def _tile(thumbnail: _Thumbnail, scene: Scene) -> Tile:
    """Make a sample's tile, with a badge for a mark."""
    mark = scene.reviewed.marks.get(thumbnail.position)
    badge = "" if mark is None else captions.MARK_BADGES[mark.kind]
    picture, explanation = thumbnail.picture, thumbnail.explanation
    return sample_tile(thumbnail.position, picture, explanation, scene.style, scene.name_of, badge)


def _pointed(thumbnail: _Thumbnail, scene: Scene) -> str:
    """Describe the tile under the mouse: the sample's position, its full class names, and its mark."""
    says, mark = thumbnail.said, scene.reviewed.marks.get(thumbnail.position)
    if thumbnail.explanation is not None:
        says = " ".join(
            wordings[0] for wordings in classes_caption(thumbnail.position, thumbnail.explanation, scene.name_of)
        )
    noted = "" if mark is None else mistakes.mark_said(mark.kind, mark.note)
    return mistakes.tile_pointed(thumbnail.position, says, noted)
