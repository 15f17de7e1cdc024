"""A group of mistakes as a table for other programs."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

from attn_widget.atomic_files import replacing
from attn_widget.samples import Place
from attn_widget.surveys.mistake_groups import Group
from attn_widget.surveys.survey_record import Survey

HEADER = ("group", "position", "index", "file", "label", "true_class", "predicted", "predicted_class", "loss")


def write(group: Group, name: str, survey: Survey, place: Callable[[int], Place], path: Path) -> None:
    """Write a row for each mistake of a group, the most typical first, in UTF-8; `place` says where a sample lies."""
    mistakes = survey.mistakes
    row_of = {position: row for row, position in enumerate(mistakes.positions.tolist())}
    with replacing(path) as binary:
        file = io.TextIOWrapper(binary, newline="", encoding="utf-8", errors="backslashreplace")
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for position in group.positions.tolist():
            row, lies = row_of[position], place(position)
            label, predicted = int(mistakes.labels[row]), int(mistakes.predicted[row])
            found = name, position, "" if lies.index is None else lies.index, "" if lies.name[:1] == "#" else lies.name
            classes = label, survey.name_of(label), predicted, survey.name_of(predicted)
            writer.writerow((*found, *classes, f"{mistakes.losses[row]:.9g}"))
        file.detach()
