"""The image as methods without channels see it: its pixels, and the score of images like it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from attn_widget.capture import (
    Pass,
    differentiable,
    fitted,
    hooked_pass,
    tensors_in,
    written_in,
)
from attn_widget.explanation.batched_scores import BATCH, Batches, Scored, scored
from attn_widget.explanation.question import Question
from attn_widget.methods import Input
from attn_widget.outputs import Scores, placed, read_scores
from attn_widget.refusal import Refusal
from attn_widget.targets import needed, scores_of, settled
from attn_widget.words import reasons


@dataclass(frozen=True, eq=False)
class Seen:
    """What a method without channels made of an image.

    Attributes
    ----------
    overall_map : ndarray ``[H, W]``
        What it gave.
    scores : Scores or None
        The class scores.
    score : float
        The target's score.
    dtype : dtype
        That of the image as the model took it.
    """

    overall_map: np.ndarray
    scores: Scores | None
    score: float
    dtype: torch.dtype


def seen(question: Question, weigh: Callable[[Input], np.ndarray]) -> Seen:
    """Give what `weigh` makes of the image as methods without channels see it, and what the pass gave."""
    clean = fitted(question.model, question.image, lambda batch: hooked_pass(question.model, batch, question.forward))
    known = placed(clean.output, question.known)
    scores = read_scores(clean.output, question.label, classes=known)
    target = settled(question.target, scores, question.label)
    score = float(needed(scores_of(target, clean.output, question.label, classes=known))[0])
    batches = Batches(question.progress, single=callable(target))

    def weighed(image: torch.Tensor, run: Callable[[torch.Tensor], Pass]) -> np.ndarray:
        pixels = _Pixels(question.image, clean, run)

        def scored_on(images: Sequence[torch.Tensor]) -> Scored:
            done = pixels.run(torch.stack(list(images)))
            return scored(target, done, question.label, len(images), known, like=clean.output)

        def scores_for(images: torch.Tensor) -> torch.Tensor:
            return batches.batch(list(images), scored_on)

        return weigh(Input(image, scores_for, 1 if callable(target) else BATCH))

    found = differentiable(question.model, question.image.to(clean.dtype), weighed, forward=question.forward)
    return Seen(found, scores, score, clean.dtype)


class _Pixels:
    """Runs the model on images that a method made of floats, where it may take whole numbers.

    Parameters
    ----------
    image : Tensor ``[1, C, H, W]``
        The image as it was given.
    clean : Pass
        The pass of that image.
    run : callable
        Runs the model on a batch.
    """

    def __init__(self, image: torch.Tensor, clean: Pass, run: Callable[[torch.Tensor], Pass]) -> None:
        self._image, self._clean, self._run = image, clean, run
        self._as_floats = clean.dtype.is_floating_point

    def run(self, images: torch.Tensor) -> Pass:
        """Run the model on images in the dtype that it takes; on floats, where they are differentiated."""
        if self._clean.dtype.is_floating_point:
            return self._run(images)
        if not (torch.is_grad_enabled() and images.requires_grad):
            return self._run(written_in(images, self._clean.dtype, self._image))
        self._check_floats()
        return self._run(images)

    def _check_floats(self) -> None:
        """Refuse to differentiate floats of which the model makes something else than of the image itself."""
        if self._as_floats:
            return
        try:
            with torch.no_grad():
                output = self._run(self._image.to(torch.float32)).output
            parts = zip(tensors_in(output), tensors_in(self._clean.output), strict=True)
            self._as_floats = all(_are_close(*both) for both in parts)
        except Exception as error:
            raise Refusal(reasons.no_gradients_of_pixels(self._clean.dtype)) from error
        if not self._as_floats:
            raise Refusal(reasons.no_gradients_of_pixels(self._clean.dtype))


def _are_close(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two outputs are the same but for rounding."""
    one, other = one.detach().double(), other.detach().double()
    spread = float(other.abs().max()) if other.numel() else 0.0
    return one.shape == other.shape and torch.allclose(one, other, rtol=0, atol=1e-4 * spread, equal_nan=True)
