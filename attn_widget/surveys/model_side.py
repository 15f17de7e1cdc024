"""One of two models that explain the same samples, a portion at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from attn_widget.candidates import Classes
from attn_widget.capture import Forward, Grid, check_model, find_module
from attn_widget.explanation import Explanation, Question, explained_batch
from attn_widget.explanation.pipeline import prepared
from attn_widget.layout_trial import tried
from attn_widget.methods import method_named
from attn_widget.refusal import Refusal
from attn_widget.samples import Axes
from attn_widget.targets import Target

Answer = Explanation | Exception


@dataclass(frozen=True)
class Asked:
    """What is asked of both models about every sample."""

    method: str
    target: Target
    forward: Forward | None
    grid: Grid | None
    classes: Classes


class ModelSide:
    """A model and its layer; where that is None, the default is chosen at the first sample that can be explained."""

    def __init__(self, model: nn.Module, layer: str | None, asked: Asked) -> None:
        check_model(model)
        if layer is not None:
            find_module(model, layer)
        self._model, self.layer, self._asked = model, layer, asked

    def answers(self, images: torch.Tensor, axes: Axes, labels: Sequence[Any]) -> list[Answer]:
        """Explain images ``[B, C, H, W]``, whose axes in the loader were these; what is raised is given, not raised."""
        try:
            return tried(axes, self._asked.forward, lambda forward: self._explained(images, labels, forward))
        except Exception as error:  # of these samples, or of the user's model on them
            return [error] * len(images)

    def _explained(self, images: torch.Tensor, labels: Sequence[Any], forward: Forward | None) -> list[Answer]:
        asked = self._asked
        base = Question.of(
            {"model": self._model, "image": images[:1], "target": asked.target, "label": labels[0], "top_k": 1}
            | {"forward": forward, "grid": asked.grid, "classes": asked.classes}
        )
        if self.layer is None:
            self.layer, base = prepared(base, None, method_named(asked.method), None, None, "zero")
        questions = [base.about(images[at : at + 1], asked.target, label) for at, label in enumerate(labels)]
        found = list(explained_batch(questions, self.layer, asked.method))
        failures = [one for one in found if isinstance(one, Exception) and not isinstance(one, Refusal)]
        if len(failures) == len(found):
            raise failures[0]
        return found
