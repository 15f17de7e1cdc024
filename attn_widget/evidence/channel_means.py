"""The mean of each channel of a layer over several samples: a value to silence channels with."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.capture import Forward
from attn_widget.explanation import Question
from attn_widget.explanation.layer_answers import LayerAnswers
from attn_widget.explanation.pipeline import clean_output
from attn_widget.layout_trial import tried
from attn_widget.refusal import Refusal
from attn_widget.samples import Axes, Samples
from attn_widget.words import evidence

FIRST = 32
"""Over how many samples the mean is taken, by default."""


def channel_means(
    model: nn.Module,
    images: Any,
    layer: str,
    *,
    call: int = -1,
    forward: Forward | None = None,
    count: int = FIRST,
    progress: Callable[[int], None] | None = None,
) -> np.ndarray:
    r"""Average each channel over all places of a layer's output and over several samples, one pass for each.

    With :math:`A_c^{(i)}` channel c for image i, at P places (for tokens: all of them, the class token included):

    .. math:: m_c = \frac{1}{n} \sum_i \frac{1}{P} \sum_p A_c^{(i)}(p)

    A channel set to this value says as little about the image as one set to zero, and is less unlike what the layers
    behind it have seen in training.

    Parameters
    ----------
    model : Module
        Left exactly as it was.
    images : Samples, loader, or sequence of Tensor ``[C, H, W]``
        The first `count` samples are taken, or all if there are fewer.
    layer : str
        A name in `model.named_modules()`.
    call : int
        Which call of a module that runs several times.
    forward : callable, optional
        ``forward(model, batch)``, called instead of ``model(batch)``.
    count : int
        How many samples at most.
    progress : callable, optional
        Is told after each pass how many there were; what it raises ends the work.

    Returns
    -------
    ndarray ``[K]``, float64

    Raises
    ------
    Refusal
        Where the layer gives no map, or its channels are attention heads, for which a mean makes no sense.
    ValueError
        Where there is no sample.
    """
    found: list[np.ndarray] = []
    for image, axes in _first(images, count):
        found.append(tried(axes, forward, partial(_means, model, image, layer, call)))
        if progress is not None:
            progress(len(found))
    if not found:
        raise ValueError("images must hold at least one sample, got none")
    means: np.ndarray = np.mean(found, axis=0)
    return means


def _means(model: nn.Module, image: torch.Tensor, layer: str, call: int, forward: Forward | None) -> np.ndarray:
    question = Question.of({"model": model, "image": image, "forward": forward})
    answers = LayerAnswers(question, layer, clean_output(question, layer, call))
    if answers.of_heads:
        raise Refusal(evidence.heads_have_no_mean(layer))
    return answers.channel_means


def _first(images: Any, count: int) -> Iterator[tuple[torch.Tensor, Axes]]:
    """Give the first images, and the axes that they had in the loader."""
    if isinstance(images, Sequence) and images and all(getattr(one, "ndim", 0) == 3 for one in images[:count]):
        yield from ((torch.as_tensor(one), "CHW") for one in images[:count])
        return
    samples = images if isinstance(images, Samples) else Samples(images)
    for position in range(count) if samples.count is None else range(min(count, samples.count)):
        try:
            sample = samples[position]
        except IndexError:  # the end of a stream
            return
        yield sample.image, sample.axes
