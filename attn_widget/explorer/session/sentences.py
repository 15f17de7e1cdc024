"""What the panel says about a look: verdict, status line, sentence, class bars, and what failed."""

from collections.abc import Sequence
from pathlib import PurePath

import numpy as np

from attn_widget.explanation import Explanation
from attn_widget.explorer.class_names import ClassNames
from attn_widget.explorer.life.background import Stopped
from attn_widget.explorer.offers import Known
from attn_widget.explorer.session.looker import Look
from attn_widget.explorer.session.scene import ClassBar, Words
from attn_widget.explorer.settings import State
from attn_widget.figure import (
    Pin,
    Style,
    compared_names,
    in_drawn_language,
    models_predict,
    predicted_text,
    same_target,
    shift_wordings,
    target_text,
    why_empty,
)
from attn_widget.methods import method_named
from attn_widget.outputs import class_mark, is_right
from attn_widget.refusal import Refusal
from attn_widget.samples import SampleError
from attn_widget.words import evidence, forms, messages

_TOP_CLASSES = 5


def words_of(look: Look, known: Known, style: Style) -> Words:
    """Write all that is said about a look."""
    names = known.names
    sample, explanation = look.sample, look.explanation
    right = is_right(explanation.predicted, sample.label)
    true, predicted = forms.label_text(sample.label, names.of), predicted_text(explanation, names.of)
    covered = [] if look.cover is None else [evidence.covered_note(look.cover.fill, look.cover.other)]
    notes = forms.together(names.misfit, *sample.notes, *covered, *explanation.notes, *look.notes)
    detail = [
        messages.joined(_altered(look)),
        messages.position_of(sample.position, known.samples.count),
        look.model or "",
        "" if sample.name == f"#{sample.position}" else sample.name,
        _layer(explanation),
        messages.milliseconds(look.seconds),
    ]
    shift = next(iter(shift_wordings(explanation, names.of)), "")
    said = [*detail[:4], messages.true_class(true), predicted, messages.verdict(right), *detail[4:], shift, notes]
    return Words(
        verdict=_verdict(true, explanation, right, names),
        right=right,
        detail=messages.joined(detail),
        status=messages.joined(said),
        sentence=sentence(look, names, style),
        notes=notes,
        empty=why_empty(explanation),
    )


def _altered(look: Look) -> list[str]:
    """List what is not as it was."""
    model, image = look.explanation.silenced is not None, look.cover is not None
    return [*([evidence.MODEL_ALTERED] if model else []), *([evidence.REGION_COVERED] if image else [])]


def words_of_failure(state: State, known: Known, before: Words) -> Words:
    """Write what is said about a state that has no picture; the sentence stays that of the picture still seen."""
    position = messages.position_of(state.sample, known.samples.count)
    detail = [position, state.model or "", messages.layer_name(state.layer) if state.layer else ""]
    status = messages.joined([*detail, messages.NOT_SHOWN])
    return Words(messages.NOT_SHOWN, None, messages.joined(detail), status, before.sentence, "")


def _verdict(true: str, explanation: Explanation, right: bool | None, names: ClassNames) -> str:
    predicted, probabilities = explanation.predicted, explanation.probabilities
    if predicted is None or probabilities is None:
        return messages.verdict_of_value(true, explanation.score)
    return messages.verdict_of_class(true, names.of(predicted), float(probabilities[predicted]), right)


def picture_name(look: Look | None, names: ClassNames) -> str:
    """Name the file of a saved picture, without ending: class or file, position, layer and method."""
    if look is None:
        return ""
    sample, explanation = look.sample, look.explanation
    label = forms.label_text(sample.label, names.of) or (PurePath(sample.name).stem if "#" not in sample.name else "")
    altered = "altered" if _altered(look) else ""
    parts = (label, str(sample.position), look.model or "", explanation.layer, explanation.method, altered)
    return "_".join("".join(c if c.isalnum() or c in "-.+" else "-" for c in part) for part in parts if part)


def _of_layer(explanation: Explanation) -> bool:
    return method_named(explanation.method).reads == "layer"


def _layer(explanation: Explanation) -> str:
    """Name the layer; "all layers" for a method that reads all attention, nothing for one that reads the image."""
    if _of_layer(explanation):
        return messages.layer_name(explanation.layer)
    return forms.ALL_LAYERS if explanation.channel_count else ""


def failure(error: Exception) -> str:
    """Say in a sentence what failed."""
    if isinstance(error, Stopped):
        return messages.STOPPED
    if isinstance(error, SampleError | Refusal | IndexError):
        return str(error)
    return forms.failed_pass(error)


def sentence(look: Look, names: ClassNames, style: Style) -> str:
    """Say in a sentence what is looked at, and in others what the colours mean."""
    explanation, comparison = look.explanation, look.comparison
    by_class = method_named(explanation.method).class_specific
    weighed = messages.weighed_by(explanation.method, target_text(explanation, names.of))
    has_channels = explanation.channel_count > 0 and comparison is None
    raw = style.view == "raw" and has_channels
    scale = style.scale if isinstance(style.scale, str) else "fixed"
    colours = messages.colours_read(
        style.cmap, explanation.unit, raw=raw, evidence=by_class, channels=has_channels, scale=scale
    )
    if comparison is not None:
        read = same_target(comparison, names.of) or messages.difference_read(*compared_names(comparison, names.of))
        colours = forms.together(colours, read, models_predict(comparison, names.of))
    else:
        colours = forms.together(colours, _shift(look, names))
    if not explanation.channel_count:
        return forms.together(forms.ended(messages.what_pixels_show(weighed)), colours)
    height, width = explanation.overall_map.shape
    shown = messages.what_is_shown(
        explanation.layer or (messages.THE_MODEL if _of_layer(explanation) else forms.capitalised(forms.ALL_LAYERS)),
        (explanation.channel_count, explanation.unit),
        (height, width),
        (explanation.call, explanation.calls),
        weighed,
    )
    if comparison is not None:
        return forms.together(forms.ended(shown), colours)
    if explanation.at is not None and explanation.ranked_by == "value":
        return forms.together(forms.ended(shown), messages.ranked_at(explanation.at, explanation.unit), colours)
    shares = list(zip(map(int, explanation.channels), map(float, explanation.shares), strict=True))
    attends = "" if explanation.at is None else messages.attends_from(explanation.at)
    visible = bool((explanation.overall_map > 0).any())
    heat = messages.heat_shares(shares, explanation.unit, visible=visible)
    return forms.together(forms.ended(forms.clauses(shown, heat)), attends, colours)


def _shift(look: Look, names: ClassNames) -> str:
    """Say whether the overall heatmap knows the class, or why that is not measured."""
    explanation = look.explanation
    said = shift_wordings(explanation, names.of)
    if said:
        return forms.ended(forms.capitalised(said[0]))
    if look.shift_cost is not None:
        return messages.class_shift_costs(look.shift_cost)
    unmeasured = explanation.shift_classes is None and isinstance(explanation.target_classes, int)
    return messages.CLASS_SHIFT_UNKNOWN if unmeasured and method_named(explanation.method).class_specific else ""


@in_drawn_language
def pinned(look: Look, names: ClassNames) -> Pin:
    """Make a pinned view of a look."""
    explanation, sample = look.explanation, look.sample
    predicted = "" if explanation.predicted is None else names.of(explanation.predicted)
    title = messages.pin_title(sample.position, forms.label_text(sample.label, names.of), predicted)
    altered = evidence.MODEL_ALTERED if explanation.silenced is not None else ""
    title = messages.joined([title, look.model or "", altered])
    return Pin(sample.rendering, explanation, title)


def class_bars(
    explanation: Explanation, classes: Sequence[str], before: Explanation | None = None
) -> tuple[ClassBar, ...]:
    """List the classes of highest probability, and the true class wherever it ranks, as well as that predicted before.

    `before` is the explanation of the unaltered model and image, if either was altered.
    """
    probabilities = explanation.probabilities
    if probabilities is None or np.isnan(probabilities).any():
        return ()
    label, order = explanation.label, np.argsort(-probabilities, kind="stable")
    shown = [int(index) for index in order[:_TOP_CLASSES]]
    earlier = None if before is None or before.probabilities is None else before.probabilities
    if before is not None and before.predicted is not None and before.predicted not in shown:
        shown[-1] = before.predicted
    if isinstance(label, int) and 0 <= label < len(probabilities) and label not in shown:
        shown.append(label)
    explained = _explained(explanation)
    return tuple(
        ClassBar(
            i,
            classes[i],
            float(probabilities[i]),
            class_mark(i, explanation.predicted, explanation.label),
            i == explained,
            None if earlier is None else float(earlier[i]),
        )
        for i in shown
    )


def _explained(explanation: Explanation) -> int | None:
    """Give the class that a picture is of; None where it is of none, as by a method that ignores the class."""
    if not method_named(explanation.method).class_specific:
        return None
    target = explanation.target_classes
    of = target[0] if isinstance(target, tuple) else target
    return of if isinstance(of, int) else None
