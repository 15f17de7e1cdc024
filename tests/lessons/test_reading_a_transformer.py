"""The questions of the lesson `reading_a_transformer`: what answers them, and what likely mistakes are told."""

import pytest

from attn_widget import demo
from attn_widget.lessons import reading_a_transformer
from attn_widget.words import transformer_questions

from .asking import hint_of

TOKENS, A_PATCH, ALL_LAYERS = reading_a_transformer.QUESTIONS


@pytest.fixture
def panel(opened):
    """The panel of the notebook."""
    return opened(demo.load("vit").model, layer="blocks.2.attention", top_k=4)


@pytest.mark.parametrize("question", reading_a_transformer.QUESTIONS)
def test_the_panel_as_it_opens_answers_no_question(panel, question):
    assert hint_of(question, panel)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (257, None),
        ("257", None),
        (256, transformer_questions.ONLY_PATCHES),
        (16, transformer_questions.OTHER_COUNT),
        ("many", transformer_questions.WRITE_A_NUMBER),
        (None, transformer_questions.WRITE_A_NUMBER),
    ],
)
def test_the_tokens_are_counted(panel, answer, hint):
    assert hint_of(TOKENS, panel, answer) == hint


def test_a_patch_on_the_shape_asks_in_the_last_layer(panel):
    assert hint_of(A_PATCH, panel) == transformer_questions.CLASS_TOKEN_ASKS
    panel.at = (200, 2)  # outside
    assert hint_of(A_PATCH, panel) == transformer_questions.CLASS_TOKEN_ASKS
    panel.at = (2, 2)
    assert hint_of(A_PATCH, panel) == transformer_questions.BESIDE_THE_SHAPE
    mask = demo.load("vit").loader.dataset.mask(panel.sample)
    panel.at = tuple(map(int, next(zip(*mask.nonzero(), strict=True))))
    assert hint_of(A_PATCH, panel) is None
    panel.layer = "blocks.1.attention"
    assert hint_of(A_PATCH, panel) == transformer_questions.LAST_ATTENTION


def test_attention_is_followed_through_all_layers(panel):
    assert hint_of(ALL_LAYERS, panel) == transformer_questions.ONE_LAYER
    panel.method = "legrad"
    assert hint_of(ALL_LAYERS, panel) == transformer_questions.A_CLASS_ASKED
    panel.method, panel.at = "attention-rollout", (40, 40)
    assert hint_of(ALL_LAYERS, panel) == transformer_questions.PATCH_ASKS
    panel.at = None
    assert hint_of(ALL_LAYERS, panel) is None
