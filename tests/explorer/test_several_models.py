"""Several models in one panel: which is shown, what belongs to which, and one beside another."""

import numpy as np
import pytest
import torch
from torch import nn

from attn_widget import AttentionExplorer, explain
from attn_widget.surveys.moved_attention import attention_moves

from .driver import LINE
from .panels import Gate, Reads, batches, images, net, read_batches
from .test_script import NAMES, run


class Tower(nn.Module):
    """A network with other layers than `Net` has."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU())
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))


class Blind(Reads):
    """Predicts the first class."""

    def forward(self, x):
        return super().forward(0 * x)


def tower():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Tower().eval()


@pytest.fixture
def two(opened):
    """Open a panel with two models of one kind."""

    def open_two(**options):
        models = {"epoch 1": net(seed=0).eval(), "epoch 5": net(seed=1).eval()}
        return opened(models, class_names=NAMES, **options)

    return open_two


def of(panel, name, **options):
    """Explain the sample that is shown by a model, as the panel's settings say."""
    options = {"layer": panel.layer, "method": panel.method, **options}
    return explain(panel.model[name], images()[panel.sample], **options)


def test_the_model_chosen_is_the_one_explained_and_all_that_is_written_names_it(two):
    panel = two()
    assert panel.explorer.model == panel.value("Model") == "epoch 1"
    assert panel.offers("Model") == ["epoch 1", "epoch 5"]
    panel.choose("Model", "epoch 5")
    assert panel.explorer.model == "epoch 5"
    assert np.array_equal(panel.explanation.overall_map, of(panel, "epoch 5").overall_map)
    assert " · epoch 5 · " in panel.status
    assert "epoch-5" in panel.code.splitlines()[-1]
    assert np.array_equal(run(panel, loader=batches(), models=panel.model, class_names=NAMES), panel.pixels)
    panel.click("Pin")
    assert "epoch 5" in panel.pins[0]
    panel.click("Reset")
    assert panel.explorer.model == panel.value("Model") == "epoch 1"


def test_one_model_has_no_name_and_no_control_unless_it_is_given_one(opened):
    panel = opened()
    assert panel.explorer.model is None
    assert not panel.is_shown("Model")
    with pytest.raises(ValueError, match=r"model must be None, .*got 'epoch 1'"):
        panel.explorer.model = "epoch 1"
    named = opened({"mine": net().eval()})
    assert named.explorer.model == "mine"
    assert not named.is_shown("Model")
    assert "──── models ────" not in named.words("Compare with")


def test_a_wrong_name_is_refused_with_the_near_one_and_leaves_the_picture(two):
    panel = two()
    with pytest.raises(ValueError, match="one of 'epoch 1', 'epoch 5', got 'epoch5'; did you mean 'epoch 5'"):
        panel.explorer.model = "epoch5"
    assert panel.value("Model") == panel.explorer.model == "epoch 1"


WRONG = {
    "empty": ({}, ValueError, "at least one model, got an empty mapping"),
    "not a module": ({"a": net(), "b": 3}, TypeError, r"^model\['b'\] must be a torch.nn.Module, got int$"),
    "not a text": ({1: net()}, TypeError, "texts as names, got the key 1: write '1'"),
    "no name": ({" ": net()}, ValueError, "is empty: choose another one"),
    "a method's": ({"grad-cam": net()}, ValueError, "'grad-cam' is a method or target"),
    "lazy": ({"a": nn.LazyLinear(3)}, ValueError, r"^model\['a'\] has a lazy module"),
    "a list": ([net()], TypeError, "^model must be a torch.nn.Module, got list$"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mapping_that_makes_no_sense_is_refused_in_a_sentence(case):
    models, kind, words = WRONG[case]
    with pytest.raises(kind, match=words):
        AttentionExplorer(models, batches())


def test_a_layer_that_a_model_lacks_gives_way_to_its_default_with_a_word(opened):
    panel = opened({"net": net().eval(), "tower": tower()}, layer="conv1")
    panel.choose("Model", "tower")
    assert panel.layer == "body"
    assert "“tower” has no layer 'conv1': its default, 'body', is shown." in panel.notes
    assert "conv1" not in panel.offers("Layer")
    panel.choose("Number", 2)
    assert "has no layer" not in panel.notes
    panel.layer = "conv2"  # another model's: it may be chosen before that model is
    assert panel.layer == "body"
    with pytest.raises(ValueError, match="layer must be one of the model's modules, got 'conv9'"):
        panel.layer = "conv9"


def test_both_keep_their_own_default_layers_and_channels_silenced_in_one_are_not_in_the_other(opened):
    panel = opened({"net": net().eval(), "tower": tower()})
    panel.silence = [3]
    panel.choose("Model", "tower")
    assert panel.silence is None
    assert panel.layer == "body"
    panel.choose("Model", "net")
    assert panel.layer == "relu"
    assert panel.explanation.silenced is None


@pytest.mark.parametrize("method", ["channel-mean", "grad-cam"])
def test_another_model_explains_the_same_sample_beside_this_one(two, method):
    panel = two(method=method, layer="conv1")
    panel.open_page("Compare")
    assert panel.offers("Compare with")[:4] == [None, LINE, "epoch 5", LINE]
    panel.choose("Compare with", "epoch 5")
    assert panel.compare == "epoch 5"
    assert {"epoch 1", "epoch 5", "epoch 1 − epoch 5"} <= set(panel.titles)
    assert "compared with epoch 5" in panel.chips
    assert "has no layer" not in panel.notes
    for name in ("epoch 1", "epoch 5"):
        assert f"“{name}” (predicted: {NAMES[of(panel, name).predicted]}" in panel.sentence
    assert np.array_equal(run(panel, loader=batches(), models=panel.model, class_names=NAMES), panel.pixels)


def test_who_turns_to_the_model_compared_with_sees_the_same_two_the_other_way_round(two):
    panel = two(method="grad-cam", compare="true")
    panel.compare = "epoch 5"
    panel.choose("Model", "epoch 5")
    assert (panel.explorer.model, panel.compare) == ("epoch 5", "epoch 1")
    assert panel.difference == "epoch 5 − epoch 1"
    panel.compare = "epoch 5"
    assert panel.difference == ""
    assert "“epoch 5” is the model shown" in panel.notes


def test_a_model_that_lacks_the_layer_is_compared_by_its_default_and_it_is_said(opened):
    panel = opened({"net": net().eval(), "tower": tower()}, layer="conv1", compare="tower")
    assert panel.difference == "net − tower"
    assert "“tower” has no layer 'conv1': its default, 'body', is shown." in panel.notes
    code = run(panel, loader=batches(), models=panel.model)
    assert np.array_equal(code, panel.pixels)


def test_play_runs_over_the_models_and_the_sample_stays(two):
    panel = two()
    panel.sample = 4
    assert panel.limit("Play models") == 1
    for place, name in ((1, "epoch 5"), (0, "epoch 1")):
        panel.choose("Play models", place)
        assert (panel.explorer.model, panel.sample) == (name, 4)
    panel.choose("Model", "epoch 5")
    assert panel.value("Play models") == 1
    panel.press_play("Play models")
    assert panel.is_playing("Play models")
    panel.open_page("Compare")
    panel.open_page("Look")
    assert not panel.is_playing("Play models")


def test_a_review_says_which_model_it_is_of_where_another_is_shown(opened):
    predictions, labels = [0, 1, 2, 0, 1, 2], [0, 1, 2, 0, 1, 1]
    panel = opened({"good": Reads(), "blind": Blind()}, read_batches(predictions, labels))
    panel.click("Find mistakes")
    panel.wait()
    assert panel.review.misclassified().tolist() == [5]
    assert panel.review_warning == ""
    panel.choose("Model", "blind")
    assert "This is of “good”, while “blind” is shown." in panel.review_warning
    panel.click("Next mistake")  # is looked for with the model that is shown
    panel.wait()
    assert panel.sample == 1
    panel.click("Find mistakes")
    panel.wait()
    assert panel.review.misclassified().tolist() == [1, 2, 4, 5]
    assert panel.review_warning == ""
    panel.choose("Model", "good")
    assert "is of “blind”" in panel.review_warning


# --- where attention moved


def test_a_click_sorts_all_samples_by_how_far_the_heat_moved_and_by_changed_predictions(two):
    panel = two(method="grad-cam", layer="conv1", target="true")
    assert "on every sample" in panel.moves_text
    assert not panel.is_shown("Most moved")
    panel.click("Where did attention move")
    assert panel.compare == "epoch 5"
    panel.wait()
    expected = attention_moves(*panel.model.values(), batches(), layer="conv1", target="true")
    assert panel.walk() == expected.positions.tolist()
    assert panel.sample == expected.positions[0]
    assert f"{expected.changed.sum()} of 6 predictions changed" in panel.moves_text
    assert "two different samples in “epoch 1”" in panel.moves_text
    panel.click("Changed first")
    assert panel.walk() == expected.sorted_by("changed").tolist()
    assert "selected: changed predictions first, epoch 1 and epoch 5" in panel.chips
    panel.take_back("selected")
    assert panel.selection is None
    panel.click("Most moved")
    assert panel.walk() == expected.positions.tolist()
    panel.click("Run again")  # the models may be others now
    assert not panel.is_shown("Most moved")


def test_stop_ends_the_comparison_of_all_samples_and_keeps_nothing(opened):
    models = {"a": net().eval(), "b": net(seed=1).eval()}
    panel = opened(models, compare="b")
    gate = Gate(models["b"])
    panel.click("Where did attention move")
    gate.wait()
    assert "Comparing “a” with “b”" in panel.moves_text
    assert panel.is_disabled("Where did attention move")
    panel.click("Stop comparing models")
    gate.open()
    panel.wait()
    assert panel.moves_text == "Stopped; nothing was kept."
    assert panel.selection is None
    assert not panel.is_shown("Most moved")


def test_of_more_than_two_models_one_is_to_be_chosen_and_their_own_layers_are_compared(opened):
    panel = opened({"a": net().eval(), "b": net(seed=1).eval(), "tower": tower()}, layer="conv2")
    panel.click("Where did attention move")
    assert panel.moves_text.startswith("Choose another model to compare with")
    panel.compare = "tower"
    panel.click("Where did attention move")
    panel.wait()
    assert "“a” and “tower”, channel mean at conv2 and body: " in panel.moves_text
    expected = attention_moves(
        panel.model["a"], panel.model["tower"], batches(), layer=("conv2", "body"), method="channel-mean"
    )
    assert panel.walk() == expected.positions.tolist()


def test_what_no_model_can_do_is_said_where_attention_moved_was_asked_for(opened):
    panel = opened({"a": net().eval(), "b": net(seed=1).eval()}, layer="fc")
    panel.click("Where did attention move")
    panel.wait()
    assert "Not one sample could be explained by both models: layer 'fc' gives no map" in panel.moves_text


def test_of_another_model_the_survey_is_made_anew_before_its_mistakes_are_grouped(opened):
    panel = opened({"good": Reads(), "blind": Blind()}, read_batches([0, 1, 2, 0, 1, 2], [0, 1, 2, 0, 1, 1]))
    for name, mistakes in (("good", "1 mistake,"), ("blind", "4 mistakes,")):
        panel.choose("Model", name)
        panel.click("Group mistakes")
        panel.wait()
        assert panel.groups_text.startswith(f"“{name}”: No groups: {mistakes}")
