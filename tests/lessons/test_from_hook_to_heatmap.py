"""The questions of the lesson `from_hook_to_heatmap`: what answers them, and what likely mistakes are told."""

import pytest

from attn_widget.lessons import from_hook_to_heatmap
from attn_widget.words import hook_questions

from .asking import hint_of

FINEST, HALF, ANOTHER_CLASS, WHICH_CHANGES = from_hook_to_heatmap.QUESTIONS


@pytest.fixture
def panel(opened):
    """The panel of the notebook."""
    return opened(layer="conv3")


@pytest.mark.parametrize("question", from_hook_to_heatmap.QUESTIONS)
def test_the_panel_as_it_opens_answers_no_question(panel, question):
    assert hint_of(question, panel)


@pytest.mark.parametrize("layer", ["conv1", "bn1"])
def test_the_finest_grid_is_that_of_the_first_layers(panel, layer):
    assert hint_of(FINEST, panel) == hook_questions.COARSE_GRID
    panel.layer = "conv2"
    assert hint_of(FINEST, panel) == hook_questions.FINER_GRID
    panel.layer = layer
    assert hint_of(FINEST, panel) is None


def test_half_of_the_heat_takes_as_many_channels_as_it_takes(panel):
    panel.top_k = 7
    assert hint_of(HALF, panel).startswith("The 7 channels shown carry 49.")
    panel.top_k = 9
    assert hint_of(HALF, panel).endswith("fewer will do.")
    panel.top_k = 8
    assert hint_of(HALF, panel) is None


def test_half_of_the_heat_is_asked_of_channel_means_at_conv3(panel):
    panel.top_k, panel.method = 8, "grad-cam"
    assert hint_of(HALF, panel) == hook_questions.BACK_TO_MEANS
    panel.layer = "conv1"
    assert hint_of(HALF, panel) == hook_questions.BACK_TO_CONV3


def test_another_class_is_shown_by_grad_cam(panel):
    panel.target = "star"
    assert hint_of(ANOTHER_CLASS, panel) == hook_questions.KNOWS_NO_CLASS
    panel.method = "hires-cam"
    assert hint_of(ANOTHER_CLASS, panel) == hook_questions.ANOTHER_METHOD
    panel.method, panel.target = "grad-cam", "moon"
    assert hint_of(ANOTHER_CLASS, panel) == hook_questions.SAME_CLASS
    panel.target = lambda scores: scores[0, 0]
    assert hint_of(ANOTHER_CLASS, panel) == hook_questions.ONE_CLASS
    panel.target = "star"
    assert hint_of(ANOTHER_CLASS, panel) is None


@pytest.mark.parametrize("answer", ["grad-cam", "Grad-CAM", "GradCAM", "grad cam"])
def test_the_picture_that_changes_with_the_class_is_named(panel, answer):
    assert hint_of(WHICH_CHANGES, panel, answer) is None


def test_a_picture_that_does_not_change_is_not_taken(panel):
    assert hint_of(WHICH_CHANGES, panel) == hook_questions.WRITE_ONE
    assert hint_of(WHICH_CHANGES, panel, "feature map") == hook_questions.NOT_THAT_ONE
