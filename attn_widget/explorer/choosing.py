"""Which of a review's samples the slider runs over."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ipywidgets as widgets
import numpy as np

from attn_widget.explorer.parts import Maker, box_layout, layout, row, set_options
from attn_widget.predictions import Review
from attn_widget.predictions.selection import SELECTIONS
from attn_widget.words import captions, messages

_ANY = -1


class Choosing:
    """Show what, of which true and predicted class, in which range of confidence.

    Parameters
    ----------
    chosen : callable
        Is given the positions chosen, or None for all samples, and whether to go to one of them.

    Attributes
    ----------
    root : Widget
        The controls.
    positions : ndarray ``[m]``, int64, or None
        What is chosen now.
    """

    def __init__(self, chosen: Callable[[np.ndarray | None, bool], None]) -> None:
        self._chosen = chosen
        self._review: Review | None = None
        self._filling = False
        self.positions: np.ndarray | None = None
        make, tips = Maker(), captions.TOOLTIPS
        self.which = make.dropdown("Show", tips["which"], SELECTIONS, width="auto")
        self.true = make.dropdown("True", tips["true"], width="auto")
        self.predicted = make.dropdown("Predicted", tips["predicted"], width="auto")
        self.confidence = widgets.FloatRangeSlider(
            description="Confidence",
            value=(0, 1),
            min=0,
            max=1,
            step=0.01,
            readout_format=".2f",
            continuous_update=False,
            tooltip=tips["confidence"],
            layout=layout(width="auto"),
        )
        self.count = widgets.Label(layout=layout(width="max-content"))
        controls = (self.which, self.true, self.predicted, self.confidence)
        for control in controls:
            control.style.description_width = "76px"
            control.observe(self._changed, "value")
        self.root = widgets.VBox([*controls, row(self.count)], layout=box_layout(margin="0"))

    def fill(self, review: Review) -> None:
        """Offer a review's classes, and choose anew from it, without going anywhere."""
        self._review = review
        classes = [(captions.ANY_CLASS, _ANY), *((review.name_of(index), index) for index in range(review.class_count))]
        with self._unheard():
            for control in (self.true, self.predicted):
                before = control.value
                set_options(control, classes)
                control.value = before if before in [value for _, value in classes] else _ANY
        self._choose(moving=False)

    def only(self, true: int, predicted: int) -> None:
        """Choose the samples of a true and a predicted class."""
        self._set(which="all", true=true, predicted=predicted, confidence=(0.0, 1.0))

    def all(self) -> None:
        """Choose all samples."""
        if self.positions is not None:
            self._set(which="all", true=_ANY, predicted=_ANY, confidence=(0.0, 1.0))

    def _choose(self, *, moving: bool) -> None:
        """Choose what the controls say."""
        review = self._review
        if review is None:
            return
        true, predicted = (None if control.value == _ANY else control.value for control in (self.true, self.predicted))
        range_ = tuple(self.confidence.value)
        everything = (self.which.value, true, predicted, range_) == ("all", None, None, (0.0, 1.0))
        self.positions = None if everything else review.select(self.which.value, true, predicted, range_)
        self.count.value = messages.chosen(None if self.positions is None else len(self.positions), review.reviewed)
        self._chosen(self.positions, moving)

    def _set(self, **chosen: Any) -> None:
        with self._unheard():
            for name, value in chosen.items():
                getattr(self, name).value = value
        self._choose(moving=True)

    @contextmanager
    def _unheard(self) -> Iterator[None]:
        """Set controls without choosing each time."""
        self._filling = True
        try:
            yield
        finally:
            self._filling = False

    def _changed(self, change: Any) -> None:
        if not self._filling:
            self._choose(moving=True)
