"""The confusion matrix; a click on a cell selects its samples."""

import threading
from typing import Any

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.playlist import EVERYTHING, Selection
from attn_widget.explorer.session.reviewed import Findings, Reviewed
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.lazy_canvas import LazyCanvas
from attn_widget.explorer.view.widget_parts import Maker, on_change, set_class, show
from attn_widget.figure import ConfusionFigure
from attn_widget.words import captions

_WIDTH, _LARGE_WIDTH = 232, 440  # CSS pixels, until the browser reports the matrix's real width


class Matrix:
    """The matrix, and its buttons (`tools`), which stand elsewhere on the page."""

    def __init__(self, make: Maker, lock: threading.RLock, send: Send) -> None:
        self._lock, self._send = lock, send
        self._findings: Findings | None = None
        self._selection = EVERYTHING
        tips = captions.TOOLTIPS
        self.lazy = LazyCanvas(lambda: ConfusionFigure(_WIDTH), lock, self._clicked)
        self.shown = make.toggle("", "th", tips["matrix"])
        self.rates = make.toggle("", "percent", tips["rates"])
        self.dimmed = make.toggle("", "adjust", tips["dimmed"])
        self.large = make.toggle("", "expand", tips["large"])
        self.shown.value = self.dimmed.value = True
        for button in (self.shown, self.rates, self.dimmed, self.large):
            on_change(button, self._changed)
        self.said = make.html("attn-words")
        self.tools = make.row(self.shown, self.rates, self.dimmed, self.large)
        self.root = make.column(self.said, self.lazy.root, classes="attn-matrix")

    def render(self, reviewed: Reviewed) -> None:
        """Show a review's matrix, with the selected cell framed; without labels there is none."""
        new, chosen = reviewed.findings is not self._findings, reviewed.selection != self._selection
        self._findings, self._selection = reviewed.findings, reviewed.selection
        if new:
            self._draw()
        elif chosen and self._is_drawn:
            self._frame()

    @property
    def _is_drawn(self) -> bool:
        return self._findings is not None and self.shown.value and not isinstance(self._findings.counts, str)

    def _changed(self, event: Any) -> None:
        with self._lock:
            if event["owner"] is self.large:
                set_class(self.root, "attn-large", self.large.value)
                self.lazy.drawing.set_width(_LARGE_WIDTH if self.large.value else _WIDTH)
            self._draw()

    def _draw(self) -> None:
        if self._findings is None:
            return
        counts = self._findings.counts
        why_none = counts if isinstance(counts, str) else ""
        show(self.tools, not isinstance(counts, str))
        show(self.root, self._is_drawn or bool(why_none))
        show(self.lazy.root, self._is_drawn)
        self.said.value = markup.faint(why_none)
        show(self.said, bool(why_none))
        for button in (self.rates, self.dimmed, self.large):
            button.disabled = not self._is_drawn
        if self.shown.value and not isinstance(counts, str):
            options = {"rates": self.rates.value, "dim_diagonal": self.dimmed.value}
            self.lazy.drawing.show(counts, self._findings.review.name_of, **options)
            self._frame()

    def _frame(self) -> None:
        self.lazy.drawing.choose(self._selection.true, self._selection.predicted)
        self.lazy.redraw()

    def _clicked(self, event: Any) -> None:
        """Select the samples of a cell, or all samples if that cell is selected already."""
        matrix = self.lazy.drawing
        pair = matrix.pair_at(event.xdata, event.ydata) if event.inaxes is matrix.axes else None
        if pair is not None:
            chosen = Selection(true=pair[0], predicted=pair[1])
            self._send(Action("reviews.select", EVERYTHING if chosen == self._selection else chosen))
