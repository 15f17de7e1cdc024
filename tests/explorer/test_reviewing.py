"""Find mistakes in the panel: the review's thread, its selections, matrix, contact sheet, marks and file."""

import html
import re
import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from attn_widget import AttentionExplorer, review
from attn_widget.canvas import PanelCanvas
from attn_widget.explorer.contact import PAGE
from attn_widget.explorer.parts import every_widget
from attn_widget.figure import MOST_PINS

from .panels import Gate, Reads, batches, choose, controls, finish, images, message, net, passes_of, read_batches

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
    assert {text.get_color() for text in drawing._captions if text.get_visible()} == {"#cf222e"}


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
    assert "no longer kept" in message(explorer)


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
