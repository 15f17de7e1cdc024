"""Which of a review's samples the slider runs over."""

from typing import Any

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.playlist import EVERYTHING, Selection
from attn_widget.explorer.session.reviewed import Findings, Reviewed
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.widget_parts import Maker, set_options
from attn_widget.predictions.selection import SELECTIONS
from attn_widget.words import captions

_ANY = -1


class SelectionControls:
    """Show what, of which true and predicted class, in which range of confidence; how many that are."""

    def __init__(self, make: Maker, send: Send) -> None:
        self._send, tips = send, captions.TOOLTIPS
        self._findings: Findings | None = None
        self.which = make.dropdown(captions.WHICH, tips["which"], SELECTIONS)
        self.true = make.dropdown(captions.TRUE_CLASS, tips["true"])
        self.predicted = make.dropdown(captions.PREDICTED_CLASS, tips["predicted"])
        self.confidence = make.one(
            widgets.FloatRangeSlider,
            description=captions.CONFIDENCE,
            value=(0, 1),
            min=0,
            max=1,
            step=0.01,
            readout_format=".0%",
            continuous_update=False,
            tooltip=tips["confidence"],
        )
        self.clear = make.button(captions.CLEAR_SELECTION, "times", tips["clear_selection"])
        self.clear.on_click(lambda _button: send(Action("reviews.select", EVERYTHING)))
        self.count = make.html("attn-words")
        controls = self.which, self.true, self.predicted, self.confidence
        for control in controls:
            control.observe(self._moved, "value")
        self.root = make.column(*controls, make.row(self.clear, self.count), classes="attn-selection")

    def render(self, reviewed: Reviewed) -> None:
        """Show what is chosen."""
        if reviewed.findings is not None and reviewed.findings is not self._findings:
            self._findings = reviewed.findings
            classes = [(captions.ANY_CLASS, _ANY), *((name, at) for at, name in enumerate(reviewed.findings.classes))]
            for control in (self.true, self.predicted):
                set_options(control, classes)
        chosen = reviewed.selection
        for control, value in (
            (self.which, chosen.which),
            (self.true, _ANY if chosen.true is None else chosen.true),
            (self.predicted, _ANY if chosen.predicted is None else chosen.predicted),
            (self.confidence, chosen.confidence),
        ):
            if control.value != value:
                control.value = value
        self.clear.disabled = chosen == EVERYTHING
        self.count.value = markup.faint(reviewed.chosen)

    def _moved(self, _change: Any) -> None:
        true, predicted = (None if each.value == _ANY else each.value for each in (self.true, self.predicted))
        least, most = self.confidence.value
        self._send(Action("reviews.select", Selection(self.which.value, true, predicted, (least, most))))
