"""The confusion matrix, of which a click chooses a cell's samples."""

import threading
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import numpy as np

from attn_widget.explorer import markup
from attn_widget.explorer.late import LateCanvas
from attn_widget.explorer.parts import Maker, box_layout, layout, row, show
from attn_widget.figure import ConfusionFigure
from attn_widget.predictions import Review
from attn_widget.words import captions


class Confusion:
    """The matrix with the buttons over it.

    Parameters
    ----------
    width : int
        In CSS pixels.
    lock : RLock
        The panel's, for the canvas.
    picked : callable
        Is told the true and the predicted class of the cell that was clicked.
    widen : callable
        Is told whether the matrix is shown.

    Attributes
    ----------
    late : LateCanvas
        Its canvas.
    root : Widget
        All of it.
    """

    def __init__(
        self, width: int, lock: threading.RLock, picked: Callable[[int, int], None], widen: Callable[[bool], None]
    ) -> None:
        self._picked, self._widen = picked, widen
        self._review: Review | None = None
        self.late = LateCanvas(lambda: ConfusionFigure(width), lock, self._clicked)
        make, tips = Maker(), captions.TOOLTIPS
        self.shown = make.toggle(captions.MATRIX, "th", tips["matrix"])
        self.rates = make.toggle(captions.RATES, "percent", tips["rates"])
        self.dimmed = make.toggle(captions.DIMMED, "adjust", tips["dimmed"])
        self.shown.value = self.dimmed.value = True
        for button in (self.shown, self.rates, self.dimmed):
            button.observe(self._changed, "value")
        self._more = row(self.rates, self.dimmed)
        self._said = widgets.HTML(layout=layout())
        self.root = widgets.VBox(
            [row(self.shown, self._more), self._said, self.late.root], layout=box_layout(margin="0")
        )

    def fill(self, review: Review) -> None:
        """Show a review's matrix; without labels there is none."""
        self._review = review
        show(self.root, review.accuracy == review.accuracy)
        self._draw()

    def _changed(self, change: Any) -> None:
        self._draw()

    def _draw(self) -> None:
        counts, said = self._counts()
        self._said.value = markup.sentence(said) if said else ""
        for part, shown in ((self._said, said), (self._more, self.shown.value), (self.late.root, counts is not None)):
            show(part, bool(shown))
        self._widen(counts is not None)
        if self._review is None or counts is None:
            return
        self.late.drawing.show(
            counts,
            self._review.name_of,
            rates=self.rates.value,
            dim_diagonal=self.dimmed.value,
        )
        self.late.redraw()

    def _counts(self) -> tuple[np.ndarray | None, str]:
        """Count what is to be shown, if anything; or say why that cannot be."""
        review = self._review
        if review is None or review.accuracy != review.accuracy or not self.shown.value:
            return None, ""
        try:
            return review.confusion(), ""
        except ValueError as error:  # of too many classes
            return None, str(error)

    def _clicked(self, event: Any) -> None:
        matrix = self.late.drawing
        pair = matrix.pair_at(event.xdata, event.ydata) if event.inaxes is matrix.axes else None
        if pair is not None:
            self._picked(*pair)
