"""What the view is compared with, how to read the difference, and the views that stay pinned beside the next ones."""

import threading

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.page import Page
from attn_widget.explorer.view.setting_controls import SettingControls
from attn_widget.explorer.view.widget_parts import Maker, show
from attn_widget.figure import MOST_PINS, compared_names, same_target
from attn_widget.words import captions, messages


class ComparePage(Page):
    """The comparison's controls with a sentence below them, and the pins, each with a way to take it off."""

    title = captions.COMPARE
    tooltip = captions.PAGE_TOOLTIPS[title]
    wants = ("state", "style", "offers", "look", "explanation", "pins")

    def __init__(self, send: Send, lock: threading.RLock) -> None:
        super().__init__(send, lock)
        self._make = Maker()
        self.controls = SettingControls(self.title, send)
        self.reading, self.pinned = (self._make.html("attn-words") for _ in range(2))
        self.pin = self._make.button(captions.PIN_VIEW, "thumb-tack", captions.TOOLTIPS["pin_view"])
        self.pin.on_click(lambda _button: send(Action("pin")))
        self.pins: list[widgets.Button] = []
        self._kept = self._make.column()
        pinning = self._make.row(self.pin, self.pinned)
        self.root = self._make.column(self.controls.root, self.reading, pinning, self._kept, classes="attn-compare")

    def render(self, scene: Scene) -> None:
        """Show what is compared, and what is pinned."""
        self.controls.render(scene)
        self.reading.value = markup.faint(_reading(scene))
        titles = [messages.pinned(pin.title, pin.explanation.layer, pin.explanation.method) for pin in scene.pins]
        self.pinned.value = markup.faint(messages.pins(len(titles)))
        self.pin.disabled = scene.explanation is None or len(titles) >= MOST_PINS
        while len(self.pins) < len(titles):
            self._add_pin(len(self.pins))
        for button, title in zip(self.pins, titles, strict=False):
            button.description = title
        for index, button in enumerate(self.pins):
            show(button, index < len(titles))

    def _add_pin(self, index: int) -> None:
        button = self._make.button("", "times", captions.TOOLTIPS["unpin"], "attn-pin")
        button.on_click(lambda _button: self.send(Action("unpin", index)))
        self.pins.append(button)
        self._kept.children = self.pins


def _reading(scene: Scene) -> str:
    """Say what is compared and how to read it, why it cannot be, or what can be done here."""
    if scene.state.compare is None:
        return messages.NOTHING_COMPARED
    if scene.explanation is None or scene.look is None:
        return scene.message or scene.stale
    if scene.look.comparison is None:
        return " ".join(scene.look.notes)
    comparison, name_of = scene.look.comparison, scene.name_of
    return same_target(comparison, name_of) or messages.comparison_read(*compared_names(comparison, name_of))
