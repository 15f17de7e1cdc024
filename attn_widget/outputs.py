"""What a model's output says about one image: class scores, probabilities, the predicted class."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from attn_widget.capture import tensors_in
from attn_widget.samples import Label, Pair


@dataclass(frozen=True, eq=False)
class Scores:
    """The class scores in a model's output.

    Attributes
    ----------
    logits : Tensor ``[n]``, floating
        One score a class; of a binary model ``[-z, z]`` with its one logit z.
    probabilities : Tensor ``[n]``, float64
        Softmax of the logits; sigmoid of each for a multi-label label; the outputs themselves where they are
        probabilities already.
    label : Label
        The image's label as `label_beside` reads it.
    """

    logits: torch.Tensor
    probabilities: torch.Tensor
    label: Label

    @property
    def predicted(self) -> int | None:
        """The class of the highest score; None where a score is NaN."""
        return None if self.logits.isnan().any() else int(self.logits.argmax())


def score_rows(output: Any, count: int = 1) -> torch.Tensor | None:
    """Find the tensor ``[B, n]`` of scores in a model's output, in whatever container it comes.

    The entry or attribute ``logits`` is taken first, then the first floating tensor of two dimensions that has
    a row for each image, then the only floating tensor, squeezed to fewer: all of it are the scores of a single
    image, or one score an image. Boxes and their scores, as a detector gives them, are neither.

    Parameters
    ----------
    output
        What the model returned.
    count : int
        For how many images.
    """
    named = output.get("logits") if isinstance(output, Mapping) else getattr(output, "logits", None)
    floating = [tensor for tensor in tensors_in(output) if tensor.is_floating_point()]
    for tensor in [*tensors_in(named), *floating]:
        if tensor.ndim == 2 and tensor.shape[0] == count and tensor.shape[1] > 0:
            return tensor
    squeezed = [*tensors_in(named), *(floating if len(floating) == 1 else [])]
    for tensor in squeezed:
        if tensor.ndim < 2 and tensor.numel() > 0:
            return tensor.reshape(1, -1) if count == 1 else tensor.reshape(-1, 1)
    return None


def label_beside(outputs: int | None, label: Label | Pair) -> Label:
    """Read a label as it is meant beside a model of so many outputs; None for an output that is not class scores.

    A whole number is a class, also as a float, as HDF5 and pandas have it; beside a single output 0.0 and 1.0 are the
    classes of a binary model, and every other float a regression's value.
    """
    if isinstance(label, Pair):
        return label.read(None if outputs is None else max(outputs, 2))
    if outputs is None or not isinstance(label, float) or not label.is_integer():
        return label
    return int(label) if outputs > 1 or label in (0, 1) else label


def class_scores(rows: torch.Tensor | None, label: Label | Pair) -> torch.Tensor | None:
    """Read rows of outputs ``[B, n]`` as class scores, ``[B, n]`` or, of one logit z, ``[-z, z]``.

    Parameters
    ----------
    rows : Tensor or None
        What `score_rows` found.
    label
        One output with an integer label (see `label_beside`) is a binary model, with any other a regression.

    Returns
    -------
    Tensor or None
        None where the output is not class scores.
    """
    if rows is None or (rows.shape[1] == 1 and not isinstance(label_beside(1, label), int)):
        return None
    return torch.cat([-rows, rows], dim=1) if rows.shape[1] == 1 else rows


def read_scores(output: Any, label: Label | Pair, row: int = 0, count: int = 1) -> Scores | None:
    """Read one image's class scores in a model's output; None where it has none.

    Parameters
    ----------
    output
        What the model returned for a batch.
    label
        The image's label (see `class_scores`).
    row, count : int
        The image's place in the batch, and the number of images in it.
    """
    given = score_rows(output, count)
    rows = class_scores(given, label)
    if given is None or rows is None:
        return None
    logits = rows[row]
    wide = logits.detach().double()
    known = label_beside(given.shape[1], label)
    if given.shape[1] == 1:
        return Scores(logits, wide.sigmoid(), known)
    if are_probabilities(logits.detach()[None])[0]:
        return Scores(logits, wide, known)
    return Scores(logits, wide.sigmoid() if isinstance(known, tuple) else wide.softmax(0), known)


def are_probabilities(rows: torch.Tensor) -> torch.Tensor:
    """Say of each row ``[B, n]`` whether it is probabilities already: non-negative, with the sum 1."""
    rounding = max(1e-3, torch.finfo(rows.dtype).eps)
    return (rows >= 0).all(1) & ((rows.double().sum(1) - 1).abs() < rounding)


def is_right(predicted: int | None, label: Label) -> bool | None:
    """Say whether a prediction is among the labels; None where either is no class, as -1 is none."""
    if predicted is None or isinstance(label, float | str) or label is None:
        return None
    if isinstance(label, tuple):
        return predicted in label
    return None if label < 0 else predicted == label
