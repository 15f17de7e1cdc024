"""Find mistakes: the whole loader's predictions, made on a thread, and all that is chosen and marked in them."""

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from types import MappingProxyType
from typing import Any

import numpy as np
import torch

from attn_widget.explorer.life.background import Stopped, Worker
from attn_widget.explorer.offers import Known
from attn_widget.explorer.session.playlist import EVERYTHING, Playlist, Selection
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
    """The review of a panel's samples; its public methods are verbs of actions.

    Parameters
    ----------
    known : Known
        The model, its samples and classes.
    tell : callable
        Is told, on any thread, that there is something else to show; a change that is given is made under the panel's
        lock first, and with ``last=True`` it is not missed.
    open_ : callable
        Gives the settings with which a sample opens, from its position.

    Attributes
    ----------
    review : Review or None
        What is known.
    selection : Selection
        What is chosen from it.
    playlist : Playlist
        The positions of that; the same object as long as they are the same.
    file : ReviewFile
        Where it is saved.
    """

    def __init__(
        self, known: Known, tell: Callable[..., None], open_: Callable[[int], Mapping[str, Any] | None]
    ) -> None:
        self._known, self._tell, self._open = known, tell, open_
        self.review: Review | None = None
        self.selection, self.playlist = EVERYTHING, Playlist()
        self.file = ReviewFile(known.samples, lambda: self.review, self.use, self._choose_marked)
        self._worker: Worker[Progress, str | None] = Worker(self._progressed, self._ended)
        self._findings: Findings | None = None
        self._said = self._warning = ""
        self._progress = ("", 0.0)
        self._position = 0
        self._done_before, self._begun = 0, 0.0
        self._part: tuple[tuple[Any, ...], Reviewed] | None = None

    # The walk through the loader.

    def begin(self) -> None:
        """Go on with a review that was stopped; else, or where the model is another one, begin anew with its marks."""
        if self._worker.running:
            return
        self._warning = ""
        try:
            reviewing = self._to_go_on()
        except Exception as error:  # of the user's model or loader: shown, not raised
            self._said = mistakes.review_failed(error)
            return
        self.review = review = reviewing.review
        self._done_before, self._begun = review.reviewed, time.monotonic()
        self._progress = (captions.REVIEW_BEGINS, 0.0)

        def job(report: Callable[[Progress], None]) -> str | None:
            with closing(reviewing.steps()) as steps:
                for progress in steps:
                    report(progress)
            return self._why_stale(review)  # where the model was trained meanwhile

        self._worker.start(job)

    def stop(self) -> None:
        """End it; what was done is kept."""
        self._worker.stop()

    def _to_go_on(self) -> Reviewing:
        before = self.review
        if before is not None and not before.complete:
            try:
                return self._reviewing(before)
            except Refusal as refusal:
                self._warning = str(refusal)
        reviewing = self._reviewing(None)
        if before is not None:
            reviewing.review.take_over(before.marks)
            reviewing.review.put_away_as(before)
        return reviewing

    def _reviewing(self, review: Review | None) -> Reviewing:
        known = self._known
        return Reviewing(known.model, known.samples, class_names=known.names.all, forward=known.forward, review=review)

    def _progressed(self, progress: Progress) -> None:
        """Say how far it is; this runs on the review's thread."""
        done, total = progress
        left = None if total is None else total - self._done_before
        said = forms.speed(done - self._done_before, left, time.monotonic() - self._begun)
        self._progress = (said, done / total if total else 0.0)
        self._tell()

    def _ended(self, end: str | Exception | None) -> None:
        review = self.review
        self._tell(lambda: self._finish(review, end), last=True)

    def _finish(self, review: Review | None, end: str | Exception | None) -> None:
        if self._worker.running or review is not self.review:  # begun anew while the lock was waited for
            return
        self._take_in()
        if isinstance(end, str):
            self._warning = end
        elif isinstance(end, Exception) and not isinstance(end, Stopped):
            self._said = mistakes.review_failed(end)

    # What is known.

    def use(self, review: Review) -> None:
        """Show a review, and choose from it; one on its way is given up."""
        self.file.begin(review)
        self._worker.forget()
        self.review = review
        self._take_in()
        self.check()

    def check(self) -> None:
        """Say whether the review is out of date."""
        if self.review is not None and not self._worker.running:
            self._warning = self._why_stale(self.review) or ""

    def is_mistake(self, position: int) -> bool:
        """Whether the sample at a position is known to be taken for another class."""
        return self.review is not None and self.review.is_mistake(position)

    @property
    def knows_all(self) -> bool:
        """Whether the review is complete and, as far as is known, of the model as it is."""
        return self.review is not None and self.review.complete and not self._warning

    def kept(self, position: int) -> Sample | None:
        """Give a sample of a stream that cannot be fetched again, where the review has kept it."""
        review = self.review
        found = None if review is None else review.kept.get(position)
        if review is None or found is None:
            return None
        label = int(review.labels[position])
        item = Item(torch.from_numpy(found.image.copy()), None if label == NO_CLASS else label)
        return self._known.samples.as_sample(position, item)

    def _why_stale(self, review: Review) -> str | None:
        return review.stale(self._known.model, self._known.samples)

    def _take_in(self) -> None:
        """Take in what has been found."""
        review = self.review
        if review is None:
            return
        self._progress = ("", 0.0)
        self._findings = Findings(review) if review.reviewed > 0 else None
        self._said = mistakes.review_said(
            *(review.reviewed, review.count, review.accuracy, int(review.wrong.sum())),
            *(review.errors, review.broken_off, review.notes),
        )
        classes = range(review.class_count)
        kept = {name: index for name in ("true", "predicted") if (index := getattr(self.selection, name)) in classes}
        self._select(Selection(self.selection.which, confidence=self.selection.confidence, **kept))
        self.file.look_again()

    # What is chosen, and marked.

    def select(self, selection: Selection) -> Mapping[str, Any] | None:
        """Choose samples, and go to the first of them; where there are none, or all are chosen, stay."""
        if self.review is None:
            return None
        self._select(selection)
        positions = self.playlist.selection
        return self._open(self._position if positions is None or not len(positions) else int(positions[0]))

    def _select(self, selection: Selection) -> None:
        review, count = self.review, self._known.count
        self.selection = selection
        if review is None or selection == EVERYTHING:
            self.playlist = self.playlist if self.playlist.selection is None else Playlist()
            return
        positions = review.select(selection.which, selection.true, selection.predicted, selection.confidence)
        if count is not None:
            positions = positions[positions < count]  # the review may be of more samples
        if self.playlist.selection is None or not np.array_equal(positions, self.playlist.selection):
            self.playlist = Playlist(positions)

    @property
    def selection_said(self) -> str:
        """What is chosen, in a few words; empty for everything."""
        chosen, review = self.selection, self.review
        if review is None or chosen == EVERYTHING:
            return ""
        true, predicted = ("" if each is None else review.name_of(each) for each in (chosen.true, chosen.predicted))
        return mistakes.selection_said(chosen.which, true, predicted, chosen.confidence)

    def mark(self, kind: str | None, note: str = "") -> None:
        """Note something of the sample shown; a note without a kind means *look again*, neither takes the mark back."""
        if self.review is None or not self._markable(self._position):
            return
        if kind is None and not note:
            self.review.unmark(self._position)
        else:
            self.review.mark(self._position, kind or _LOOK_AGAIN, note)
        self.file.keep_marks()
        self._choose_marked()

    def _choose_marked(self) -> None:
        """Choose anew where the marks say what is chosen."""
        if self.selection.which == "marked":
            self._select(self.selection)

    def _markable(self, position: int) -> bool:
        return self.review is not None and position < len(self.review)

    # Sleeping and waking.

    def forget(self) -> None:
        """End the review on its way, and hear no more of it."""
        self._worker.forget()

    def settle(self) -> None:
        """Take in what had been found by a review that was forgotten on its way."""
        if self._progress[0]:
            self._take_in()

    # What is shown.

    def scene_part(self, position: int) -> Reviewed:
        """Give what is known, beside the sample at a position; the same object as long as nothing has changed."""
        self._position, review, running = position, self.review, self._worker.running
        marks = _NO_MARKS if review is None else review.snapshot.marks.by_position  # code may have marked as well
        progress = self._progress if running else ("", 0.0)
        key = (
            *(review, self._findings, self.selection, self.playlist, marks, marks.get(position)),
            *(self._markable(position), running, progress, self._said, self._warning, self.file.talk),
        )
        if self._part is None or key != self._part[0]:
            self._part = key, self._part_with(running, progress, marks)
        return self._part[1]

    def _part_with(self, running: bool, progress: tuple[str, float], marks: Mapping[int, Mark]) -> Reviewed:
        review, chosen = self.review, self.playlist.selection
        begun = review is not None and (review.reviewed > 0 or review.broken_off is not None)
        going_on = begun and review is not None and not review.complete
        return Reviewed(
            findings=self._findings,
            running=running,
            fraction=progress[1],
            begin=captions.CONTINUE if going_on else captions.FIND_MISTAKES,
            said=progress[0] or self._said,
            warning=self._warning,
            selection=self.selection,
            selection_said=self.selection_said,
            chosen=mistakes.chosen(None if chosen is None else len(chosen), 0 if review is None else review.reviewed),
            marks=marks,
            mark=marks.get(self._position),
            markable=self._markable(self._position),
            file=self.file.talk,
        )
