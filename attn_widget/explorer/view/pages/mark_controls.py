"""The mark of the sample shown."""

from functools import partial
from typing import Any

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.reviewed import Reviewed
from attn_widget.explorer.view.widget_parts import Maker
from attn_widget.predictions.marks import MARKS
from attn_widget.words import captions


class MarkControls:
    """What a person notes of the sample shown: a kind of mark, one click each, and a free text."""

    def __init__(self, make: Maker, send: Send) -> None:
        self._send = send
        self.kinds = {kind: make.toggle(kind, "", captions.MARK_TOOLTIPS[kind]) for kind in MARKS}
        for kind, button in self.kinds.items():
            button.observe(partial(self._toggled, kind), "value")
        note = {"placeholder": captions.NOTE, "tooltip": captions.TOOLTIPS["note"], "continuous_update": False}
        self.note = make.one(widgets.Text, "attn-note", **note)
        self.note.observe(self._noted, "value")
        self.root = make.row(*self.kinds.values(), self.note)

    def render(self, reviewed: Reviewed) -> None:
        """Show the mark of the sample that a scene shows; one that is not in the review cannot be marked."""
        mark = reviewed.mark
        for kind, button in self.kinds.items():
            button.value = mark is not None and mark.kind == kind
        self.note.value = "" if mark is None else mark.note
        for control in (*self.kinds.values(), self.note):
            control.disabled = not reviewed.markable

    def _toggled(self, kind: str, change: Any) -> None:
        self._send(Action("reviews.mark", kind, self.note.value) if change["new"] else Action("reviews.mark", None))

    def _noted(self, change: Any) -> None:
        kind = next((kind for kind, button in self.kinds.items() if button.value), None)
        self._send(Action("reviews.mark", kind, change["new"]))
