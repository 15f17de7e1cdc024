"""The mark of the sample shown."""

import threading
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from attn_widget.explorer.parts import Maker, box_layout, layout
from attn_widget.predictions import Review
from attn_widget.predictions.marks import MARKS
from attn_widget.words import captions


class Marking:
    """What a person notes of the sample shown: a kind of mark, and a free text.

    Parameters
    ----------
    lock : RLock
        The panel's.
    changed : callable
        Is told that a mark was made or taken away.

    Attributes
    ----------
    root : Widget
        The two fields.
    """

    def __init__(self, lock: threading.RLock, changed: Callable[[], None]) -> None:
        self._lock, self._told = lock, changed
        self._review: Review | None = None
        self._position = 0
        self._filling = False
        tips = captions.TOOLTIPS
        self.kind = Maker().dropdown("Mark", tips["mark"], (captions.NO_MARK, *MARKS), width="auto")
        self.note = widgets.Text(
            description="Note", continuous_update=False, tooltip=tips["note"], layout=layout(width="auto")
        )
        for control in (self.kind, self.note):
            control.style.description_width = "76px"
            control.observe(self._changed, "value")
        self.root = widgets.VBox([self.kind, self.note], layout=box_layout(margin="0"))

    def fill(self, review: Review, position: int) -> None:
        """Show a sample's mark; one that is not in the review cannot be marked."""
        self._review, self._position = review, position
        mark = review.marks.get(position)
        self._filling = True
        self.kind.value = captions.NO_MARK if mark is None else mark.kind
        self.note.value = "" if mark is None else mark.note
        self.kind.disabled = self.note.disabled = position >= len(review)
        self._filling = False

    def _changed(self, change: Any) -> None:
        with self._lock:
            if self._filling or self._review is None:
                return
            if self.kind.value == captions.NO_MARK and not (change["owner"] is self.note and self.note.value):
                self._review.unmark(self._position)
            else:
                kind = MARKS[-1] if self.kind.value == captions.NO_MARK else self.kind.value
                self._review.mark(self._position, kind, self.note.value)
            self.fill(self._review, self._position)
            self._told()
