"""The controls of a review: the selection over which the slider runs, and the mark of the sample shown."""

from functools import partial
from typing import Any

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.playlist import EVERYTHING, Selection
from attn_widget.explorer.session.reviewed import Findings, Reviewed
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.widget_parts import Maker, on_change
from attn_widget.predictions.marks import MARKS
from attn_widget.predictions.selection import SELECTIONS
from attn_widget.words import captions

_ANY = -1


class SelectionControls:
    """Right or wrong, true class, predicted class, range of confidence, and how many samples that leaves."""

    def __init__(self, make: Maker, send: Send) -> None:
        self._send, tips = send, captions.TOOLTIPS
        self._findings: Findings | None = None
        options = [(captions.SELECTION_NAMES[which], which) for which in SELECTIONS]
        self.which = make.dropdown(captions.WHICH, tips["which"], options=options)
        self.true = make.dropdown(captions.TRUE_CLASS, tips["true"])
        self.predicted = make.dropdown(captions.PREDICTED_CLASS, tips["predicted"])
        self.confidence = make.one(
            widgets.FloatRangeSlider,
            description=captions.CONFIDENCE,
            value=(0, 1),
            max=1,
            step=0.01,
            readout_format=".0%",
            continuous_update=False,
            tooltip=tips["confidence"],
        )
        everything = Action("reviews.select", EVERYTHING)
        self.clear = make.button(captions.CLEAR_SELECTION, "times", tips["clear_selection"], action=everything)
        self.count = make.html("attn-words")
        controls = self.which, self.true, self.predicted, self.confidence
        for control in controls:
            on_change(control, self._moved)
        self.root = make.column(*controls, make.row(self.clear, self.count), classes="attn-selection")

    def render(self, reviewed: Reviewed) -> None:
        """Show what is selected."""
        if reviewed.findings is not None and reviewed.findings is not self._findings:
            self._findings = reviewed.findings
            classes = [(captions.ANY_CLASS, _ANY), *((name, at) for at, name in enumerate(reviewed.findings.classes))]
            self.true.options = self.predicted.options = classes
        chosen = reviewed.selection
        self.which.value = chosen.which
        self.true.value = _ANY if chosen.true is None else chosen.true
        self.predicted.value = _ANY if chosen.predicted is None else chosen.predicted
        self.confidence.value = chosen.confidence
        self.clear.disabled = chosen == EVERYTHING
        self.count.value = markup.faint(reviewed.chosen)

    def _moved(self, _event: Any) -> None:
        true, predicted = (None if each.value == _ANY else each.value for each in (self.true, self.predicted))
        self._send(Action("reviews.select", Selection(self.which.value, true, predicted, self.confidence.value)))


class MarkControls:
    """A button for each kind of mark, and a free-text note."""

    def __init__(self, make: Maker, send: Send) -> None:
        self._send = send
        self.kinds = {kind: make.toggle(captions.MARK_NAMES[kind], "", captions.MARK_TOOLTIPS[kind]) for kind in MARKS}
        for kind, button in self.kinds.items():
            on_change(button, partial(self._toggled, kind))
        tip = captions.TOOLTIPS["note"]
        self.note = make.one(widgets.Text, "attn-note", placeholder=captions.NOTE, tooltip=tip, continuous_update=False)
        on_change(self.note, self._noted)
        self.root = make.row(*self.kinds.values(), self.note)

    def render(self, reviewed: Reviewed) -> None:
        """Show the sample's mark; a sample outside the review cannot be marked."""
        mark = reviewed.mark
        for kind, button in self.kinds.items():
            button.value = mark is not None and mark.kind == kind
            button.disabled = not reviewed.markable
        self.note.value = "" if mark is None else mark.note
        self.note.disabled = not reviewed.markable

    def _toggled(self, kind: str, event: Any) -> None:
        self._send(Action("reviews.mark", kind, self.note.value) if event["new"] else Action("reviews.mark", None))

    def _noted(self, event: Any) -> None:
        kind = next((kind for kind, button in self.kinds.items() if button.value), None)
        self._send(Action("reviews.mark", kind, event["new"]))
