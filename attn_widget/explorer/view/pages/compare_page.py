"""The page that compares: with another method or target, or with the views that were pinned beside the picture."""

import threading

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.page import Page
from attn_widget.explorer.view.pages.moves_section import MovesSection
from attn_widget.explorer.view.setting_controls import SettingControls
from attn_widget.explorer.view.widget_parts import Maker, show
from attn_widget.figure import MOST_PINS, compared_names, models_predict, same_target
from attn_widget.words import captions, forms, messages


class ComparePage(Page):
    """What to compare with, a sentence on how to read the difference, and a button to remove each pinned view."""

    name = "compare"
    wants = ("state", "style", "offers", "look", "explanation", "pins", "moving")

    def __init__(self, send: Send, lock: threading.RLock) -> None:
        super().__init__(send, lock)
        make = self._make = Maker(send)
        self.controls = SettingControls(self.name, make, send)
        self.reading, self.pinned = make.html("attn-words"), make.html("attn-words")
        self.pin = make.button(captions.PIN_VIEW, "thumb-tack", captions.TOOLTIPS["pin_view"], action=Action("pin"))
        self.pins: list[widgets.Button] = []
        self._kept = make.column()
        self._moves: MovesSection | None = None
        pinning = make.row(self.pin, self.pinned)
        self.root = make.column(self.controls.root, self.reading, pinning, self._kept, classes="attn-compare")

    def render(self, scene: Scene) -> None:
        """Show what is compared, and what is pinned."""
        self.controls.render(scene)
        if scene.offers["model"].shown:
            self._show_moves(scene)
        self.reading.value = markup.faint(_reading(scene))
        titles = [messages.pinned(pin.title, pin.explanation.layer, pin.explanation.method) for pin in scene.pins]
        self.pinned.value = markup.faint(messages.pins(len(titles)))
        self.pin.disabled = scene.explanation is None or len(titles) >= MOST_PINS
        while len(self.pins) < len(titles):
            unpin = Action("unpin", len(self.pins))
            self.pins.append(self._make.button("", "times", captions.TOOLTIPS["unpin"], "attn-pin", action=unpin))
        self._kept.children = self.pins
        for button, title in zip(self.pins, titles, strict=False):
            button.description = title
        for index, button in enumerate(self.pins):
            show(button, index < len(titles))

    def _show_moves(self, scene: Scene) -> None:
        if self._moves is None:
            self._moves = MovesSection(self._make)
            self.root.children = (*self.root.children, self._moves.root)
        self._moves.render(scene)


def _reading(scene: Scene) -> str:
    """Say what is compared and how to read it, or why there is no comparison."""
    if scene.state.compare is None:
        return messages.NOTHING_COMPARED
    if scene.explanation is None or scene.look is None:
        return scene.message or scene.stale
    if scene.look.comparison is None:
        return forms.together(*scene.look.notes)
    comparison, name_of = scene.look.comparison, scene.name_of
    read = same_target(comparison, name_of) or messages.comparison_read(*compared_names(comparison, name_of))
    return forms.together(read, models_predict(comparison, name_of))
