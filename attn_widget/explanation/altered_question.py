"""A question asked of a model with some channels of a layer silenced, in all its passes."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from attn_widget.capture import Altered, Capture
from attn_widget.explanation.layer_answers import LayerAnswers
from attn_widget.explanation.question import Question
from attn_widget.explanation.silencing import Silencing
from attn_widget.methods import Directions
from attn_widget.refusal import Refusal
from attn_widget.words import evidence, part_words


def check_silencing(silence: Any, keep: Any, fill: Any) -> bool:
    """Whether the arguments of `explain` ask for channels to be silenced; raises a ValueError if they disagree."""
    if silence is not None and keep is not None:
        raise ValueError("silence names the channels to silence and keep those that stay: give one of them, not both")
    filled = not (isinstance(fill, str) and fill == "zero")
    if filled and isinstance(silence, Silencing):
        raise ValueError("fill is told by the Silencing that silence is: leave it out")
    asked = silence is not None or keep is not None
    if filled and not asked:
        raise ValueError("fill is what silenced channels are set to: give silence or keep with it")
    return asked


def asked_of(captured: Capture, question: Question, layer: str, silence: Any, keep: Any, fill: Any) -> Silencing | None:
    """Read the arguments `silence`, `keep` and `fill` of `explain` for a layer; None if no channel is to be silenced.

    Raises a TypeError or ValueError for an invalid one.
    """
    count = len(LayerAnswers(question, layer, captured).maps)
    name, given = ("silence", silence) if keep is None else ("keep", keep)
    named = _numbers(name, given)
    _check(name, named, count, layer)
    channels = tuple(sorted(set(named) if keep is None else set(range(count)) - set(named)))
    if not channels:
        return None
    if isinstance(fill, str) and fill == "zero":
        return Silencing(layer, channels, call=question.call)
    return Silencing(layer, channels, "values", tuple(_values(fill, count).tolist()), call=question.call)


def altered(question: Question, silencing: Silencing, captured: Capture) -> Question:
    """Ask the same of the model with channels silenced; `captured` is what their layer gives in the clean pass.

    Raises a `Refusal` where the layer has no such channels, or they are heads that are to have other values than zero.
    """
    answers, parts = LayerAnswers(question, silencing.layer, captured), silencing.parts
    check_fit(silencing, answers)
    count = len(answers.maps)
    inside = answers.place < captured.attention
    forward = Altered(
        question.forward,
        silencing.layer,
        captured.call,
        answers.place if inside else answers.place - captured.attention,
        answers.channel_axis,
        silencing.channels,
        () if parts is not None else tuple(silencing.values_of(count)[channel] for channel in silencing.channels),
        tuple(map(_shape, captured.tensors[: captured.attention])) if inside else (),
        None if parts is None else partial(parts.mixed, silencing.channels),
    )
    return replace(question, forward=forward, silenced=silencing)


def check_fit(silencing: Silencing, answers: LayerAnswers) -> None:
    """Refuse channels, parts or values that the layer does not have, and heads with other values than zero."""
    layer, count, parts = silencing.layer, len(answers.maps), silencing.parts
    if parts is not None:
        _check_parts(parts, layer, answers)
    _check("silence", silencing.channels, count if parts is None else len(parts.vectors), layer)
    if silencing.values and len(silencing.values) != count:
        raise Refusal(evidence.values_do_not_fit(len(silencing.values), count, layer))
    if answers.of_heads and silencing.fill != "zero":
        raise Refusal(evidence.heads_have_no_mean(layer))


def _check_parts(parts: Directions, layer: str, answers: LayerAnswers) -> None:
    """Refuse to take parts of one layer out of another, or out of attention heads."""
    if answers.of_heads:
        raise Refusal(part_words.heads_have_no_parts(layer))
    if parts.layer != layer:
        raise Refusal(part_words.parts_of_another_layer("parts", parts.layer, layer))
    parts.check(len(answers.maps))


def _shape(weights: Any) -> tuple[int, int, int, int]:
    heads, queries, keys = weights.shape[-3:]
    return 1, heads, queries, keys


def _numbers(name: str, given: Any) -> list[int]:
    found = given.tolist() if isinstance(given, np.ndarray) else given
    if not isinstance(found, Sequence | set | frozenset | range) or isinstance(found, str):
        raise TypeError(f"{name} must be a list of channel numbers such as [17, 4], got {given!r}")
    if not all(isinstance(one, int | np.integer) and not isinstance(one, bool) for one in found):
        raise TypeError(f"{name} must hold whole numbers, the channels', got {given!r}")
    return [int(one) for one in found]


def _check(name: str, channels: Sequence[int], count: int, layer: str) -> None:
    unknown = [one for one in channels if not 0 <= one < count]
    if unknown:
        raise Refusal(evidence.no_such_channels(name, unknown, count, layer))


def _values(fill: Any, count: int) -> np.ndarray:
    values = None if isinstance(fill, str) else np.asarray(fill)
    if values is None or values.shape != (count,) or values.dtype.kind not in "buif":
        came = repr(fill) if values is None else f"an array of shape {list(values.shape)}"
        raise ValueError(f'fill must be "zero" or an array of {count} numbers, one for each channel, got {came}')
    return values.astype(np.float64)
