"""The next or previous mistake: looked up in a complete review, else searched for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from attn_widget.candidates import Classes
from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.life.background import Stopped, Tell, Worker
from attn_widget.explorer.offers import Known
from attn_widget.explorer.session.playlist import Playlist
from attn_widget.explorer.session.review_work import ReviewWork
from attn_widget.predictions import verdicts
from attn_widget.samples import SampleError
from attn_widget.words import mistakes


@dataclass(frozen=True)
class Found:
    """How a search ended, or how far it is."""

    position: int | None  # of the mistake; None as long as there is none
    tried: int
    unknown: int  # of those tried, how many can be called neither right nor wrong
    onwards: bool


class NextMistake:
    """Searches on a thread after a click, and `go` then opens the mistake; for code, on the caller's thread."""

    def __init__(self, known: Known, tell: Tell, go: Send) -> None:
        self._known, self._tell, self._go = known, tell, go
        self.worker: Worker[Found, Found] = Worker(self._progressed, self._ended)
        self.said = ""  # how far the search is, or how it ended
        self._of_next = False  # whether that is about the sample to be opened next

    def begin(self, start: int, reviews: ReviewWork, *, onwards: bool) -> int | None:
        """Give the mistake after a position, or before it, if the review knows; else begin to search on a thread."""
        self.worker.forget()
        if reviews.knows_all:
            return self._look_up(start, reviews, onwards=onwards)
        steps = self._steps(start, reviews.playlist, onwards=onwards)

        def look(report: Callable[[Found], None]) -> Found:
            for found in steps:
                if found.position is None:
                    report(found)
            return found

        self.worker.start(look)
        return None

    def go(self, start: int, reviews: ReviewWork, *, onwards: bool) -> int | None:
        """Search at once, and give the mistake's position or None; raises SampleError where a stream breaks off."""
        self.worker.forget()
        if reviews.knows_all:
            return self._look_up(start, reviews, onwards=onwards)
        try:
            *_, found = self._steps(start, reviews.playlist, onwards=onwards)
        except SampleError as error:
            self._say_end(error)
            raise
        self._say_end(found)
        return found.position

    def say(self, text: str) -> None:
        """Replace what was said."""
        self.said, self._of_next = text, False

    def quiet(self) -> None:
        """Take back what was said of the sample before, as another one is looked at."""
        if self.said and not self._of_next and not self.worker.running:
            self.said = ""
        self._of_next = False

    def _look_up(self, start: int, reviews: ReviewWork, *, onwards: bool) -> int | None:
        review, chosen = reviews.review, reviews.playlist.selection
        position = None if review is None else review.next_mistake(start, onwards=onwards, order=chosen)
        self.said = mistakes.next_known(position, onwards, chosen is not None)
        self._of_next = position is not None
        return position

    def _steps(self, start: int, playlist: Playlist, *, onwards: bool) -> Iterator[Found]:
        """Search, and yield at the beginning, after each batch and at the mistake."""
        known = self._known
        tried = unknown = 0
        yield Found(None, 0, 0, onwards)
        for batch in verdicts(
            known.model,
            known.samples,
            playlist.beside(start, known.samples.count, onwards=onwards),
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
        if isinstance(end, Found) and end.position is not None and not self.worker.running:
            self._go(Action("pick", end.position))

    def _say_end(self, end: Found | Exception) -> None:
        if not self.worker.running:  # else another search began while this one waited for the lock
            self.said = _said(end)
            self._of_next = isinstance(end, Found) and end.position is not None


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
