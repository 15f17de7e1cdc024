"""A batch of model outputs as columns of a review: predicted classes, confidences, losses."""

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from attn_widget.candidates import Place
from attn_widget.outputs import are_probabilities, class_scores
from attn_widget.predictions.columns import KINDS, NO_CLASS, Columns
from attn_widget.refusal import Refusal
from attn_widget.words import refusals, reviews


@dataclass(frozen=True, eq=False)
class Scored:
    """The results for consecutive samples, the first of which is at position `start`."""

    start: int
    columns: Columns
    errors: dict[int, str] = field(default_factory=dict)  # by position: why something is missing
    classes: int = 0  # how many there are; 0 where nothing was predicted
    notes: tuple[str, ...] = ()  # sentences about how the samples were read
    place: Place | None = None  # where in the output the class scores are; None where nothing was predicted
    unsure: str = ""  # a sentence on what else in the output might be the class scores
    refusal: Refusal | None = None  # why such samples cannot be reviewed; the rest holds what was found anyway

    def since(self, position: int) -> "Scored":
        """Leave out the samples before a position."""
        past = max(position - self.start, 0)
        columns = {name: column[past:] for name, column in self.columns.items()}
        errors = {at: why for at, why in self.errors.items() if at >= position}
        return replace(self, start=self.start + past, columns=columns, errors=errors)


class NoScores(ValueError):
    """The model's output is not class scores."""


class Rechosen(Refusal):
    """A label, the `highest` so far, shows that the class scores are not where in the output they were read."""

    def __init__(self, before: Place, now: Place, highest: int) -> None:
        super().__init__(reviews.rechosen(before, now, highest))
        self.highest, self._given = highest, (before, now, highest)

    def __reduce__(self) -> tuple[type["Rechosen"], tuple[Place, Place, int]]:
        return type(self), self._given


def score_batch(rows: Tensor | None, labels: np.ndarray, *, values: bool = False) -> tuple[Columns, int]:
    """Turn a batch's scores into columns, and count the classes; `attn_widget.outputs.read_scores` is for one image.

    `rows` is what `attn_widget.outputs.score_rows` found in the output for B images. `labels` are class indices
    ``[B]`` or `NO_CLASS`: one outside the classes has neither loss nor probability, and for a model with one output
    nothing is known of a sample without a label. `values` says that some labels cannot be a binary model's classes.

    Raises
    ------
    NoScores
        Where the output is not class scores, or is one value per image and the labels are not 0 or 1.
    ValueError
        Where there is not one row per image.
    """
    count = len(labels)
    if (rows is None and count > 1) or (rows is not None and len(rows) != count):
        raise ValueError(refusals.no_row_per_image(count))
    scores = class_scores(rows, 0)
    if rows is None or scores is None:
        raise NoScores(reviews.NO_CLASS_SCORES)
    binary = rows.shape[1] == 1
    if binary and (values or not (np.isin(labels, (0, 1)).any() and labels.max() <= 1)):
        raise NoScores(reviews.REGRESSION)
    logits = scores.detach().cpu()
    unknown = logits.isnan().any(1) | torch.from_numpy(binary & (labels == NO_CLASS))
    columns = _columns(logits, _log_probabilities(logits, binary), torch.from_numpy(labels.astype(np.int64)))
    for name in columns.keys() - {"labels"}:
        columns[name][unknown.numpy()] = KINDS[name][1]
    return columns, logits.shape[1]


def _log_probabilities(logits: Tensor, binary: bool) -> Tensor:
    """Compute log-probabilities ``[B, n]``, float64."""
    wide = logits.double()
    if binary:
        return functional.logsigmoid(wide)
    given = are_probabilities(logits)
    return torch.where(given[:, None], wide.log(), wide.log_softmax(1)) if given.any() else wide.log_softmax(1)


def _columns(logits: Tensor, logarithms: Tensor, labels: Tensor) -> Columns:
    classes = logits.shape[1]
    predicted = logits.argmax(1)
    highest = logarithms.topk(min(2, classes)).values.exp()
    known = (labels >= 0) & (labels < classes)
    of_label = logarithms.gather(1, labels.clamp(0, classes - 1)[:, None])[:, 0]
    found = {
        "labels": labels,
        "predicted": predicted,
        "confidence": logarithms.gather(1, predicted[:, None])[:, 0].exp(),
        "margin": highest[:, 0] - highest[:, -1] if classes > 1 else highest[:, 0],
        "loss": torch.where(known, 0 - of_label, torch.nan),
        "true_probability": torch.where(known, of_label.exp(), torch.nan),
    }
    return {name: found[name].numpy().astype(dtype) for name, (dtype, _) in KINDS.items()}
