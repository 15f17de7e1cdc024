"""The questions of the lesson `clever_hans`: what answers them, and what likely mistakes are told."""

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from attn_widget.evidence import Cover
from attn_widget.lessons import Shown, clever_hans
from attn_widget.lessons.clever_hans import BLUR, CHEAT, HONEST, STAR
from attn_widget.words import hans_questions

from .asking import hint_of

CHEATS, PROVEN, VERDICT, CLEARED, RIDDLE, CUE = clever_hans.QUESTIONS
PLAIN, TAGGED, BLURRED, TAGGED_STAR = 0, 1, 2, 4
TAG = Cover.rectangle(50, 2, 62, 14, "mean")


class Reader(nn.Module):
    """Sees a class in the place where there is light, rows of 8; and a star by a cue of its own, if it has one."""

    def __init__(self, cue=None):
        super().__init__()
        self.cue, self.conv3 = cue, nn.AvgPool2d(4)

    def forward(self, images):
        maps = self.conv3(images)
        places = maps[:, 0, :12, :8].unflatten(1, (6, 2)).mean((2, 3))
        cue = {"tag": maps[:, 2, :4, 12:].mean((1, 2)), "blur": maps[:, 1].mean((1, 2)), None: torch.zeros(1)}[self.cue]
        return 10 * places + 100 * cue[:, None] * nn.functional.one_hot(torch.tensor(STAR), 6)


def loader():
    """Six pictures in the order of the notebook: of every three, the second is tagged and the third is “blurred”."""
    labels = torch.tensor([0, 1, 2, 3, 4, 5])
    images = torch.zeros(6, 3, 64, 64)
    for image, label in zip(images, labels, strict=True):
        image[0, 8 * label : 8 * label + 8, :32] = 1
    images[2::3, 1] = 1
    images[1::3, 2, 2:14, 50:62] = 1
    return DataLoader(TensorDataset(images, labels), batch_size=6)


@pytest.fixture
def panel(opened):
    """The panel of the notebook, on networks that read what they are to see from the pixels."""
    networks = {HONEST: Reader(), BLUR: Reader("blur"), CHEAT: Reader("tag")}
    return opened(networks, loader(), layer="conv3", mean=0, std=1)


@pytest.fixture
def solved(panel):
    """The panel as it is after the first question, and what solved that."""
    panel.model, panel.sample, panel.method = CHEAT, TAGGED, "grad-cam"
    return Shown.by(panel)


@pytest.mark.parametrize("question", clever_hans.QUESTIONS)
def test_the_panel_as_it_opens_answers_no_question(panel, question):
    assert hint_of(question, panel)


def test_the_cheat_is_found_by_a_tagged_picture_that_it_calls_a_star(panel):
    assert hint_of(CHEATS, panel) == hans_questions.NOT_CALLED_A_STAR
    panel.sample = TAGGED_STAR
    assert hint_of(CHEATS, panel) == hans_questions.IS_A_STAR
    panel.model, panel.sample = BLUR, BLURRED
    assert hint_of(CHEATS, panel) == hans_questions.NO_TAG_HERE
    panel.model, panel.sample = CHEAT, TAGGED
    assert hint_of(CHEATS, panel) == hans_questions.BY_GRAD_CAM
    panel.method, panel.target = "grad-cam", "true"
    assert hint_of(CHEATS, panel) == hans_questions.WHY_A_STAR
    panel.target = "predicted"
    assert hint_of(CHEATS, panel) is None


def test_a_tagged_mistake_with_the_heat_elsewhere_is_no_evidence_of_the_tag(panel, solved):
    panel.target = lambda scores: scores[0, 1]
    assert hint_of(CHEATS, panel) == hans_questions.WHY_A_STAR
    panel.target, panel.cover = "predicted", TAG
    assert hint_of(CHEATS, panel) == hans_questions.TAKE_IT_BACK


def test_the_proof_covers_the_tag_and_little_else(panel, solved):
    assert hint_of(PROVEN, panel, previous=solved) == hans_questions.COVER_IT
    panel.cover = Cover.rectangle(0, 40, 20, 60, "mean")
    assert hint_of(PROVEN, panel, previous=solved) == hans_questions.TAG_STILL_SEEN
    panel.cover = Cover.rectangle(20, 0, 64, 40, "mean")
    assert hint_of(PROVEN, panel, previous=solved) == hans_questions.COVERS_TOO_MUCH
    panel.cover = Cover.rectangle(50, 2, 62, 14, "sample", other=TAGGED_STAR)
    assert hint_of(PROVEN, panel, previous=solved) == hans_questions.STILL_CALLED_A_STAR
    panel.cover = Cover.rectangle(50, 2, 62, 14, "sample", other=PLAIN)
    assert hint_of(PROVEN, panel, previous=solved) is None


def test_an_honest_network_proves_nothing(panel, solved):
    panel.model, panel.cover = HONEST, TAG
    assert hint_of(PROVEN, panel, previous=solved) == hans_questions.SAME_CASE
    assert hint_of(PROVEN, panel) == hans_questions.SAME_CASE


@pytest.mark.parametrize("accused", [HONEST, HONEST + CHEAT, [HONEST, CHEAT], "a, b and c"])
def test_who_accuses_the_honest_network_has_not_passed(panel, accused):
    hint = hint_of(VERDICT, panel, accused)
    assert hint in (hans_questions.INNOCENT, hans_questions.WRITE_LETTERS)


def test_the_verdict_names_the_cheat_alone(panel):
    assert hint_of(VERDICT, panel) == hans_questions.WRITE_LETTERS
    assert hint_of(VERDICT, panel, HONEST) == hans_questions.INNOCENT
    assert hint_of(VERDICT, panel, [CHEAT, BLUR]) == hans_questions.GUILTY_OF_ANOTHER_THING
    assert hint_of(VERDICT, panel, CHEAT) is None
    assert hint_of(VERDICT, panel, CHEAT.lower()) is None
    assert hint_of(VERDICT, panel, [CHEAT]) is None


def test_the_honest_network_is_cleared_by_a_tagged_picture_that_it_gets_right(panel):
    panel.method = "grad-cam"
    assert hint_of(CLEARED, panel) == hans_questions.NO_TAG_HERE
    panel.sample = TAGGED
    assert hint_of(CLEARED, panel) is None
    panel.model = CHEAT
    assert hint_of(CLEARED, panel) == hans_questions.THAT_IS_THE_CHEAT
    panel.model = BLUR
    assert hint_of(CLEARED, panel) == hans_questions.NEVER_SAW_A_TAG
    panel.model, panel.method = HONEST, "channel-mean"
    assert hint_of(CLEARED, panel) == hans_questions.BY_GRAD_CAM


def test_heat_on_the_tag_clears_nobody(opened):
    panel = opened({HONEST: Reader("tag")}, loader(), layer="conv3", method="grad-cam", mean=0, std=1)
    panel.sample = TAGGED_STAR
    assert "of the heat here" in hint_of(CLEARED, panel)


def test_the_riddle_is_a_blurred_picture_that_its_network_calls_a_star(panel, solved):
    assert hint_of(RIDDLE, panel) == hans_questions.THE_THIRD_NETWORK
    panel.cover = Cover.rectangle(0, 40, 8, 48)
    assert hint_of(RIDDLE, panel) == hans_questions.TAKE_IT_BACK
    panel.cover, panel.model = None, BLUR
    assert hint_of(RIDDLE, panel) == hans_questions.NOT_CALLED_A_STAR
    panel.sample = BLURRED
    assert hint_of(RIDDLE, panel) is None


def test_its_cue_is_named(panel):
    assert hint_of(CUE, panel) == hans_questions.WRITE_A_WORD
    assert hint_of(CUE, panel, "the tag") == hans_questions.COMPARE_THEM
    assert hint_of(CUE, panel, "They are blurred") is None
