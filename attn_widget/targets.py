"""What is explained: the predicted class, the true one, a class, a contrast of two, or any scalar."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch

from attn_widget.candidates import UNKNOWN, Classes
from attn_widget.outputs import Scores, class_scores, label_beside, score_rows
from attn_widget.refusal import Refusal
from attn_widget.samples import Label, Pair
from attn_widget.words import refusals

_Given = TypeVar("_Given")


@dataclass(frozen=True)
class Contrast:
    """Why one class and not another: the score of `of` minus the score of `against`.

    Attributes
    ----------
    of, against : int or str
        Class indices, or ``"predicted"`` and ``"true"``.
    """

    of: int | str
    against: int | str


Target = str | int | Contrast | Callable[[Any], torch.Tensor]
"""``"predicted"``, ``"true"``, a class index, a `Contrast`, or a callable of the output that gives a scalar."""

Settled = int | tuple[int, int] | Callable[[Any], torch.Tensor] | None
"""A target resolved for one sample: a class, a contrast of two, a callable, or None for a regression's only output."""


def settled(target: Target, scores: Scores | None, label: Label | Pair) -> Settled:
    """Resolve a target for one sample, by its scores and its label; raise a `Refusal` if it makes no sense."""
    if callable(target):
        return target
    known = label_beside(None, label) if scores is None else scores.label
    if isinstance(target, Contrast):
        return _index(target.of, scores, known), _index(target.against, scores, known)
    if target == "predicted" and scores is None:
        return None
    return _index(target, scores, known)


def as_target(target: Settled) -> Target:
    """Give the target that is always settled as this one, whatever the model predicts."""
    if target is None:
        return "predicted"
    return Contrast(*target) if isinstance(target, tuple) else target


def classes_in(target: Target) -> tuple[int, ...]:
    """List the classes that a target names by number."""
    parts = (target.of, target.against) if isinstance(target, Contrast) else (target,)
    return tuple(int(part) for part in parts if isinstance(part, int | np.integer) and not isinstance(part, bool))


def scores_of(
    target: Settled, output: Any, label: Label | Pair, count: int = 1, classes: Classes = UNKNOWN
) -> torch.Tensor | None:
    """Give the target's score for each of `count` images, ``[B]``, from the model's output for them.

    A callable target is called once and gives one score for the whole output. All images have the one label (see
    `class_scores`). None if the output has neither class scores nor a single value.
    """
    if callable(target):
        return _scalar(target(output))[None]
    rows = score_rows(output, count, classes.beside(label))
    if target is None:
        return rows[:, 0] if rows is not None and rows.shape[1] == 1 else None
    scores = class_scores(rows, label)
    if scores is None:
        return None
    return scores[:, target[0]] - scores[:, target[1]] if isinstance(target, tuple) else scores[:, target]


def needed(score: _Given | None) -> _Given:
    """Give a score that `scores_of` found; raise a `Refusal` if there is none."""
    if score is None:
        raise Refusal(refusals.PREDICTED_NEEDS_SCORES)
    return score


def _index(part: int | str, scores: Scores | None, label: Label) -> int:
    index: Any = part
    if part == "true":
        index = label
        if isinstance(label, bool) or not isinstance(label, int):
            raise Refusal(refusals.no_true_class(label))
    elif isinstance(part, str) and part != "predicted":
        raise Refusal(refusals.not_a_class_index(part))
    elif part != "predicted" and (isinstance(part, bool) or not isinstance(part, int | np.integer)):
        raise Refusal(refusals.not_a_target(part))
    if scores is None:
        raise Refusal(refusals.TARGET_NEEDS_SCORES)
    if part == "predicted":
        index = int(scores.logits.argmax())
    count = scores.logits.shape[0]
    if not 0 <= index < count:
        raise Refusal(refusals.no_such_class(index, count))
    return int(index)


def _scalar(value: Any) -> torch.Tensor:
    if not isinstance(value, torch.Tensor) or value.numel() != 1:
        shape = list(value.shape) if isinstance(value, torch.Tensor) else None
        raise TypeError(refusals.target_not_scalar(type(value).__name__, shape))
    return value.reshape(())
