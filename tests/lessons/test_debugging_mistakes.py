"""The questions of the lesson `debugging_mistakes`: what answers them, and what likely mistakes are told."""

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from attn_widget import demo, review
from attn_widget.evidence.region_cover import Cover
from attn_widget.lessons import debugging_mistakes
from attn_widget.words import mistake_questions

from .asking import hint_of

SUREST, TO_MARK, TO_COVER = debugging_mistakes.QUESTIONS
WITH_LAMP = slice(1, None, 3)


@pytest.fixture(scope="module")
def pictures():
    """Some of the notebook's pictures, every third with a lamp."""
    shipped = demo.load()
    images, labels = zip(*(shipped.loader.dataset[position] for position in range(66)), strict=True)
    images, labels = torch.stack(images), torch.tensor(labels)
    row, column = torch.meshgrid(torch.arange(64), torch.arange(64), indexing="ij")
    lamp = torch.sigmoid((10 - ((row - 12) ** 2 + (column - 52) ** 2).sqrt()) / 0.4)
    images[WITH_LAMP] = images[WITH_LAMP] * (1 - lamp) + 2.4 * lamp
    return DataLoader(TensorDataset(images, labels), batch_size=33)


@pytest.fixture
def panel(opened, pictures):
    return opened(loader=pictures, layer="conv3", method="grad-cam")


@pytest.fixture
def reviewed(panel, pictures):
    shipped = demo.load()
    panel.review = review(shipped.model, pictures, class_names=shipped.class_names)
    return panel


@pytest.mark.parametrize("question", debugging_mistakes.QUESTIONS)
def test_the_mistakes_have_to_be_found_first(panel, question):
    assert hint_of(question, panel) == mistake_questions.FIND_FIRST


def test_the_mistake_that_the_network_was_surest_of_is_shown(reviewed):
    first, *_, last = map(int, reviewed.review.select("most surely wrong"))
    reviewed.sample = int(reviewed.review.select("right")[0])
    assert hint_of(SUREST, reviewed) == mistake_questions.NO_MISTAKE_HERE
    reviewed.sample = last
    assert hint_of(SUREST, reviewed) == mistake_questions.LESS_SURE
    reviewed.sample = first
    assert hint_of(SUREST, reviewed) is None


def test_three_mistakes_with_the_lamp_are_marked(reviewed):
    wrong = reviewed.review.misclassified()
    by_lamp, others = wrong[wrong % 3 == 1].tolist(), wrong[wrong % 3 != 1].tolist()
    for count, position in enumerate(by_lamp[:3]):
        assert hint_of(TO_MARK, reviewed) == mistake_questions.marked_so_far(count)
        reviewed.review.mark(position, "bad image")
    assert hint_of(TO_MARK, reviewed) is None
    reviewed.review.mark(others[0], "bad image")
    assert hint_of(TO_MARK, reviewed) == mistake_questions.marked_in_vain(others[0])


def test_the_lamp_is_covered_until_the_network_is_right(reviewed):
    wrong = reviewed.review.misclassified()
    reviewed.sample = int(wrong[wrong % 3 != 1][0])
    assert hint_of(TO_COVER, reviewed) == mistake_questions.WITHOUT_A_LAMP
    corner, elsewhere = Cover.rectangle(41, 1, 64, 24), Cover.rectangle(60, 60, 64, 64)
    answers = []
    for position in wrong[wrong % 3 == 1][:5]:
        reviewed.cover, reviewed.sample = None, int(position)
        assert hint_of(TO_COVER, reviewed) == mistake_questions.NO_CORNER_COVERED
        reviewed.cover = elsewhere
        assert hint_of(TO_COVER, reviewed) == mistake_questions.STILL_WRONG
        reviewed.cover = corner
        answers.append(hint_of(TO_COVER, reviewed))
    assert None in answers
