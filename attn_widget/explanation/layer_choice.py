"""The default layer: the last one on whose patches the score depends, as gradients tell."""

import math
from dataclasses import replace
from itertools import accumulate

from attn_widget.capture import Capture, Recording, named_modules
from attn_widget.explanation.question import Question
from attn_widget.layers import Layer, candidates_in, default_layer, projects

_MOST = 32  # layers: the last block of a transformer with its head, and some before it
_NUMBERS = 2**26  # in what is kept of these layers: 256 MB in float32, and twice that with the gradients


def leading_layer(question: Question, layers: list[Layer], recording: Recording) -> Layer | None:
    """Choose the default layer for a question's target among the layers that a recorded pass found.

    In a transformer's last layers the score may depend on none of the patches, for instance where only the class token
    is used. A pass with gradients tells; other models need none. Where nothing can be differentiated, or no layer's
    patches count, this is what `default_layer` gives: None where no layer is usable.
    """
    candidates = _last(candidates_in(layers))
    if not candidates or not _may_be_unread(candidates[-1]):
        return default_layer(layers)
    counting = _counting(question, candidates, recording)
    blank = [one.name for one in candidates if one not in counting]
    features = [one for one in counting if not _is_projection(one, blank, question)]
    best = features or counting
    return best[-1] if best else default_layer(layers)


def _last(layers: list[Layer]) -> list[Layer]:
    """Take as many of the last layers as one pass may keep, but at least one."""
    sizes = accumulate(math.prod(layer.shape) for layer in reversed(layers[-_MOST:]))
    return layers[-max(1, sum(size <= _NUMBERS for size in sizes)) :]


def _may_be_unread(layer: Layer) -> bool:
    return layer.behind_attention or (layer.layout is not None and layer.layout.prefix > 0)


def _counting(question: Question, layers: list[Layer], recording: Recording) -> list[Layer]:
    """Give the layers on whose patches the score depends; all that see the image in the same call share a pass."""
    calls = [recording.ran[layer.name].call for layer in layers]
    captured: dict[str, Capture] = {}
    for call in set(calls):
        names = [layer.name for layer, own in zip(layers, calls, strict=True) if own == call]
        try:
            found = replace(question, call=call, smooth=0, shift=False).captured(names, gradients=True)
        except Exception:  # no score, or no gradients: whatever needs them will report it
            continue
        captured |= zip(names, found, strict=True)
    return [layer for layer in layers if layer.name in captured and _counts(layer, captured[layer.name])]


def _is_projection(layer: Layer, blank: list[str], question: Question) -> bool:
    """Whether a layer is a projection in one whose own patches do not count, like a class token's keys and values."""
    inside = any(layer.name.startswith(f"{outer}.") for outer in blank)
    return inside and projects(dict(named_modules(question.model))[layer.name])


def _counts(layer: Layer, captured: Capture) -> bool:
    place = captured.attention + layer.place
    gradient = captured.gradients[place] if place < len(captured.gradients) else None
    return gradient is not None and layer.layout is not None and bool(layer.layout.read_gradient(gradient).any())
