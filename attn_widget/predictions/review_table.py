"""A review as a table for other programs."""

import csv
import io
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

from attn_widget.atomic_files import replacing
from attn_widget.predictions.columns import NO_CLASS
from attn_widget.predictions.marks import Said
from attn_widget.predictions.review_snapshot import Snapshot
from attn_widget.samples import Place

HEADER = (
    *("position", "index", "file", "label", "true_class", "predicted", "predicted_class", "right", "confidence"),
    *("margin", "near_tie", "loss", "true_probability", "mark", "note", "error"),
)


def to_csv(now: Snapshot, place: Callable[[int], Place], path: str | PathLike[str]) -> None:
    """Write a row for each reviewed sample, in UTF-8; what is not known is left empty.

    What UTF-8 cannot encode, such as bytes of a file name that are not text, is escaped as in Python.
    """
    with replacing(Path(path)) as binary:
        file = io.TextIOWrapper(binary, newline="", encoding="utf-8", errors="backslashreplace")
        writer = csv.writer(file)
        writer.writerow(HEADER)
        compared, right, near = now.compared, now.right, now.near_ties
        for position in range(now.reviewed):
            verdict = int(right[position]) if compared[position] else ""
            writer.writerow(_row(now, position, place(position), verdict, int(near[position])))
        file.detach()


def is_table(path: Path) -> bool:
    """Whether `to_csv` wrote a file."""
    with path.open("rb") as file:
        return file.readline(1000).strip() == ",".join(HEADER).encode()


def marks_in(path: Path) -> set[Said]:
    """Read the marks in a table; rows that did not come from `to_csv` are skipped."""
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        rows = [row for row in csv.DictReader(file) if row["mark"] and row["position"].isdigit()]
    return {(int(row["position"]), row["mark"], row["note"]) for row in rows}


def _row(now: Snapshot, position: int, place: Place, verdict: int | str, near: int) -> tuple[Any, ...]:
    mark = now.marks.by_position.get(position)
    label, predicted = int(now.labels[position]), int(now.predicted[position])
    confidence, margin, loss, true_probability = (
        _number(float(now.columns[name][position])) for name in ("confidence", "margin", "loss", "true_probability")
    )
    return (
        *(position, "" if place.index is None else place.index, "" if place.name.startswith("#") else place.name),
        *("" if label == NO_CLASS else label, now.name_of(label) if label > NO_CLASS else ""),
        *("" if predicted == NO_CLASS else predicted, "" if predicted == NO_CLASS else now.name_of(predicted)),
        *(verdict, confidence, margin, near, loss, true_probability),
        *(mark.kind if mark else "", mark.note if mark else "", now.errors.get(position, "")),
    )


def _number(value: float) -> str:
    return "" if value != value else f"{value:.9g}"
