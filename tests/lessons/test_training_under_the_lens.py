"""The questions of the lesson `training_under_the_lens`: what answers them, and what likely mistakes are told."""

import pytest

from attn_widget import demo
from attn_widget.lessons import training_under_the_lens
from attn_widget.words import training_questions

from .asking import hint_of

SIDE_BY_SIDE, NOT_YET_LEARNT = training_under_the_lens.QUESTIONS


@pytest.fixture
def panel(opened):
    """A panel whose checkpoints are named as the notebook's."""
    model = demo.load().model
    panel = opened({"epoch 1": model, "epoch 4": model, "epoch 8": model})
    panel.model, panel.compare = "epoch 8", "epoch 4"
    return panel


@pytest.mark.parametrize("question", training_under_the_lens.QUESTIONS)
def test_the_panel_as_the_notebook_leaves_it_answers_no_question(panel, question):
    assert hint_of(question, panel) == training_questions.NOT_EPOCH_4


def test_two_epochs_stand_side_by_side(panel):
    panel.compare = None
    panel.model = "epoch 4"
    assert hint_of(SIDE_BY_SIDE, panel) == training_questions.NOT_BESIDE_EPOCH_1
    panel.compare = "epoch 1"
    assert hint_of(SIDE_BY_SIDE, panel) is None


def test_a_mistake_of_the_middle_epoch_is_shown(panel):
    panel.compare = None
    panel.model = "epoch 4"
    assert hint_of(NOT_YET_LEARNT, panel) == training_questions.IS_LEARNT
    panel.sample = 36
    assert hint_of(NOT_YET_LEARNT, panel) is None
