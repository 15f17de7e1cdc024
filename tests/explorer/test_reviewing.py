"""Find mistakes in the panel: the review's thread, its selections, matrix, contact sheet, marks and file."""

import threading

import numpy as np
import pytest
import torch
from ipympl.backend_nbagg import Canvas
from torch.utils.data import DataLoader, IterableDataset, TensorDataset, get_worker_info

from attn_widget import Review, review
from attn_widget.figure import MOST_PINS
from attn_widget.samples import SampleError
from attn_widget.words import captions

from .panels import Gate, Reads, batches, images, net, read_batches

PREDICTED = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0] * 6
LABELS = list(PREDICTED)
for wrong, label in ((3, 1), (14, 2), (17, 2), (33, 1), (40, 1), (59, 1)):
    LABELS[wrong] = label
MISTAKES = [position for position in range(60) if LABELS[position] != PREDICTED[position]]
ASKED = ("grad-cam", "predicted", "true")


@pytest.fixture
def panel(opened):
    return opened(Sees(), in_fours())


class Sees(Reads):
    """Reads the class in the first pixel, and adds a little of what its convolution sees."""

    def forward(self, x):
        return super().forward(x) + 0.01 * self.conv(x).sum(1).mean((1, 2))[:, None] * torch.arange(self.classes)


def in_fours():
    return DataLoader(TensorDataset(*read_batches(PREDICTED, LABELS, 60)[0]), batch_size=4)


def found(panel):
    """Find all mistakes, as by a click."""
    panel.click("Find mistakes")
    panel.wait()
    return panel


def view(panel):
    return panel.method, panel.target, panel.compare


# --- the review itself


def test_a_click_reviews_everything_and_says_what_was_found(panel):
    assert panel.review is None
    assert not panel.has_selection
    found(panel)
    assert panel.review.misclassified().tolist() == MISTAKES
    assert panel.review_text == "60 samples: 90 % right, 6 wrong."
    assert panel.review.predicted.tolist() == PREDICTED
    assert panel.has_selection
    assert (panel.sample, panel.selection, view(panel)) == (0, None, ("channel-mean", "predicted", None))


def test_stop_keeps_what_was_done_and_continue_loses_and_repeats_nothing(panel):
    thumbnails(panel)
    before = panel.passes
    gate = Gate(panel.model, after=5)
    panel.click("Find mistakes")
    gate.wait()
    assert panel.is_shown("Stop the review")
    assert not panel.is_shown("Find mistakes")
    panel.click("Stop the review")
    gate.open()
    panel.wait()
    done = panel.review.reviewed
    assert 0 < done < 60
    assert panel.label("Find mistakes") == "Continue"
    assert panel.review_text.startswith(f"{done} of 60 samples so far: ")
    panel.review.mark(3, "look again", "before the end")
    found(panel)
    assert panel.review.predicted.tolist() == PREDICTED
    assert panel.passes - before == 15  # batches of four
    assert panel.review.marks[3].note == "before the end"
    assert panel.label("Find mistakes") == "Find mistakes"


def test_meanwhile_the_panel_steps_and_what_the_review_says_reaches_widgets_only(panel):
    gate = Gate(panel.model, after=5)
    panel.click("Find mistakes")
    gate.wait()
    panel.model.counter.before = lambda: None
    panel.click("Next")
    assert (panel.sample, panel.message) == (1, "")
    gate.open()
    panel.wait()
    assert panel.sample == 1


def test_a_model_trained_after_a_stop_is_reviewed_anew_with_the_marks_and_it_is_said(panel):
    gate = Gate(panel.model, after=5)
    panel.click("Find mistakes")
    gate.wait()
    panel.click("Stop the review")
    gate.open()
    panel.wait()
    panel.review.mark(3, "bad image")
    with torch.no_grad():
        panel.model.conv.weight += 1
    panel.refresh()
    assert "no longer those that were reviewed" in panel.review_warning
    found(panel)
    assert panel.review.complete
    assert panel.review.marks[3].kind == "bad image"
    assert "has to start over" in panel.review_warning
    panel.refresh()
    assert panel.review_warning == ""


def test_a_model_trained_during_the_review_makes_it_stale(panel):
    gate = Gate(panel.model, after=5)
    panel.click("Find mistakes")
    gate.wait()
    with torch.no_grad():
        panel.model.conv.weight += 1
    gate.open()
    panel.wait()
    assert "no longer those that were reviewed" in panel.review_warning


def test_closing_during_a_review_ends_it(panel):
    gate = Gate(panel.model, after=5)
    panel.click("Find mistakes")
    gate.wait()
    panel.close()
    gate.open()
    panel.wait()
    assert panel.review.reviewed < 60


def fails(model):
    def fail():
        raise RuntimeError("out of memory")

    model.counter.before = fail


@pytest.mark.parametrize(
    ("labels", "model", "sentence"),
    [
        (None, net, "6 samples: nothing to compare (no labels, or no predictions)."),
        (torch.rand(6, 3).round(), net, "labels of this loader name several"),
        (torch.rand(6), lambda: net(1), "that is a regression"),
        ((0, 1, 2, 0, 1, 7), net, "1 with an error. The first, sample 5: Its label is 7, but"),
    ],
    ids=["no labels", "several labels", "a regression", "a label outside"],
)
def test_what_cannot_be_reviewed_is_said_in_a_sentence(opened, labels, model, sentence):
    panel = opened(model().eval(), [images(6)] if labels is None else batches(labels))
    found(panel)
    assert sentence in panel.review_text
    assert panel.has_selection == (panel.review.reviewed > 0)
    assert (panel.matrix is not None) == isinstance(labels, tuple)
    assert panel.message == ""


def test_a_model_that_raises_is_said_and_the_next_click_works(panel):
    fails(panel.model)
    found(panel)
    assert "RuntimeError: out of memory" in panel.review_text
    panel.model.counter.before = lambda: None
    assert found(panel).review.complete


# --- what is chosen


def test_the_slider_runs_over_the_mistakes_which_open_with_their_two_classes(panel):
    found(panel)
    panel.choose("Show", "mistakes")
    assert panel.walk() == MISTAKES
    assert panel.sample == panel.value("Number") == MISTAKES[0]
    assert (panel.value("Sample"), panel.limit("Sample")) == (0, 5)
    assert panel.extent == "of 60 · 1 of 6 chosen"
    assert view(panel) == ASKED
    assert panel.difference == "class 0 − class 1"
    panel.click("Next")
    panel.choose("Sample", 2)
    assert (panel.sample, panel.value("Number")) == (MISTAKES[2], MISTAKES[2])
    panel.choose("Number", 20)
    assert (panel.sample, panel.extent) == (20, "of 60 · 6 chosen")
    panel.click("Next")
    assert panel.sample == MISTAKES[2]
    panel.choose("Sample", 5)
    panel.click("Next")
    assert panel.sample == MISTAKES[5]
    panel.choose("Show", "all")
    assert panel.sample == panel.value("Sample") == MISTAKES[5]
    assert (panel.selection, panel.limit("Sample")) == (None, 59)
    assert view(panel) == ("channel-mean", "predicted", None)


def test_who_takes_the_comparison_away_is_not_given_it_again(panel):
    found(panel)
    panel.choose("Show", "mistakes")
    panel.compare = None
    for _ in range(3):
        panel.click("Next")
        assert panel.compare is None
    panel.choose("Show", "most surely wrong")
    assert panel.compare is None
    panel.reset()
    assert panel.selection is None
    panel.choose("Show", "mistakes")
    assert view(panel) == ASKED


def test_among_all_sorts_only_the_mistakes_are_compared_and_a_choice_of_ones_own_stays(panel):
    found(panel)
    panel.choose("Show", "least sure")
    walked = [panel.sample]
    for _ in range(59):
        panel.click("Next")
        walked.append(panel.sample)
        assert view(panel) == (ASKED if panel.sample in MISTAKES else ("channel-mean", "predicted", None))
    assert sorted(walked) == list(range(60))
    assert (np.diff(panel.review.confidence[walked]) >= 0).all()
    panel.reset()
    panel.compare = "eigen-cam"
    panel.choose("Show", "mistakes")
    assert view(panel) == ("channel-mean", "predicted", "eigen-cam")


def test_filters_combine_and_an_empty_selection_is_no_trap(panel):
    found(panel)
    panel.choose("Show", "mistakes")
    panel.choose("True", 1)
    assert panel.walk() == [position for position in MISTAKES if LABELS[position] == 1]
    panel.choose("Predicted", 1)
    assert (panel.selection, panel.selection_text) == (0, "0 of 60 samples")
    before = panel.sample
    for button in ("Next", "Back"):
        panel.click(button)
    panel.choose("Number", 7)
    assert (before in MISTAKES, panel.sample) == (True, 7)
    panel.choose("Predicted", None)
    panel.choose("Confidence", (0.0, 0.5))
    assert panel.selection == 0
    panel.choose("Confidence", (0.0, 1.0))
    panel.choose("True", None)
    panel.choose("Show", "right")
    assert panel.selection == 60 - len(MISTAKES)
    panel.choose("Show", "all")
    assert panel.selection is None


@pytest.mark.parametrize("pair", [(1, 0), (2, 2)])
def test_a_click_on_a_cell_of_the_matrix_shows_its_samples(panel, pair):
    found(panel)
    panel.matrix.click(*pair)
    assert panel.walk() == [at for at in range(60) if (LABELS[at], PREDICTED[at]) == pair]
    assert (panel.value("True"), panel.value("Predicted")) == pair
    assert panel.compare == ("true" if pair == (1, 0) else None)
    panel.matrix.click_beside()
    assert panel.value("True") == pair[0]


def test_a_matrix_of_a_thousand_classes_is_drawn_and_of_too_many_it_is_said(opened):
    labels = [(at * 37) % 1000 for at in range(60)]
    panel = found(opened(Sees(1000), read_batches(PREDICTED, labels, 30)))
    small = panel.matrix.count
    panel.switch("Larger matrix", True)
    assert small < panel.matrix.count < 30
    panel.switch("Rates", True)
    assert "sample" in panel.matrix.pointed(0, 0)
    panel = found(opened(Sees(10_001), read_batches([0], [1], 1)))
    assert panel.matrix is None
    assert "10,001 classes is too large" in panel.matrix_text
    panel.choose("Show", "mistakes")
    assert panel.walk() == [0]


# --- the tiles


def thumbnails(panel):
    """Give the tiles, once they are there."""
    panel.open_page("Mistakes")
    panel.wait()
    return panel.thumbnails


def test_tiles_page_through_the_selection_and_a_click_opens_a_mistake(panel):
    found(panel)
    assert thumbnails(panel).positions == list(range(24))
    panel.click("Next page")
    panel.click("Next page")  # while the second page is on its way
    assert thumbnails(panel).positions == list(range(48, 60))
    assert panel.thumbnails.text == "49 to 60 of 60; click one to open it."
    assert (panel.is_disabled("Page back"), panel.is_disabled("Next page")) == (False, True)
    panel.thumbnails.click(11)
    assert (panel.sample, view(panel)) == (59, ASKED)
    assert thumbnails(panel).positions == list(range(48, 60))
    assert panel.thumbnails.framed == 11
    panel.choose("Show", "mistakes")
    assert thumbnails(panel).positions == MISTAKES
    assert panel.thumbnails.colours == {"#cf222e"}


def test_tiles_follow_layer_and_method_are_restyled_without_passes_and_say_what_is_slow(opened):
    panel, fresh = opened(), opened(layer="conv1")
    before = panel.passes
    assert thumbnails(panel).positions == list(range(6))
    assert panel.passes == before + 2  # one image's own, and one for all
    panel.layer = "conv1"
    assert np.array_equal(thumbnails(panel).pixels, thumbnails(fresh).pixels)
    before = panel.passes
    panel.alpha = 1.0
    assert panel.passes == before
    assert not np.array_equal(panel.thumbnails.pixels, fresh.thumbnails.pixels)
    panel.sample = 3
    panel.wait()
    assert panel.passes == before + 1
    with torch.no_grad():
        panel.model.conv1.weight *= -1
    old = panel.thumbnails.tile(2)
    panel.click("Run again")
    assert not np.array_equal(thumbnails(panel).tile(2), old)
    panel.method = "occlusion"
    assert "takes many passes" in panel.thumbnails.text
    assert not panel.thumbnails.is_shown
    panel.wait()
    panel.method = "grad-cam"
    assert thumbnails(panel).positions == list(range(6))
    assert panel.thumbnails.is_shown
    panel.open_page("Look")
    before = panel.passes
    panel.layer = "conv2"
    assert panel.passes == before + 1


def test_tiles_name_their_classes_how_sure_the_model_is_and_what_is_noted(panel):
    found(panel)
    panel.choose("Show", "mistakes")
    assert thumbnails(panel).pointed[0] == "sample 3 · class 1 → class 0 100 %"
    assert {text.split()[-2] for text in panel.thumbnails.captions} == {"100"}
    panel.mark("bad image")
    panel.choose("Note", "blurred")
    assert panel.thumbnails.pointed[0] == "sample 3 · class 1 → class 0 100 % · bad image (blurred)"
    assert captions.MARK_BADGES["bad image"] in panel.thumbnails.captions
    panel.choose("Show", "marked")
    assert thumbnails(panel).positions == [3]
    panel.unmark()
    assert (panel.selection, panel.sample, thumbnails(panel).is_shown) == (0, 3, False)
    assert panel.thumbnails.text == "No sample matches: marked."


def test_an_empty_cell_says_so_and_another_click_on_it_or_on_the_button_shows_all_again(panel):
    found(panel)
    panel.matrix.click(0, 1)
    assert (panel.selection, panel.sample) == (0, 0)
    assert thumbnails(panel).text == "No sample matches: class 0 → class 1."
    panel.matrix.click(0, 1)
    assert (panel.selection, panel.is_disabled("Clear")) == (None, True)
    panel.matrix.click(1, 0)
    panel.click("Clear")
    assert (panel.selection, panel.value("True"), panel.sample) == (None, None, 3)


def test_next_mistake_asks_a_whole_review_follows_its_list_and_opens_as_a_click_does(panel):
    found(panel)
    panel.open_page("Look")
    panel.click("Next mistake")
    assert (panel.sample, view(panel), panel.background) == (3, ASKED, [])
    before = panel.passes
    panel.sample = 14
    panel.sample = 3
    to_show_both = panel.passes - before
    panel.sample = 14
    before = panel.passes
    assert panel.previous_mistake() == 3
    assert panel.next_mistake() == 14
    assert panel.passes == before + to_show_both
    panel.choose("Show", "most surely wrong")
    order = panel.walk()
    panel.sample = order[0]
    assert [panel.next_mistake() for _ in range(3)] == order[1:4]
    assert panel.search_text == f"Sample {order[3]} is a mistake."


# --- pinned views


def pins(panel):
    """Read what is written over the pinned views."""
    return [title for title in panel.titles if title.endswith(" · class 0")]


def test_four_views_are_pinned_and_stay_through_other_sizes_and_failures(opened):
    shapes = [(12, 12), (8, 20), (12, 12), (16, 9), (12, 12), (12, 12)]
    loader = [(images(1, shape, seed), torch.tensor([0])) for seed, shape in enumerate(shapes)]
    panel = opened(loader=loader)
    assert not panel.is_shown("Unpin")
    for position in range(MOST_PINS):
        panel.sample = position
        panel.click("Pin")
    panel.sample = 5
    assert pins(panel) == [f"{at} · class 0" for at in range(MOST_PINS)]
    assert panel.is_disabled("Pin")
    fails(panel.model)
    panel.sample = 2
    assert "out of memory" in panel.message
    panel.model.counter.before = lambda: None
    panel.sample = 1
    panel.alpha = 0.0
    for _ in range(MOST_PINS):
        panel.click("Unpin")
    assert (pins(panel), panel.is_shown("Unpin"), panel.is_disabled("Pin"), panel.message) == ([], False, False, "")


# --- marks and files


def test_a_mark_is_the_samples_is_saved_and_is_there_in_a_fresh_panel(opened, panel, tmp_path):
    found(panel)
    panel.sample = 5
    panel.mark("bad image")
    panel.choose("Note", "too dark")
    panel.sample = 6
    assert (panel.marked, panel.value("Note")) == ("", "")
    panel.choose("Note", "a note alone")
    assert panel.marked == "look again"
    panel.sample = 7
    panel.mark("wrong label")
    panel.unmark()
    panel.sample = 5
    assert (panel.marked, panel.value("Note")) == ("bad image", "too dark")
    panel.choose("File", str(tmp_path / "review.npz"))
    panel.click("Save review")
    assert "with 2 marks." in panel.file_text
    panel.choose("File", str(tmp_path / "review.csv"))
    panel.click("Save review")
    rows = (tmp_path / "review.csv").read_text().splitlines()
    assert len(rows) == 61
    assert "bad image,too dark" in rows[6]

    fresh = opened(Sees(), in_fours())
    fresh.model.load_state_dict(panel.model.state_dict())
    assert not fresh.has_selection
    fresh.choose("File", str(tmp_path / "review.npz"))
    fresh.click("Load")
    assert (fresh.review_text, fresh.review_warning) == ("60 samples: 90 % right, 6 wrong.", "")
    assert {at: (mark.kind, mark.note) for at, mark in fresh.review.marks.items()} == {
        5: ("bad image", "too dark"),
        6: ("look again", "a note alone"),
    }
    fresh.sample = 6
    assert fresh.value("Note") == "a note alone"
    fresh.choose("Show", "mistakes")
    assert fresh.walk() == MISTAKES


def test_a_sample_that_cannot_be_shown_is_the_one_that_is_marked(opened):
    class Broken(TensorDataset):
        def __getitem__(self, index):
            if index == 2:
                raise OSError("image file is truncated")
            return super().__getitem__(index)

    panel = found(opened(loader=DataLoader(Broken(images(), torch.arange(6) % 3))))
    assert "1 with an error. The first, sample 2: " in panel.review_text
    panel.sample = 2
    assert "truncated" in panel.message
    panel.mark("bad image")
    assert list(panel.review.marks) == [2]


def test_what_cannot_be_saved_or_loaded_is_said(panel, tmp_path):
    panel.click("Save review")
    assert panel.file_text == "There is no review yet: click Find mistakes first."
    (tmp_path / "foreign.npz").write_bytes(b"not a review")
    for path, sentence in (
        (str(tmp_path / "foreign.npz"), "is not a review that Review.save wrote"),
        (str(tmp_path / "none.npz"), "No such file"),
        ("", "Not loaded from a file without a name"),
    ):
        panel.choose("File", path)
        panel.click("Load")
        assert sentence in panel.file_text
    assert panel.review is None
    found(panel)
    for path in (str(tmp_path / "no folder" / "review.npz"), ""):
        panel.choose("File", path)
        panel.click("Save review")
        assert panel.file_text.startswith("Not saved in ")


@pytest.fixture
def path(tmp_path):
    """Give the file of a review of an earlier kernel, with two marks."""
    before = review(Sees(), in_fours(), progress=lambda done, total: None)
    for position, kind, note in ((5, "bad image", "too dark"), (7, "look again", "")):
        before.mark(position, kind, note)
    before.save(tmp_path / "review.npz")
    return tmp_path / "review.npz"


BEFORE = {5: ("bad image", "too dark"), 7: ("look again", "")}


def named(panel, path):
    """Name the review's file, as by typing."""
    panel.open_page("Code and files")
    panel.choose("File", str(path))


def marked(panel, position, kind="wrong label"):
    panel.sample = position
    panel.mark(kind)


def unmarked(panel, position):
    panel.sample = position
    panel.unmark()


def says(marks):
    return {position: (mark.kind, mark.note) for position, mark in marks.items()}


def in_file(path):
    return says(Review.load(path).marks)


def offered(panel):
    return panel.label("Marks of before") if panel.is_shown("Marks of before") else None


def asked(panel):
    """Give what is asked, with the answers that are offered."""
    answers = ("Anyway", "Load anyway", "Keep both")
    return panel.file_text, [panel.label(answer) for answer in answers if panel.is_shown(answer)]


def test_marks_of_before_are_found_offered_and_merged_into_a_new_review(panel, path):
    found(panel)
    assert offered(panel) is None
    panel.sample = 7
    named(panel, path)
    assert offered(panel) == "2 earlier marks: load them"
    panel.click("Marks of before")
    assert says(panel.review.marks) == BEFORE
    assert panel.file_text == "2 earlier marks are back."
    assert (panel.marked, offered(panel)) == ("look again", None)
    panel.unmark()  # that file is chosen now
    assert in_file(path) == {5: BEFORE[5]}


def test_where_there_is_no_review_yet_the_whole_one_is_loaded(opened, path):
    panel = opened(Sees(), in_fours())
    named(panel, path)
    assert offered(panel) == "2 earlier marks: load them"
    panel.click("Marks of before")
    assert panel.review.complete
    assert says(panel.review.marks) == BEFORE
    assert offered(panel) is None


def test_nothing_is_offered_of_other_data_or_of_what_is_no_review(opened, path):
    other = opened(Sees(), read_batches(PREDICTED[:9], LABELS[:9], 9))
    named(other, path)
    assert offered(other) is None
    path.write_bytes(b"weights")
    named(other, path.with_name("none.npz"))
    named(other, path)
    assert offered(other) is None


def test_a_save_after_a_restart_keeps_the_marks_that_are_in_the_file(panel, path):
    found(panel)
    marked(panel, 9)
    named(panel, path)
    panel.click("Save review")
    assert panel.file_text == f"Saved in {path} with 3 marks, 2 of them from before."
    assert in_file(path) == says(panel.review.marks) == {**BEFORE, 9: ("wrong label", "")}
    panel.sample = 5
    assert panel.value("Note") == "too dark"


def test_marks_are_in_the_file_as_they_are_made_once_it_was_chosen(panel, path):
    found(panel)
    named(panel, path)
    marked(panel, 9)
    assert in_file(path) == BEFORE  # it was named, and not yet chosen
    panel.click("Load")
    assert says(panel.review.marks) == {**BEFORE, 9: ("wrong label", "")}
    assert "1 mark made here is not in the file yet" in panel.file_text
    unmarked(panel, 5)
    marked(panel, 11, "bad image")
    assert panel.file_text == f"3 marks, kept in {path}."
    assert in_file(path) == {7: BEFORE[7], 9: ("wrong label", ""), 11: ("bad image", "")}
    panel.choose("Note", "blurred")
    assert in_file(path)[11] == ("bad image", "blurred")
    panel.click("Save review")
    assert 5 not in in_file(path)
    path.unlink()
    marked(panel, 12)
    assert "The mark is not in" in panel.file_text
    panel.click("Save review")
    assert len(in_file(path)) == 4


@pytest.mark.parametrize("answer", ["Anyway", "Keep both", None])
def test_a_mark_that_would_be_replaced_is_asked_about(panel, path, answer):
    found(panel)
    named(panel, path)
    marked(panel, 5, "wrong label")
    assert offered(panel) == "1 earlier mark: load it"
    panel.click("Save review")
    assert offered(panel) is None  # while something is asked
    sentence = "review.npz marks sample 5 differently."
    assert asked(panel) == (sentence, ["Save anyway", "Keep both"])
    assert in_file(path) == BEFORE
    if answer is None:
        named(panel, path.with_name("other.npz"))
        assert asked(panel) == ("", [])
        panel.click("Save review")
        assert in_file(path) == BEFORE
        return
    panel.click(answer)
    note = {"Anyway": "", "Keep both": "before: bad image, too dark"}[answer]
    assert in_file(path) == says(panel.review.marks) == {**BEFORE, 5: ("wrong label", note)}
    assert panel.value("Note") == note
    assert asked(panel)[1] == []
    panel.click("Save review")
    assert asked(panel)[1] == []


def test_a_file_of_something_else_is_asked_about(opened, path):
    other = found(opened(Sees(), read_batches(PREDICTED[:9], LABELS[:9], 9)))
    named(other, path)
    other.click("Save review")
    assert asked(other) == ("review.npz holds a review of another data set, with 2 marks.", ["Save anyway"])
    assert in_file(path) == BEFORE
    path.write_bytes(b"weights")
    other.click("Save review")
    assert asked(other) == ("review.npz is not a review that Review.save wrote, or is cut short.", ["Save anyway"])
    assert path.read_bytes() == b"weights"
    other.click("Anyway")
    assert (in_file(path), asked(other)[1]) == ({}, [])


def test_loading_a_review_of_other_data_asks_before_marks_are_lost(opened, path):
    other = found(opened(Sees(), read_batches(PREDICTED[:9], LABELS[:9], 9)))
    marked(other, 2)
    named(other, path)
    other.click("Load")
    assert asked(other) == ("That review is of other data, and 1 mark made here is not in any file.", ["Load anyway"])
    assert list(other.review.marks) == [2]
    other.click("Load anyway")
    assert says(other.review.marks) == BEFORE


def test_a_table_is_no_review_and_is_not_written_over_what_is_none(panel, tmp_path):
    found(panel)
    named(panel, tmp_path / "review.csv")
    marked(panel, 3)
    panel.click("Save review")
    panel.click("Load")
    assert "review.csv is a table, written for other programs." in panel.file_text
    panel.review.unmark(3)
    panel.click("Save review")
    assert asked(panel)[1] == []  # it was taken away here
    (tmp_path / "review.csv").write_text("my,own\n1,2\n")
    panel.click("Save review")
    assert asked(panel) == ("review.csv is not a table that the panel, or Review.to_csv, wrote.", ["Save anyway"])
    assert (tmp_path / "review.csv").read_text() == "my,own\n1,2\n"


def test_a_table_with_marks_that_the_review_does_not_have_is_asked_about(opened, panel, tmp_path):
    found(panel)
    marked(panel, 3)
    panel.review.to_csv(tmp_path / "review.csv")
    fresh = found(opened(Sees(), in_fours()))
    named(fresh, tmp_path / "review.csv")
    fresh.click("Save review")
    assert asked(fresh) == ("review.csv has 1 mark that this review does not have.", ["Save anyway"])
    fresh.click("Anyway")
    assert "wrong label" not in (tmp_path / "review.csv").read_text()


def test_a_review_that_begins_anew_neither_loses_marks_nor_brings_back_those_taken_away(panel, path):
    panel.review = Review.load(path)
    unmarked(panel, 5)
    assert in_file(path) == BEFORE  # that file was not chosen here
    with torch.no_grad():
        panel.model.conv.weight += 1
    found(panel)
    assert says(panel.review.marks) == {7: BEFORE[7]}
    marked(panel, 9)
    named(panel, path)
    assert offered(panel) is None
    panel.click("Save review")
    assert in_file(path) == says(panel.review.marks) == {7: BEFORE[7], 9: ("wrong label", "")}


def test_a_review_of_another_model_and_more_samples_is_shown_as_far_as_it_goes_and_called_stale(panel):
    other = review(Sees(), read_batches(PREDICTED * 2, LABELS * 2, 40), progress=lambda done, total: None)
    panel.review = other
    assert "no longer those that were reviewed" in panel.review_warning
    panel.choose("Show", "mistakes")
    assert panel.walk() == MISTAKES
    fewer = review(panel.model, read_batches(PREDICTED[:5], LABELS[:5]), progress=lambda done, total: None)
    panel.review = fewer
    assert "The data set has 60 samples, but 5 were reviewed." in panel.review_warning
    panel.sample = 20
    assert not panel.can_be_marked
    with pytest.raises(TypeError, match="review must be a Review, got str"):
        panel.review = "review.npz"


class Stream(IterableDataset):
    def __iter__(self):
        yield from zip(read_batches(PREDICTED * 20, [0] * 1200, 1200)[0][0], LABELS * 20, strict=True)


def test_of_a_stream_the_worst_can_be_opened_when_they_cannot_be_fetched_any_more(opened):
    panel = found(opened(Sees(), DataLoader(Stream(), batch_size=50)))
    assert panel.extent == "of 1,200"
    panel.choose("Show", "most surely wrong")
    assert panel.selection == 120
    assert panel.sample < 200  # the last thousand are what the stream keeps
    assert panel.message == ""
    at = panel.sample % 60  # the images repeat
    assert (panel.explanation.label, panel.explanation.predicted) == (LABELS[at], PREDICTED[at])
    panel.sample = 0
    assert panel.message == ""  # it was shown before, and the last samples shown are kept
    panel.sample = 61
    assert "no longer kept" in panel.message


class Connection(IterableDataset):
    """Twelve items of which the last is a mistake; before item 5 it raises, as often as it is told to."""

    def __init__(self, failures=1):
        self.failures = failures

    def __iter__(self):
        for index, image in enumerate(read_batches([1] * 12, [0] * 12, 12)[0][0]):
            if index == 5 and self.failures:
                self.failures -= 1
                raise ConnectionError("reset by peer")
            yield image, 1 if index < 11 else 0


def test_a_review_that_breaks_off_says_so_and_continue_goes_on(opened, tmp_path):
    panel = found(opened(Sees(), DataLoader(Connection(), batch_size=4)))
    review = panel.review
    sentence = "5 samples so far: 100 % right, 0 wrong. Then the loader failed (ConnectionError: reset by peer)."
    assert panel.review_text == sentence
    assert (panel.label("Find mistakes"), panel.extent) == ("Continue", "of ?")
    named(panel, tmp_path / "review.npz")
    panel.click("Save review")
    assert panel.review.broken_off == Review.load(tmp_path / "review.npz").broken_off
    found(panel)
    assert panel.review is review
    assert panel.review_text == "12 samples: 92 % right, 1 wrong."
    assert (panel.label("Find mistakes"), panel.extent) == ("Find mistakes", "of 12")
    assert panel.review.misclassified().tolist() == [11]


def test_a_panel_steps_to_where_a_stream_breaks_off_and_on(opened):
    panel = opened(Sees(), DataLoader(Connection(), batch_size=4))
    panel.sample = 5
    assert "broke off at sample 5 (ConnectionError: reset by peer)" in panel.message
    assert panel.extent == "of ?"
    panel.click("Run again")
    assert (panel.message, panel.explanation.label) == ("", 1)


def test_a_search_that_comes_to_where_a_stream_breaks_off_ends_with_a_word(opened):
    panel = opened(Sees(), DataLoader(Connection(failures=2), batch_size=4))
    panel.click("Next mistake")
    panel.wait()
    assert panel.search_text.startswith("No mistake up to there: The loader broke off at sample 5 (ConnectionError")
    panel.sample = 1
    assert panel.search_text == ""
    with pytest.raises(SampleError, match="broke off at sample 5"):
        panel.next_mistake()
    assert "broke off at sample 5" in panel.search_text
    assert panel.next_mistake() == 11


class Sharded(IterableDataset):
    def __iter__(self):
        info = get_worker_info()
        images, labels = read_batches(PREDICTED[:8], LABELS[:8], 8)[0]
        return iter(list(zip(images, labels.tolist(), strict=True))[info.id :: info.num_workers])


def test_a_data_set_that_needs_a_worker_is_shown_and_reviewed(opened):
    panel = found(opened(Sees(), DataLoader(Sharded(), batch_size=4, num_workers=2)))
    assert (panel.message, panel.review.complete) == ("", True)
    assert panel.review.labels.tolist() == LABELS[:8]
    panel.sample = 7
    assert panel.message == ""


# --- what is left


def test_after_all_of_it_closing_leaves_nothing(panel):
    threads = threading.active_count()
    found(panel)
    panel.open_page("Layers")
    panel.choose("Show", "mistakes")
    panel.click("Pin")
    thumbnails(panel)
    panel.close()  # `opened` looks for widgets
    assert threading.active_count() == threads


def test_nothing_of_it_is_drawn_before_it_is_asked_for(opened):
    panel = opened()
    assert [widget for widget in panel.every_widget if isinstance(widget, Canvas)] == [panel.canvas]
