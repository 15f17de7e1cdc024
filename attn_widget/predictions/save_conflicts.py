"""What a file holds that saving a review there would destroy; a file that cannot be read is an OSError."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from attn_widget.predictions import review_files
from attn_widget.predictions.fingerprint import same_data
from attn_widget.predictions.marks import Mark, without
from attn_widget.predictions.review_snapshot import Snapshot
from attn_widget.predictions.review_table import is_table, marks_in
from attn_widget.words import reviews


@dataclass(frozen=True)
class Conflicts:
    """What is in a file, by position, that the review has never held; or, as `foreign`, what else the file is.

    The review can take over the marks `added`, but has other ones for the samples whose marks are `opposed`.
    """

    added: Mapping[int, Mark] = field(default_factory=dict)
    opposed: Mapping[int, Mark] = field(default_factory=dict)
    foreign: str | None = None


def conflicts(now: Snapshot, path: Path) -> Conflicts:
    """Compare a review with the file at a path; a review of other data without marks is no loss."""
    if _is_empty(path):
        return Conflicts()
    try:
        found = review_files.read_about(path)
    except ValueError:
        return Conflicts(foreign=reviews.NOT_A_REVIEW)
    held, own = found.marks.by_position, now.marks.by_position
    if not same_data(found.fingerprint, now.fingerprint):
        return Conflicts(foreign=reviews.review_of_other_data(len(held)) if held else None)
    unknown = without(held, now.marks.known)
    return Conflicts(
        {position: mark for position, mark in unknown.items() if position not in own},
        {position: mark for position, mark in unknown.items() if position in own},
    )


def table_conflict(now: Snapshot, path: Path) -> str | None:
    """Say what a file holds that writing the review's table there would destroy; None for nothing."""
    if _is_empty(path):
        return None
    if not is_table(path):
        return reviews.NOT_A_TABLE
    lost = {position for position, *_ in marks_in(path) - now.marks.known}
    return reviews.marks_in_table(len(lost)) if lost else None


def marks_to_keep(now: Snapshot, path: Path) -> Mapping[int, Mark]:
    """Give the marks in a file that a review must take over before it is saved there; raises as `Review.save` does."""
    found = conflicts(now, path)
    if found.foreign is not None:
        raise FileExistsError(reviews.would_replace(path, found.foreign))
    if found.opposed:
        raise FileExistsError(reviews.would_replace(path, reviews.other_marks(found.opposed)))
    return found.added


def _is_empty(path: Path) -> bool:
    return not path.exists() or (path.is_file() and path.stat().st_size == 0)
