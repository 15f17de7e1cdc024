"""From what a method says to an Explanation."""

from typing import Any

import numpy as np
import torch

from attn_widget.capture import Capture
from attn_widget.explanation.attention_answers import Attended
from attn_widget.explanation.layer_answers import Answers
from attn_widget.explanation.layer_choice import leading_layer
from attn_widget.explanation.pixel_answers import seen
from attn_widget.explanation.question import Question
from attn_widget.explanation.result import Explanation, cell_under, read_only
from attn_widget.layers import as_float32
from attn_widget.methods import Activation, Method, Weighing
from attn_widget.outputs import Scores, label_beside
from attn_widget.trials import Trial
from attn_widget.words import reasons


def of_layer(
    question: Question, layer: str, captured: Capture, answers: Answers, activation: Activation, method: Method
) -> Explanation:
    """Weigh a layer's channels, and keep the strongest."""
    maps = answers.maps
    weighing = method.weigh(activation)
    channels, shares = _ranked(weighing, activation.maps, question, answers.ranked_at)
    overall_map = weighing.overall_map(activation.maps)
    unreached = _note_on_unreached(question, layer) if answers.unreached else ()
    return Explanation(
        **_about(question, method, overall_map, answers.scores),
        layer=layer,
        call=captured.call,
        calls=captured.calls,
        score=answers.target_score,
        channel_count=len(maps),
        unit="head" if answers.of_heads else "channel",
        ranked_by="share" if answers.ranked_at is None else "value",
        notes=(
            *_note_on_call(question, captured),
            *_notes_on_maps(maps),
            *(unreached or _notes(overall_map, answers.scores, question, captured.dtype)),
        ),
        channels=read_only(channels),
        weights=read_only(weighing.weights[channels].astype(np.float32)),
        shares=read_only(shares[channels].astype(np.float32)),
        maps=read_only(maps[channels]),
    )


def of_attention(question: Question, attended: Attended, method: Method) -> Explanation:
    """Read the whole model's attention, with heads as channels: their mean is the overall map."""
    drawn = method.weigh(attended.attentions)
    layout = attended.layout(drawn)
    maps = layout.read(torch.from_numpy(drawn)).numpy()
    weighing = Weighing(maps.mean(axis=(1, 2)), factors=np.full(len(maps), 1 / len(maps)))
    at = question.at if layout.queries == 1 else None
    channels, shares = _ranked(weighing, maps, question, at)
    overall_map = weighing.overall_map(maps)
    return Explanation(
        **_about(question, method, overall_map, attended.scores),
        layer="",
        call=0,
        calls=1,
        score=attended.target_score,
        channel_count=len(maps),
        unit="head",
        ranked_by="share" if at is None else "value",
        notes=(*attended.notes, *_notes_on_maps(maps), *_notes(overall_map, attended.scores, question, attended.dtype)),
        channels=read_only(channels),
        weights=read_only(weighing.weights[channels].astype(np.float32)),
        shares=read_only(shares[channels].astype(np.float32)),
        maps=read_only(maps[channels].astype(np.float32)),
    )


def of_image(question: Question, method: Method) -> Explanation:
    """Attribute the score to the image's pixels; there are no channels."""
    found = seen(question, method.weigh)
    overall_map, scores = found.overall_map, found.scores
    none = read_only(np.zeros(0, np.float32))
    return Explanation(
        **_about(question, method, overall_map, scores),
        layer="",
        call=0,
        calls=1,
        score=found.score,
        channel_count=0,
        unit="channel",
        ranked_by="share",
        notes=_notes(overall_map, scores, question, found.dtype),
        channels=read_only(np.zeros(0, np.int64)),
        weights=none,
        shares=none,
        maps=read_only(np.zeros((0, *overall_map.shape), np.float32)),
    )


def _about(question: Question, method: Method, overall_map: np.ndarray, scores: Scores | None) -> dict[str, Any]:
    """Give the fields that do not depend on channels."""
    return {
        "method": method.name,
        "target": question.target,
        "label": label_beside(None, question.label) if scores is None else scores.label,
        "at": question.at,
        "size": question.size,
        "predicted": None if scores is None else scores.predicted,
        "logits": None if scores is None else read_only(as_float32(scores.logits)),
        "probabilities": None if scores is None else read_only(as_float32(scores.probabilities)),
        "overall_map": read_only(overall_map.astype(np.float32)),
    }


def _ranked(
    weighing: Weighing, maps: np.ndarray, question: Question, at: tuple[int, int] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Give the channels that are kept, strongest first, and all channels' shares.

    They are those of largest share or, at a place, of highest value there; ties by weight and then by number.
    """
    strengths = weighing.strengths(maps)
    if np.isposinf(strengths).any():  # beside which nothing else counts
        strengths = np.where(np.isnan(strengths), np.nan, np.isposinf(strengths))
    positive = strengths[strengths > 0].sum()
    shares = strengths / positive if positive > 0 else np.where(np.isnan(strengths), np.nan, 0.0)
    if at is None:
        rank = np.maximum(shares, 0)
    else:
        row, column = cell_under(at, question.size, (maps.shape[1], maps.shape[2]))
        rank = maps[:, row, column]
    order = np.lexsort((-weighing.weights, -rank))  # NaN sorts last, and the sort is stable
    return order[: question.top_k], shares


def _note_on_unreached(question: Question, layer: str) -> tuple[str]:
    """Say that gradients no longer reach the patches of a layer; to find one that they reach takes passes."""
    recording = question.recording
    better = leading_layer(question, question.layers(recording), recording)
    return (reasons.patches_unreached(layer, None if better is None else better.name),)


def _note_on_call(question: Question, captured: Capture) -> tuple[str, ...]:
    """Say that the last call was not taken, where that was not asked for."""
    if question.call != -1 or captured.call == captured.calls - 1:
        return ()
    return (reasons.not_the_last_call(captured.call, captured.calls),)


def _notes_on_maps(maps: np.ndarray) -> list[str]:
    notes = []
    if np.isnan(maps).any():
        notes.append(reasons.NAN_IN_MAPS)
    if np.isinf(maps).any():
        notes.append(reasons.INFINITE_IN_MAPS)
    return notes


def _notes(overall_map: np.ndarray, scores: Scores | None, question: Question, dtype: torch.dtype) -> tuple[str, ...]:
    """Say what is to be known of the pass, in which the model took the image in that dtype."""
    notes = []
    as_given = question.forward is None or isinstance(question.forward, Trial)
    if question.image.dtype == torch.uint8 and dtype.is_floating_point and as_given:
        notes.append(reasons.BYTES)
    if not (overall_map > 0).any() and not np.isnan(overall_map).any():
        notes.append(reasons.NOTHING_POSITIVE)
    if scores is not None and scores.predicted is None:
        notes.append(reasons.NAN_IN_OUTPUT)
    if scores is not None and scores.note:
        notes.append(scores.note)
    label = question.label
    if scores is not None and len(scores.logits) == 2 and isinstance(label, float) and isinstance(scores.label, int):
        notes.append(reasons.read_as_binary(label))
    return tuple(notes)
