"""What a model's output says about an image: class scores, probabilities, the predicted class."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch

from attn_widget.candidates import UNKNOWN, Choice, Classes, Place, choose
from attn_widget.samples import Label, Pair
from attn_widget.words import reasons


@dataclass(frozen=True, eq=False)
class Scores:
    """The class scores in a model's output.

    Attributes
    ----------
    logits : Tensor ``[n]``, floating
        One score per class; ``[-z, z]`` for a binary model with one logit z.
    probabilities : Tensor ``[n]``, float64
        The softmax of the logits, or the sigmoid of each for a multi-label label, or the outputs themselves if they
        are probabilities already.
    label : Label
        The image's label as `label_beside` reads it.
    note : str
        What else in the output might be the class scores; empty if that is certain.
    place : str
        Where in the output they are, as Python reaches it; empty if they are all of it.
    """

    logits: torch.Tensor
    probabilities: torch.Tensor
    label: Label
    note: str
    place: Place

    @cached_property
    def predicted(self) -> int | None:
        """The class of the highest score; None if any score is NaN."""
        return None if self.logits.isnan().any() else int(self.logits.argmax())


def score_rows(output: Any, count: int = 1, classes: Classes = UNKNOWN) -> torch.Tensor | None:
    """Find the tensor ``[B, n]`` of scores in a model's output for `count` images, whatever it is in (`choose`).

    It has a row for each image. A tensor of fewer dimensions counts if it is the only one: as the scores of a single
    image, or as one score per image. Boxes and their scores, as a detector gives them, are neither.
    """
    choice = choose(output, count, classes)
    return None if choice is None else choice.taken.rows


def placed(output: Any, classes: Classes) -> Classes:
    """Remember where in an output for one image the scores were found, so that further outputs are read alike."""
    choice = choose(output, classes=classes)
    return classes if choice is None else replace(classes, place=choice.taken.place)


def uncertainty(choice: Choice) -> str:
    """Say in a sentence what else might be the class scores; empty if that is certain."""
    if not choice.others:
        return ""
    return reasons.uncertain_scores(
        choice.taken.place, {one.place: one.width for one in (choice.taken, *choice.others)}
    )


def label_beside(outputs: int | None, label: Label | Pair) -> Label:
    """Read a label as it is meant for a model with `outputs` scores per image, None if its output is not class scores.

    A whole number is a class, even as a float, as HDF5 and pandas store it. For a single output only 0.0 and 1.0 are
    classes, those of a binary model, and every other float is a regression target.
    """
    if isinstance(label, Pair):
        return label.read(None if outputs is None else max(outputs, 2))
    if outputs is None or not isinstance(label, float) or not label.is_integer():
        return label
    return int(label) if outputs > 1 or label in (0, 1) else label


def class_scores(rows: torch.Tensor | None, label: Label | Pair) -> torch.Tensor | None:
    """Read rows of outputs ``[B, n]`` as class scores: the same, or ``[-z, z]`` for a single logit z; None if not.

    A single output is a binary model's if the label is an integer (see `label_beside`), and otherwise a regression's.
    """
    if rows is None or (rows.shape[1] == 1 and not isinstance(label_beside(1, label), int)):
        return None
    return torch.cat([-rows, rows], dim=1) if rows.shape[1] == 1 else rows


def read_scores(
    output: Any, label: Label | Pair, row: int = 0, count: int = 1, classes: Classes = UNKNOWN
) -> Scores | None:
    """Read the class scores of the image at `row` in a model's output for `count` images; None if it has none.

    The image's label tells a binary model from a regression (see `class_scores`).
    """
    choice = choose(output, count, classes.beside(label))
    rows = None if choice is None else class_scores(choice.taken.rows, label)
    if choice is None or rows is None:
        return None
    width, logits = choice.taken.width, rows[row]
    wide = logits.detach().double()
    known = label_beside(width, label)
    if width > 1 and are_probabilities(logits.detach()[None])[0]:
        probabilities = wide
    else:
        probabilities = wide.sigmoid() if width == 1 or isinstance(known, tuple) else wide.softmax(0)
    return Scores(logits, probabilities, known, uncertainty(choice), choice.taken.place)


def are_probabilities(rows: torch.Tensor) -> torch.Tensor:
    """Say for each row ``[B, n]`` whether it holds probabilities already: non-negative, with sum 1."""
    rounding = max(1e-3, torch.finfo(rows.dtype).eps)
    return (rows >= 0).all(1) & ((rows.double().sum(1) - 1).abs() < rounding)


def is_right(predicted: int | None, label: Label) -> bool | None:
    """Say whether a prediction is right: among the labels, if several; None if either is no class, such as -1."""
    if predicted is None or isinstance(label, float | str) or label is None:
        return None
    if isinstance(label, tuple):
        return predicted in label
    return None if label < 0 else predicted == label


def class_mark(index: int, predicted: int | None, label: Label) -> bool | None:
    """Mark a class beside others: True for a true one, False for a wrong prediction, None for any other."""
    right = is_right(index, label)
    return right if right or index == predicted else None
