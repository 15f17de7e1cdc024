"""The survey of a panel's samples, made on a thread: of the layer, method and target that are shown when it begins."""

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

from attn_widget.explorer.life.background import Stopped, Tell, Worker
from attn_widget.explorer.offers import Known
from attn_widget.explorer.session.record_owner import why_outdated
from attn_widget.explorer.session.review_work import ReviewWork
from attn_widget.explorer.session.surveyed import Surveyed
from attn_widget.explorer.settings import State
from attn_widget.methods import method_named
from attn_widget.predictions import Progress
from attn_widget.refusal import Refusal
from attn_widget.surveys import Survey, Surveying
from attn_widget.words import forms, surveys

Changes = Mapping[str, Any] | None
_EXEMPLARS = 36
"""For each channel: a card shows some of them, and the slider can run over all."""


class SurveyWork:
    """Surveys the samples as `shown` says: a state, and the layer in it that was left open."""

    def __init__(self, known: Known, tell: Tell, reviews: ReviewWork, shown: Callable[[], tuple[State, str]]) -> None:
        self._known, self._tell, self._reviews, self._shown = known, tell, reviews, shown
        self._worker: Worker[Progress, Survey] = Worker(self._progressed, self._ended)
        self._surveying: Surveying | None = None
        self._asked: tuple[Any, ...] = ()  # what the survey on its way is of
        self._done_before, self._begun = 0, 0.0
        self.part = Surveyed(None, False, 0.0, surveys.SURVEY_ALL, surveys.TO_SURVEY, "")  # what a scene shows of it
        self.after: Callable[[], None] = lambda: None  # called when a survey has ended, or another one is shown

    @property
    def survey(self) -> Survey | None:
        """The last survey."""
        return self.part.survey

    # What can be asked for: each returns the settings to change.

    def begin(self) -> Changes:
        """Survey all samples; go on with a survey of the same that was stopped."""
        if self._worker.running:
            return None
        state, layer = self._shown()
        asked = state.model, layer, method_named(state.method), state.target, state.grid
        try:
            surveying = self._surveying if self._surveying is not None and asked == self._asked else None
            if surveying is None or surveying.complete:
                surveying = self._surveying_of(state, layer)
        except Exception as error:  # of the user's model or loader: shown, not raised
            self._say(_failed(error))
            return None
        self._surveying, self._asked = surveying, asked
        self._done_before, self._begun = surveying.surveyed, time.monotonic()
        self._become(running=True, fraction=0.0, said=surveys.SURVEY_BEGINS, warning="")

        def job(report: Callable[[Progress], None]) -> Survey:
            with closing(surveying.steps()) as steps:
                for progress in steps:
                    report(progress)
            return surveying.survey

        self._worker.start(job)
        return None

    def stop(self) -> Changes:
        """Stop; what was done is kept."""
        self._worker.stop()
        return None

    def use(self, survey: Survey) -> Changes:
        """Show a survey that was made elsewhere; one on its way is given up."""
        self.forget()
        self._surveying = None
        self._become(survey=survey, running=False, begin=surveys.SURVEY_ANEW, said=_found(survey))
        self.check()
        self.after()
        return None

    def check(self) -> None:
        """Say whether the survey is out of date, or of another model than the one shown."""
        survey = self.part.survey
        if survey is not None and not self.part.running:
            self._become(warning=why_outdated(survey, self._known))

    def forget(self) -> None:
        """End the survey on its way, and report nothing of it."""
        self._worker.forget()
        if self.part.running:
            self._become(running=False, begin=surveys.SURVEY_ON, said=surveys.SURVEY_STOPPED)

    def _surveying_of(self, state: State, layer: str) -> Surveying:
        known = self._known
        return Surveying(
            known.model,
            known.samples,
            layer=layer or None,
            method=state.method,
            target=known.names.indices_in(state.target),
            class_names=known.names.all,
            forward=known.forward,
            grid=state.grid,
            exemplars=_EXEMPLARS,
            review=self._reviews.review if self._reviews.knows_all else None,
        )

    # The walk.

    def _progressed(self, progress: Progress) -> None:
        done, total = progress
        left = None if total is None else total - self._done_before
        said = forms.speed(done - self._done_before, left, time.monotonic() - self._begun)
        self._tell(lambda: self._become(said=said, fraction=done / total if total else 0.0))

    def _ended(self, end: Survey | Exception) -> None:
        surveying = self._surveying
        self._tell(lambda: self._finish(surveying, end), last=True)

    def _finish(self, surveying: Surveying | None, end: Survey | Exception) -> None:
        if self._worker.running or surveying is not self._surveying:  # another one began meanwhile
            return
        if isinstance(end, Survey):
            self._become(survey=end, running=False, begin=surveys.SURVEY_ANEW, said=_found(end))
            if end.review is not None:
                self._reviews.use_surveyed(end.review)
            if self._known.several:  # another model may have been chosen meanwhile
                self.check()
        elif isinstance(end, Stopped):
            found = surveying.survey if surveying is not None and surveying.is_begun else self.part.survey
            self._become(survey=found, running=False, begin=surveys.SURVEY_ON, said=surveys.SURVEY_STOPPED)
        else:
            if isinstance(end, Refusal):  # going on would be refused again
                self._surveying = None
            self._become(running=False, begin=surveys.SURVEY_ALL, said=_failed(end))
        self.after()

    def _say(self, said: str) -> None:
        self._become(said=said)

    def _become(self, **changes: Any) -> None:
        self.part = Surveyed(**{**vars(self.part), **changes})


def _found(survey: Survey) -> str:
    return surveys.surveyed(survey.surveyed, survey.layer, survey.method, len(survey.mistakes.positions))


def _failed(error: Exception) -> str:
    return str(error) if isinstance(error, Refusal) else surveys.survey_failed(error)
