"""What methods without channels ask about the image: its pixels, and the scores of similar images."""

from collections.abc import Callable, Sequence

import numpy as np
import torch

from attn_widget.capture import Pass, differentiable, fitted, hooked_pass, tensors_in, written_in
from attn_widget.explanation.batched_scores import BATCH, Batches
from attn_widget.explanation.question import Question
from attn_widget.explanation.scored_output import ScoredOutput
from attn_widget.methods import Input, Method
from attn_widget.refusal import Refusal
from attn_widget.targets import needed
from attn_widget.words import reasons


def attribute_pixels(question: Question, method: Method) -> tuple[np.ndarray, ScoredOutput, torch.dtype]:
    """Give a method's map of the image, ``[H, W]``, with the model's output and the dtype in which it took the image.

    Refuses a target without a score, and pixels without gradients; raises a ValueError where a user's method gives
    anything but a value for each pixel.
    """
    clean = fitted(question.model, question.image, lambda batch: hooked_pass(question.model, batch, question.forward))
    output = question.read(clean.output)
    needed(output.value)
    single = callable(output.settled)
    batches = Batches(question.progress, single=single)

    def attributed(image: torch.Tensor, run: Callable[[torch.Tensor], Pass]) -> np.ndarray:
        pixels = _Pixels(question.image, clean, run)

        def scored_on(images: Sequence[torch.Tensor]) -> tuple[torch.Tensor, bool]:
            done = pixels.run(torch.stack(list(images)))
            return output.scores_in(done, len(images)), done.drew

        def scores_for(images: torch.Tensor) -> torch.Tensor:
            return batches.batch(list(images), scored_on)

        found: np.ndarray = method.weigh(Input(image, scores_for, 1 if single else BATCH))
        if not isinstance(found, np.ndarray) or found.shape != question.size:
            got = f"an array {list(found.shape)}" if isinstance(found, np.ndarray) else type(found).__name__
            raise ValueError(f"method {method.name!r} must give a NumPy array {list(question.size)}, got {got}")
        return found

    found = differentiable(question.model, question.image.to(clean.dtype), attributed, forward=question.forward)
    return found, output, clean.dtype


class _Pixels:
    """Runs the model on images of floats, which a method makes, even if the model took the image as integers.

    `clean` is the pass of the `image` as it was given, and `run` passes a batch through the model.
    """

    def __init__(self, image: torch.Tensor, clean: Pass, run: Callable[[torch.Tensor], Pass]) -> None:
        self._image, self._clean, self._run = image, clean, run
        self._as_floats = False

    def run(self, images: torch.Tensor) -> Pass:
        """Run the model on images in the dtype that it took, or on floats where they are differentiated."""
        if not self._clean.dtype.is_floating_point:
            if torch.is_grad_enabled() and images.requires_grad:
                self._check_floats()
            else:
                images = written_in(images, self._clean.dtype, self._image)
        return self._run(images)

    def _check_floats(self) -> None:
        """Refuse to differentiate floats if the model's output for them differs from that for the image itself."""
        if self._as_floats:
            return
        cause = None
        try:
            with torch.no_grad():
                output = self._run(self._image.to(torch.float32)).output
            parts = zip(tensors_in(output), tensors_in(self._clean.output), strict=True)
            self._as_floats = all(_are_close(*both) for both in parts)
        except Exception as error:
            cause = error
        if not self._as_floats:
            raise Refusal(reasons.no_gradients_of_pixels(self._clean.dtype)) from cause


def _are_close(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two outputs are equal up to rounding errors."""
    one, other = one.detach().double(), other.detach().double()
    spread = float(other.abs().max()) if other.numel() else 0.0
    return one.shape == other.shape and torch.allclose(one, other, rtol=0, atol=1e-4 * spread, equal_nan=True)
