"""The questions of the lesson `active_is_not_used`: what answers them, and what likely mistakes are told."""

import pytest
import torch
from torch import nn

from attn_widget.evidence import Cover
from attn_widget.lessons import Shown, active_is_not_used
from attn_widget.words import active_questions

from .asking import hint_of

ON_THE_RIGHT, ON_THE_LEFT, COVERED, BLIND, RANDOM = active_is_not_used.QUESTIONS


class Colours(nn.Module):
    """Sees a class for each colour: its score is how much of it there is."""

    def __init__(self):
        super().__init__()
        self.pool, self.relu = nn.AvgPool2d(4), nn.ReLU()

    def forward(self, images):
        return self.relu(self.pool(images)).mean((2, 3))


@pytest.fixture
def panel(opened):
    """Two pictures, with a patch of the first colour on the left and a smaller one of the second on the right."""
    images = torch.zeros(2, 3, 64, 64)
    images[:, 0, 20:44, 4:28] = images[:, 1, 20:40, 36:56] = 1
    return opened(Colours(), images, class_names=["red", "green", "blue"], layer="relu", mean=0, std=1)


@pytest.fixture
def solved(panel):
    """The panel as it is after the first question, and what solved that."""
    panel.method, panel.target = "grad-cam", "green"
    return Shown.by(panel)


@pytest.mark.parametrize("question", active_is_not_used.QUESTIONS)
def test_the_panel_as_it_opens_answers_no_question(panel, question):
    if question is not BLIND:  # it opens with the method that this one asks for, and comes after questions on Grad-CAM
        assert hint_of(question, panel)


def test_grad_cam_is_asked_about_the_shape_on_the_right(panel):
    assert hint_of(ON_THE_RIGHT, panel) == active_questions.ACTIVE_ONLY
    panel.method = "hires-cam"
    assert hint_of(ON_THE_RIGHT, panel) == active_questions.ASK_GRAD_CAM
    panel.method = "grad-cam"
    assert hint_of(ON_THE_RIGHT, panel) == active_questions.HEAT_NOT_ON_THE_RIGHT
    panel.target = "green"
    assert hint_of(ON_THE_RIGHT, panel) is None
    panel.cover = Cover.rectangle(0, 0, 8, 8)
    assert hint_of(ON_THE_RIGHT, panel) == active_questions.AS_IT_IS


def test_a_class_without_heat_is_on_no_side(panel):
    panel.method, panel.target = "grad-cam", "blue"
    assert hint_of(ON_THE_RIGHT, panel) == active_questions.HEAT_NOT_ON_THE_RIGHT


def test_then_about_the_shape_on_the_left_of_the_same_picture(panel, solved):
    assert hint_of(ON_THE_LEFT, panel, previous=solved) == active_questions.STILL_THE_SAME_CLASS
    panel.target = "blue"
    assert hint_of(ON_THE_LEFT, panel, previous=solved) == active_questions.HEAT_NOT_ON_THE_LEFT
    panel.target = "red"
    assert hint_of(ON_THE_LEFT, panel, previous=solved) is None
    panel.sample = 1
    assert hint_of(ON_THE_LEFT, panel, previous=solved) == active_questions.STAY_WITH_THE_SAMPLE


def test_covering_the_predicted_shape_changes_the_prediction(panel, solved):
    assert hint_of(COVERED, panel, previous=solved) == active_questions.NO_SHAPE_COVERED
    panel.cover = Cover.rectangle(32, 16, 64, 48, "mean")
    assert hint_of(COVERED, panel, previous=solved) == active_questions.SAME_ANSWER
    panel.cover = Cover.rectangle(0, 0, 60, 64, "mean")
    assert hint_of(COVERED, panel, previous=solved) == active_questions.COVERED_TOO_MUCH
    panel.cover = Cover.rectangle(0, 16, 32, 48, "mean")
    assert hint_of(COVERED, panel, previous=solved) is None
    panel.sample = 1
    assert hint_of(COVERED, panel, previous=solved) == active_questions.STAY_WITH_THE_SAMPLE


def test_a_method_that_knows_no_class_is_shown(panel, solved):
    assert hint_of(BLIND, panel, previous=solved) == active_questions.CHANGES_WITH_THE_CLASS
    panel.method = "channel-mean"
    assert hint_of(BLIND, panel, previous=solved) is None


def test_the_method_that_does_not_notice_is_named(panel):
    assert hint_of(RANDOM, panel) == active_questions.NAME_THE_METHOD
    assert hint_of(RANDOM, panel, "grad-cam") == active_questions.LOOK_AT_THE_CURVES
    assert hint_of(RANDOM, panel, "channel-mean") is None
    assert hint_of(RANDOM, panel, "Channel means") is None
