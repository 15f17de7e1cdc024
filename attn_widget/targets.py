"""What is explained: the predicted class, the true one, a class, a contrast of two, or any scalar."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from attn_widget.outputs import Scores, score_rows
from attn_widget.samples import Label


@dataclass(frozen=True)
class Contrast:
    """Why one class and not another: the score of `of` less the score of `against`.

    Attributes
    ----------
    of, against : int or str
        Class indices, or ``"predicted"`` and ``"true"``.
    """

    of: int | str
    against: int | str


Target = str | int | Contrast | Callable[[Any], torch.Tensor]
"""``"predicted"``, ``"true"``, a class index, a `Contrast`, or a callable of the output that gives a scalar."""


def target_score(target: Target, output: Any, scores: Scores | None, label: Label) -> torch.Tensor | None:
    """Give the scalar that `target` stands for.

    Parameters
    ----------
    target
        See `Target`.
    output
        What the model returned, for a callable.
    scores : Scores or None
        The class scores in it.
    label
        The sample's label, for ``"true"``.

    Returns
    -------
    Tensor or None
        A scalar, the single output of a regression among them; None where ``"predicted"`` is asked of an
        output that has no class scores.

    Raises
    ------
    TypeError, ValueError
        Where the target makes no sense for this output or label.
    """
    if callable(target):
        return _scalar(target(output))
    if isinstance(target, Contrast):
        pair = [_class_score(_index(part, scores, label), scores) for part in (target.of, target.against)]
        return pair[0] - pair[1]
    if target == "predicted" and scores is None:
        return _single_output(output)
    index = _index(target, scores, label)
    return None if index is None else _class_score(index, scores)


def _index(part: int | str, scores: Scores | None, label: Label) -> int | None:
    """Turn a part of a target into a class index; None for the predicted class of NaN scores."""
    if part == "predicted":
        return None if scores is None else scores.predicted
    if part == "true":
        if isinstance(label, bool) or not isinstance(label, int):
            raise ValueError(f"target 'true' needs an integer label, and this sample's label is {label!r}")
        return label
    if isinstance(part, int) and not isinstance(part, bool):
        return part
    raise ValueError(
        f"target must be 'predicted', 'true', a class index, a Contrast or a callable of the output, got {part!r}"
    )


def _class_score(index: int | None, scores: Scores | None) -> torch.Tensor:
    if scores is None:
        raise ValueError(
            "target needs class scores, and the model's output has none: give a callable of the output instead"
        )
    count = scores.logits.shape[0]
    if index is None or not 0 <= index < count:
        raise ValueError(f"target must be a class index from 0 to {count - 1}, got {index}")
    return scores.logits[index]


def _single_output(output: Any) -> torch.Tensor | None:
    rows = score_rows(output)
    return rows[0, 0] if rows is not None and rows.shape == (1, 1) else None


def _scalar(value: Any) -> torch.Tensor:
    if not isinstance(value, torch.Tensor) or value.numel() != 1:
        came = f"a tensor of shape {list(value.shape)}" if isinstance(value, torch.Tensor) else type(value).__name__
        raise TypeError(f"target must give a scalar tensor when called with the model's output, got {came}")
    return value.reshape(())
