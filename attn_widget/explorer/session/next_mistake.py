"""The next mistake and the one before: asked of a whole review, else searched for."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from attn_widget.candidates import Classes
from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.life.background import Stopped, Worker
from attn_widget.explorer.offers import Known
from attn_widget.explorer.session.playlist import Playlist
from attn_widget.explorer.session.review_work import ReviewWork
from attn_widget.predictions import verdicts
from attn_widget.samples import SampleError
from attn_widget.words import mistakes


@dataclass(frozen=True)
class Found:
    """How a search ended, or how far it is.

    Attributes
    ----------
    position : int or None
        The first mistake; None where there is none yet.
    tried, unknown : int
        How many samples were tried, and of how many nothing can be said.
    onwards : bool
        Whether the search goes forward.
    """

    position: int | None
    tried: int
    unknown: int
    onwards: bool


class NextMistake:
    """Searches on a thread when a button is clicked, on the caller's when asked by code.

    Parameters
    ----------
    known : Known
        The model, its samples and classes.
    tell : callable
        Is told, on any thread, that there is something else to show; a change that is given is made under the panel's
        lock first, and with ``last=True`` it is not missed.
    go : callable
        Is given, on any thread, the action that opens a mistake.

    Attributes
    ----------
    said : str
        How far the search is, or how it ended.
    """

    def __init__(self, known: Known, tell: Callable[..., None], go: Send) -> None:
        self._known, self._tell, self._go = known, tell, go
        self._worker: Worker[Found, Found] = Worker(self._progressed, self._ended)
        self.said = ""
        self._of_next = False  # whether that is said of the sample which opens next

    @property
    def running(self) -> bool:
        """Whether a search is on its way."""
        return self._worker.running

    def begin(self, start: int, reviews: ReviewWork, *, onwards: bool) -> int | None:
        """Give the mistake that follows a position, where the review knows; else look for it on a thread."""
        self._worker.forget()
        if reviews.knows_all:
            return self._ask(start, reviews, onwards=onwards)
        steps = self._steps(start, reviews.playlist, onwards=onwards)

        def look(report: Callable[[Found], None]) -> Found:
            for found in steps:
                if found.position is None:
                    report(found)
            return found

        self._worker.start(look)
        return None

    def go(self, start: int, reviews: ReviewWork, *, onwards: bool) -> int | None:
        """Look at once, and give the mistake's position or None.

        Raises
        ------
        SampleError
            Where a stream breaks off before.
        """
        self._worker.forget()
        if reviews.knows_all:
            return self._ask(start, reviews, onwards=onwards)
        try:
            *_, found = self._steps(start, reviews.playlist, onwards=onwards)
        except SampleError as error:
            self._say_end(error)
            raise
        self._say_end(found)
        return found.position

    def stop(self) -> None:
        """End the search, and say how far it was."""
        self._worker.stop()

    def forget(self) -> None:
        """End the search, and hear no more of it."""
        self._worker.forget()

    def say(self, text: str) -> None:
        """Say something in the place of what was said."""
        self.said, self._of_next = text, False

    def quiet(self) -> None:
        """Another sample is looked at: take back what was said of the one before."""
        if self.said and not self._of_next and not self.running:
            self.said = ""
        self._of_next = False

    def _ask(self, start: int, reviews: ReviewWork, *, onwards: bool) -> int | None:
        """Ask the review, which takes no pass of the model."""
        review, chosen = reviews.review, reviews.playlist.selection
        position = None if review is None else review.next_mistake(start, onwards=onwards, order=chosen)
        self.said = mistakes.next_known(position, onwards, chosen is not None)
        self._of_next = position is not None
        return position

    def _steps(self, start: int, playlist: Playlist, *, onwards: bool) -> Iterator[Found]:
        """Look for the first mistake after a position, or before it; yields after each batch, and at the mistake."""
        known = self._known
        positions = _following(start, playlist, known.count, onwards=onwards)
        tried = unknown = 0
        yield Found(None, 0, 0, onwards)
        for batch in verdicts(
            known.model,
            known.samples,
            positions,
            label_of=known.names.index_of,
            forward=known.forward,
            classes=Classes(known.names.count),
        ):
            for verdict in batch:
                tried += 1
                unknown += verdict.right is None
                if verdict.right is False:
                    yield Found(verdict.position, tried, unknown, onwards)
                    return
            yield Found(None, tried, unknown, onwards)

    def _progressed(self, found: Found) -> None:
        self.said = mistakes.tried(found.tried)
        self._tell()

    def _ended(self, end: Found | Exception) -> None:
        self._tell(lambda: self._say_end(end), last=True)
        if isinstance(end, Found) and end.position is not None and not self.running:
            self._go(Action("pick", end.position))

    def _say_end(self, end: Found | Exception) -> None:
        if not self.running:  # not begun anew while the lock was waited for
            self.said = _said(end)
            self._of_next = isinstance(end, Found) and end.position is not None


def _following(start: int, playlist: Playlist, count: int | None, *, onwards: bool) -> Iterable[int]:
    """Give the positions that follow one, or those before it, the nearest first: of a selection in its order."""
    if playlist.selection is not None:
        step, chosen = playlist.step_of(start), playlist.selection.tolist()
        if onwards:
            return chosen if step is None else chosen[step + 1 :]
        return chosen[::-1] if step is None else chosen[:step][::-1]
    if not onwards:
        return range(start - 1, -1, -1)
    return itertools.count(start + 1) if count is None else range(start + 1, count)


def _said(end: Found | Exception) -> str:
    """Say how a search ended."""
    if isinstance(end, Stopped):
        return mistakes.stopped(end.args[0].tried)
    if isinstance(end, SampleError):
        return mistakes.search_broken_off(end)
    if isinstance(end, Exception):
        return mistakes.search_failed(end)
    if end.position is None:
        return mistakes.none_found(end.tried, end.unknown, end.onwards)
    return mistakes.found_after(end.tried, end.position)
