"""The questions of the lesson that reads a vision transformer."""

from functools import cache

from attn_widget.demo import HELD_OUT_COUNT, HELD_OUT_SEED
from attn_widget.demo.shapes import Shapes
from attn_widget.lessons.lesson_question import Question, Shown
from attn_widget.words import transformer_questions

LAYER = "blocks.2.attention"
PATCHES = 256


@cache
def _pictures() -> Shapes:
    return Shapes(HELD_OUT_COUNT, HELD_OUT_SEED)


def _tokens(shown: Shown) -> str | None:
    written = str(shown.answer).strip()
    if not written.isdecimal():
        return transformer_questions.WRITE_A_NUMBER
    if int(written) == PATCHES:
        return transformer_questions.ONLY_PATCHES
    return None if int(written) == PATCHES + 1 else transformer_questions.OTHER_COUNT


def _a_patch(shown: Shown) -> str | None:
    if (shown.explanation.layer, shown.explanation.method) != (LAYER, "channel-mean"):
        return transformer_questions.LAST_ATTENTION
    at = shown.explanation.at  # unlike the panel's, None where it lies outside the picture
    if at is None:
        return transformer_questions.CLASS_TOKEN_ASKS
    on_shape = _pictures().mask(shown.sample)[at]
    return None if on_shape else transformer_questions.BESIDE_THE_SHAPE


def _all_layers(shown: Shown) -> str | None:
    if shown.explanation.method == "legrad":
        return transformer_questions.A_CLASS_ASKED
    if shown.explanation.method != "attention-rollout":
        return transformer_questions.ONE_LAYER
    return None if shown.explorer.at is None else transformer_questions.PATCH_ASKS


QUESTIONS = (
    Question(lambda: transformer_questions.ASKS_TOKENS, _tokens, written=True),
    Question(lambda: transformer_questions.ASKS_A_PATCH, _a_patch),
    Question(lambda: transformer_questions.ASKS_ALL_LAYERS, _all_layers),
)
