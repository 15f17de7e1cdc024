"""Mistakes in groups: clustered on a thread, after a survey where there is none; and what is done with a group."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from attn_widget.explorer.life.background import Stopped, Tell, Worker
from attn_widget.explorer.offers import Known
from attn_widget.explorer.session.group_pictures import Pictured, pictures_of
from attn_widget.explorer.session.review_work import ReviewWork
from attn_widget.explorer.session.survey_work import SurveyWork
from attn_widget.exports.file_names import plain_name
from attn_widget.predictions import Progress
from attn_widget.samples import Sample
from attn_widget.surveys import Group, Groups, Survey, group_table
from attn_widget.words import forms, groups, several_models

Changes = Mapping[str, Any] | None


@dataclass(frozen=True, eq=False)
class GroupSeen:
    """A group as the page shows it."""

    group: Group
    name: str  # that the user gave it; empty for none
    pictures: tuple[Pictured, ...]  # the mean, and five members


@dataclass(frozen=True, eq=False)
class Grouped:
    """What the page shows of groups; another object whenever that changes."""

    seen: tuple[GroupSeen, ...] = ()
    waiting: bool = False  # for the survey that comes first
    running: bool = False
    fraction: float = 0.0  # of the steps, from 0 to 1
    said: str = field(default_factory=lambda: groups.TO_GROUP)  # what was found, how far it is, or what groups are
    done: str = ""  # what was done with a group: marked, exported
    chosen: int | None = None  # the group that was made the selection last


@dataclass(frozen=True, eq=False)
class _Found:
    groups: Groups
    pictures: tuple[tuple[Pictured, ...], ...]


class GroupWork:
    """Groups the mistakes of the survey that `surveys` has; `play` lets the slider run over samples."""

    def __init__(
        self,
        known: Known,
        tell: Tell,
        surveys: SurveyWork,
        reviews: ReviewWork,
        play: Callable[[Sequence[int], str], Changes],
    ) -> None:
        self._known, self._tell, self._surveys, self._reviews, self._play = known, tell, surveys, reviews, play
        self._worker: Worker[Progress, _Found] = Worker(self._progressed, self._ended)
        self._survey: Survey | None = None  # that the groups are of
        self._of: str | None = None  # the name of its model
        self.part = Grouped()
        surveys.after = self.surveyed

    # What can be asked for: each returns the settings to change.

    def begin(self) -> Changes:
        """Group the mistakes of the last survey; survey first, where there is none."""
        if self.part.waiting or self.part.running:
            return None
        surveyed = self._surveys.part
        survey = surveyed.survey
        if survey is not None and survey.complete and not surveyed.running and not surveyed.warning:
            self._group(survey)
            return None
        self.part = Grouped(waiting=True, said=groups.SURVEY_FIRST)
        self._surveys.begin()
        if not self._surveys.part.running:  # it could not begin, and says why
            self.part = Grouped(said=self._surveys.part.said)
        return None

    def stop(self) -> Changes:
        """Stop; of a survey on its way, what was done is kept."""
        if self.part.waiting:
            self._surveys.stop()
        self._worker.stop()
        return None

    def choose(self, index: int) -> Changes:
        """Make a group the selection: the slider runs over it, the most typical first."""
        if index >= len(self.part.seen):
            return None
        seen = self.part.seen[index]
        self.part = replace(self.part, chosen=index)
        return self._play(seen.group.positions.tolist(), self._named(index))

    def name(self, index: int, name: str) -> Changes:
        """Give a group a name, which its selection, its marks and its table carry."""
        if index < len(self.part.seen):
            seen = list(self.part.seen)
            seen[index] = replace(seen[index], name=name.strip())
            self.part = replace(self.part, seen=tuple(seen))
        return None

    def mark(self, index: int, kind: str) -> Changes:
        """Mark all samples of a group, with its name as their note."""
        if index >= len(self.part.seen):
            return None
        positions = self.part.seen[index].group.positions.tolist()
        marked = self._reviews.mark_all(positions, kind, self._named(index))
        self.part = replace(self.part, done=groups.group_marked(marked, kind) if marked else groups.NO_REVIEW_TO_MARK)
        return None

    def export(self, index: int) -> Changes:
        """Write a group as a table, to a new file in the working folder."""
        if index >= len(self.part.seen) or self._survey is None:
            return None
        group, name = self.part.seen[index].group, self._named(index)
        path = _free(Path(f"{plain_name(name) or 'group'}.csv"))
        try:
            group_table.write(group, name, self._survey, self._known.samples.place, path)
        except OSError as error:
            self.part = replace(self.part, done=groups.group_not_saved(str(path), error.strerror or str(error)))
        else:
            self.part = replace(self.part, done=groups.group_saved(str(path), len(group)))
        return None

    def forget(self) -> None:
        """End the work, and report nothing of it."""
        self._worker.forget()
        if self.part.waiting or self.part.running:
            self.part = Grouped()

    # The work.

    def surveyed(self) -> None:
        """Group the mistakes of a survey that was waited for; groups of the one before it are given up."""
        survey, waiting = self._surveys.survey, self.part.waiting
        if waiting and survey is not None and survey.complete:
            self._group(survey)
        elif waiting:
            self.part = Grouped(said=self._surveys.part.said)
        elif survey is not self._survey:
            self._worker.forget()
            self.part, self._survey = Grouped(), None

    def _group(self, survey: Survey) -> None:
        self._survey, self._of = survey, self._known.shown.name
        self.part = Grouped(running=True, said=groups.GROUPING)
        self._worker.start(partial(_found, survey, self._read))

    def _read(self, position: int) -> Sample:
        return self._reviews.kept(position) or self._known.samples[position]

    def _progressed(self, progress: Progress) -> None:
        def show() -> None:
            if self.part.running:
                self.part = replace(self.part, fraction=progress.done / (progress.total or 1))

        self._tell(show)

    def _ended(self, end: _Found | Exception) -> None:
        survey = self._survey

        def take() -> None:
            if not self._worker.running and survey is self._survey:  # else another began meanwhile
                self.part = self._part_of(end)

        self._tell(take, last=True)

    def _part_of(self, end: _Found | Exception) -> Grouped:
        if isinstance(end, Stopped):
            return Grouped(said=groups.GROUPING_STOPPED)
        if isinstance(end, Exception):
            return Grouped(said=groups.grouping_failed(end))
        seen = tuple(GroupSeen(*one) for one in zip(end.groups, ("",) * len(end.groups), end.pictures, strict=True))
        survey = self._survey
        assert survey is not None
        of = groups.grouped_of(survey.layer, survey.method)
        said = forms.together(f"{end.groups!r}{groups.STOP_SIGN if seen else ''}", of)
        return Grouped(seen, said=several_models.said_of(self._of, said))

    def _named(self, index: int) -> str:
        seen = self.part.seen[index]
        return seen.name or groups.group_named(index + 1, seen.group.pair)


def _found(survey: Survey, read: Callable[[int], Sample], report: Callable[[Progress], None]) -> _Found:
    """Group the mistakes, and read the pictures of each group."""
    found = survey.groups(lambda done, total: report(Progress(done, 2 * (total or 1))))
    pictures = []
    for at, group in enumerate(found):
        so_far = Progress(len(found) + at, 2 * len(found))
        pictures.append(pictures_of(group, survey.mistakes, read, partial(report, so_far)))
    return _Found(found, tuple(pictures))


def _free(path: Path) -> Path:
    """Give a path like this one where there is no file yet."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}_{number}")
    return free
