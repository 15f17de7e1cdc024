"""A model's output for a batch, divided among its images and read for each one's target and label."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from attn_widget.candidates import Candidate, choose, named_tensors
from attn_widget.capture import replaced, tensors_in
from attn_widget.explanation.question import Question
from attn_widget.explanation.scored_output import ScoredOutput
from attn_widget.outputs import Scores, are_probabilities, label_beside
from attn_widget.targets import needed, settled

Take = Callable[[torch.Tensor, int], torch.Tensor]
"""Gives what a tensor of a batch holds of one image, as the pass of that image alone would give it."""


class Undivided(Exception):  # not an error: the images are then taken one by one
    """What a batch gave does not divide among its images."""


def take_from(batch: torch.Tensor, alone: torch.Tensor, count: int) -> Take:
    """Find out where the images are in a tensor of a batch, from what an image alone gave.

    That is an axis of size one there; the first axis, which a single image may lack; or no axis, for a tensor that is
    the same for all. Raises `Undivided` otherwise.
    """
    if batch.shape == alone.shape:
        return lambda tensor, _at: tensor
    if batch.ndim == alone.ndim + 1 and batch.shape == (count, *alone.shape):
        return lambda tensor, at: tensor[at]
    if batch.ndim == alone.ndim:
        differing = [axis for axis, sides in enumerate(zip(batch.shape, alone.shape, strict=True)) if len({*sides}) > 1]
        axis = differing[0]
        if len(differing) == 1 and (batch.shape[axis], alone.shape[axis]) == (count, 1):
            return lambda tensor, at: tensor.narrow(axis, at, 1)
    raise Undivided


class BatchOutput:
    """The output for the images of several questions, read for each of them; `alone` is the output for one image.

    Raises `Undivided`, or a Refusal where an image's target makes no sense.
    """

    def __init__(self, output: Any, alone: Any, questions: Sequence[Question]) -> None:
        self.output = output
        parts, apart = list(tensors_in(output)), list(tensors_in(alone))
        if len(parts) != len(apart):
            raise Undivided
        self._takes = [take_from(*both, len(questions)) for both in zip(parts, apart, strict=True)]
        taken = _only_scores(output, len(questions))
        rows = [self.of(at) for at in range(len(questions))]
        read = [question.read(row) for question, row in zip(questions, rows, strict=True)]
        self.read = read if taken is None else _read_at_once(taken, questions, read)

    def of(self, at: int) -> Any:
        """Give the output for the image at this place in the batch."""
        takes = iter(self._takes)
        return replaced(self.output, lambda tensor: next(takes)(tensor, at))

    def total(self) -> torch.Tensor:
        """Sum the targets' scores, to be differentiated once for all images."""
        return torch.stack([needed(one.target_score) for one in self.read]).sum()


def _only_scores(output: Any, count: int) -> Candidate | None:
    """Find the class scores ``[B, n]`` of an output that holds nothing else for which they could be taken."""
    floating = [tensor for _, tensor in named_tensors(output) if tensor.is_floating_point()]
    choice = choose(output, count) if len(floating) == 1 and floating[0].ndim == 2 else None
    return None if choice is None or choice.taken.squeezed or choice.taken.width == 1 else choice.taken


def _read_at_once(taken: Candidate, questions: Sequence[Question], outputs: list[ScoredOutput]) -> list[ScoredOutput]:
    """Read the class scores of all images together; `attn_widget.outputs.read_scores` is for one."""
    logits = taken.rows.detach().cpu()
    wide = logits.double()
    softmax, given = wide.softmax(1), are_probabilities(logits).tolist()
    unknown, highest = logits.isnan().any(1).tolist(), logits.argmax(1).tolist()
    for at, (question, one, row) in enumerate(zip(questions, outputs, logits.unbind(), strict=True)):
        label = label_beside(taken.width, question.label)
        several = isinstance(label, tuple)
        probabilities = wide[at] if given[at] else wide[at].sigmoid() if several else softmax[at]
        scores = Scores(row, probabilities, label, "", taken.place)
        vars(scores).update(predicted=None if unknown[at] else highest[at])
        vars(one).update(scores=scores)
    targets = [settled(one.target, one.scores, one.label) for one in outputs]
    classes = {at: target for at, target in enumerate(targets) if isinstance(target, int | tuple)}
    pairs = [target if isinstance(target, tuple) else (target, None) for target in classes.values()]
    places, of = list(classes), [pair[0] for pair in pairs]
    picked = taken.rows[places, of]
    if any(against is not None for _, against in pairs):
        against = taken.rows[places, [pair[1] or 0 for pair in pairs]]
        contrasted = torch.tensor([pair[1] is not None for pair in pairs], device=picked.device)
        picked = torch.where(contrasted, picked - against, picked)
    for at, score in zip(places, picked.unbind(), strict=True):
        vars(outputs[at]).update(settled=targets[at], target_score=score)
    return outputs
