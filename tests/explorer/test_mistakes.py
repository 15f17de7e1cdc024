"""The next mistake and the one before, against a plain loop."""

import pytest
import torch
from torch.utils.data import DataLoader

from attn_widget.candidates import Classes

from .panels import Gate, Reads, batches, images, net, read_batches

PREDICTED = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1] * 3
LABELS = list(PREDICTED)
for wrong in (3, 4, 17, 41, 59):
    LABELS[wrong] = (LABELS[wrong] + 1) % 3


def plain_loop(start, step):
    positions = range(start + 1, 60) if step > 0 else range(start - 1, -1, -1)
    return next((position for position in positions if PREDICTED[position] != LABELS[position]), None)


@pytest.fixture
def panel(opened):
    return opened(Reads(), read_batches(PREDICTED, LABELS))


@pytest.mark.parametrize("start", [0, 3, 4, 16, 17, 18, 41, 58, 59])
def test_the_next_mistake_is_the_plain_loops(panel, start):
    panel.sample = start
    expected = plain_loop(start, 1)
    assert panel.next_mistake() == expected
    assert panel.sample == (start if expected is None else expected)


@pytest.mark.parametrize("start", [0, 3, 4, 5, 17, 18, 41, 42, 59])
def test_the_previous_mistake_is_the_plain_loops(panel, start):
    panel.sample = start
    expected = plain_loop(start, -1)
    assert panel.previous_mistake() == expected
    assert panel.sample == (start if expected is None else expected)


@pytest.mark.parametrize(("button", "start", "found"), [("Next mistake", 4, 17), ("Previous mistake", 41, 17)])
def test_the_buttons_search_on_a_thread_of_their_own(panel, button, start, found):
    panel.sample = start
    panel.click(button)
    panel.wait()
    assert (panel.sample, panel.value("Sample"), panel.explanation.predicted) == (found, found, 2)
    assert panel.search_text.startswith(f"Sample {found} is a mistake (")
    assert not panel.is_shown("Stop")


def test_a_search_that_finds_nothing_says_how_many_were_tried(panel):
    panel.sample = 41
    panel.next_mistake()
    assert panel.sample == 59
    assert panel.next_mistake() is None
    assert panel.search_text == "There is no sample after this one."
    panel.sample = 2
    assert panel.previous_mistake() is None
    assert panel.search_text == "No mistake before this sample (2 tried)."


def test_samples_are_tried_in_batches_that_begin_small(panel):
    panel.sample = 17
    before = panel.passes
    panel.next_mistake()
    assert panel.passes - before <= 4 + 1  # 4, 8 and 16 samples reach the 41st; one pass shows it


@pytest.mark.parametrize("labels", [None, torch.rand(6) + 0.1, ["a", "b", "c", "d", "e", "f"]])
def test_without_class_labels_it_is_said(opened, labels):
    panel = opened(loader=[(images(), labels) if labels is not None else images()])
    assert panel.next_mistake() is None
    assert panel.search_text == (
        "No mistake after this sample (5 tried, 5 of them without a class label or unreadable)."
    )
    assert panel.sample == 0


def test_a_search_shows_how_many_were_tried_and_can_be_stopped(panel):
    panel.sample = 17
    gate = Gate(panel.model)
    panel.click("Next mistake")
    gate.wait()
    assert panel.search_text == "Looking for a mistake: 0 samples tried."
    panel.click("Stop")
    gate.open()
    panel.wait()
    assert panel.sample == 17
    assert panel.search_text.startswith("Stopped after ")
    assert not panel.is_shown("Stop")


def test_a_search_begun_anew_is_the_only_one_heard_of(panel):
    panel.sample = 17
    gate = Gate(panel.model)
    panel.click("Next mistake")
    gate.wait()
    panel.model.counter.before = lambda: None
    first = panel.background
    panel.click("Previous mistake")
    panel.wait(but=first)
    gate.open()
    panel.wait()
    assert panel.sample == 4
    assert panel.search_text.startswith("Sample 4 is a mistake")


def test_closing_during_a_search_ends_it(panel):
    panel.sample = 17
    gate = Gate(panel.model)
    panel.click("Next mistake")
    gate.wait()
    panel.close()
    gate.open()
    panel.wait()
    assert panel.sample == 17


def test_a_search_that_fails_says_so(panel, monkeypatch):
    def fail(*arguments, **options):
        raise RuntimeError("the wire broke")

    monkeypatch.setattr(Classes, "beside", fail)
    panel.click("Next mistake")
    panel.wait()
    assert panel.search_text == "The search failed: RuntimeError: the wire broke"
    assert not panel.is_shown("Stop")
    assert panel.sample == 0


def test_a_model_that_takes_single_images_only_is_searched_too(opened):
    class Single(Reads):
        def forward(self, x):
            assert len(x) == 1
            return super().forward(x)

    assert opened(Single(), read_batches(PREDICTED, LABELS)).next_mistake() == 3


def test_shuffling_does_not_change_the_order(opened):
    data = list(zip(read_batches(PREDICTED, LABELS, 60)[0][0], LABELS, strict=True))
    panel = opened(Reads(), DataLoader(data, batch_size=7, shuffle=True))
    found = []
    while (position := panel.next_mistake()) is not None:
        found.append(position)
    assert found == [3, 4, 17, 41, 59]


def test_multi_label_samples_are_right_where_the_prediction_is_among_the_labels(opened):
    labels = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    stack = read_batches([0, 1, 1], [0, 0, 0], 3)[0][0]
    assert opened(Reads(), [(stack, labels)]).next_mistake() == 2


def test_a_stream_is_searched_to_its_end_and_the_controls_know_it_then(opened):
    panel = opened(Reads(), iter(read_batches([0, 0, 0], [0, 0, 0])))
    assert panel.next_mistake() is None
    assert panel.limit("Sample") == 2
    assert panel.extent == "of 3"


def test_a_dropout_model_in_train_mode_is_judged_in_evaluation_mode(opened):
    model = net().train()
    panel = opened(model, batches())
    with torch.no_grad():
        predicted = net().eval()(images()).argmax(1)
    wrong = [position for position in range(1, 6) if predicted[position] != position % 3]
    assert panel.next_mistake() == (wrong[0] if wrong else None)
    assert model.training
