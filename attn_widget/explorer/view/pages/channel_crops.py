"""The samples that drive a channel most, each cut down to what the channel sees there; a click on one opens it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.life.background import Worker
from attn_widget.explorer.session.channel_cards import ChannelCard, Crop
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.lazy_canvas import LazyCanvas
from attn_widget.explorer.view.widget_parts import Maker, show
from attn_widget.figure import SheetFigure, Tile, in_drawn_language, opaque
from attn_widget.surveys import Exemplar
from attn_widget.words import cards, forms

_WIDTH = 420  # CSS pixels, until the browser reports the page's real width


class ChannelCrops:
    """The crops as tiles, cut on a thread, and a line that says what they show."""

    def __init__(self, make: Maker, lock: threading.RLock, send: Send) -> None:
        self._lock, self._send = lock, send
        self._lazy = LazyCanvas(lambda: SheetFigure(_WIDTH), lock, self._clicked)
        self._line = make.html("attn-words")
        self.root = make.column(self._line, self._lazy.root, classes="attn-crops")
        self._worker: Worker[None, list[Crop]] = Worker(lambda _progress: None, self._cut)
        self._scene: Scene | None = None
        self._asked: tuple[Any, ...] = ()
        self._crops: Sequence[Crop] = ()

    def render(self, scene: Scene) -> None:
        """Show the card's crops, cut anew where the survey, the channel or the model is another one."""
        before, self._scene = self._scene, scene
        card = scene.card
        again = before is not None and scene.look is not before.look and scene.state == before.state
        if again:  # the pass was run again: the model may have changed
            self._asked = ()
        asked = scene.surveyed.survey, card.exemplars, scene.state.model
        if asked != self._asked:
            self._asked = asked
            self._worker.forget()
            self._cut_anew(card)
        elif self._crops:
            self._choose(scene.state.sample)

    def forget(self) -> None:
        """Stop cutting, and keep nothing."""
        self._worker.forget()
        self._asked, self._crops, self._scene = (), (), None

    def _cut_anew(self, card: ChannelCard) -> None:
        self._crops = ()
        if not card.exemplars:
            self._say(cards.NOTHING_DRIVES if card.facts else "")
            return
        if self._lazy.canvas is None:
            show(self._lazy.root, False)
        self._say(cards.READING_CROPS, reading=True)
        self._worker.start(partial(_all_of, card.crops))

    def _say(self, text: str, *, reading: bool = False) -> None:
        self._line.value = markup.faint(text) if text else ""
        show(self._line, bool(text))
        show(self._lazy.root, bool(self._crops) or reading)

    def _cut(self, crops: list[Crop] | Exception) -> None:
        with self._lock:
            scene = self._scene
            if scene is None or self._worker.running:
                return
            if isinstance(crops, Exception):
                self._say(cards.no_crops(crops))
                return
            self._crops = crops
            self._say(cards.crop_line(len(crops), any(crop.neighbourhood for crop in crops)))
            sheet = self._lazy.drawing
            sheet.show([_tile(crop, scene.name_of) for crop in crops], "M")
            sheet.point([_pointed(crop, scene.name_of) for crop in crops])
            self._choose(scene.state.sample)

    def _choose(self, position: int) -> None:
        """Frame the sample that is open, if it is one of them."""
        positions = [crop.exemplar.position for crop in self._crops]
        self._lazy.drawing.choose(positions.index(position) if position in positions else None)
        self._lazy.redraw()

    def _clicked(self, event: Any) -> None:
        inside = event.button == 1 and event.inaxes is not None
        tile = self._lazy.drawing.tile_at(event.xdata, event.ydata) if inside else None
        if tile is not None and tile < len(self._crops):
            self._send(Action("pick", self._crops[tile].exemplar.position))


def _all_of(crops: Callable[[], Iterator[Crop]], report: Callable[[None], None]) -> list[Crop]:
    """Cut all, and report after each."""
    found = []
    for crop in crops():
        found.append(crop)
        report(None)
    return found


@in_drawn_language
def _tile(crop: Crop, name_of: Callable[[int], str]) -> Tile:
    one = crop.exemplar
    caption = cards.crop_caption(_class(one, name_of), one.value)
    right = None if -1 in (one.label, one.predicted) else one.label == one.predicted
    return Tile(None if crop.picture is None else opaque(crop.picture), caption, right=right)


def _pointed(crop: Crop, name_of: Callable[[int], str]) -> str:
    one = crop.exemplar
    predicted = _class(one, name_of) if one.predicted < 0 else name_of(one.predicted)
    return crop.said or cards.crop_pointed(one.position, _class(one, name_of), predicted, one.value)


def _class(one: Exemplar, name_of: Callable[[int], str]) -> str:
    return forms.label_text(None, name_of) if one.label < 0 else name_of(one.label)
