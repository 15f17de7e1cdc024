"""What the file at a path holds that a review, saved there, would take away."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from attn_widget.predictions import review_files
from attn_widget.predictions.fingerprint import same_data
from attn_widget.predictions.marks import Mark, without
from attn_widget.predictions.review_table import is_table, marks_in
from attn_widget.words import reviews

if TYPE_CHECKING:
    from attn_widget.predictions.review_record import Review


@dataclass(frozen=True)
class Stakes:
    """What is in a file.

    Attributes
    ----------
    added : mapping of int to Mark
        Marks of samples that have none in the review, and from which none was taken away there: it can hold them too.
    opposed : mapping of int to Mark
        Marks of samples that have another one in the review, which never held this one.
    foreign : str or None
        Where it is something else than a review of the same data: what it is.
    """

    added: Mapping[int, Mark] = field(default_factory=dict)
    opposed: Mapping[int, Mark] = field(default_factory=dict)
    foreign: str | None = None


def at_stake(review: "Review", path: Path) -> Stakes:
    """Find out what the file at a path holds; a review of other data without marks is nothing to lose.

    Raises
    ------
    OSError
        Where it cannot be read.
    """
    if not path.exists() or (path.is_file() and path.stat().st_size == 0):
        return Stakes()
    try:
        about = review_files.read_about(path)
    except ValueError:
        return Stakes(foreign=reviews.NOT_A_REVIEW)
    if not same_data(about.fingerprint, review.fingerprint):
        return Stakes(foreign=reviews.review_of_other_data(len(about.marks)) if about.marks else None)
    unknown = without(about.marks, review.marks_known)
    return Stakes(
        {position: mark for position, mark in unknown.items() if position not in review.marks},
        {position: mark for position, mark in unknown.items() if position in review.marks},
    )


def at_stake_in_table(review: "Review", path: Path) -> str | None:
    """Say what a file holds that the review's table, written there, would take away; None where that is nothing.

    Raises
    ------
    OSError
        Where it cannot be read.
    """
    if not path.exists() or (path.is_file() and path.stat().st_size == 0):
        return None
    if not is_table(path):
        return reviews.NOT_A_TABLE
    lost = {position for position, *_ in marks_in(path) - review.marks_known}
    return reviews.marks_in_table(len(lost)) if lost else None


def save(review: "Review", path: Path, *, overwrite: bool) -> None:
    """Write a review with the marks of the one that is there; see `attn_widget.Review.save`."""
    if not overwrite:
        _take_over(review, path)
    review_files.write(review, path)


def save_marks(review: "Review", path: Path) -> Path:
    """Bring the marks in the file of a review of the same data, and those of `review`, to those of both.

    Returns
    -------
    Path
        Where they are now; see `attn_widget.predictions.review_files.write_marks`.

    Raises
    ------
    FileExistsError
        As `attn_widget.Review.save` does.
    FileNotFoundError
        Where there is no file.
    """
    _take_over(review, path)
    return review_files.write_marks(review, path)


def _take_over(review: "Review", path: Path) -> None:
    """Have a review hold the marks that are in the file; raise where that cannot be."""
    found = at_stake(review, path)
    if found.foreign is not None:
        raise FileExistsError(reviews.would_replace(path, found.foreign))
    if found.opposed:
        raise FileExistsError(reviews.would_replace(path, reviews.other_marks(found.opposed)))
    review.add_marks(found.added)
