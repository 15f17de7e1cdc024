"""What the panel says about a look: status line, sentence, class bars, and failures."""

import numpy as np

from attn_widget.explanation import Explanation
from attn_widget.explorer.looking import Look
from attn_widget.explorer.names import ClassNames
from attn_widget.explorer.worker import Stopped
from attn_widget.figure import Pin, Style, compared_names, predicted_text, same_target, target_text
from attn_widget.methods import method_named
from attn_widget.outputs import is_right
from attn_widget.refusal import Refusal
from attn_widget.samples import SampleError
from attn_widget.words import forms, messages

_TOP_CLASSES = 5


def status(look: Look, names: ClassNames, count: int | None, aside: str) -> str:
    """Write the status line: position, name, classes, verdict, layer, time, and what there is to know."""
    sample, explanation = look.sample, look.explanation
    sentences = [*([aside] if aside else []), *explanation.notes, *look.notes]
    return messages.status_line(
        [
            messages.position_of(sample.position, count),
            sample.name,
            messages.true_class(forms.label_text(sample.label, names.of)),
            predicted_text(explanation, names.of),
            messages.verdict(is_right(explanation.predicted, sample.label)),
            _layer(explanation),
            messages.milliseconds(look.seconds),
            *sample.notes,
            " ".join(sentences),
        ]
    )


def _of_layer(explanation: Explanation) -> bool:
    return method_named(explanation.method).reads == "layer"


def _layer(explanation: Explanation) -> str:
    """Name the layer; methods of the image have none, those of all attention all of them."""
    if _of_layer(explanation):
        return messages.layer_name(explanation.layer)
    return forms.ALL_LAYERS if explanation.channel_count else ""


def failed_status(position: int, count: int | None, layer: str | None) -> str:
    """Write the status line of a state that could not be computed."""
    parts = [messages.position_of(position, count), messages.layer_name(layer) if layer else "", messages.NOT_SHOWN]
    return messages.status_line(parts)


def failure(error: Exception) -> str:
    """Say in a sentence what failed."""
    if isinstance(error, Stopped):
        return messages.STOPPED
    if isinstance(error, SampleError | Refusal | IndexError):
        return str(error)
    return forms.failed_pass(error)


def sentence(look: Look, names: ClassNames, style: Style) -> str:
    """Say in one sentence what is being looked at, and in others what the colours mean."""
    explanation, comparison = look.explanation, look.comparison
    asks = method_named(explanation.method).asks
    weighed = messages.weighed_by(explanation.method, target_text(explanation, names.of))
    has_channels = explanation.channel_count > 0 and comparison is None
    raw = style.view == "raw" and has_channels
    colours = messages.colours_read(style.cmap, explanation.unit, raw=raw, evidence=asks, channels=has_channels)
    if comparison is not None:
        read = same_target(comparison, names.of) or messages.difference_read(*compared_names(comparison, names.of))
        colours = f"{colours} {read}"
    if not explanation.channel_count:
        return f"{messages.what_pixels_show(weighed)}. {colours}"
    height, width = explanation.overall_map.shape
    shown = messages.what_is_shown(
        explanation.layer or (messages.THE_MODEL if _of_layer(explanation) else forms.ALL_LAYERS.capitalize()),
        (explanation.channel_count, explanation.unit),
        (height, width),
        (explanation.call, explanation.calls),
        weighed,
    )
    if comparison is not None:
        return f"{shown}. {colours}"
    if explanation.at is not None and explanation.ranked_by == "value":
        return f"{shown}. {messages.ranked_at(explanation.at, explanation.unit)} {colours}"
    shares = list(zip(map(int, explanation.channels), map(float, explanation.shares), strict=True))
    attends = "" if explanation.at is None else f" {messages.attends_from(explanation.at)}"
    visible = bool((explanation.overall_map > 0).any())
    heat = messages.heat_shares(shares, explanation.unit, visible=visible)
    return f"{shown}; {heat}.{attends} {colours}"


def pinned(look: Look, names: ClassNames) -> Pin:
    """Make a pinned view of a look."""
    explanation, sample = look.explanation, look.sample
    predicted = "" if explanation.predicted is None else names.of(explanation.predicted)
    title = messages.pin_title(sample.position, forms.label_text(sample.label, names.of), predicted)
    return Pin(sample.rendering, explanation, title)


def top_classes(explanation: Explanation, names: ClassNames) -> list[tuple[str, float, bool | None]]:
    """List the classes of highest probability: name, probability, and right, wrong or neither."""
    if explanation.probabilities is None or np.isnan(explanation.probabilities).any():
        return []
    order = np.argsort(-explanation.probabilities, kind="stable")[:_TOP_CLASSES]
    return [(names.of(int(i)), float(explanation.probabilities[i]), _mark(int(i), explanation)) for i in order]


def _mark(index: int, explanation: Explanation) -> bool | None:
    """True for a true class, False for a wrong prediction."""
    if is_right(index, explanation.label):
        return True
    return False if index == explanation.predicted and explanation.label is not None else None
