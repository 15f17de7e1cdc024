"""The page of shortcuts: a button that searches, the classes in their order, and what was measured for one of them."""

import threading
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import numpy as np

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.lazy_canvas import LazyCanvas
from attn_widget.explorer.view.page import Page
from attn_widget.explorer.view.widget_parts import Maker, on_change, on_click, show
from attn_widget.figure import SheetFigure, Tile, in_drawn_language, opaque
from attn_widget.shortcuts import Example, Shortcut
from attn_widget.words import forms, shortcuts

_WIDTH = 420  # CSS pixels, until the browser reports the page's real width
_GREY = 0.5  # of a picture outside its region


class ShortcutsPage(Page):
    """Button and result; the card of the best class, or one that is chosen, with pictures; and a table of all."""

    name = "shortcuts"
    wants = ("shortcuts",)

    def __init__(self, send: Send, lock: threading.RLock) -> None:
        super().__init__(send, lock)
        make, tips = Maker(send), shortcuts.SHORTCUT_TOOLTIPS
        self.find = make.button("", "search", tips["find_shortcuts"], action=Action("shortcuts.begin"))
        self.find.button_style = "primary"
        self.bar = make.one(widgets.FloatProgress, "attn-progress", max=1)
        self.stop = make.button(
            shortcuts.STOP_SHORTCUTS, "stop", tips["stop_shortcuts"], action=Action("shortcuts.stop")
        )
        self.said = make.html("attn-words", "attn-shortcuts-said")
        self.warning = make.html("attn-words", "attn-shortcuts-warning")
        self.table = make.html("attn-words", "attn-shortcuts")
        self.chosen = make.dropdown(shortcuts.SHORTCUT_CLASS, tips["shortcut_class"])
        on_change(self.chosen, self._chose)
        self.jump = make.button(shortcuts.SHOW_SUREST, "images", tips["show_surest"])
        on_click(self.jump, self._jumped)
        self.card = make.html("attn-words", "attn-shortcut-card")
        self.lazy = LazyCanvas(lambda: SheetFigure(_WIDTH), lock, self._clicked)
        self._found: tuple[Shortcut, ...] = ()
        self._drawn: Shortcut | None = None
        self._name_of: Callable[[int], str] = forms.class_number
        self._known = make.column(make.row(self.chosen, self.jump), self.card, self.lazy.root, self.table)
        self.root = make.column(make.row(self.find, self.stop, self.bar), self.said, self.warning, self._known)

    def render(self, scene: Scene) -> None:
        """Show how far the search is, or what it found."""
        sought = scene.shortcuts
        self.find.description, self.find.disabled, self.bar.value = sought.begin, sought.running, sought.fraction
        self.said.value = markup.sentence(sought.said)
        self.warning.value = markup.message(sought.warning) if sought.warning else ""
        show(self.warning, bool(sought.warning))
        show(self.bar, sought.running)
        show(self.stop, sought.running)
        show(self._known, bool(sought.found))
        if sought.found is not self._found:
            self._found, self._name_of = sought.found, scene.name_of
            self.table.value = markup.table(shortcuts.SHORTCUT_HEADINGS, [_row(one) for one in sought.found])
            self.chosen.options = [(one.name, one.class_) for one in sought.found]
            self.chosen.index = 0 if sought.found else None
            self._show_card()

    def _chose(self, _event: Any) -> None:
        with self.lock:
            self._show_card()

    def _show_card(self) -> None:
        one = self._shown
        if one is None or one is self._drawn:
            return
        self._drawn, heat = one, one.mean_heat
        where = "" if heat is None else markup.sentence(heat.said(one.name))
        self.card.value = markup.sentence(one.said) + where
        sheet, name_of = self.lazy.drawing, self._name_of
        sheet.show([tile for each in one.examples for tile in _tiles(each, one, name_of)], "M", pairs=True)
        sheet.point([said for each in one.examples for said in _pointed(each, one, name_of)])
        self.lazy.redraw()

    @property
    def _shown(self) -> Shortcut | None:
        """What was found for the class that is chosen."""
        return next((one for one in self._found if one.class_ == self.chosen.value), None)

    def _jumped(self, _button: widgets.Button) -> None:
        one = self._shown
        if one is not None:
            self.send(Action("play", one.positions, shortcuts.surest_of(one.name)))

    def _clicked(self, event: Any) -> None:
        tile = None if event.xdata is None else self.lazy.drawing.tile_at(event.xdata, event.ydata)
        if tile is not None and self._shown is not None:
            each = self._shown.examples[tile // 2]
            self.send(Action("pick", each.target if tile % 2 else each.source))


def _row(one: Shortcut) -> tuple[list[str], bool]:
    """Give the cells of a class's row, and whether they stand out."""
    highest = max(one.controls.values(), key=lambda rate: rate.share, default=None)
    cells = [
        one.name,
        shortcuts.cue_in_short(one.kind, one.area),
        shortcuts.rate_in_short(one.flips),
        "" if highest is None else shortcuts.rate_in_short(highest),
        forms.percent(one.lost.share),
    ]
    return cells, one.enough


@in_drawn_language
def _tiles(each: Example, one: Shortcut, name_of: Callable[[int], str]) -> list[Tile]:
    """Make the tiles of a transplant: the sample beside its region alone, and the other picture before and after."""
    alone = np.where(each.mask[..., None], each.source_picture, _GREY).astype(np.float32)
    before, after = name_of(each.predicted), name_of(each.became)
    return [
        Tile(opaque(each.source_picture), [shortcuts.source_said(one.name, each.source)], opaque(alone)),
        Tile(opaque(each.before), [shortcuts.became_said(before, after)], opaque(each.after)),
    ]


def _pointed(each: Example, one: Shortcut, name_of: Callable[[int], str]) -> list[str]:
    before, after = name_of(each.predicted), name_of(each.became)
    return [shortcuts.source_pointed(one.name, each.source), shortcuts.target_pointed(each.target, before, after)]
