"""The confusion matrix, of which a click chooses a cell's samples."""

import threading
from typing import Any

import numpy as np

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.playlist import EVERYTHING, Selection
from attn_widget.explorer.session.reviewed import Findings, Reviewed
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.lazy_canvas import LazyCanvas
from attn_widget.explorer.view.widget_parts import Maker, show
from attn_widget.figure import ConfusionFigure
from attn_widget.words import captions

_WIDTH, _LARGE_WIDTH = 232, 440  # CSS pixels, until the browser tells how wide the matrix is
_LARGE = "attn-large"


class Matrix:
    """The matrix with the buttons over it."""

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
            button.observe(self._changed, "value")
        self.said = make.html("attn-words")
        self.tools = make.row(self.shown, self.rates, self.dimmed, self.large)
        self.root = make.column(self.said, self.lazy.root, classes="attn-matrix")

    def render(self, reviewed: Reviewed) -> None:
        """Show the matrix of a review, with what is chosen framed; without labels there is none."""
        new, chosen = reviewed.findings is not self._findings, reviewed.selection != self._selection
        self._findings, self._selection = reviewed.findings, reviewed.selection
        if new:
            self._draw()
        elif chosen and self._is_drawn:
            self._frame()
            self.lazy.redraw()

    @property
    def _counts(self) -> np.ndarray | str:
        return "" if self._findings is None else self._findings.counts

    @property
    def _is_drawn(self) -> bool:
        return self.shown.value and isinstance(self._counts, np.ndarray)

    def _changed(self, change: Any) -> None:
        with self._lock:
            if change["owner"] is self.large:
                (self.root.add_class if self.large.value else self.root.remove_class)(_LARGE)
                self.lazy.drawing.set_width(_LARGE_WIDTH if self.large.value else _WIDTH)
            self._draw()

    def _draw(self) -> None:
        counts = self._counts
        show(self.tools, self._findings is not None and not isinstance(counts, str))
        show(self.root, self._is_drawn or (isinstance(counts, str) and bool(counts)))
        show(self.lazy.root, self._is_drawn)
        self.said.value = markup.faint(counts) if isinstance(counts, str) else ""
        show(self.said, isinstance(counts, str))
        for button in (self.rates, self.dimmed, self.large):
            button.disabled = not self._is_drawn
        if self._findings is None or isinstance(counts, str) or not self._is_drawn:
            return
        options = {"rates": self.rates.value, "dim_diagonal": self.dimmed.value}
        self.lazy.drawing.show(counts, self._findings.review.name_of, **options)
        self._frame()
        self.lazy.redraw()

    def _frame(self) -> None:
        self.lazy.drawing.choose(self._selection.true, self._selection.predicted)

    def _clicked(self, event: Any) -> None:
        """Choose the samples of a cell; of the one that is chosen, take that back."""
        matrix = self.lazy.drawing
        pair = matrix.pair_at(event.xdata, event.ydata) if event.inaxes is matrix.axes else None
        if pair is not None:
            chosen = Selection(true=pair[0], predicted=pair[1])
            self._send(Action("reviews.select", EVERYTHING if chosen == self._selection else chosen))
