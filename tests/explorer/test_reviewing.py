"""Find mistakes in the panel: the review's thread, its selections, matrix, contact sheet, marks and file."""

import html
import re
import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, IterableDataset, TensorDataset, get_worker_info

from attn_widget import AttentionExplorer, Review, review
from attn_widget.canvas import PanelCanvas
from attn_widget.explorer.contact import PAGE
from attn_widget.explorer.parts import every_widget
from attn_widget.figure import MOST_PINS
from attn_widget.samples import SampleError

from .panels import (
    Gate,
    Reads,
    batches,
    choose,
    controls,
    finish,
    finish_search,
    images,
    message,
    net,
    passes_of,
    read_batches,
    search_text,
)

PREDICTED = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0] * 6
LABELS = list(PREDICTED)
for wrong, label in ((3, 1), (14, 2), (17, 2), (33, 1), (40, 1), (59, 1)):
    LABELS[wrong] = label
MISTAKES = [position for position in range(60) if LABELS[position] != PREDICTED[position]]
ASKED = ("grad-cam", "predicted", "true")


@pytest.fixture
def explorer(opened):
    return opened(Sees(), in_fours())


class Sees(Reads):
    """Reads the class in the first pixel, and adds a little of what its convolution sees."""

    def forward(self, x):
        return super().forward(x) + 0.01 * self.conv(x).sum(1).mean((1, 2))[:, None] * torch.arange(self.classes)


def in_fours():
    return DataLoader(TensorDataset(*read_batches(PREDICTED, LABELS, 60)[0]), batch_size=4)


def parts(explorer):
    return explorer._face.reviews


def found(explorer):
    """Find all mistakes, as by a click."""
    parts(explorer).find.click()
    finish(parts(explorer)._worker)
    return explorer


def said(widget):
    return html.unescape(re.sub("<[^>]*>", "", widget.value))


def order(explorer):
    """Give the positions that the slider runs over."""
    return None if explorer._order.selection is None else explorer._order.selection.tolist()


def view(explorer):
    return explorer.method, explorer.target, explorer.compare


def is_shown(widget):
    return widget.layout.display != "none"


# --- the review itself


def test_a_click_reviews_everything_and_says_what_was_found(explorer):
    assert explorer.review is None
    assert not parts(explorer).root.children
    found(explorer)
    assert explorer.review.misclassified().tolist() == MISTAKES
    assert said(parts(explorer).said) == "60 samples: 90 % right, 6 wrong."
    assert explorer.review.predicted.tolist() == PREDICTED
    assert is_shown(parts(explorer)._known)
    assert (explorer.sample, order(explorer), view(explorer)) == (0, None, ("channel-mean", "predicted", None))


def test_stop_keeps_what_was_done_and_continue_loses_and_repeats_nothing(explorer):
    gate = Gate(explorer._model, after=5)
    before = passes_of(explorer)
    parts(explorer).find.click()
    gate.wait()
    assert is_shown(parts(explorer).stop)
    assert parts(explorer).find.disabled
    parts(explorer).find.click()  # a second click begins nothing
    parts(explorer).stop.click()
    gate.open()
    finish(parts(explorer)._worker)
    done = explorer.review.reviewed
    assert 0 < done < 60
    assert parts(explorer).find.description == "Continue"
    assert said(parts(explorer).said).startswith(f"{done} of 60 samples so far: ")
    explorer.review.mark(3, "look again", "before the end")
    found(explorer)
    assert explorer.review.predicted.tolist() == PREDICTED
    assert passes_of(explorer) - before == 15  # batches of four
    assert explorer.review.marks[3].note == "before the end"
    assert parts(explorer).find.description == "Find mistakes"


def test_meanwhile_the_panel_steps_and_what_the_review_says_reaches_widgets_only(explorer):
    gate = Gate(explorer._model, after=5)
    parts(explorer).find.click()
    gate.wait()
    explorer._model.counter.before = lambda: None
    controls(explorer).following.click()
    assert (explorer.sample, message(explorer)) == (1, "")
    gate.open()
    finish(parts(explorer)._worker)
    assert explorer.sample == 1


def test_a_model_trained_after_a_stop_is_reviewed_anew_with_the_marks_and_it_is_said(explorer):
    gate = Gate(explorer._model, after=5)
    parts(explorer).find.click()
    gate.wait()
    parts(explorer).stop.click()
    gate.open()
    finish(parts(explorer)._worker)
    explorer.review.mark(3, "bad image")
    with torch.no_grad():
        explorer._model.conv.weight += 1
    explorer.refresh()
    assert "other ones than those that were reviewed" in said(parts(explorer).warning)
    found(explorer)
    assert explorer.review.complete
    assert explorer.review.marks[3].kind == "bad image"
    assert "must begin anew" in said(parts(explorer).warning)
    explorer.refresh()
    assert not is_shown(parts(explorer).warning)


def test_a_model_trained_during_the_review_makes_it_stale(explorer):
    gate = Gate(explorer._model, after=5)
    parts(explorer).find.click()
    gate.wait()
    with torch.no_grad():
        explorer._model.conv.weight += 1
    gate.open()
    finish(parts(explorer)._worker)
    assert "other ones than those that were reviewed" in said(parts(explorer).warning)


def test_closing_during_a_review_ends_it(explorer):
    gate = Gate(explorer._model, after=5)
    parts(explorer).find.click()
    gate.wait()
    explorer.close()
    gate.open()
    parts(explorer)._worker._thread.join(60)
    assert explorer.review.reviewed < 60


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
        ((0, 1, 2, 0, 1, 7), net, "1 with an error. The first, sample 5: Its label, 7, is outside"),
    ],
    ids=["no labels", "several labels", "a regression", "a label outside"],
)
def test_what_cannot_be_reviewed_is_said_in_a_sentence(opened, labels, model, sentence):
    explorer = opened(model().eval(), [images(6)] if labels is None else batches(labels))
    found(explorer)
    assert sentence in said(parts(explorer).said)
    assert is_shown(parts(explorer)._known) == (explorer.review.reviewed > 0)
    assert is_shown(parts(explorer).confusion.root) == isinstance(labels, tuple) or explorer.review.reviewed == 0
    assert message(explorer) == ""


def test_a_model_that_raises_is_said_and_the_next_click_works(explorer):
    fails(explorer._model)
    found(explorer)
    assert "RuntimeError: out of memory" in said(parts(explorer).said)
    explorer._model.counter.before = lambda: None
    assert found(explorer).review.complete


# --- what is chosen


def test_the_slider_runs_over_the_mistakes_which_open_with_their_two_classes(explorer):
    found(explorer)
    slider, number = controls(explorer).position, controls(explorer).number
    choose(parts(explorer).choosing.which, "mistakes")
    assert order(explorer) == MISTAKES
    assert (explorer.sample, slider.value, slider.max, number.value) == (MISTAKES[0], 0, 5, MISTAKES[0])
    assert controls(explorer).count.value == "of 60 · 1 of 6 chosen"
    assert view(explorer) == ASKED
    assert (explorer._face._look.comparison.second.target, explorer.explanation.label) == ("true", LABELS[3])
    controls(explorer).following.click()
    choose(slider, 2)
    assert (explorer.sample, number.value) == (MISTAKES[2], MISTAKES[2])
    choose(number, 20)
    assert (explorer.sample, controls(explorer).count.value) == (20, "of 60 · 6 chosen")
    controls(explorer).following.click()
    assert explorer.sample == MISTAKES[2]
    choose(slider, 5)
    controls(explorer).following.click()
    assert explorer.sample == MISTAKES[5]
    choose(parts(explorer).choosing.which, "all")
    assert (order(explorer), explorer.sample, slider.value, slider.max) == (None, MISTAKES[5], MISTAKES[5], 59)
    assert view(explorer) == ("channel-mean", "predicted", None)


def test_who_takes_the_comparison_away_is_not_given_it_again(explorer):
    found(explorer)
    choose(parts(explorer).choosing.which, "mistakes")
    explorer.compare = None
    for _ in range(3):
        controls(explorer).following.click()
        assert explorer.compare is None
    choose(parts(explorer).choosing.which, "most surely wrong")
    assert explorer.compare is None
    explorer.reset()
    assert order(explorer) is None
    choose(parts(explorer).choosing.which, "mistakes")
    assert view(explorer) == ASKED


def test_among_all_sorts_only_the_mistakes_are_compared_and_a_choice_of_ones_own_stays(explorer):
    found(explorer)
    choose(parts(explorer).choosing.which, "least sure")
    assert sorted(order(explorer)) == list(range(60))
    assert (np.diff(explorer.review.confidence[order(explorer)]) >= 0).all()
    for position in order(explorer)[1:]:
        controls(explorer).following.click()
        assert explorer.sample == position
        assert view(explorer) == (ASKED if position in MISTAKES else ("channel-mean", "predicted", None))
    explorer.reset()
    explorer.compare = "eigen-cam"
    choose(parts(explorer).choosing.which, "mistakes")
    assert view(explorer) == ("channel-mean", "predicted", "eigen-cam")


def test_filters_combine_and_an_empty_selection_is_no_trap(explorer):
    found(explorer)
    choosing = parts(explorer).choosing
    choose(choosing.which, "mistakes")
    choose(choosing.true, 1)
    expected = [position for position in MISTAKES if LABELS[position] == 1]
    assert order(explorer) == expected
    choose(choosing.predicted, 1)
    assert order(explorer) == []
    assert choosing.count.value == "0 of 60 samples"
    assert controls(explorer).position.disabled
    before = explorer.sample
    for button in (controls(explorer).following, controls(explorer).previous):
        button.click()
    choose(controls(explorer).number, 7)
    assert (before in MISTAKES, explorer.sample) == (True, 7)
    choose(choosing.predicted, -1)
    choose(choosing.confidence, (0.0, 0.5))
    assert order(explorer) == []
    choosing.all()
    assert (order(explorer), controls(explorer).position.disabled) == (None, False)
    assert not set(order_of(explorer, "right")) & set(MISTAKES)


def order_of(explorer, which):
    choose(parts(explorer).choosing.which, which)
    return order(explorer)


@pytest.mark.parametrize("pair", [(1, 0), (2, 2)])
def test_a_click_on_a_cell_of_the_matrix_shows_its_samples(explorer, pair):
    found(explorer)
    matrix = parts(explorer).confusion.late.drawing
    parts(explorer).confusion._clicked(SimpleNamespace(inaxes=matrix.axes, xdata=pair[1] + 0.2, ydata=pair[0] - 0.2))
    assert order(explorer) == [at for at in range(60) if (LABELS[at], PREDICTED[at]) == pair]
    assert (parts(explorer).choosing.true.value, parts(explorer).choosing.predicted.value) == pair
    assert explorer.compare == ("true" if pair == (1, 0) else None)
    parts(explorer).confusion._clicked(SimpleNamespace(inaxes=None, xdata=0, ydata=0))
    assert parts(explorer).choosing.true.value == pair[0]


def test_a_matrix_of_a_thousand_classes_is_drawn_and_of_too_many_it_is_said(opened):
    labels = [(at * 37) % 1000 for at in range(60)]
    explorer = found(opened(Sees(1000), read_batches(PREDICTED, labels, 30)))
    matrix = parts(explorer).confusion
    assert len(matrix.late.drawing.classes) < 30
    matrix.rates.value = True
    assert "sample" in matrix.late.drawing.axes.format_coord(0, 0)
    explorer = found(opened(Sees(10_001), read_batches([0], [1], 1)))
    assert "10,001 classes is too large" in said(parts(explorer).confusion._said)
    assert order_of(explorer, "mistakes") == [0]


# --- the contact sheet


def sheet(explorer):
    contact = explorer._face.contact
    finish(contact._worker)
    return [glance.position for glance in contact._glances]


def test_the_contact_sheet_pages_through_the_selection_and_a_click_opens_a_mistake(explorer):
    found(explorer)
    controls(explorer).contact.value = True
    contact = explorer._face.contact
    assert sheet(explorer) == list(range(PAGE))
    contact.onwards.click()
    contact.onwards.click()  # while the second page is on its way
    assert sheet(explorer) == list(range(2 * PAGE, 60))
    assert contact._line.value == "49 to 60 of 60; click one to open it."
    assert (contact.back.disabled, contact.onwards.disabled) == (False, True)
    drawing = contact.late.drawing
    x, y = drawing._corner(59 - 2 * PAGE)
    contact._clicked(SimpleNamespace(xdata=x + 5, ydata=y + 5))
    assert (explorer.sample, view(explorer)) == (59, ASKED)
    assert sheet(explorer) == list(range(2 * PAGE, 60))
    assert drawing._frame.get_visible()
    choose(parts(explorer).choosing.which, "mistakes")
    assert sheet(explorer) == MISTAKES
    assert {text.get_color() for text in drawing.figure.texts if text.get_visible()} == {"#cf222e"}


def test_the_contact_sheet_follows_layer_and_method_restyles_without_passes_and_says_what_is_slow(opened):
    explorer = opened()
    controls(explorer).contact.value = True
    contact = explorer._face.contact
    assert sheet(explorer) == list(range(6))
    explorer.layer = "conv1"
    sheet(explorer)
    assert [glance.explanation.layer for glance in contact._glances] == ["conv1"] * 6
    before = passes_of(explorer)
    pixels = np.array(contact.late.drawing._image.get_array())
    explorer.alpha = 1.0
    assert passes_of(explorer) == before
    assert (pixels != contact.late.drawing._image.get_array()).any()
    explorer.sample = 3
    finish(contact._worker)
    assert passes_of(explorer) == before + 1
    with torch.no_grad():
        explorer._model.conv1.weight *= -1
    old = contact._glances[2].explanation.overall_map
    controls(explorer).again.click()
    sheet(explorer)
    assert not np.array_equal(contact._glances[2].explanation.overall_map, old)
    explorer.method = "occlusion"
    assert "takes many passes" in contact._line.value
    assert not is_shown(contact.late.root)
    explorer._slow._thread.join(60)
    explorer.method = "grad-cam"
    assert sheet(explorer) == list(range(6))
    assert is_shown(contact.late.root)
    controls(explorer).contact.value = False
    before = passes_of(explorer)
    explorer.layer = "conv2"
    assert passes_of(explorer) == before + 1


# --- pinned views


def test_four_views_are_pinned_and_stay_through_other_sizes_and_failures(opened):
    shapes = [(12, 12), (8, 20), (12, 12), (16, 9), (12, 12), (12, 12)]
    loader = [(images(1, shape, seed), torch.tensor([0])) for seed, shape in enumerate(shapes)]
    explorer = opened(loader=loader)
    pin, unpin = controls(explorer).pin, controls(explorer).unpin
    assert not is_shown(unpin)
    for position in range(6):
        explorer.sample = position
        pin.click()
    assert [pinned.title for pinned in explorer._face.pins] == [f"{at} · class 0" for at in range(MOST_PINS)]
    assert pin.disabled
    fails(explorer._model)
    explorer.sample = 2
    assert "out of memory" in message(explorer)
    explorer._model.counter.before = lambda: None
    explorer.sample = 1
    explorer.alpha = 0.0
    for _ in range(MOST_PINS):
        unpin.click()
    assert (explorer._face.pins, is_shown(unpin), pin.disabled, message(explorer)) == ([], False, False, "")


# --- marks and files


def test_a_mark_is_the_samples_is_saved_and_is_there_in_a_fresh_panel(opened, explorer, tmp_path):
    found(explorer)
    file, marking = parts(explorer).filing, parts(explorer).marking
    explorer.sample = 5
    choose(marking.kind, "bad image")
    choose(marking.note, "too dark")
    explorer.sample = 6
    assert (marking.kind.value, marking.note.value) == ("no mark", "")
    choose(marking.note, "a note alone")
    assert marking.kind.value == "look again"
    explorer.sample = 7
    choose(marking.kind, "wrong label")
    choose(marking.kind, "no mark")
    explorer.sample = 5
    assert (marking.kind.value, marking.note.value) == ("bad image", "too dark")
    file.path.value = str(tmp_path / "review.npz")
    file.save.click()
    assert "with 2 marks." in said(file.said)
    file.path.value = str(tmp_path / "review.csv")
    file.save.click()
    rows = (tmp_path / "review.csv").read_text().splitlines()
    assert len(rows) == 61
    assert "bad image,too dark" in rows[6]

    fresh = opened(Sees(), in_fours())
    fresh._model.load_state_dict(explorer._model.state_dict())
    panel = parts(fresh)
    assert not panel.root.children
    controls(fresh).more.value = True
    assert is_shown(panel.filing.root)
    panel.filing.path.value = str(tmp_path / "review.npz")
    panel.filing.load.click()
    assert (said(panel.said), is_shown(panel.warning)) == ("60 samples: 90 % right, 6 wrong.", False)
    assert {at: (mark.kind, mark.note) for at, mark in fresh.review.marks.items()} == {
        5: ("bad image", "too dark"),
        6: ("look again", "a note alone"),
    }
    fresh.sample = 6
    assert panel.marking.note.value == "a note alone"
    assert order_of(fresh, "mistakes") == MISTAKES


def test_a_sample_that_cannot_be_shown_is_the_one_that_is_marked(opened):
    class Broken(TensorDataset):
        def __getitem__(self, index):
            if index == 2:
                raise OSError("image file is truncated")
            return super().__getitem__(index)

    explorer = found(opened(loader=DataLoader(Broken(images(), torch.arange(6) % 3))))
    assert "1 with an error. The first, sample 2: " in said(parts(explorer).said)
    explorer.sample = 2
    assert "truncated" in message(explorer)
    choose(parts(explorer).marking.kind, "bad image")
    assert list(explorer.review.marks) == [2]


def test_what_cannot_be_saved_or_loaded_is_said(explorer, tmp_path):
    controls(explorer).more.value = True
    file = parts(explorer).filing
    file.save.click()
    assert said(file.said) == "There is no review yet: find mistakes first."
    (tmp_path / "foreign.npz").write_bytes(b"not a review")
    for path, sentence in (
        (str(tmp_path / "foreign.npz"), "is no review that Review.save wrote"),
        (str(tmp_path / "none.npz"), "No such file"),
        ("", "Not loaded from a file without a name"),
    ):
        file.path.value = path
        file.load.click()
        assert sentence in said(file.said)
    assert explorer.review is None
    found(explorer)
    for path in (str(tmp_path / "no folder" / "review.npz"), ""):
        file.path.value = path
        file.save.click()
        assert said(file.said).startswith("Not saved in ")


@pytest.fixture
def path(tmp_path):
    """Give the file of a review of an earlier kernel, with two marks."""
    before = review(Sees(), in_fours(), progress=lambda done, total: None)
    for position, kind, note in ((5, "bad image", "too dark"), (7, "look again", "")):
        before.mark(position, kind, note)
    before.save(tmp_path / "review.npz")
    return tmp_path / "review.npz"


BEFORE = {5: ("bad image", "too dark"), 7: ("look again", "")}


def filing(explorer):
    return parts(explorer).filing


def named(explorer, path):
    """Name the review's file, as by typing."""
    controls(explorer).more.value = True
    choose(filing(explorer).path, str(path))


def marked(explorer, position, kind="wrong label"):
    explorer.sample = position
    choose(parts(explorer).marking.kind, kind)


def says(marks):
    return {position: (mark.kind, mark.note) for position, mark in marks.items()}


def in_file(path):
    return says(Review.load(path).marks)


def offered(explorer):
    return filing(explorer).offer.description if is_shown(filing(explorer).offer) else None


def asked(explorer):
    """Give what is asked, with the answers that are offered."""
    file = filing(explorer)
    return said(file.said), [answer.description for answer in (file.anyway, file.both) if is_shown(answer)]


def test_marks_of_before_are_found_offered_and_merged_into_a_new_review(explorer, path):
    found(explorer)
    assert offered(explorer) is None
    explorer.sample = 7
    named(explorer, path)
    assert offered(explorer) == "2 marks of before: load them"
    filing(explorer).offer.click()
    assert says(explorer.review.marks) == BEFORE
    assert said(filing(explorer).said) == "2 marks of before are here again."
    assert (parts(explorer).marking.kind.value, offered(explorer)) == ("look again", None)
    choose(parts(explorer).marking.kind, "no mark")  # that file is chosen now
    assert in_file(path) == {5: BEFORE[5]}


def test_where_there_is_no_review_yet_the_whole_one_is_loaded(opened, path):
    explorer = opened(Sees(), in_fours())
    named(explorer, path)
    assert offered(explorer) == "2 marks of before: load them"
    filing(explorer).offer.click()
    assert explorer.review.complete
    assert says(explorer.review.marks) == BEFORE
    assert offered(explorer) is None


def test_nothing_is_offered_of_other_data_or_of_what_is_no_review(opened, path):
    other = opened(Sees(), read_batches(PREDICTED[:9], LABELS[:9], 9))
    named(other, path)
    assert offered(other) is None
    path.write_bytes(b"weights")
    named(other, path.with_name("none.npz"))
    named(other, path)
    assert offered(other) is None


def test_a_save_after_a_restart_keeps_the_marks_that_are_in_the_file(explorer, path):
    found(explorer)
    marked(explorer, 9)
    named(explorer, path)
    filing(explorer).save.click()
    assert said(filing(explorer).said) == f"Saved in {path} with 3 marks, 2 of them from before."
    assert in_file(path) == says(explorer.review.marks) == {**BEFORE, 9: ("wrong label", "")}
    explorer.sample = 5
    assert parts(explorer).marking.note.value == "too dark"


def test_marks_are_in_the_file_as_they_are_made_once_it_was_chosen(explorer, path):
    found(explorer)
    named(explorer, path)
    marked(explorer, 9)
    assert in_file(path) == BEFORE  # it was named, and not yet chosen
    filing(explorer).load.click()
    assert says(explorer.review.marks) == {**BEFORE, 9: ("wrong label", "")}
    assert "1 mark made here is not in the file yet" in said(filing(explorer).said)
    marked(explorer, 5, "no mark")
    marked(explorer, 11, "bad image")
    assert said(filing(explorer).said) == f"3 marks, kept in {path}."
    assert in_file(path) == {7: BEFORE[7], 9: ("wrong label", ""), 11: ("bad image", "")}
    choose(parts(explorer).marking.note, "blurred")
    assert in_file(path)[11] == ("bad image", "blurred")
    filing(explorer).save.click()
    assert 5 not in in_file(path)
    path.unlink()
    marked(explorer, 12)
    assert "The mark is not in" in said(filing(explorer).said)
    filing(explorer).save.click()
    assert len(in_file(path)) == 4


@pytest.mark.parametrize("answer", ["anyway", "both", "none"])
def test_a_mark_that_would_be_replaced_is_asked_about(explorer, path, answer):
    found(explorer)
    named(explorer, path)
    marked(explorer, 5, "wrong label")
    assert offered(explorer) == "1 mark of before: load it"
    filing(explorer).save.click()
    assert offered(explorer) is None  # while something is asked
    sentence = "review.npz marks sample 5 otherwise than this review."
    assert asked(explorer) == (sentence, ["Save anyway", "Keep both"])
    assert in_file(path) == BEFORE
    if answer == "none":
        named(explorer, path.with_name("other.npz"))
        assert asked(explorer) == ("", [])
        filing(explorer).save.click()
        assert in_file(path) == BEFORE
        return
    getattr(filing(explorer), answer).click()
    note = {"anyway": "", "both": "before: bad image, too dark"}[answer]
    assert in_file(path) == says(explorer.review.marks) == {**BEFORE, 5: ("wrong label", note)}
    assert parts(explorer).marking.note.value == note
    assert asked(explorer)[1] == []
    filing(explorer).save.click()
    assert asked(explorer)[1] == []


def test_a_file_of_something_else_is_asked_about(opened, path):
    other = found(opened(Sees(), read_batches(PREDICTED[:9], LABELS[:9], 9)))
    named(other, path)
    filing(other).save.click()
    assert asked(other) == ("review.npz holds a review of other data, with 2 marks.", ["Save anyway"])
    assert in_file(path) == BEFORE
    path.write_bytes(b"weights")
    filing(other).save.click()
    assert asked(other) == ("review.npz is no review that Review.save wrote, or is cut short.", ["Save anyway"])
    assert path.read_bytes() == b"weights"
    filing(other).anyway.click()
    assert (in_file(path), asked(other)[1]) == ({}, [])


def test_loading_a_review_of_other_data_asks_before_marks_are_lost(opened, path):
    other = found(opened(Sees(), read_batches(PREDICTED[:9], LABELS[:9], 9)))
    marked(other, 2)
    named(other, path)
    filing(other).load.click()
    assert asked(other) == ("That review is of other data: 1 mark made here is in no file.", ["Load anyway"])
    assert list(other.review.marks) == [2]
    filing(other).anyway.click()
    assert says(other.review.marks) == BEFORE


def test_a_table_is_no_review_and_is_not_written_over_what_is_none(explorer, tmp_path):
    found(explorer)
    named(explorer, tmp_path / "review.csv")
    marked(explorer, 3)
    filing(explorer).save.click()
    filing(explorer).load.click()
    assert "review.csv is a table for other programs that the panel" in said(filing(explorer).said)
    explorer.review.unmark(3)
    filing(explorer).save.click()
    assert asked(explorer)[1] == []  # it was taken away here
    (tmp_path / "review.csv").write_text("my,own\n1,2\n")
    filing(explorer).save.click()
    assert asked(explorer) == ("review.csv is no table that the panel, or Review.to_csv, wrote.", ["Save anyway"])
    assert (tmp_path / "review.csv").read_text() == "my,own\n1,2\n"


def test_a_table_with_marks_that_the_review_does_not_have_is_asked_about(opened, explorer, tmp_path):
    found(explorer)
    marked(explorer, 3)
    explorer.review.to_csv(tmp_path / "review.csv")
    fresh = found(opened(Sees(), in_fours()))
    named(fresh, tmp_path / "review.csv")
    filing(fresh).save.click()
    assert asked(fresh) == ("review.csv has 1 mark that this review does not have.", ["Save anyway"])
    filing(fresh).anyway.click()
    assert "wrong label" not in (tmp_path / "review.csv").read_text()


def test_a_review_that_begins_anew_neither_loses_marks_nor_brings_back_those_taken_away(explorer, path):
    explorer.review = Review.load(path)
    marked(explorer, 5, "no mark")
    assert in_file(path) == BEFORE  # that file was not chosen here
    with torch.no_grad():
        explorer._model.conv.weight += 1
    found(explorer)
    assert says(explorer.review.marks) == {7: BEFORE[7]}
    marked(explorer, 9)
    named(explorer, path)
    assert offered(explorer) is None
    filing(explorer).save.click()
    assert in_file(path) == says(explorer.review.marks) == {7: BEFORE[7], 9: ("wrong label", "")}


def test_a_review_of_another_model_and_more_samples_is_shown_as_far_as_it_goes_and_called_stale(explorer):
    other = review(Sees(), read_batches(PREDICTED * 2, LABELS * 2, 40), progress=lambda done, total: None)
    explorer.review = other
    assert "other ones than those that were reviewed" in said(parts(explorer).warning)
    choose(parts(explorer).choosing.which, "mistakes")
    assert order(explorer) == MISTAKES
    fewer = review(explorer._model, read_batches(PREDICTED[:5], LABELS[:5]), progress=lambda done, total: None)
    explorer.review = fewer
    assert "The data set has 60 samples, and 5 were reviewed." in said(parts(explorer).warning)
    explorer.sample = 20
    assert parts(explorer).marking.kind.disabled
    with pytest.raises(TypeError, match="review must be a Review, got str"):
        explorer.review = "review.npz"


class Stream(IterableDataset):
    def __iter__(self):
        yield from zip(read_batches(PREDICTED * 20, [0] * 1200, 1200)[0][0], LABELS * 20, strict=True)


def test_of_a_stream_the_worst_can_be_opened_when_they_cannot_be_fetched_any_more(opened):
    explorer = found(opened(Sees(), DataLoader(Stream(), batch_size=50)))
    assert controls(explorer).count.value == "of 1,200"
    choose(parts(explorer).choosing.which, "most surely wrong")
    assert len(order(explorer)) == 120
    assert explorer.sample == order(explorer)[0] < 200  # the last thousand are what the stream keeps
    assert message(explorer) == ""
    at = explorer.sample % 60  # the images repeat
    assert (explorer.explanation.label, explorer.explanation.predicted) == (LABELS[at], PREDICTED[at])
    explorer.sample = 0
    assert message(explorer) == ""  # it was shown before, and the last samples shown are kept
    explorer.sample = 1
    assert "no longer kept" in message(explorer)


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
    explorer = found(opened(Sees(), DataLoader(Connection(), batch_size=4)))
    review = explorer.review
    sentence = "Broken off after 5 samples (ConnectionError: reset by peer): 100 % right, 0 wrong."
    assert said(parts(explorer).said) == sentence
    assert (parts(explorer).find.description, controls(explorer).count.value) == ("Continue", "of ?")
    named(explorer, tmp_path / "review.npz")
    filing(explorer).save.click()
    assert explorer.review.broken_off == Review.load(tmp_path / "review.npz").broken_off
    found(explorer)
    assert explorer.review is review
    assert said(parts(explorer).said) == "12 samples: 92 % right, 1 wrong."
    assert (parts(explorer).find.description, controls(explorer).count.value) == ("Find mistakes", "of 12")
    assert explorer.review.misclassified().tolist() == [11]


def test_a_panel_steps_to_where_a_stream_breaks_off_and_on(opened):
    explorer = opened(Sees(), DataLoader(Connection(), batch_size=4))
    explorer.sample = 5
    assert "broke off at sample 5 (ConnectionError: reset by peer)" in message(explorer)
    assert controls(explorer).count.value == "of ?"
    controls(explorer).again.click()
    assert (message(explorer), explorer.explanation.label) == ("", 1)


def test_a_search_that_comes_to_where_a_stream_breaks_off_ends_with_a_word(opened):
    explorer = opened(Sees(), DataLoader(Connection(failures=2), batch_size=4))
    controls(explorer).next_mistake.click()
    finish_search(explorer)
    assert search_text(explorer).startswith("No mistake until there: The loader broke off at sample 5 (ConnectionError")
    controls(explorer).set_search("")
    with pytest.raises(SampleError, match="broke off at sample 5"):
        explorer.next_mistake()
    assert "broke off at sample 5" in search_text(explorer)
    assert explorer.next_mistake() == 11


class Sharded(IterableDataset):
    def __iter__(self):
        info = get_worker_info()
        images, labels = read_batches(PREDICTED[:8], LABELS[:8], 8)[0]
        return iter(list(zip(images, labels.tolist(), strict=True))[info.id :: info.num_workers])


def test_a_data_set_that_needs_a_worker_is_shown_and_reviewed(opened):
    explorer = found(opened(Sees(), DataLoader(Sharded(), batch_size=4, num_workers=2)))
    assert (message(explorer), explorer.review.complete) == ("", True)
    assert explorer.review.labels.tolist() == LABELS[:8]
    explorer.sample = 7
    assert message(explorer) == ""


# --- what is left


def test_after_all_of_it_closing_leaves_nothing(explorer):
    threads = threading.active_count()
    found(explorer)
    controls(explorer).contact.value = controls(explorer).strip.value = True
    choose(parts(explorer).choosing.which, "mistakes")
    controls(explorer).pin.click()
    sheet(explorer)
    explorer.close()  # `opened` looks for widgets
    assert threading.active_count() == threads


def test_nothing_of_it_is_drawn_before_it_is_asked_for(opened):
    explorer: AttentionExplorer = opened()
    canvases = [widget for widget in every_widget(explorer) if isinstance(widget, PanelCanvas)]
    assert canvases == [explorer._face.canvas]
