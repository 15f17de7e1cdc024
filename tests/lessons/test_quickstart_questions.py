"""The questions of the lesson `quickstart`: what answers them, and what likely mistakes are told."""

import pytest

from attn_widget.lessons import quickstart
from attn_widget.words import quickstart_questions

from .asking import hint_of

A_MISTAKE, TRUE_CLASS, TO_SILENCE = quickstart.QUESTIONS
WRONG = 36
"""A circle that the network takes for a heart."""


@pytest.mark.parametrize("question", quickstart.QUESTIONS)
def test_the_panel_as_it_opens_answers_no_question(opened, question):
    assert hint_of(question, opened())


def test_a_mistake_is_shown(opened):
    panel = opened()
    assert hint_of(A_MISTAKE, panel) == quickstart_questions.RIGHT_ONE
    panel.sample = WRONG
    assert hint_of(A_MISTAKE, panel) is None


@pytest.mark.parametrize("target", ["true", "circle"])
def test_the_true_class_of_a_mistake_is_explained_by_grad_cam(opened, target):
    panel = opened(method="layer-cam")
    assert hint_of(TRUE_CLASS, panel) == quickstart_questions.NO_MISTAKE_NOW
    panel.sample = WRONG
    assert hint_of(TRUE_CLASS, panel) == quickstart_questions.OTHER_METHOD
    panel.method = "grad-cam"
    assert hint_of(TRUE_CLASS, panel) == quickstart_questions.OTHER_CLASS
    panel.target = target
    assert hint_of(TRUE_CLASS, panel) is None


def test_channels_are_silenced_until_the_star_is_none(opened):
    panel = opened(method="grad-cam", top_k=8)
    assert hint_of(TO_SILENCE, panel) == quickstart_questions.NOT_PICTURE_2
    panel.sample = 2
    assert hint_of(TO_SILENCE, panel) == quickstart_questions.NOTHING_TAKEN
    strongest = panel.explanation.channels.tolist()
    panel.silence = strongest[:1]
    assert hint_of(TO_SILENCE, panel) == quickstart_questions.STAR_WITHOUT_CHANNELS
    panel.silence = strongest
    assert hint_of(TO_SILENCE, panel) is None
