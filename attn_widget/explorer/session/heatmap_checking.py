"""The check of the heatmap that is shown, on a thread of its own; its result belongs to one look."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from attn_widget.evidence.heatmap_check import HeatmapCheck, checked, images_of_check
from attn_widget.evidence.image_scores import ImageScores
from attn_widget.explanation import Question
from attn_widget.explorer.life.background import Stopped, Tell, Worker
from attn_widget.explorer.offers import Known
from attn_widget.explorer.session.looker import Look, Looker
from attn_widget.explorer.settings import State
from attn_widget.refusal import Refusal
from attn_widget.words import evidence, pictures

Changes = Mapping[str, Any] | None


@dataclass(frozen=True)
class Checking:
    """What the page shows of a check."""

    offered: bool  # whether there is a heatmap to check
    running: bool
    done: float  # from 0 to 1
    said: str  # what is found, how far it is, why it failed, or what a check does
    check: HeatmapCheck | None


class HeatmapChecking:
    """Checks the heatmap of the look that `shown` gives, with the state that it is of."""

    def __init__(
        self,
        known: Known,
        lookers: Mapping[str | None, Looker],
        tell: Tell,
        shown: Callable[[], tuple[State, Look | None]],
    ) -> None:
        self._known, self._lookers, self._tell, self._shown = known, lookers, tell, shown
        self._worker: Worker[int, HeatmapCheck] = Worker(self._progressed, self._ended)
        self._look: Look | None = None  # whose heatmap is or was checked
        self._count = 0
        self._end: HeatmapCheck | Exception | None = None

    # What can be asked for: each returns the settings to change.

    def start(self) -> Changes:
        """Check the heatmap that is shown."""
        state, look = self._shown()
        if look is not None:
            self._look, self._count, self._end = look, 0, None
            question = self._lookers[state.model].question_of(look, state)
            self._worker.start(partial(_check, question, look))
        return None

    def stop(self) -> Changes:
        """Stop checking."""
        self._worker.stop()
        return None

    def forget(self) -> None:
        """End the check, and report nothing of it; what was found goes as well."""
        self._worker.forget()
        self._look = self._end = None

    def _progressed(self, count: int) -> None:
        self._count = count
        self._tell()

    def _ended(self, end: HeatmapCheck | Exception) -> None:
        look = self._look

        def take() -> None:
            if look is self._look:  # else another was begun while this waited for the lock
                self._end = end

        self._tell(take, last=True)

    # What is shown.

    def scene_part(self, look: Look | None) -> Checking:
        """Say what has been found about a look; what was found about another one is forgotten."""
        if self._look is not None and look is not self._look:
            self.forget()
        offered, end = look is not None, self._end
        if self._look is None:
            return Checking(offered, False, 0.0, evidence.TO_CHECK if offered else evidence.NOTHING_TO_CHECK, None)
        if isinstance(end, HeatmapCheck):
            name = pictures.target_words(self._look.explanation.target_classes, self._known.names.of)
            return Checking(offered, False, 1.0, end.verdict(name), end)
        if end is not None:
            return Checking(offered, False, 0.0, _failed(end), None)
        total = images_of_check(self._look.explanation.size)
        return Checking(offered, True, self._count / total, evidence.checking(self._count, total), None)


def _check(question: Question, look: Look, report: Callable[[int], None]) -> HeatmapCheck:
    scores = ImageScores.asking(replace(question, progress=report))
    return checked(scores, look.explanation)


def _failed(error: Exception) -> str:
    if isinstance(error, Stopped):
        return evidence.CHECK_STOPPED
    return str(error) if isinstance(error, Refusal) else evidence.no_check(error)
