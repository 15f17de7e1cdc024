"""A review as a table for other programs."""

import csv
import io
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attn_widget.predictions.columns import NO_CLASS
from attn_widget.predictions.marks import Said
from attn_widget.predictions.whole_files import replacing

if TYPE_CHECKING:
    from attn_widget.predictions.review_record import Review

HEADER = (
    *("position", "index", "file", "label", "true_class", "predicted", "predicted_class", "right", "confidence"),
    *("margin", "near_tie", "loss", "true_probability", "mark", "note", "error"),
)


def to_csv(review: "Review", path: str | PathLike[str]) -> None:
    """Write one row a sample that is done, in UTF-8; what is not known stays empty.

    What UTF-8 has not, as the bytes of a file's name that are no text, is escaped as in Python.
    """
    review = review.as_of_now()
    with replacing(Path(path)) as binary:
        file = io.TextIOWrapper(binary, newline="", encoding="utf-8", errors="backslashreplace")
        writer = csv.writer(file)
        writer.writerow(HEADER)
        compared, right, near = review.right | review.wrong, review.right, review.near_ties
        for position in range(review.reviewed):
            verdict = int(right[position]) if compared[position] else ""
            writer.writerow(_row(review, position, verdict, int(near[position])))
        file.detach()


def is_table(path: Path) -> bool:
    """Whether a file is a table that `to_csv` wrote."""
    with path.open("rb") as file:
        return file.readline(1000).strip() == ",".join(HEADER).encode()


def marks_in(path: Path) -> set[Said]:
    """Read the marks in a table; a row that somebody else wrote has none."""
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        rows = [row for row in csv.DictReader(file) if row["mark"] and row["position"].isdigit()]
    return {(int(row["position"]), row["mark"], row["note"]) for row in rows}


def _row(review: "Review", position: int, verdict: int | str, near: int) -> tuple[Any, ...]:
    place, mark = review.place(position), review.marks.get(position)
    label, predicted = int(review.labels[position]), int(review.predicted[position])
    numbers = {
        name: _number(float(review.columns[name][position]))
        for name in ("confidence", "margin", "loss", "true_probability")
    }
    return (
        *(position, "" if place.index is None else place.index, "" if place.name.startswith("#") else place.name),
        *("" if label == NO_CLASS else label, review.name_of(label) if label > NO_CLASS else ""),
        *("" if predicted == NO_CLASS else predicted, "" if predicted == NO_CLASS else review.name_of(predicted)),
        *(verdict, numbers["confidence"], numbers["margin"], near, numbers["loss"], numbers["true_probability"]),
        *(mark.kind if mark else "", mark.note if mark else "", review.errors.get(position, "")),
    )


def _number(value: float) -> str:
    return "" if value != value else f"{value:.9g}"
