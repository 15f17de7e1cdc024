"""Guess first: nothing of a sample is told until its class has been guessed, and then everything, with a score."""

import base64
import io
from collections.abc import Iterator
from typing import Any

import ipywidgets as widgets
import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from attn_widget.words import forms, guessing, messages

from .driver import PAGES, Driver
from .panels import Reads, images, net, read_batches

NAMES = ["okapi", "quagga", "zebra"]
PREDICTED, LABELS = [0, 1, 2, 1], [0, 2, 2, 1]


class Shifted(Reads):
    """Predicts the class after the one that stands in the image's first pixel, and is not quite sure."""

    def __init__(self, by: int, classes: int = 3) -> None:
        super().__init__(classes)
        self.by = by

    def forward(self, x):
        return super().forward(x).roll(self.by, 1) * 0.3 + self.conv(x).mean((2, 3)).sum(1, keepdim=True) * 0


@pytest.fixture
def game(opened):
    """A panel on four samples that a model reads, the second one wrongly."""

    def open_game(**options: Any) -> Driver:
        return opened(Reads(), read_batches(PREDICTED, LABELS), class_names=NAMES, **{"guess": True, **options})

    return open_game


def shifted(opened, by: int, label: int, **options: Any) -> Driver:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Shifted(by)
    return opened(model, read_batches([1, 1], [label, label]), class_names=NAMES, method="grad-cam", **options)


def everything(panel: Driver) -> Iterator[str]:
    """All that is seen or heard of a panel, and what a saved notebook keeps; but for lists of all classes."""
    data, _ = panel.bundle()
    yield from (data["text/plain"], data["image/png"])
    yield from (panel.status, panel.sentence, panel.notes, panel.code, repr(panel.explanation), *panel.titles)
    for widget in panel.every_widget:
        if "attn-guess-class" not in getattr(widget, "_dom_classes", ()):
            state = {name: value for name, value in widget.get_state().items() if "options" not in name}
            yield from (f"{type(widget).__name__}.{name}: {value!r}" for name, value in state.items() if told(value))


def told(value: Any) -> bool:
    """Whether a value is more than a reference to another widget, which has a new number in each panel."""
    return "IPY_MODEL" not in str(value)


def visit_all_pages(panel: Driver) -> None:
    for page in (*PAGES, PAGES[0]):
        panel.open_page(page)


# --- what is hidden


@pytest.mark.parametrize("switched", [False, True], ids=["from-the-first", "switched-on-later"])
def test_nothing_that_is_shown_depends_on_the_label_or_on_what_the_model_says(opened, switched):
    first, second = (shifted(opened, by, label, guess=not switched) for by, label in ((0, 0), (1, 2)))
    for panel in (first, second):
        visit_all_pages(panel)
    if switched:
        assert list(everything(first)) != list(everything(second))
        for panel in (first, second):
            panel.switch("Guess first", True)
    assert list(everything(first)) == list(everything(second))


@pytest.mark.parametrize("method", ["channel-mean", "grad-cam"])
def test_the_names_and_the_probability_of_true_and_predicted_class_occur_nowhere(opened, method):
    before = set(widgets.Widget.get_manager_state()["state"])
    panel = shifted(opened, 0, 2)
    panel.method = method
    sure = forms.percent(float(panel.explanation.probabilities[1]))
    panel.click("Pin")
    panel.bundle()
    visit_all_pages(panel)
    secrets = ("quagga", "zebra", sure)
    shown = "\n".join(everything(panel))
    assert all(secret in shown for secret in secrets)

    panel.guess = True
    visit_all_pages(panel)
    kept = widgets.Widget.get_manager_state()["state"]  # what a saved notebook keeps
    beside = set(kept) - before - {widget.model_id for widget in panel.every_widget}
    assert {kept[each]["model_name"] for each in beside} == {"LinkModel"}
    hidden = "\n".join(everything(panel))
    assert [secret for secret in secrets if secret in hidden] == []

    panel.guess_class("okapi")
    assert all(secret in "\n".join(everything(panel)) for secret in secrets)


def test_the_picture_is_shown_alone_in_a_figure_of_the_same_size(game):
    panel = game()
    size = panel.size
    assert (len(panel.panels), panel.titles, panel.bars) == (1, [], [])
    panel.guess_class("okapi")
    assert len(panel.panels) > 2
    assert panel.size == size
    panel.sample = 1
    assert (len(panel.panels), panel.size) == (1, size)


def test_a_saved_picture_is_of_the_picture_alone(game, tmp_path):
    panel = game(guess=False)
    shown = panel.bundle()[0]["image/png"]
    panel.guess = True
    in_state = panel.canvas.get_state()["_data_url"].partition(",")[2]
    hidden = panel.bundle()[0]["image/png"]
    pictures = [np.asarray(Image.open(io.BytesIO(base64.b64decode(each)))) for each in (shown, hidden, in_state)]
    assert (pictures[1] == pictures[2]).all()
    assert not np.array_equal(pictures[0], pictures[1])
    panel.save(tmp_path / "hidden.png")
    assert (tmp_path / "hidden.png").stat().st_size > 0


def test_pages_that_would_tell_wait_for_the_guess(game):
    panel = game()
    for page in PAGES[1:]:
        panel.open_page(page)
        assert panel.page_text == guessing.PAGE_WAITS
    panel.guess_class("zebra")
    assert panel.page_text == ""
    assert panel.code_shown
    panel.sample = 1
    panel.open_page("Look")
    assert panel.page_text == ""
    panel.choose("Top-k", 1)
    panel.guess_class("zebra")
    assert len(panel.explanation.channels) == 1


def test_the_question_is_announced(game):
    panel = game()
    assert panel.announced("status") == panel.status == f"Sample 0 of 4 · {guessing.GUESS_QUESTION}"
    panel.guess_class("okapi")
    assert "predicted: okapi" in panel.announced("status")


def test_a_file_name_that_names_the_class_is_hidden(opened):
    from .test_words import Files

    panel = opened(loader=Files(), guess=True)
    assert "cat" not in panel.status
    panel.guess_class("dog")
    assert "cat/0001.jpg" in panel.status


def test_a_mistake_that_is_opened_does_not_show_that_it_is_one(game):
    panel = game()
    assert panel.next_mistake() == 1
    assert (panel.compare, panel.method, panel.chips) == (None, "channel-mean", [])


def test_a_sample_that_fails_after_a_hidden_one_tells_nothing_of_that(opened):
    panel = shifted(opened, 0, 2, guess=True)
    panel.model.counter.before = lambda: (_ for _ in ()).throw(ValueError("no memory"))
    panel.sample = 1
    assert "no memory" in panel.message
    assert panel.guesses_offered == []
    assert not any(name in "\n".join(everything(panel)) for name in NAMES)
    panel.model.counter.before = lambda: None
    panel.refresh()
    assert panel.guesses_offered == NAMES
    assert panel.message == ""


# --- guesses


def test_a_guess_reveals_who_is_right_and_counts(game):
    panel = game()
    assert panel.guesses_offered == NAMES
    panel.guess_class("zebra")
    assert panel.guess_answers == ["You: ✗ zebra", "Model: ✓ okapi"]
    assert (panel.guesses_offered, panel.score) == ([], "You 0 of 1, model 1 of 1")
    panel.click("Next picture")
    assert (panel.sample, panel.explanation, panel.guess_answers) == (1, None, [])
    panel.guess_class("zebra")
    assert panel.guess_answers == ["You: ✓ zebra", "Model: ✗ quagga"]
    assert panel.score == "You 1 of 2, model 1 of 2"
    panel.sample = 0
    assert panel.guess_answers == ["You: ✗ zebra", "Model: ✓ okapi"]
    assert panel.explanation.predicted == 0


def test_the_next_picture_is_one_that_has_not_been_guessed(game):
    panel = game()
    panel.sample = 1
    panel.guess_class("zebra")
    panel.sample = 0
    panel.guess_class("okapi")
    panel.click("Next picture")
    assert panel.sample == 2
    panel.guess_class("okapi")
    panel.click("Next picture")
    panel.guess_class("okapi")
    assert not panel.is_shown("Next picture")


def test_a_guess_is_taken_back(game):
    panel = game()
    panel.guess_class("zebra")
    panel.click("Take back")
    assert (panel.guesses_offered, panel.score, panel.explanation) == (NAMES, "", None)
    panel.guess_class("okapi")
    assert panel.score == "You 1 of 1, model 1 of 1"


def test_all_guesses_are_cleared_and_can_be_brought_back_until_the_next_one(game):
    panel = game()
    panel.guess_class("zebra")
    panel.click("Next picture")
    panel.guess_class("zebra")
    panel.click("Clear guesses")
    assert (panel.score, panel.explanation) == ("", None)
    assert panel.label("Bring back") == "Bring back 2 guesses"
    panel.click("Bring back")
    assert panel.score == "You 1 of 2, model 1 of 2"
    panel.click("Clear guesses")
    panel.guess_class("zebra")
    assert not panel.is_shown("Bring back")
    assert panel.score == "You 1 of 1, model 0 of 1"


def test_guesses_outlive_the_mode_sleep_and_reset(game):
    panel = game(guess=False)
    panel.switch("Guess first", True)
    panel.guess_class("zebra")
    panel.switch("Guess first", False)
    assert panel.guess_answers == []
    assert panel.explanation is not None
    panel.switch("Guess first", True)
    assert panel.score == "You 0 of 1, model 1 of 1"
    panel.fall_asleep()
    panel.display()
    assert panel.score == "You 0 of 1, model 1 of 1"
    panel.click("Reset")
    assert panel.guess is False
    panel.guess = True
    assert panel.score == "You 0 of 1, model 1 of 1"


def test_switching_and_guessing_run_no_pass(game):
    panel = game(guess=False)
    before = panel.passes
    panel.guess = True
    panel.guess_class("zebra")
    panel.guess = False
    assert panel.passes == before


def test_both_confusion_matrices_are_of_the_samples_guessed_and_a_cell_opens_its_samples(game):
    panel = game()
    for name in ("okapi", "okapi", "zebra"):
        panel.guess_class(name)
        panel.sample += 1
    assert panel.guess_matrices == []
    panel.switch("Both matrices", True)
    yours, models = panel.guess_matrices
    assert yours.numbers == {("okapi", "okapi"): 1, ("zebra", "okapi"): 1, ("zebra", "zebra"): 1}
    assert models.numbers == {("okapi", "okapi"): 1, ("zebra", "quagga"): 1, ("zebra", "zebra"): 1}
    yours.click(2, 0)
    assert (panel.sample, panel.selection) == (1, 1)
    assert panel.explanation is not None
    assert any("zebra, guessed as okapi" in chip for chip in panel.chips)
    models.click(2, 2)
    assert (panel.sample, panel.selection) == (2, 1)
    models.click(0, 2)
    assert panel.sample == 2


def test_a_selection_of_one_class_is_not_named_before_the_guess(game):
    panel = game()
    panel.guess_class("okapi")
    panel.switch("Both matrices", True)
    panel.guess_matrices[0].click(0, 0)
    panel.click("Take back")
    assert panel.chips == [guessing.SELECTED_CHIP]
    panel.take_back(guessing.SELECTED_CHIP)
    assert panel.selection is None


# --- many classes


@pytest.fixture
def typed(opened):
    names = ["crane", "crane", *(f"dog {number}" for number in range(11)), "Siamese cat"]
    return opened(net(classes=14), [(images(), [13] * 6)], class_names=names, guess=True)


def test_one_of_many_classes_is_typed_by_a_part_of_its_name(typed):
    assert typed.guesses_offered == []
    typed.choose("Guess", "siam")
    assert typed.guess_answers[0] == "You: ✓ Siamese cat"
    assert not typed.is_shown("Guess")
    typed.click("Next picture")
    assert (typed.sample, typed.value("Guess")) == (1, "")


def test_classes_of_one_name_are_told_apart(typed):
    typed.choose("Guess", "crane (1)")
    assert typed.guess_answers[0] == "You: ✗ crane"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("siamees cat", "No class is called “siamees cat”; did you mean Siamese cat?"),
        ("?", "No class is called “?”; type a part of a class's name."),
        ("dog", "“dog” is in the names of 11 classes (dog 0, dog 1, dog 2, dog 3, …): type more of the name."),
    ],
)
def test_what_is_no_class_is_answered_in_a_sentence(typed, text, said):
    typed.choose("Guess", text)
    assert (typed.guess_text, typed.score, typed.explanation) == (said, "", None)
    typed.sample = 1
    assert typed.guess_text == ""
    typed.choose("Guess", "dog 10")
    assert typed.guess_text == ""
    assert typed.guess_answers


# --- where there is nothing to guess


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (None, guessing.NO_LABEL_TO_GUESS),
        (torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]), guessing.SEVERAL_LABELS_TO_GUESS),
        (torch.tensor([7, 9]), guessing.NO_CLASS_TO_GUESS),
    ],
)
def test_where_there_is_nothing_to_guess_everything_is_shown_and_it_is_said(opened, labels, said):
    panel = opened(loader=[images(2)] if labels is None else [(images(2), labels)], guess=True)
    assert panel.guess_text == said
    assert panel.explanation is not None
    assert (panel.guesses_offered, panel.score) == ([], "")


def test_a_regression_has_nothing_to_guess(opened):
    class Regression(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 3)

        def forward(self, x):
            return self.conv(x).mean((1, 2, 3))[:, None]

    panel = opened(Regression(), [(images(2), torch.tensor([0.5, 2.0]))], guess=True)
    assert panel.guess_text == guessing.NO_SCORES_TO_GUESS
    assert panel.explanation is not None


def test_a_slow_method_is_awaited_before_anything_is_asked_or_told(opened):
    panel = shifted(opened, 0, 2, guess=True)
    panel.method = "score-cam"
    panel.wait()
    assert panel.guesses_offered == NAMES
    panel.guess_class("zebra")
    assert panel.explanation.method == "score-cam"


def test_the_switch_is_a_switch(game):
    panel = game()
    with pytest.raises(TypeError, match="guess must be True or False, got 1"):
        panel.guess = 1
    assert panel.guess is True
    assert messages.NOT_SHOWN not in panel.status
