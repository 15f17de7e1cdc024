"""`explain_batch`: many images from one pass, as long as the model takes each of them as it does alone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from attn_widget.capture import Forward, Grid, as_images
from attn_widget.explanation.batch_output import Undivided
from attn_widget.explanation.batch_pass import Alone, BatchPass
from attn_widget.explanation.pipeline import LabelLike, explained, prepared
from attn_widget.explanation.question import Question
from attn_widget.explanation.result import Explanation
from attn_widget.explanation.silencing import Silencing
from attn_widget.layers import NoMap
from attn_widget.methods import Method, method_named
from attn_widget.refusal import Refusal
from attn_widget.targets import Contrast, Target
from attn_widget.words import reasons

_MOST = 128  # images in one pass
_NUMBERS = 2**22  # in the images of one pass: 27 of 3x224x224, whose gradients take some 600 MB in a ResNet-18


def explain_batch(
    model: nn.Module,
    images: torch.Tensor | np.ndarray,
    *,
    layer: str | None = None,
    call: int = -1,
    method: str = "channel-mean",
    top_k: int = 3,
    targets: Target | Sequence[Target] = "predicted",
    labels: Sequence[LabelLike] | torch.Tensor | np.ndarray | None = None,
    forward: Forward | None = None,
    smooth: int = 0,
    grid: Grid | None = None,
    prefix: int | None = None,
    silence: Sequence[int] | Silencing | None = None,
    keep: Sequence[int] | None = None,
    fill: Literal["zero"] | np.ndarray = "zero",
    progress: Callable[[int], None] | None = None,
) -> list[Explanation]:
    """Explain many images from one forward pass and, if the method needs gradients, one backward pass.

    Each Explanation is what `explain` gives for that image, up to rounding errors. One image is also run alone: where
    the batch gives it something else, as in a model that looks across the batch, or where the model raises for a batch
    or draws random numbers, the images are taken one by one, and a note in each Explanation says so. Methods that need
    further passes, and all with `smooth`, take those for each image. Large batches are split.

    Parameters
    ----------
    model, call, method, top_k, forward, smooth, grid, prefix, silence, keep, fill
        As in `explain`.
    images : Tensor or ndarray
        ``[N, C, H, W]``, as the model takes them.
    layer : str, optional
        As in `explain`; the default is chosen once for all images.
    targets
        One target for all images, as `explain` takes it, or a sequence of N.
    labels : sequence, optional
        The N samples' labels.
    progress : callable, optional
        Is told after each image, or batch of them, how many are done; what it raises ends the work.

    Returns
    -------
    list of Explanation
        In the order of the images. `Explanation.class_shift`, which takes a second backward pass, is NaN.

    Raises
    ------
    TypeError, ValueError
        As `explain` raises for one of the images; the message or a note names it.
    """
    batch = as_images(images)
    count = len(batch)
    each_target, each_label = _targets(targets, count), _labels(labels, count)
    if count == 0:
        return []
    given = {**locals(), "image": batch[:1], "progress": None}
    base, middle = Question.of(given), count // 2
    asked = base.about(batch[middle : middle + 1], each_target[middle], each_label[middle])
    layer, base = prepared(asked, layer, method_named(method), silence, keep, fill)
    questions = [base.about(batch[at : at + 1], each_target[at], each_label[at]) for at in range(count)]
    found: list[Explanation] = []
    for one in explained_batch(questions, layer, method):
        if isinstance(one, Exception):
            raise _naming(one, len(found))
        found.append(one)
        if progress is not None:
            progress(len(found))
    return found


def explained_batch(questions: Sequence[Question], layer: str, method: str) -> Iterator[Explanation | Exception]:
    """Answer questions that differ in image, target and label only; where one has no answer, give what was raised."""
    work = _Work(layer, method_named(method))
    each = min(max(_NUMBERS // questions[0].image.numel(), 1), _MOST)
    for start in range(0, len(questions), each):
        yield from work.answers(questions[start : start + each])


class _Work:
    """Explains one batch after another; once that has not worked, image by image."""

    def __init__(self, layer: str, method: Method) -> None:
        self._layer, self._method = layer, method
        self._alone: Alone | None = None
        self._why = ""  # the sentence that says why images are taken one by one

    def answers(self, questions: Sequence[Question]) -> Iterator[Explanation | Exception]:
        """Explain the images of some questions."""
        together = self._together(questions) if self._in_batches(questions) else None
        for question, found in zip(questions, together or [None] * len(questions), strict=True):
            yield self._singly(question) if found is None else found

    def _in_batches(self, questions: Sequence[Question]) -> bool:
        smoothed = self._method.gradients and questions[0].smooth > 0
        return len(questions) > 1 and not self._why and self._method.reads != "image" and not smoothed

    def _together(self, questions: Sequence[Question]) -> list[Explanation | Refusal | None] | None:
        """Explain images in one pass; None where that does not work."""
        middle = len(questions) // 2  # what is carried from image to image, either way, shows there
        checked = self._alone is not None
        try:
            alone = self._alone or Alone.of(questions[middle], self._layer, self._method)
        except Exception:  # the image's own: it is raised again when the image is taken alone
            return None
        try:
            batch = BatchPass(questions, alone)
            if batch.drew:
                self._why = reasons.DRAWN_ALONE
            elif not checked and not batch.agrees(middle):
                self._why = reasons.TAKEN_ALONE
            else:
                self._alone = alone
                return batch.explanations()
        except Undivided:
            self._why = reasons.TAKEN_ALONE
        except Exception as error:
            if not isinstance(error, Refusal):
                self._why = reasons.raised_for_a_batch(error)
        return None

    def _singly(self, question: Question) -> Explanation | Exception:
        try:
            found = next(explained(question, [self._layer], [self._method.name]))
        except Exception as error:
            return error
        if isinstance(found, Refusal) or not self._why:
            return found
        return replace(found, notes=(*found.notes, self._why))


def _targets(targets: Any, count: int) -> Sequence[Target]:
    """Read one target for all images, or one for each."""
    if isinstance(targets, torch.Tensor | np.ndarray):
        targets = targets.tolist()
    if isinstance(targets, str | Contrast) or not isinstance(targets, Sequence):
        return [targets] * count
    if len(targets) != count:
        raise ValueError(f"targets must be one target, or one for each of the {count} images, got {len(targets)}")
    return targets


def _labels(labels: Any, count: int) -> Sequence[Any]:
    if labels is None:
        return [None] * count
    if isinstance(labels, torch.Tensor | np.ndarray) and labels.ndim == 1:
        labels = labels.tolist()
    if isinstance(labels, str) or not hasattr(labels, "__len__") or len(labels) != count:
        came = f"{len(labels)}" if hasattr(labels, "__len__") else repr(labels)
        raise ValueError(f"labels must be a sequence with one for each of the {count} images, got {came}")
    return labels


def _naming(error: Exception, at: int) -> Exception:
    """Say for which image something was raised."""
    if isinstance(error, NoMap):
        return NoMap(f"images[{at}]: {error}", error.grids)
    if isinstance(error, Refusal):
        return Refusal(f"images[{at}]: {error}")
    error.add_note(f"This happened for images[{at}].")
    return error
