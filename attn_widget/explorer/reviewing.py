"""Find mistakes: the whole loader's predictions, on a thread of their own, and all that is chosen from them."""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import ipywidgets as widgets
import numpy as np

from attn_widget.explorer import markup
from attn_widget.explorer.choosing import Choosing
from attn_widget.explorer.confusion import Confusion
from attn_widget.explorer.filing import Filing
from attn_widget.explorer.marking import Marking
from attn_widget.explorer.parts import Maker, box_layout, layout, row, show
from attn_widget.explorer.worker import Stopped, Worker
from attn_widget.predictions import Progress, Review, Reviewing, Snapshot
from attn_widget.refusal import Refusal
from attn_widget.words import captions, forms, messages

_PAUSE = 0.2  # seconds between two words about the progress


class Reviews:
    """The review's button, progress, choice of samples, matrix, marks and file.

    Parameters
    ----------
    begin : callable
        Gives a `Reviewing` that goes on with a review, or, given None, begins one.
    chosen : callable
        Is given the positions over which the slider shall run, or None for all, and whether to go to one of them.
    loaded, before : callable
        Reads a review from a path; gives what the review in a file says, where it is one of these samples.
    stale : callable
        Says in a sentence why a review is out of date; None where it is not.
    widen : callable
        Is told whether the matrix is shown, which needs all its width.
    lock : RLock
        The panel's.
    width : int
        The matrix's, in CSS pixels.

    Attributes
    ----------
    find : Button
        Begins, or goes on.
    root : Widget
        All the rest; empty until it is asked for.
    review : Review or None
        What is known.
    """

    def __init__(
        self,
        begin: Callable[[Review | None], Reviewing],
        chosen: Callable[[np.ndarray | None, bool], None],
        loaded: Callable[[Path], Review],
        before: Callable[[Path], Snapshot | None],
        stale: Callable[[Review], str | None],
        widen: Callable[[bool], None],
        lock: threading.RLock,
        width: int,
    ) -> None:
        self._begin, self._loaded, self._in_file, self._stale, self._lock = begin, loaded, before, stale, lock
        self.review: Review | None = None
        self._position = 0
        self._begun = self._said_at = 0.0
        self._before = 0
        self._worker: Worker[Progress, str | None] = Worker(self._progressed, self._ended)
        self._chosen, self._widen, self._width = chosen, widen, width
        self.find = Maker().button(captions.FIND_MISTAKES, "search", captions.TOOLTIPS["find"])
        self.find.on_click(self._find_clicked)
        self.root = widgets.VBox(layout=box_layout(grid_gap="3px", margin="0", max_width=f"{width}px"))

    def _arrange(self) -> None:
        """Make all but the button when it is first needed: most panels never need it."""
        if self.root.children:
            return
        make, tips = Maker(), captions.TOOLTIPS
        self.stop = make.button(captions.STOP, "stop", tips["stop_review"])
        self.bar = widgets.FloatProgress(min=0, max=1, layout=layout(width="auto", height="10px"))
        self.said, self.warning = widgets.HTML(layout=layout()), widgets.HTML(layout=layout())
        self.choosing = Choosing(self._chosen)
        self.confusion = Confusion(self._width, self._lock, self.choosing.only, self._widen)
        self.filing = Filing(lambda: self.review, self._loaded, self._in_file, self._show_loaded, self._fill_mark)
        self.marking = Marking(self._lock, self.filing.keep_marks)
        self._known = widgets.VBox(
            [self.choosing.root, self.confusion.root, self.marking.root], layout=box_layout(margin="0", grid_gap="3px")
        )
        for part in (self.bar, self.stop, self.warning, self._known, self.filing.root):
            show(part, False)
        self.stop.on_click(self._stop_clicked)
        self.root.children = [self.bar, row(self.said, self.stop), self.warning, self._known, self.filing.root]

    def use(self, review: Review) -> None:
        """Show a review, and choose from it; one on its way is given up."""
        self._arrange()
        self.filing.begin(review)
        self._worker.forget()
        self._running(False)
        self.review = review
        self._show()
        self.check()

    def check(self) -> None:
        """Say whether the review is out of date."""
        if self.review is not None and not self._worker.running:
            self._warn(self._stale(self.review))

    def is_mistake(self, position: int) -> bool:
        """Say whether the sample at a position is known to be taken for another class."""
        return self.review is not None and self.review.is_mistake(position)

    def show_mark(self, position: int) -> None:
        """Show the mark of the sample that is shown."""
        self._position = position
        self._fill_mark()

    def _fill_mark(self) -> None:
        if self.review is not None:
            self.marking.fill(self.review, self._position)

    def unfold(self, more: bool) -> None:
        """Show the file's row without a review too, where the rarer controls are shown."""
        if more:
            self._arrange()
        if self.root.children:
            show(self.filing.root, more or self.review is not None)
            self.filing.look()

    def choose_all(self) -> None:
        """Choose all samples, where fewer are."""
        if self.review is not None:
            self.choosing.all()

    def forget(self) -> None:
        """End the review on its way, and hear no more of it."""
        self._worker.forget()

    def settle(self) -> None:
        """Offer to go on with a review that was forgotten on its way."""
        if self.find.disabled:
            self._running(False)
            self._show()

    # --- the walk through the loader

    def _find_clicked(self, button: widgets.Button) -> None:
        if self._worker.running:
            return
        self._arrange()
        self._warn(None)
        try:
            reviewing = self._to_go_on()
        except Exception as error:  # of the user's model or loader: shown, not raised
            self._say(messages.review_failed(error))
            return
        self.review = reviewing.review
        self._before, self._begun = self.review.reviewed, time.monotonic()
        self._said_at = 0.0
        self._running(True)

        def job(report: Callable[[Progress], None]) -> str | None:
            with closing(reviewing.steps()) as steps:
                for progress in steps:
                    report(progress)
            return self._stale(reviewing.review)  # where the model was trained meanwhile

        self._worker.start(job)

    def _to_go_on(self) -> Reviewing:
        """Go on with a review that was stopped; else, or where the model is another one, begin anew with its marks."""
        before = self.review
        if before is not None and not before.complete:
            try:
                return self._begin(before)
            except Refusal as refusal:
                self._warn(str(refusal))
        reviewing = self._begin(None)
        if before is not None:
            reviewing.review.take_over(before.marks)
            reviewing.review.put_away_as(before)
        return reviewing

    def _progressed(self, progress: Progress) -> None:
        """Say how far it is; this runs on the review's thread, now and then."""
        now = time.monotonic()
        if now - self._said_at < _PAUSE:
            return
        self._said_at = now
        done, total = progress
        self.bar.value = done / total if total else 0
        self._say(forms.speed(done - self._before, None if total is None else total - self._before, now - self._begun))

    def _ended(self, end: str | Exception | None) -> None:
        with self._lock:
            if self.root.comm is None or self._worker.running:  # closed, or begun anew, while the lock was waited for
                return
            self._running(False)
            self._show()
            if isinstance(end, str):
                self._warn(end)
            elif isinstance(end, Exception) and not isinstance(end, Stopped):
                self._say(messages.review_failed(end))

    def _running(self, running: bool) -> None:
        for part in (self.bar, self.stop):
            show(part, running)
        self.find.disabled = self.filing.load.disabled = running

    def _stop_clicked(self, button: widgets.Button) -> None:
        self._worker.stop()

    # --- what is known

    def _show(self) -> None:
        review = self.review
        if review is None:
            return
        going_on = not review.complete and (review.reviewed > 0 or review.broken_off is not None)
        self.find.description = captions.CONTINUE if going_on else captions.FIND_MISTAKES
        self._say(
            messages.review_said(
                *(review.reviewed, review.count, review.accuracy, int(review.wrong.sum())),
                *(review.errors, review.broken_off, review.notes),
            )
        )
        show(self._known, review.reviewed > 0)
        self.unfold(True)
        self.confusion.fill(review)
        self.choosing.fill(review)
        self.marking.fill(review, self._position)

    def _say(self, text: str) -> None:
        self.said.value = markup.sentence(text)

    def _warn(self, text: str | None) -> None:
        self.warning.value = markup.message(text) if text else ""
        show(self.warning, bool(text))

    def _show_loaded(self, review: Review) -> None:
        with self._lock:
            self.use(review)
