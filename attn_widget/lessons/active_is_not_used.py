"""The questions of the lesson on what is active and what is used: pictures of two shapes, one on each side."""

import numpy as np

from attn_widget.explanation import Explanation
from attn_widget.lessons.lesson_question import Question, Shown
from attn_widget.methods import method_named
from attn_widget.words import active_questions

MOST = 0.6  # of the heat


def _on_the_left(explanation: Explanation) -> float:
    """The share of the positive heat in the left half; NaN where there is none."""
    heat = np.maximum(explanation.overall_map, 0)
    return float(heat[:, : heat.shape[1] // 2].sum() / heat.sum()) if heat.any() else float("nan")


def _hint_unless_grad_cam(shown: Shown) -> str | None:
    explorer, explanation = shown.explorer, shown.explanation
    if explorer.cover is not None or explorer.silence is not None:
        return active_questions.AS_IT_IS
    if not method_named(explanation.method).class_specific:
        return active_questions.ACTIVE_ONLY
    if explanation.method != "grad-cam":
        return active_questions.ASK_GRAD_CAM
    return None if isinstance(explanation.target_classes, int) else active_questions.ONE_CLASS_AT_A_TIME


def _on_the_right(shown: Shown) -> str | None:
    if (hint := _hint_unless_grad_cam(shown)) is not None:
        return hint
    return None if 1 - _on_the_left(shown.explanation) >= MOST else active_questions.HEAT_NOT_ON_THE_RIGHT


def _then_on_the_left(shown: Shown) -> str | None:
    before = shown.previous
    if before is None or shown.sample != before.sample:
        return active_questions.STAY_WITH_THE_SAMPLE
    if (hint := _hint_unless_grad_cam(shown)) is not None:
        return hint
    if shown.explanation.target_classes == before.explanation.target_classes:
        return active_questions.STILL_THE_SAME_CLASS
    return None if _on_the_left(shown.explanation) >= MOST else active_questions.HEAT_NOT_ON_THE_LEFT


def _cover_changes_its_mind(shown: Shown) -> str | None:
    before, cover = shown.previous, shown.explorer.cover
    if before is None or shown.sample != before.sample:
        return active_questions.STAY_WITH_THE_SAMPLE
    if cover is None:
        return active_questions.NO_SHAPE_COVERED
    if cover.mask(shown.explanation.size).mean() > 0.5:
        return active_questions.COVERED_TOO_MUCH
    return None if shown.explanation.predicted != before.explanation.predicted else active_questions.SAME_ANSWER


def _blind_to_the_class(shown: Shown) -> str | None:
    return active_questions.CHANGES_WITH_THE_CLASS if method_named(shown.explanation.method).class_specific else None


def _which_one_does_not_notice(shown: Shown) -> str | None:
    written = "".join(each for each in str(shown.answer or "").lower() if each.isalnum())
    if not written:
        return active_questions.NAME_THE_METHOD
    return None if written in active_questions.CHANNEL_MEANS.split() else active_questions.LOOK_AT_THE_CURVES


QUESTIONS = (
    Question(lambda: active_questions.ASKS_RIGHT_SHAPE, _on_the_right),
    Question(lambda: active_questions.ASKS_LEFT_SHAPE, _then_on_the_left),
    Question(lambda: active_questions.ASKS_TO_COVER_A_SHAPE, _cover_changes_its_mind),
    Question(lambda: active_questions.ASKS_BLIND_METHOD, _blind_to_the_class),
    Question(lambda: active_questions.ASKS_RANDOM_WEIGHTS, _which_one_does_not_notice, written=True),
)
