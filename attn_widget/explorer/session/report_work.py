"""The report of the samples that the slider runs over: written at once for code, and on a thread for the panel."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from attn_widget.explanation import Question
from attn_widget.explorer.life.background import Stopped, Tell, Worker
from attn_widget.explorer.offers import Known
from attn_widget.explorer.session.looker import Looker
from attn_widget.explorer.session.review_work import ReviewWork
from attn_widget.explorer.settings import State
from attn_widget.figure import Style
from attn_widget.methods import method_named
from attn_widget.predictions import Progress
from attn_widget.refusal import Refusal
from attn_widget.reports import (
    ENDINGS,
    MOST_SAMPLES,
    ReportSubject,
    T,
    check_shown,
    checked_path,
    finer_beside,
    shown_positions,
    target_said,
)
from attn_widget.reports.report_making import Made, make_report
from attn_widget.samples import Sample
from attn_widget.words import forms, reports

Changes = Mapping[str, Any] | None
_OFTEN = ("grad-cam", "channel-mean")  # the first of them that is not shown is the second method


@dataclass(frozen=True, eq=False)
class ReportSaving:
    """What the page shows of it; another object whenever that changes."""

    path: str = field(default_factory=lambda: reports.REPORT_FILE)  # as it was typed
    running: bool = False
    fraction: float = 0.0  # from 0 to 1
    said: str = field(default_factory=lambda: reports.TO_REPORT)  # or what was written, or why nothing was
    in_the_way: bool = False  # whether there is a file, which a button replaces


class ReportWork:
    """Reports what `shown` says: the state and the style; `lookers` explain by each model."""

    def __init__(
        self,
        known: Known,
        lookers: Mapping[str | None, Looker],
        tell: Tell,
        reviews: ReviewWork,
        shown: Callable[[], tuple[State, Style]],
    ) -> None:
        self._known, self._lookers, self._tell = known, lookers, tell
        self._reviews, self._shown = reviews, shown
        self._worker: Worker[Progress, Made] = Worker(self._progressed, self._ended)
        self.part = ReportSaving()  # what a scene shows of it

    # What can be asked for: each returns the settings to change.

    def rename(self, path: str) -> Changes:
        """Choose another file name."""
        if path != self.part.path:
            self._become(path=path, in_the_way=False, said=self.part.said if self.part.running else reports.TO_REPORT)
        return None

    def begin(self) -> Changes:
        """Write the report, unless there is a file of this name."""
        return self._begin(overwrite=False)

    def replace(self) -> Changes:
        """Write the report in the place of the file that is there."""
        return self._begin(overwrite=True)

    def stop(self) -> Changes:
        """Stop; nothing is written."""
        self._worker.stop()
        return None

    def forget(self) -> None:
        """End the report on its way, and report nothing of it."""
        self._worker.forget()
        if self.part.running:
            self._become(running=False, said=reports.REPORT_STOPPED)

    def write(self, path: str | Path, progress: Callable[[int, int], object], *, overwrite: bool, **given: Any) -> Path:
        """Write a report on this thread; `given` are the arguments of `_subject`. Raises as `report` does."""
        found = checked_path(path, overwrite=overwrite)
        asked, positions, subject = self._asked(**given)
        return make_report(found, positions, asked, subject, progress).path

    def _begin(self, *, overwrite: bool) -> Changes:
        if self._worker.running:
            return None
        name = self.part.path.strip() or reports.REPORT_FILE
        path = Path(name if Path(name).suffix.lower() in ENDINGS else f"{name}.html")
        try:
            found = checked_path(path, overwrite=True)
            if found.exists() and not overwrite:
                self._become(said=reports.report_there(str(path)), in_the_way=True)
                return None
            asked, positions, subject = self._asked()
        except FileNotFoundError:
            self._become(said=reports.no_folder(str(path.parent)), in_the_way=False)
            return None
        except Exception as error:  # of the file's name, or of the user's model: shown, not raised
            self._become(said=_failed(error), in_the_way=False)
            return None
        self._become(running=True, fraction=0.0, said=reports.REPORT_BEGINS, in_the_way=False)

        def job(report: Callable[[Progress], None]) -> Made:
            return make_report(found, positions, asked, subject, lambda *done: report(Progress(*done)))

        self._worker.start(job)
        return None

    # What is reported.

    def _asked(
        self,
        positions: Sequence[int] | None = None,
        layers: Sequence[str] | None = None,
        methods: Sequence[str] | None = None,
        title: str = "",
        guess_first: bool = False,
    ) -> tuple[Callable[..., Any], list[int], ReportSubject]:
        """Give what explains a sample, the positions and what the report says of them all."""
        state, style = self._shown()
        known, of, review = self._known, self._known.shown, self._reviews.review
        looker = self._lookers[of.name]

        def asked(position: int, work: Callable[[Sample, Question], T]) -> T:
            return looker.asked(position, work, state=state)

        check_shown(of.module, layers, methods)
        chosen, said = self._selected() if positions is None else (positions, reports.GIVEN_POSITIONS)
        chosen = shown_positions(chosen, known.samples.count)
        layer = method_named(state.method).layer or state.layer or looker.default or ""
        shown_layers = list(layers) if layers is not None else finer_beside(of.layers, layer)
        shown_methods = list(methods) if methods is not None else _methods_beside(state)
        names = known.names
        subject = ReportSubject(
            layers=shown_layers,
            methods=shown_methods,
            name_of=names.of,
            model=type(of.module).__name__ if of.name is None else f"{of.name} ({type(of.module).__name__})",
            chosen=said,
            count=known.samples.count,
            title=title,
            target=target_said(names.indices_in(state.target), names.of),
            marks={} if review is None else review.marks,
            notes=self._notes(state, style),
            first=state.sample,
            layer=layer if layer in shown_layers else "",
            method=state.method if state.method in shown_methods else "",
            alpha=style.alpha if style.view == "overlay" else 1.0,
            cmap=style.cmap,
            fade=style.fade,
            guess_first=guess_first,
        )
        return asked, chosen, subject

    def _selected(self) -> tuple[list[int], str]:
        """Give the samples that the slider runs over, at most so many, and say which they are."""
        selection, count = self._reviews.playlist.selection, self._known.samples.count
        if selection is None:
            most = MOST_SAMPLES if count is None else min(count, MOST_SAMPLES)
            return list(range(most)), reports.ALL_OF_THEM if most == count else reports.FIRST_ONES
        chosen = selection[:MOST_SAMPLES].tolist()
        return chosen, reports.selected_as(self._reviews.selection_said, len(chosen), len(selection))

    def _notes(self, state: State, style: Style) -> list[str]:
        notes = [self._known.names.misfit, reports.NOT_ALTERED if state.alters else ""]
        return [note for note in (*notes, reports.OWN_SCALE if style.scale != "own" else "") if note]

    # The work.

    def _progressed(self, progress: Progress) -> None:
        done, total = progress
        said = reports.reporting(done, total or done)
        self._tell(lambda: self._become(said=said, fraction=done / total if total else 0.0))

    def _ended(self, end: Made | Exception) -> None:
        self._tell(lambda: self._finish(end), last=True)

    def _finish(self, end: Made | Exception) -> None:
        if self._worker.running:  # another one began while this waited for the lock
            return
        if isinstance(end, Made):
            said = reports.report_saved(end.path, end.samples, end.size, end.failed)
        else:
            said = reports.REPORT_STOPPED if isinstance(end, Stopped) else _failed(end)
        self._become(running=False, said=said)

    def _become(self, **changes: Any) -> None:
        self.part = replace(self.part, **changes)


def _methods_beside(state: State) -> list[str]:
    """Name the methods that are shown, and one more where that is only one."""
    found = list(dict.fromkeys(state.methods))
    return found if len(found) > 1 else [*found, next(name for name in _OFTEN if name not in found)]


def _failed(error: Exception) -> str:
    return reports.report_failed(str(error) if isinstance(error, Refusal) else forms.error_text(error))
