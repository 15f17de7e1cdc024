"""Explanations, assembled from what a method finds."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from attn_widget.capture import Altered, Capture
from attn_widget.explanation.attention_answers import AttentionAnswers
from attn_widget.explanation.class_shift import UNMEASURED, Gradients, Shift, shift_between
from attn_widget.explanation.emptiness import Cause, emptiness_of_layer, emptiness_of_map, emptiness_of_whole
from attn_widget.explanation.layer_answers import GradientsAlone, LayerAnswers
from attn_widget.explanation.layer_choice import leading_layer
from attn_widget.explanation.pixel_answers import attribute_pixels
from attn_widget.explanation.question import Question
from attn_widget.explanation.result import Explanation, cell_under, read_only
from attn_widget.explanation.scored_output import ScoredOutput
from attn_widget.layers import Layout, as_float32
from attn_widget.layout_trial import Trial
from attn_widget.methods import Activation, Attentions, BatchActivation, Directions, Method, Weighing, weighing_by
from attn_widget.outputs import label_beside
from attn_widget.refusal import Refusal
from attn_widget.words import evidence, part_words, reasons

_WHOLE_MODEL: dict[str, Any] = {"layer": "", "call": 0, "calls": 1}


def of_layer(
    question: Question, layer: str, captured: Capture, answers: LayerAnswers, activation: Activation, method: Method
) -> Explanation:
    """Weigh a layer's channels, and keep the strongest ones."""
    weighing = weighing_by(method, activation)
    check_parts_layer(weighing, method, layer)
    maps = weighing.weighed(activation.maps)
    overall_map = weighing.overall_map(maps)
    unit = _unit(weighing, "head" if answers.of_heads else "channel")
    empty = emptiness_of_layer(answers, activation, method, overall_map)
    return Explanation(
        **_about(question, method, answers.output, overall_map),
        **_strongest(weighing, maps, question, answers.ranked_at, unit),
        parts=weighing.parts,
        layer=layer,
        call=captured.call,
        calls=captured.calls,
        **_shift_of_layer(answers, activation, method, overall_map),
        notes=(
            *_note_on_silenced(question),
            *_note_on_call(question, captured),
            *_notes_on_maps(answers.maps),
            *_note_on_parts(weighing.parts, maps, activation.maps),
            *(
                _note_on_unreached(question, layer)
                if answers.unreached
                else _notes(question, answers.output, overall_map, captured.dtype, empty, maps)
            ),
        ),
        empty=empty,
    )


def of_batch(
    questions: Sequence[Question],
    layer: str,
    captured: Capture,
    outputs: Sequence[ScoredOutput],
    activation: BatchActivation,
    method: Method,
    unit: str,
) -> list[Explanation | None]:
    """Do the same for several images, whose channels a `batched` method weighs at once; `captured` is one image's.

    None where a heatmap is blank: why, only `of_layer` finds out.
    """
    weighing = weighing_by(method, activation)
    check_parts_layer(weighing, method, layer)
    maps = weighing.weighed(activation.maps)
    overall_maps, strengths = weighing.overall_map(maps), weighing.strengths(maps)
    is_plain = bool(np.isfinite(activation.maps).all())
    causes = [emptiness_of_map(overall_map, method) for overall_map in overall_maps]
    return [
        None
        if cause not in ("", "flat")
        else Explanation(
            **_about(question, method, output, overall_map),
            **_kept(weights, strength, own, question, None, _unit(weighing, unit)),
            parts=weighing.parts,
            layer=layer,
            call=captured.call,
            calls=captured.calls,
            **UNMEASURED,
            notes=(
                *_note_on_silenced(question),
                *_note_on_call(question, captured),
                *([] if is_plain else _notes_on_maps(layers_own)),
                *_note_on_parts(weighing.parts, own, layers_own),
                *_notes(question, output, overall_map, captured.dtype, cause, None if is_plain else own),
            ),
            empty=cause,
        )
        for question, output, layers_own, own, weights, strength, overall_map, cause in zip(
            questions, outputs, activation.maps, maps, weighing.weights, strengths, overall_maps, causes, strict=True
        )
    ]


def of_attention(question: Question, captured: Capture, answers: AttentionAnswers, method: Method) -> Explanation:
    """Read the attention of the whole model, with heads as channels: their mean is the overall map."""
    relevance = method.weigh(answers.attentions)
    layout = answers.layout(relevance)
    maps, weighing = _of_heads(relevance, layout)
    overall_map = weighing.overall_map(maps)
    empty = emptiness_of_whole(answers.output, method, overall_map)
    return Explanation(
        **_about(question, method, answers.output, overall_map),
        **_strongest(weighing, maps, question, question.at if layout.queries == 1 else None, "head"),
        **_WHOLE_MODEL,
        **_shift_of_attention(answers, layout, method, overall_map),
        notes=(
            *_note_on_silenced(question),
            *answers.notes,
            *_notes_on_maps(maps),
            *_notes(question, answers.output, overall_map, captured.dtype, empty, maps),
        ),
        empty=empty,
    )


def _of_heads(relevance: np.ndarray, layout: Layout) -> tuple[np.ndarray, Weighing]:
    """Read what each head takes from each token as maps ``[heads, h, w]``, of which the mean is the overall map."""
    maps = layout.read(torch.from_numpy(relevance)).numpy()
    return maps, Weighing(maps.mean(axis=(1, 2)), factors=np.full(len(maps), 1 / len(maps)))


def of_image(question: Question, method: Method) -> Explanation:
    """Attribute the score to the image's pixels; there are no channels."""
    overall_map, output, dtype = attribute_pixels(question, method)
    empty, none = emptiness_of_whole(output, method, overall_map), np.zeros(0)
    return Explanation(
        **_about(question, method, output, overall_map),
        **_strongest(Weighing(none, none), np.zeros((0, *overall_map.shape)), question, None, "channel"),
        **_WHOLE_MODEL,
        notes=(*_note_on_silenced(question), *_notes(question, output, overall_map, dtype, empty)),
        empty=empty,
    )


def _shift_of_layer(answers: LayerAnswers, activation: Activation, method: Method, overall_map: np.ndarray) -> Shift:
    """Say how far a layer's overall map moves to the second class; only methods of gradients alone are asked."""
    second = answers.second_gradients() if _may_shift(method) else None
    if second is None:
        return UNMEASURED

    def map_for(gradients: Gradients) -> np.ndarray:
        weighing = weighing_by(method, Activation(activation.maps, GradientsAlone(gradients[0])))
        return weighing.overall_map(activation.maps)

    return shift_between(answers.output, overall_map, [activation.gradients], [second], map_for)


def _shift_of_attention(answers: AttentionAnswers, layout: Layout, method: Method, overall_map: np.ndarray) -> Shift:
    """Say how far the overall map of all attention moves to the second class."""
    second = answers.second_gradients() if _may_shift(method) else None
    if second is None:
        return UNMEASURED

    def map_for(gradients: Gradients) -> np.ndarray:
        attentions = Attentions(answers.attentions.weights, lambda: gradients)
        maps, weighing = _of_heads(method.weigh(attentions), layout)
        return weighing.overall_map(maps)

    return shift_between(answers.output, overall_map, answers.attentions.gradients, second, map_for)


def _unit(weighing: Weighing, of_layer: str) -> str:
    """Say what is weighed: parts, or the layer's own channels or heads."""
    return of_layer if weighing.parts is None else "part"


def check_parts_layer(weighing: Weighing, method: Method, layer: str) -> None:
    """Refuse to read parts of one layer in another, which may well have as many channels."""
    parts = weighing.parts
    if parts is not None and parts.layer != layer:
        raise Refusal(part_words.parts_of_another_layer(method.name, parts.layer, layer))


def _may_shift(method: Method) -> bool:
    return method.gradients and method.class_specific and not method.slow


def _about(question: Question, method: Method, output: ScoredOutput, overall_map: np.ndarray) -> dict[str, Any]:
    """Give the fields that do not depend on channels."""
    scores = output.scores
    return {
        "method": method.name,
        "target": question.target,
        "label": label_beside(None, question.label) if scores is None else scores.label,
        "at": question.at,
        "size": question.size,
        "score": output.value,
        "predicted": None if scores is None else scores.predicted,
        "logits": None if scores is None else read_only(as_float32(scores.logits)),
        "probabilities": None if scores is None else read_only(as_float32(scores.probabilities)),
        "scores_at": "" if scores is None else scores.place,
        "silenced": question.silenced,
        "overall_map": read_only(overall_map.astype(np.float32)),
    }


def _strongest(
    weighing: Weighing, maps: np.ndarray, question: Question, at: tuple[int, int] | None, unit: str
) -> dict[str, Any]:
    """Give the fields of the channels that are kept, strongest first."""
    return _kept(weighing.weights, weighing.strengths(maps), maps, question, at, unit)


def _kept(
    weights: np.ndarray,
    strengths: np.ndarray,
    maps: np.ndarray,
    question: Question,
    at: tuple[int, int] | None,
    unit: str,
) -> dict[str, Any]:
    """Give the same, of channels whose weights and strengths are known.

    They have the largest share or, at a place, the highest value there; ties are broken by weight, then by number.
    """
    shares = shares_of(strengths)
    if at is None:
        rank = np.maximum(shares, 0)
    else:
        row, column = cell_under(at, question.size, (maps.shape[1], maps.shape[2]))
        rank = maps[:, row, column]
    order = np.lexsort((-weights, -rank))  # NaN sorts last, and the sort is stable
    channels = order[: question.top_k]
    return {
        "channel_count": len(maps),
        "unit": unit,
        "ranked_by": "share" if at is None else "value",
        "channels": read_only(channels),
        "weights": read_only(weights[channels].astype(np.float32)),
        "shares": read_only(shares[channels].astype(np.float32)),
        "maps": read_only(maps[channels].astype(np.float32)),
    }


def shares_of(strengths: np.ndarray) -> np.ndarray:
    """Give the channels' strengths, ``[K]`` or for several samples ``[N, K]``, as fractions of all positive ones."""
    infinite = np.isposinf(strengths).any(-1, keepdims=True)  # nothing else counts
    counted = np.where(infinite & ~np.isnan(strengths), np.isposinf(strengths), strengths)
    positive = np.where(counted > 0, counted, 0).sum(-1, keepdims=True)
    none = np.where(np.isnan(counted), np.nan, 0.0)
    return np.divide(counted, positive, out=none, where=positive > 0)


def _note_on_unreached(question: Question, layer: str) -> tuple[str]:
    """Say that no gradients reach a layer's patches, and suggest a layer where they do; finding one takes passes."""
    recording = question.recording
    better = leading_layer(question, question.layers(recording), recording)
    return (reasons.patches_unreached(layer, None if better is None else better.name),)


def _note_on_silenced(question: Question) -> tuple[str, ...]:
    """Say that all the rest is about an altered model."""
    one = question.silenced
    if one is None:
        return ()
    if one.parts is not None:
        return (part_words.parts_taken_out(one.channels, one.layer),)
    return (evidence.silenced_note(one.channels, one.layer, one.fill),)


def _note_on_call(question: Question, captured: Capture) -> tuple[str, ...]:
    """Say which call was taken, if it is not the last one and none was asked for."""
    if question.call != -1 or captured.call == captured.calls - 1:
        return ()
    return (reasons.not_the_last_call(captured.call, captured.calls),)


def _note_on_parts(parts: Directions | None, amounts: np.ndarray, maps: np.ndarray) -> list[str]:
    """Say how much of the layer's maps ``[K, h, w]`` the parts make up: of the squares of all values."""
    if parts is None:
        return []
    total = float((maps**2).sum())
    if not 0 < total < np.inf:
        return []
    left = maps - np.einsum("nhw,nk->khw", amounts, parts.vectors)
    return [part_words.parts_make_up(len(amounts), 1 - float((left**2).sum()) / total)]


def _notes_on_maps(maps: np.ndarray) -> list[str]:
    notes = []
    if np.isnan(maps).any():
        notes.append(reasons.NAN_IN_MAPS)
    if np.isinf(maps).any():
        notes.append(reasons.INFINITE_IN_MAPS)
    return notes


def _notes(
    question: Question,
    output: ScoredOutput,
    overall_map: np.ndarray,
    dtype: torch.dtype,
    empty: Cause,
    maps: np.ndarray | None = None,
) -> tuple[str, ...]:
    """Say what to know about the pass, in which the model took the image as this dtype; NaN may take another pass."""
    notes, scores, label = [], output.scores, question.label
    forward = question.forward.forward if isinstance(question.forward, Altered) else question.forward
    as_given = forward is None or isinstance(forward, Trial)
    if question.image.dtype == torch.uint8 and dtype.is_floating_point and as_given:
        notes.append(reasons.BYTES)
    if empty:
        notes.append(reasons.WHY_EMPTY[empty])
    in_maps = maps is not None and bool(np.isnan(maps).any())
    in_output = scores is not None and scores.predicted is None
    if in_output:
        notes.append(reasons.NAN_IN_OUTPUT)
    if np.isnan(overall_map).any() and not in_maps:
        notes.append(reasons.NAN_IN_OVERALL_MAP)
    if (in_maps or in_output) and question.nan_origin:
        notes.append(question.nan_origin)
    if scores is not None and scores.note:
        notes.append(scores.note)
    if scores is not None and len(scores.logits) == 2 and isinstance(label, float) and isinstance(scores.label, int):
        notes.append(reasons.read_as_binary(label))
    return tuple(notes)
