"""The next mistake and the one before, against a plain loop."""

import threading

import pytest
import torch
from torch.utils.data import DataLoader

from attn_widget.explorer import search

from .panels import Reads, batches, controls, finish_search, images, net, passes_of, read_batches, search_text

PREDICTED = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1] * 3
LABELS = list(PREDICTED)
for wrong in (3, 4, 17, 41, 59):
    LABELS[wrong] = (LABELS[wrong] + 1) % 3


def plain_loop(start, step):
    positions = range(start + 1, 60) if step > 0 else range(start - 1, -1, -1)
    return next((position for position in positions if PREDICTED[position] != LABELS[position]), None)


@pytest.fixture
def explorer(opened):
    return opened(Reads(), read_batches(PREDICTED, LABELS))


@pytest.mark.parametrize("start", [0, 3, 4, 16, 17, 18, 41, 58, 59])
def test_the_next_mistake_is_the_plain_loops(explorer, start):
    explorer.sample = start
    expected = plain_loop(start, 1)
    assert explorer.next_mistake() == expected
    assert explorer.sample == (start if expected is None else expected)


@pytest.mark.parametrize("start", [0, 3, 4, 5, 17, 18, 41, 42, 59])
def test_the_previous_mistake_is_the_plain_loops(explorer, start):
    explorer.sample = start
    expected = plain_loop(start, -1)
    assert explorer.previous_mistake() == expected
    assert explorer.sample == (start if expected is None else expected)


@pytest.mark.parametrize(("button", "start", "found"), [("next_mistake", 4, 17), ("previous_mistake", 41, 17)])
def test_the_buttons_search_on_a_thread_of_their_own(explorer, button, start, found):
    explorer.sample = start
    getattr(controls(explorer), button).click()
    finish_search(explorer)
    assert (explorer.sample, controls(explorer).position.value, explorer.explanation.predicted) == (found, found, 2)
    assert search_text(explorer).startswith(f"Sample {found} is a mistake (")
    assert controls(explorer).stop.layout.display == "none"


def test_a_search_that_finds_nothing_says_how_many_were_tried(explorer):
    explorer.sample = 41
    explorer.next_mistake()
    assert explorer.sample == 59
    assert explorer.next_mistake() is None
    assert search_text(explorer) == "There is no sample after this one."
    explorer.sample = 2
    assert explorer.previous_mistake() is None
    assert search_text(explorer) == "No mistake before this sample (2 tried)."


def test_samples_are_tried_in_batches_that_begin_small(explorer):
    explorer.sample = 17
    before = passes_of(explorer)
    explorer.next_mistake()
    assert passes_of(explorer) - before <= 4 + 1  # 4, 8 and 16 samples reach the 41st; one pass shows it


@pytest.mark.parametrize("labels", [None, torch.rand(6) + 0.1, ["a", "b", "c", "d", "e", "f"]])
def test_without_class_labels_it_is_said(opened, labels):
    explorer = opened(loader=[(images(), labels) if labels is not None else images()])
    assert explorer.next_mistake() is None
    assert search_text(explorer) == (
        "No mistake after this sample (5 tried, 5 of them without a class label or unreadable)."
    )
    assert explorer.sample == 0


def test_a_search_shows_how_many_were_tried_and_can_be_stopped(explorer):
    explorer.sample = 17
    arrived, go_on = threading.Event(), threading.Event()

    def hold():
        arrived.set()
        assert go_on.wait(60)

    tried = []
    controls(explorer).search.observe(lambda change: tried.append(change["new"]), "value")
    explorer._model.counter.before = hold
    controls(explorer).next_mistake.click()
    assert arrived.wait(60)
    assert controls(explorer).stop.layout.display is None
    controls(explorer).stop.click()
    explorer._model.counter.before = lambda: None
    go_on.set()
    finish_search(explorer)
    assert explorer.sample == 17
    assert search_text(explorer).startswith("Stopped after ")
    assert tried[0] == "Looking for a mistake: 0 samples tried."
    assert controls(explorer).stop.layout.display == "none"


def test_a_search_begun_anew_is_the_only_one_heard_of(explorer):
    explorer.sample = 17
    arrived, go_on = threading.Event(), threading.Event()

    def hold():
        explorer._model.counter.before = lambda: None
        arrived.set()
        assert go_on.wait(60)

    explorer._model.counter.before = hold
    controls(explorer).next_mistake.click()
    assert arrived.wait(60)
    first = explorer._search._worker._thread
    controls(explorer).previous_mistake.click()
    finish_search(explorer)
    go_on.set()
    first.join(60)
    assert explorer.sample == 4
    assert search_text(explorer).startswith("Sample 4 is a mistake")


def test_closing_during_a_search_ends_it(explorer):
    arrived, go_on = threading.Event(), threading.Event()

    def hold():
        arrived.set()
        assert go_on.wait(60)

    explorer.sample = 17
    explorer._model.counter.before = hold
    controls(explorer).next_mistake.click()
    assert arrived.wait(60)
    explorer.close()
    go_on.set()
    finish_search(explorer)
    assert explorer.sample == 17


def test_a_search_that_fails_says_so(explorer, monkeypatch):
    def fail(*arguments, **options):
        raise RuntimeError("the wire broke")

    monkeypatch.setattr(search, "verdicts", fail)
    controls(explorer).next_mistake.click()
    finish_search(explorer)
    assert search_text(explorer) == "The search failed: RuntimeError: the wire broke"
    assert controls(explorer).stop.layout.display == "none"
    assert explorer.sample == 0


def test_a_model_that_takes_single_images_only_is_searched_too(opened):
    class Single(Reads):
        def forward(self, x):
            assert len(x) == 1
            return super().forward(x)

    assert opened(Single(), read_batches(PREDICTED, LABELS)).next_mistake() == 3


def test_shuffling_does_not_change_the_order(opened):
    data = list(zip(read_batches(PREDICTED, LABELS, 60)[0][0], LABELS, strict=True))
    explorer = opened(Reads(), DataLoader(data, batch_size=7, shuffle=True))
    found = []
    while (position := explorer.next_mistake()) is not None:
        found.append(position)
    assert found == [3, 4, 17, 41, 59]


def test_multi_label_samples_are_right_where_the_prediction_is_among_the_labels(opened):
    labels = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    stack = read_batches([0, 1, 1], [0, 0, 0], 3)[0][0]
    assert opened(Reads(), [(stack, labels)]).next_mistake() == 2


def test_a_stream_is_searched_to_its_end_and_the_controls_know_it_then(opened):
    explorer = opened(Reads(), iter(read_batches([0, 0, 0], [0, 0, 0])))
    assert explorer.next_mistake() is None
    assert controls(explorer).position.max == 2
    assert controls(explorer).count.value == "of 3"


def test_a_dropout_model_in_train_mode_is_judged_in_evaluation_mode(opened):
    model = net().train()
    explorer = opened(model, batches())
    with torch.no_grad():
        predicted = net().eval()(images()).argmax(1)
    wrong = [position for position in range(1, 6) if predicted[position] != position % 3]
    assert explorer.next_mistake() == (wrong[0] if wrong else None)
    assert model.training
