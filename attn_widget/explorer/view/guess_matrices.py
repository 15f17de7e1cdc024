"""The confusion of those who guess beside the model's."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.scene import ClassTables
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.lazy_canvas import LazyCanvas
from attn_widget.explorer.view.widget_parts import Maker, show
from attn_widget.figure import ConfusionFigure
from attn_widget.words import guessing

_WIDTH = 300  # CSS pixels, until the browser reports the real width


class GuessMatrices:
    """Two confusion matrices of the same samples and classes; drawn while they are open."""

    def __init__(self, make: Maker, lock: threading.RLock, send: Send) -> None:
        self._send = send
        self._tables: ClassTables | None = None
        self._drawn: ClassTables | None = None
        self._name_of: Callable[[int], str] = str
        self._open = False
        self._sides = [LazyCanvas(_matrix, lock, partial(self._clicked, side)) for side in (0, 1)]
        self._headings = [make.html("attn-words") for _ in self._sides]
        columns = [
            make.column(heading, side.root, classes="attn-guess-matrix")
            for heading, side in zip(self._headings, self._sides, strict=True)
        ]
        self.root = make.row(*columns, classes="attn-guess-matrices attn-hidden")

    def render(self, tables: ClassTables | None, name_of: Callable[[int], str]) -> None:
        """Show both matrices, if they are open."""
        self._tables, self._name_of = tables, name_of
        self._draw()

    def open(self, shown: bool) -> None:
        """Show or hide them."""
        self._open = shown
        self._draw()

    def _draw(self) -> None:
        show(self.root, self._open and self._tables is not None)
        if not self._open or self._tables is None or self._tables is self._drawn:
            return
        tables = self._tables
        counts = (tables.guessed, tables.predicted)
        titles = (guessing.YOUR_GUESSES, guessing.MODELS_ANSWERS)
        overs = (guessing.GUESSED_COLUMNS, "")
        most = max(float((table - np.diag(np.diag(table))).max()) for table in counts)  # one scale for both
        for heading, side, table, title, over in zip(self._headings, self._sides, counts, titles, overs, strict=True):
            heading.value = markup.heading(title)
            side.drawing.show(table, self._name, top=most, over=over)
            side.redraw()
        self._drawn = tables

    def _name(self, place: int) -> str:
        assert self._tables is not None
        return self._name_of(self._tables.classes[place])

    def _clicked(self, side: int, event: Any) -> None:
        """Have the slider run over the samples of a cell."""
        matrix = self._sides[side].drawing
        pair = matrix.pair_at(event.xdata, event.ydata) if event.inaxes is matrix.axes else None
        if pair is not None and self._tables is not None:
            true, said = (self._tables.classes[place] for place in pair)
            self._send(Action("guesses.open_cell", true, said, side == 1))


def _matrix() -> ConfusionFigure:
    return ConfusionFigure(_WIDTH)
