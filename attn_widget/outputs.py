"""What a model's output says about one image: class scores, probabilities, the predicted class."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from attn_widget.capture import tensors_in
from attn_widget.samples import Label


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
    """

    logits: torch.Tensor
    probabilities: torch.Tensor

    @property
    def predicted(self) -> int | None:
        """The class of the highest score; None where a score is NaN."""
        return None if self.logits.isnan().any() else int(self.logits.argmax())


def score_rows(output: Any) -> torch.Tensor | None:
    """Find the tensor ``[B, n]`` of scores in a model's output, in whatever container it comes.

    The entry or attribute ``logits`` is taken first, then the first floating tensor of two dimensions, then
    one of one dimension, read as one score an image.
    """
    named = output.get("logits") if isinstance(output, Mapping) else getattr(output, "logits", None)
    tensors = [tensor for tensor in tensors_in([named, output]) if tensor.is_floating_point()]
    for tensor in tensors:
        if tensor.ndim == 2 and tensor.shape[1] > 0:
            return tensor
    for tensor in tensors:
        if tensor.ndim == 1 and tensor.shape[0] > 0:
            return tensor[:, None]
    return None


def read_scores(row: torch.Tensor | None, label: Label) -> Scores | None:
    """Read one image's row of outputs ``[n]`` as class scores.

    Parameters
    ----------
    row : Tensor or None
        One row of `score_rows`.
    label
        One output with an integer label is a binary model, with any other a regression.

    Returns
    -------
    Scores or None
        None where the output is not class scores.
    """
    if row is None:
        return None
    if row.shape[0] == 1:
        if not isinstance(label, int):
            return None
        if _are_probabilities(torch.cat([1 - row, row])):
            pair = torch.cat([1 - row, row])
            return Scores(pair, pair.double())
        row = torch.cat([-row, row])
        return Scores(row, (row.double()).sigmoid())
    if _are_probabilities(row):
        return Scores(row, row.double())
    wide = row.double()
    return Scores(row, wide.sigmoid() if isinstance(label, tuple) else wide.softmax(0))


def _are_probabilities(row: torch.Tensor) -> bool:
    wide = row.detach().double()
    return bool((wide >= 0).all()) and abs(float(wide.sum()) - 1) < 1e-3


def is_right(predicted: int | None, label: Label) -> bool | None:
    """Say whether a prediction is among the labels; None where either is no class."""
    if predicted is None or isinstance(label, float | str) or label is None:
        return None
    return predicted in label if isinstance(label, tuple) else predicted == label
