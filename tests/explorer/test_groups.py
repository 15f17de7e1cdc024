"""Mistakes in groups in the panel: after a survey, on a thread, in rows that can be shown, named, marked and saved."""

import csv
from dataclasses import replace

import pytest
import torch
from torch import nn

from attn_widget import survey
from attn_widget.words import groups

from .panels import Counter, Gate

CAUSES = ("corner", "dark", "channel")
EACH, RIGHT = 24, 60


class Tells(nn.Module):
    """Predicts the class that the first pixel says; its map is the second plane."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1, bias=False)
        with torch.no_grad():
            self.conv.weight.zero_()
            self.conv.weight[:, 1] = torch.tensor([1.0, 0.6, 0.3, 0.1])[:, None, None]
            self.conv.weight[3, 2] = 4.0
        self.counter = Counter()

    def forward(self, x):
        self.counter.passes += 1
        self.counter.before()
        maps = self.conv(x)
        classes = nn.functional.one_hot((x[:, 0, 0, 0] * 10).round().long(), 4)
        return 6.0 * classes + maps.mean((2, 3))


def samples():
    """Images with a spot of heat, mistakes of three causes and right ones, as a loader of batches."""
    random = torch.Generator().manual_seed(0)
    images, labels = [], []
    for at in range(len(CAUSES) * EACH + RIGHT):
        cause = CAUSES[at // EACH] if at < len(CAUSES) * EACH else ""
        image = torch.rand(3, 12, 12, generator=random) * 0.1
        top, left = (0, 0) if cause == "corner" else torch.randint(1, 9, (2,), generator=random).tolist()
        image[1, top : top + 3, left : left + 3] = 0.9
        image[0] += 0.5
        if cause == "dark":
            image[:] = image * 0.1
        if cause == "channel":
            image[2, 5:9, 5:9] = 0.9
        predicted = 0 if cause in ("corner", "dark") else int(torch.randint(0, 4, (), generator=random))
        image[0, 0, 0] = predicted / 10
        images.append(image)
        labels.append((predicted + int(torch.randint(1, 4, (), generator=random))) % 4 if cause else predicted)
    return [
        (torch.stack(images[start : start + 44]), torch.tensor(labels[start : start + 44])) for start in (0, 44, 88)
    ]


LABELS = [label for _, labels in samples() for label in labels.tolist()]


@pytest.fixture
def panel(opened, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return opened(Tells().eval(), samples(), layer="conv", method="grad-cam", class_names=["ant", "bee", "cow", "dog"])


@pytest.fixture
def grouped(panel):
    panel.open_page("Mistakes")
    panel.click("Group mistakes")
    panel.wait()
    return panel


@pytest.fixture(scope="module")
def expected():
    """What a script gives."""
    return survey(Tells().eval(), samples(), "conv", progress=lambda done, total: None).groups()


def test_mistakes_are_surveyed_and_then_grouped_as_a_script_groups_them(grouped, expected):
    assert grouped.groups_text == f"{expected!r}. Heatmaps are those of the survey: layer conv by Grad-CAM."
    assert len(grouped.groups) == len(expected) == 3
    for row, group in zip(grouped.groups, expected, strict=True):
        assert row.heading.startswith(f"{len(group)} mistakes: ")
        assert row.captions == ["mean", *map(str, group.members)]
        assert len(row.facts) == len(group.said) + 1
        assert row.facts[-1].endswith(" when the mistakes are drawn again: very stable")
    dark = next(row for row in grouped.groups if any(fact.startswith("Brightness: 2") for fact in row.facts))
    assert any(fact.startswith("How sure the model is: ") for fact in dark.facts)
    assert not grouped.is_shown("Stop grouping")


def test_a_group_is_what_the_slider_runs_over_and_a_click_on_a_member_opens_it(grouped, expected):
    grouped.groups[1].show()
    assert grouped.sample == expected[1].positions[0]
    assert grouped.extent == f"of {len(LABELS)} · 1 of {len(expected[1])} chosen"
    grouped.click("Next")
    assert grouped.sample == expected[1].positions[1]
    assert [chip for chip in grouped.chips if "group 2: taken for ant" in chip]
    grouped.groups[2].click(3)
    assert grouped.sample == expected[2].members[2]
    grouped.groups[2].click(0)  # the mean is no sample
    assert grouped.sample == expected[2].members[2]


def test_the_survey_reviews_by_the_way(grouped):
    assert grouped.review.complete
    assert int(grouped.review.wrong.sum()) == len(CAUSES) * EACH


def test_a_review_that_stands_already_stays_with_its_marks(panel):
    panel.open_page("Mistakes")
    panel.click("Find mistakes")
    panel.wait()
    review = panel.review
    review.mark(3, "look again")
    panel.click("Group mistakes")
    panel.wait()
    assert panel.groups
    assert panel.review is review
    assert panel.survey.review is review


def test_marks_need_a_review_which_a_survey_from_elsewhere_may_lack(panel):
    panel.survey = replace(survey(panel.model, samples(), "conv", progress=lambda *_: None), review=None)
    panel.open_page("Mistakes")
    panel.click("Group mistakes")
    panel.wait()
    panel.groups[0].mark("bad image")
    assert panel.group_done == "Marks belong to a review: click Find mistakes first."


def test_a_name_goes_with_the_selection_the_marks_and_the_table(grouped, expected, tmp_path):
    grouped.groups[0].call("under exposed")
    assert grouped.groups[0].name == "under exposed"
    grouped.groups[0].show()
    assert [chip for chip in grouped.chips if "under exposed" in chip]
    grouped.groups[0].mark("bad image")
    assert grouped.group_done == f"{len(expected[0])} samples marked: bad image."
    marks = grouped.review.marks
    assert sorted(marks) == sorted(expected[0].positions.tolist())
    assert {(mark.kind, mark.note) for mark in marks.values()} == {("bad image", "under exposed")}
    grouped.groups[0].export()
    assert grouped.group_done == f"Saved in under_exposed.csv: {len(expected[0])} samples."
    with (tmp_path / "under_exposed.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["position"]) for row in rows] == expected[0].positions.tolist()
    assert all(int(row["label"]) == LABELS[int(row["position"])] for row in rows)
    assert {row["group"] for row in rows} == {"under exposed"}
    grouped.groups[0].export()
    assert grouped.group_done.startswith("Saved in under_exposed_2.csv: ")  # no file is replaced


def test_a_name_that_is_too_long_for_a_file_is_shortened(grouped):
    grouped.groups[0].call(100 * "曝光不足 ")
    grouped.groups[0].export()
    assert grouped.group_done.startswith("Saved in 曝光不足_")


def test_no_groups_is_an_answer(opened):
    panel = opened(layer="conv2")
    panel.open_page("Mistakes")
    panel.click("Group mistakes")
    panel.wait()
    assert panel.groups_text.startswith("No groups: ")
    assert " fewer than 30 show no pattern that can be trusted. " in panel.groups_text
    assert panel.groups == []


def test_it_is_stopped_while_it_surveys_and_goes_on_where_it_was(panel, expected):
    panel.open_page("Mistakes")
    gate = Gate(panel.model, after=3)
    panel.click("Group mistakes")
    gate.wait()
    assert panel.groups_text.startswith(groups.SURVEY_FIRST)
    assert panel.is_disabled("Group mistakes")
    panel.click("Stop grouping")
    gate.open()
    panel.wait()
    assert panel.groups == []
    assert not panel.is_disabled("Group mistakes")
    assert not panel.is_shown("Stop grouping")
    panel.click("Group mistakes")
    panel.wait()
    assert len(panel.groups) == len(expected)
