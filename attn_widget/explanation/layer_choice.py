"""The layer that is shown where none is asked for: the last on whose patches the score depends, as gradients tell."""

import math
from dataclasses import replace
from itertools import accumulate

from attn_widget.capture import Capture, Recording, named_modules
from attn_widget.explanation.question import Question
from attn_widget.layers import Layer, candidates_in, default_layer, projects

_MOST = 32  # the last block of a transformer and its head, and what comes before it
_NUMBERS = 2**26  # in what is kept of them, which is 256 MB in float32, and twice that with the gradients


def leading_layer(question: Question, layers: list[Layer], recording: Recording) -> Layer | None:
    """Choose the default layer for a question.

    A transformer's last layers have tokens for the patches of which the score may depend on none, as where only the
    class token is read on. There a pass with gradients tells; any other model takes no pass.

    Parameters
    ----------
    question : Question
        Its target is what is explained.
    layers : list of Layer
        The model's layers, as they were found for that question.
    recording : Recording
        The pass in which they were found.

    Returns
    -------
    Layer or None
        `default_layer`'s where nothing can be differentiated, or no layer's patches count; None where no layer is
        usable.
    """
    candidates = _last(candidates_in(layers))
    counting: list[Layer] = []
    if candidates and _may_be_unread(candidates[-1]):
        counting = _counting(question, candidates, recording)
    blank = [one.name for one in candidates if one not in counting]
    features = [one for one in counting if not _is_projection(one, blank, question)]
    return next((some[-1] for some in (features, counting) if some), default_layer(layers))


def _last(layers: list[Layer]) -> list[Layer]:
    """Take as many of the last layers as one pass may keep, at least one."""
    sizes = accumulate(math.prod(layer.shape) for layer in reversed(layers[-_MOST:]))
    return layers[-max(1, sum(size <= _NUMBERS for size in sizes)) :]


def _may_be_unread(layer: Layer) -> bool:
    return layer.behind_attention or (layer.layout is not None and layer.layout.prefix > 0)


def _counting(question: Question, layers: list[Layer], recording: Recording) -> list[Layer]:
    """Give the layers on whose patches the score depends; one pass tells of all that see the image in the same call."""
    calls = [recording.ran[layer.name].call for layer in layers]
    captured: dict[str, Capture] = {}
    for call in set(calls):
        names = [layer.name for layer, own in zip(layers, calls, strict=True) if own == call]
        try:
            found = replace(question, call=call, smooth=0).captured(names, gradients=True)
        except Exception:  # no score, or none with gradients, which whoever needs them is told
            continue
        captured |= zip(names, found, strict=True)
    return [layer for layer in layers if layer.name in captured and _counts(layer, captured[layer.name])]


def _is_projection(layer: Layer, blank: list[str], question: Question) -> bool:
    """Whether a layer is a matrix inside one whose own patches do not count, as keys and values for a class token."""
    inside = any(layer.name.startswith(f"{outer}.") for outer in blank)
    return inside and projects(dict(named_modules(question.model))[layer.name])


def _counts(layer: Layer, captured: Capture) -> bool:
    place = captured.attention + layer.place
    gradient = captured.gradients[place] if place < len(captured.gradients) else None
    return gradient is not None and layer.layout is not None and bool(layer.layout.read_gradient(gradient).any())
