"""The questions of the lesson `your_own_model`: what answers them, and what likely mistakes are told."""

import pytest

from attn_widget import Contrast
from attn_widget.lessons import your_own_model
from attn_widget.words import own_model_questions

from .asking import hint_of

BY_NAME, FINE_LAYER, WHY_NOT = your_own_model.QUESTIONS
WRONG = 36
"""A circle that the network takes for a heart."""


@pytest.mark.parametrize("question", your_own_model.QUESTIONS)
def test_the_panel_as_it_opens_answers_no_question(opened, question):
    assert hint_of(question, opened())


def test_the_layer_before_the_last_is_shown(opened):
    panel = opened()
    assert hint_of(FINE_LAYER, panel) == own_model_questions.OTHER_LAYER
    panel.layer = "conv2"
    assert hint_of(FINE_LAYER, panel) is None


def test_the_predicted_class_is_explained_against_the_true_one(opened):
    panel = opened()
    assert hint_of(WHY_NOT, panel) == own_model_questions.RIGHT_IN_FOLDER
    panel.sample = WRONG
    assert hint_of(WHY_NOT, panel) == own_model_questions.BLIND_TO_CLASSES
    panel.method = "grad-cam"
    assert hint_of(WHY_NOT, panel) == own_model_questions.NOT_AGAINST_TRUE
    panel.target = Contrast("true", "predicted")
    assert hint_of(WHY_NOT, panel) == own_model_questions.NOT_AGAINST_TRUE
    panel.target = Contrast("predicted", "true")
    assert hint_of(WHY_NOT, panel) is None
