"""Find mistakes: the review of the whole loader, made on a thread, and what is selected and marked in it."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import torch

from attn_widget.explorer.life.background import Stopped, Tell, Worker
from attn_widget.explorer.offers import Known
from attn_widget.explorer.session.playlist import ALL_SAMPLES, EVERYTHING, Playlist, Selection
from attn_widget.explorer.session.record_owner import why_outdated
from attn_widget.explorer.session.review_file import ReviewFile
from attn_widget.explorer.session.reviewed import Findings, Reviewed
from attn_widget.predictions import Mark, Progress, Review, Reviewing
from attn_widget.predictions.columns import NO_CLASS
from attn_widget.predictions.marks import MARKS
from attn_widget.refusal import Refusal
from attn_widget.samples import Sample
from attn_widget.samples.items import Item
from attn_widget.words import captions, forms, mistakes

_NO_MARKS: Mapping[int, Mark] = MappingProxyType({})
_LOOK_AGAIN = MARKS[-1]  # what a note alone means


class ReviewWork:
    """The review of a panel's samples; `open_` gives the settings with which the sample at a position opens."""

    def __init__(self, known: Known, tell: Tell, open_: Callable[[int], Mapping[str, Any] | None]) -> None:
        self._known, self._tell, self._open = known, tell, open_
        self.review: Review | None = None
        self.selection = EVERYTHING
        self.playlist = ALL_SAMPLES  # the positions selected; the same object as long as they are the same
        self.file = ReviewFile(known.samples, lambda: self.review, self.use, self._select_marked)
        self._worker: Worker[Progress, str | None] = Worker(self._progressed, self._ended)
        self._findings: Findings | None = None
        self._said = self._warning = ""
        self._progress = ("", 0.0)
        self._position = 0
        self._done_before, self._begun = 0, 0.0
        self._part: Reviewed | None = None

    # The walk through the loader.

    def begin(self) -> None:
        """Continue a review that was stopped; begin anew, with its marks, where it is complete or no longer fits."""
        if self._worker.running:
            return
        self._warning = ""
        try:
            reviewing = self._to_go_on()
        except Exception as error:  # of the user's model or loader: shown, not raised
            self._said = mistakes.review_failed(error)
            return
        self.review = review = reviewing.review
        of = self._known.shown
        self._done_before, self._begun = review.reviewed, time.monotonic()
        self._progress = (captions.REVIEW_BEGINS, 0.0)

        def job(report: Callable[[Progress], None]) -> str | None:
            with closing(reviewing.steps()) as steps:
                for progress in steps:
                    report(progress)
            return review.stale(of.module, self._known.samples)  # the model may have been trained meanwhile

        self._worker.start(job)

    def stop(self) -> None:
        """Stop; what was done is kept."""
        self._worker.stop()

    def _to_go_on(self) -> Reviewing:
        before = self.review
        if before is not None and not before.complete:
            try:
                return self._reviewing(before)
            except Refusal as refusal:
                self._warning = str(refusal)
        reviewing = self._reviewing(None)
        self._hand_on_marks(reviewing.review)
        return reviewing

    def _hand_on_marks(self, review: Review) -> None:
        """Give a review that takes the place of the present one its marks."""
        before = self.review
        if before is not None:
            review.take_over(before.marks)
            review.put_away_as(before)

    def _reviewing(self, review: Review | None) -> Reviewing:
        known = self._known
        return Reviewing(known.model, known.samples, class_names=known.names.all, forward=known.forward, review=review)

    def _progressed(self, progress: Progress) -> None:
        done, total = progress
        left = None if total is None else total - self._done_before
        said = forms.speed(done - self._done_before, left, time.monotonic() - self._begun)
        self._progress = (said, done / total if total else 0.0)
        self._tell()

    def _ended(self, end: str | Exception | None) -> None:
        review = self.review
        self._tell(lambda: self._finish(review, end), last=True)

    def _finish(self, review: Review | None, end: str | Exception | None) -> None:
        if self._worker.running or review is not self.review:  # another one began while this waited for the lock
            return
        self._take_in()
        if isinstance(end, str):
            self._warning = end
        elif isinstance(end, Exception) and not isinstance(end, Stopped):
            self._said = mistakes.review_failed(end)
        if self._known.several:  # another model may have been chosen meanwhile
            self.check()

    # What is known.

    def use(self, review: Review) -> None:
        """Show a review that was made elsewhere; one on its way is given up."""
        self.file.begin(review)
        self._worker.forget()
        self.review = review
        self._take_in()
        self.check()

    def use_surveyed(self, review: Review) -> None:
        """Show the review that a survey has made by the way, unless there is one as good, or on its way."""
        if not self.knows_all and not self._worker.running:
            self._hand_on_marks(review)
            self.use(review)

    def check(self) -> None:
        """Say whether the review is out of date."""
        if self.review is not None and not self._worker.running:
            self._warning = why_outdated(self.review, self._known)

    def is_mistake(self, position: int) -> bool:
        """Whether the sample at a position is known to be misclassified."""
        return self.review is not None and self.review.is_mistake(position)

    @property
    def knows_all(self) -> bool:
        """Whether the review is complete and, as far as is known, of the present model."""
        return self.review is not None and self.review.complete and not self._warning

    def kept(self, position: int) -> Sample | None:
        """Give a sample of a stream, which cannot be read again, if the review has kept it."""
        review = self.review
        if review is None or position not in review.kept:
            return None
        label, image = int(review.labels[position]), torch.from_numpy(review.kept[position].image.copy())
        item = Item(image, None if label == NO_CLASS else label)
        return self._known.samples.as_sample(position, item)

    def _take_in(self) -> None:
        """Show what has been found."""
        review, chosen = self.review, self.selection
        if review is None:
            return
        self._progress = ("", 0.0)
        self._findings = Findings(review) if review.reviewed > 0 else None
        wrong = int(review.wrong.sum())
        self._said = mistakes.review_said(
            review.reviewed, review.count, review.accuracy, wrong, review.errors, review.broken_off, review.notes
        )
        classes = range(review.class_count)
        true, predicted = (each if each in classes else None for each in (chosen.true, chosen.predicted))
        self._select(replace(chosen, true=true, predicted=predicted))
        self.file.look_again()

    # What is selected, and marked.

    def select(self, selection: Selection) -> Mapping[str, Any] | None:
        """Select samples, and go to the first of them; stay where there are none, or all are selected."""
        if self.review is None and selection.positions is None and selection != EVERYTHING:
            return None
        self._select(selection)
        positions = self.playlist.selection
        return self._open(self._position if positions is None or not len(positions) else int(positions[0]))

    def _select(self, selection: Selection) -> None:
        review, count = self.review, self._known.samples.count
        self.selection = selection
        if selection.positions is not None:
            positions = np.array(selection.positions, np.int64)
        elif review is None or selection == EVERYTHING:
            self.playlist = ALL_SAMPLES
            return
        else:
            positions = review.select(selection.which, selection.true, selection.predicted, selection.confidence)
        if count is not None:
            positions = positions[positions < count]  # the review may be of more samples
        if self.playlist.selection is None or not np.array_equal(positions, self.playlist.selection):
            self.playlist = Playlist(positions)

    @property
    def selection_said(self) -> str:
        """The selection in a few words; empty for everything."""
        chosen, review = self.selection, self.review
        if chosen.positions is not None:
            return chosen.named
        if review is None or chosen == EVERYTHING:
            return ""
        true, predicted = ("" if each is None else review.name_of(each) for each in (chosen.true, chosen.predicted))
        return mistakes.selection_said(chosen.which, true, predicted, chosen.confidence)

    def mark(self, kind: str | None, note: str = "") -> None:
        """Mark the sample shown; a note without a kind means *look again*, and neither removes the mark."""
        if self.review is None or self._position >= len(self.review):
            return
        if kind is None and not note:
            self.review.unmark(self._position)
        else:
            self.review.mark(self._position, kind or _LOOK_AGAIN, note)
        self.file.keep_marks()
        self._select_marked()

    def mark_all(self, positions: Sequence[int], kind: str, note: str) -> int:
        """Mark all of some samples that the review has, and say how many those are."""
        review = self.review
        if review is None:
            return 0
        marks = {at: Mark(kind, note, review.place(at)) for at in positions if at < len(review)}
        review.take_over(marks)
        self.file.keep_marks()
        self._select_marked()
        return len(marks)

    def _select_marked(self) -> None:
        """Bring a selection of marked samples up to date."""
        if self.selection.which == "marked":
            self._select(self.selection)

    # Sleeping and waking.

    def forget(self) -> None:
        """End the review on its way, and report nothing of it."""
        self._worker.forget()

    def settle(self) -> None:
        """Show what had been found by a review that was forgotten on its way."""
        if self._progress[0]:
            self._take_in()

    # What is shown.

    def scene_part(self, position: int) -> Reviewed:
        """Give what is known, also of the sample at a position; the same object as long as nothing has changed."""
        self._position, review, running = position, self.review, self._worker.running
        marks = _NO_MARKS if review is None else review.snapshot.marks.by_position  # code may have marked as well
        said, fraction = self._progress if running else ("", 0.0)
        done, chosen = 0 if review is None else review.reviewed, self.playlist.selection
        part = Reviewed(
            findings=self._findings,
            running=running,
            fraction=fraction,
            begin=captions.CONTINUE if self._unfinished else captions.FIND_MISTAKES,
            said=said or self._said,
            warning=self._warning,
            selection=self.selection,
            selection_said=self.selection_said,
            chosen=mistakes.chosen(None if chosen is None else len(chosen), done),
            marks=marks,
            mark=marks.get(position),
            markable=review is not None and position < len(review),
            file=self.file.talk,
        )
        if self._part is None or part != self._part:
            self._part = part
        return self._part

    @property
    def _unfinished(self) -> bool:
        """Whether a review has been begun and can be continued."""
        review = self.review
        if review is None or review.complete:
            return False
        return review.reviewed > 0 or review.broken_off is not None
