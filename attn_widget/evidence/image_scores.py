"""What the model says of many altered versions of one image, in batches."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.candidates import UNKNOWN, Classes
from attn_widget.capture import Forward, Pass, fitted, hooked_pass, written_in
from attn_widget.explanation import Question
from attn_widget.explanation.batched_scores import Batches
from attn_widget.explanation.scored_output import ScoredOutput
from attn_widget.refusal import Refusal
from attn_widget.samples import Label, Pair
from attn_widget.targets import Target
from attn_widget.words import evidence


class ImageScores:
    """Scores altered versions of one image by what is explained: a class's probability, or another target's score.

    For a target that is one class, the score is that class's probability, and the class stays the same for all versions
    even if the prediction changes; for a `Contrast`, a callable or a regression, it is the target's score itself. The
    passes leave the model as it was.

    Parameters
    ----------
    model, image, target, label, forward
        As in `explain`.
    progress : callable, optional
        Is told after each batch how many images were scored; what it raises ends the work.
    classes : Classes
        What is known of the classes besides label and target.

    Attributes
    ----------
    image : Tensor ``[C, H, W]``
        The image as it was given.
    unit : str
        ``"probability"`` or ``"score"``.
    clean : float
        The score of the image itself.
    probabilities : ndarray ``[n]``, float64, or None
        Its class probabilities; None where the output is no class scores.

    Raises
    ------
    Refusal
        Where the target makes no sense for the model's output.
    """

    def __init__(
        self,
        model: nn.Module,
        image: torch.Tensor | np.ndarray,
        *,
        target: Target = "predicted",
        label: Label | Pair = None,
        forward: Forward | None = None,
        progress: Callable[[int], None] | None = None,
        classes: Classes = UNKNOWN,
    ) -> None:
        arguments = {"model": model, "image": image, "target": target, "label": label, "forward": forward}
        self._question = replace(Question.of(arguments), classes=classes)
        clean = fitted(model, self._question.image, lambda batch: hooked_pass(model, batch, forward))
        self._output, self._dtype = self._question.read(clean.output), clean.dtype
        scores, settled = self._output.scores, self._output.settled
        self._class = settled if isinstance(settled, int) and scores is not None else None
        self._batches = Batches(progress, single=callable(settled))
        self.image = self._question.image[0]
        self.unit = "score" if self._class is None else "probability"
        self.probabilities = None if scores is None else _array(scores.probabilities)
        found = (
            self._output.value if self._class is None or scores is None else float(scores.probabilities[self._class])
        )
        if found is None:
            raise Refusal(evidence.NOTHING_TO_SCORE)
        self.clean = found

    @classmethod
    def asking(cls, question: Question) -> "ImageScores":
        """Score versions of a question's image by what it asks about."""
        return cls(
            question.model,
            question.image,
            target=question.target,
            label=question.label,
            forward=question.forward,
            progress=question.progress,
            classes=question.classes,
        )

    def of(self, images: Iterable[torch.Tensor]) -> np.ndarray:
        """Score images ``[C, H, W]`` of the image's size: ``[n]``, float64.

        They may come from a generator: only a batch of them is held at a time.
        """
        chosen = self._class
        return self._scored(images, ScoredOutput.scores_in if chosen is None else _probability_of(chosen))

    def probabilities_of(self, images: Iterable[torch.Tensor]) -> np.ndarray:
        """Give the class probabilities of images ``[C, H, W]``: ``[n, classes]``, float64."""
        if self.probabilities is None:
            raise Refusal(evidence.NO_CLASS_PROBABILITIES)
        return self._scored(images, ScoredOutput.probabilities_in)

    def _scored(
        self, images: Iterable[torch.Tensor], score: Callable[[ScoredOutput, Pass, int], torch.Tensor]
    ) -> np.ndarray:
        question = self._question

        def scored(some: Sequence[torch.Tensor]) -> tuple[torch.Tensor, bool]:
            batch = written_in(torch.stack(list(some)), self._dtype, question.image)
            done = hooked_pass(question.model, batch, question.forward)
            return score(self._output, done, len(some)).detach(), done.drew

        return self._batches.all(images, scored).numpy()


def _probability_of(chosen: int) -> Callable[[ScoredOutput, Pass, int], torch.Tensor]:
    def probability(output: ScoredOutput, done: Pass, count: int) -> torch.Tensor:
        return output.probabilities_in(done, count)[:, chosen]

    return probability


def _array(values: torch.Tensor) -> Any:
    return values.detach().to("cpu", torch.float64).numpy()
