"""A model's output for the image, read as class scores and as the target's score."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from attn_widget.candidates import Classes
from attn_widget.capture import Pass
from attn_widget.outputs import Scores, placed, read_scores, score_rows
from attn_widget.samples import Label, Pair
from attn_widget.targets import Settled, Target, needed, scores_of, settled
from attn_widget.words import refusals


@dataclass(frozen=True, eq=False)
class ScoredOutput:
    """What the model returned for the image, read for a target and a label, given what is known of the classes."""

    output: Any
    target: Target
    label: Label | Pair
    classes: Classes

    @cached_property
    def scores(self) -> Scores | None:
        """The class scores; None where the output has none."""
        return read_scores(self.output, self.label, classes=self.classes)

    @cached_property
    def settled(self) -> Settled:
        """The target, resolved for this output: a class, a contrast of two, or a callable."""
        return settled(self.target, self.scores, self.label)

    @cached_property
    def target_score(self) -> torch.Tensor | None:
        """The target's score, a scalar; None where the output has neither class scores nor a single value."""
        found = scores_of(self.settled, self.output, self.label, classes=self.classes)
        return None if found is None else found[0]

    @cached_property
    def pair(self) -> tuple[int, int] | None:
        """The class explained and the likeliest other one, or the two of a contrast; None where there are no two."""
        scores, settled = self.scores, self.settled
        if scores is None or scores.predicted is None or len(scores.logits) < 2:
            return None
        if isinstance(settled, int):
            others = scores.logits.detach().clone()
            others[settled] = -torch.inf
            return settled, int(others.argmax())
        return settled if isinstance(settled, tuple) and settled[0] != settled[1] else None

    @cached_property
    def second_score(self) -> torch.Tensor | None:
        """The score of the second class of `pair`, a scalar."""
        if self.pair is None:
            return None
        found = scores_of(self.pair[1], self.output, self.label, classes=self.classes)
        return None if found is None else found[0]

    @property
    def value(self) -> float | None:
        """The target's score as a number."""
        return None if self.target_score is None else float(self.target_score.detach())

    @cached_property
    def placed(self) -> Classes:
        """What is known of the classes, including where in this model's outputs their scores are."""
        return placed(self.output, self.classes)

    def scores_in(self, further: Pass, count: int) -> torch.Tensor:
        """Give the same target's score for each of `count` other images; ValueError where there is not one each."""
        self._check_width(further, count)
        return needed(scores_of(self.settled, further.output, self.label, count, self.placed))

    def probabilities_in(self, further: Pass, count: int) -> torch.Tensor:
        """Give the class probabilities for each of `count` other images, ``[count, n]``, float64; raises the same."""
        self._check_width(further, count)
        found = [read_scores(further.output, self.label, row, count, self.placed) for row in range(count)]
        return torch.stack([needed(None if one is None else one.probabilities) for one in found])

    def _check_width(self, further: Pass, count: int) -> None:
        if count > 1 and _width(further.output, count, self.placed) != _width(self.output, 1, self.placed):
            raise ValueError(refusals.no_score_per_image(count))


def _width(output: Any, count: int, classes: Classes) -> int:
    """Count the scores per image; 0 where there are none."""
    rows = score_rows(output, count, classes)
    return 0 if rows is None or len(rows) != count else rows.shape[1]
