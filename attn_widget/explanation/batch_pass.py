"""One pass for the images of several questions, and Explanations from it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from attn_widget.candidates import named_tensors
from attn_widget.capture import Capture, capture_batch
from attn_widget.explanation.assembly import of_attention, of_batch, of_layer
from attn_widget.explanation.attention_answers import AttentionAnswers
from attn_widget.explanation.batch_output import BatchOutput, Undivided, take_from
from attn_widget.explanation.layer_answers import LayerAnswers
from attn_widget.explanation.pipeline import pass_for
from attn_widget.explanation.question import Question
from attn_widget.explanation.result import Explanation
from attn_widget.layers import as_float32
from attn_widget.methods import Activation, BatchActivation, Method
from attn_widget.refusal import Refusal

_CLOSE = 1e-4  # how far, relative to the largest value, rounding may take what a batch gives from what an image alone
_ROUNDINGS = 16  # or how many of the dtype's own, for less precise ones
_NUMBERS = 2**20  # in the maps that are weighed at a time: 8 MB in float64


@dataclass(frozen=True, eq=False)
class Alone:
    """One image's own pass, which tells how that of a batch is read."""

    layer: str
    method: Method
    captured: Capture
    answers: LayerAnswers | None  # None for a method that reads all the attention

    @classmethod
    def of(cls, question: Question, layer: str, method: Method) -> "Alone":
        """Run the pass; raises what `explain` raises."""
        captured = pass_for(question, layer, method)
        if method.reads == "attention":
            return cls(layer, method, captured, None)
        return cls(layer, method, captured, LayerAnswers(replace(question, call=captured.call), layer, captured))


class BatchPass:
    """A pass for several images.

    Raises `Undivided` if what it gives does not divide among them, and whatever the model raises for a batch.
    """

    def __init__(self, questions: Sequence[Question], alone: Alone) -> None:
        self._questions, self._alone = questions, alone
        self._output: BatchOutput | None = None
        first, count = questions[0], len(questions)
        self._captured = capture_batch(
            first.model,
            torch.cat([question.image for question in questions]),
            alone.layer if alone.method.reads == "layer" else None,
            call=alone.captured.call,
            forward=first.forward,
            score=self._score if alone.method.gradients else None,
        )
        tensors = self._captured.tensors
        if form_of(self._captured) != form_of(alone.captured):
            raise Undivided
        self._takes = [take_from(*both, count) for both in zip(tensors, alone.captured.tensors, strict=True)]
        self._read = self._output or self._reading(self._captured.output)

    @property
    def drew(self) -> bool:
        """Whether the model drew random numbers, so that each image saw different ones."""
        return self._captured.drew

    def agrees(self, at: int) -> bool:
        """Whether the image at this place in the batch has, up to rounding, what it has alone: `Alone` must be its."""
        own, alone = map(_tensors_of, (self._of(at), self._alone.captured))
        return len(own) == len(alone) and all(map(are_alike, own, alone))

    def explanations(self) -> list[Explanation | Refusal | None]:
        """Explain each image; None for one that only a pass of its own can explain."""
        answers, method = self._alone.answers, self._alone.method
        if answers is None or not method.batched:
            return [self._singly(at) for at in range(len(self._questions))]
        return self._at_once(answers)

    def _score(self, output: Any) -> torch.Tensor:
        self._output = self._reading(output)
        return self._output.total()

    def _reading(self, output: Any) -> BatchOutput:
        return BatchOutput(output, self._alone.captured.output, self._questions)

    def _of(self, at: int) -> Capture:
        """Give what the pass of one image alone would have given."""
        captured = self._captured
        kept = [take(tensor, at) for take, tensor in zip(self._takes, captured.tensors, strict=True)]
        gradients = [
            None if gradient is None else take(gradient, at)
            for take, gradient in zip(self._takes, captured.gradients, strict=False)
        ]
        return replace(self._alone.captured, tensors=kept, gradients=gradients, output=self._read.of(at))

    def _singly(self, at: int) -> Explanation | Refusal | None:
        """Explain one image as `explain` does, by what the batch gave for it."""
        question, captured, alone = self._questions[at], self._of(at), self._alone
        if any(gradient is not None and not gradient.any() for gradient in captured.gradients):
            return None
        try:
            if alone.answers is None:
                return of_attention(question, captured, AttentionAnswers(question, captured), alone.method)
            own = replace(question, call=captured.call)
            answers = LayerAnswers(own, alone.layer, captured, alone.answers.read)
            activation = Activation(answers.maps, answers)
            return of_layer(question, alone.layer, captured, answers, activation, alone.method)
        except Refusal as refusal:
            return refusal

    def _at_once(self, answers: LayerAnswers) -> list[Explanation | Refusal | None]:
        """Weigh the channels of as many images at a time as fit into the processor's caches."""
        place, layout = answers.read
        take, captured = self._takes[place], self._captured
        tensor, gradient = captured.tensors[place], captured.gradients[place] if captured.gradients else None
        if gradient is None and self._alone.method.gradients:
            return [None] * len(self._questions)
        each = max(_NUMBERS // answers.maps.size, 1)
        found: list[Explanation | Refusal | None] = []
        for start in range(0, len(self._questions), each):
            some = range(start, min(start + each, len(self._questions)))
            maps = as_float32(torch.stack([layout.read(take(tensor, at)) for at in some]))
            gradients = None
            if gradient is not None:
                gradients = as_float32(torch.stack([layout.read_gradient(take(gradient, at)) for at in some]))
            explanations = of_batch(
                self._questions[some.start : some.stop],
                self._alone.layer,
                self._alone.captured,
                self._read.read[some.start : some.stop],
                BatchActivation(maps, gradients),
                self._alone.method,
                "head" if answers.of_heads else "channel",
            )
            found += [one or self._singly(at) for at, one in zip(some, explanations, strict=True)]
        return found


def form_of(captured: Capture) -> tuple[object, ...]:
    """Give what is the same in a batch as for an image alone."""
    return (
        captured.calls,
        captured.dtype,
        captured.attention,
        len(captured.left_out),
        len(captured.tensors),
        [gradient is None for gradient in captured.gradients],
    )


def _tensors_of(captured: Capture) -> list[torch.Tensor | None]:
    """List what a layer gave, the gradients, and the tensors in the model's output."""
    return [*captured.tensors, *captured.gradients, *(tensor for _, tensor in named_tensors(captured.output))]


def are_alike(one: torch.Tensor | None, other: torch.Tensor | None) -> bool:
    """Whether two tensors are equal up to rounding."""
    if one is None or other is None:
        return one is other
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    precision = torch.finfo(one.dtype).eps if one.is_floating_point() or one.is_complex() else 0.0
    values, others = as_float32(one), as_float32(other)
    finite = np.abs(others[np.isfinite(others)])
    tolerance = max(_CLOSE, _ROUNDINGS * precision) * float(finite.max(initial=0))
    return np.allclose(values, others, rtol=0, atol=tolerance, equal_nan=True)
