"""Every trait is bound both ways to its control, and every control explains itself."""

import ipywidgets as widgets
import pytest

from attn_widget.explorer.controls import SEPARATOR
from attn_widget.explorer.parts import every_widget
from attn_widget.figure import COLOUR_MAPS

from .panels import batches, choose, controls, images, is_stale, message, net, passes_of, sentence

BOUND = [
    ("sample", "position", 3),
    ("sample", "number", 4),
    ("layer", "layer", "conv1"),
    ("call", "call", 1),
    ("top_k", "top_k", 5),
    ("view", "view", "raw"),
    ("alpha", "alpha", 0.25),
    ("cmap", "cmap", "viridis"),
]


@pytest.mark.parametrize(("trait", "control", "value"), BOUND)
def test_a_control_sets_its_trait(opened, trait, control, value):
    explorer = opened(layer="relu")
    choose(getattr(controls(explorer), control), value)
    assert getattr(explorer, trait) == value


@pytest.mark.parametrize(("trait", "control", "value"), BOUND)
def test_a_trait_sets_its_controls(opened, trait, control, value):
    explorer = opened(layer="relu")
    setattr(explorer, trait, value)
    assert getattr(controls(explorer), control).value == value


@pytest.mark.parametrize(("trait", "control", "value"), BOUND)
def test_what_the_constructor_is_given_stands_in_the_controls(opened, trait, control, value):
    if trait != "sample":
        explorer = opened(**{"layer": "relu", trait: value})
        assert getattr(controls(explorer), control).value == getattr(explorer, trait) == value


def test_slider_and_number_field_agree(opened):
    explorer = opened()
    choose(controls(explorer).position, 5)
    assert controls(explorer).number.value == 5
    choose(controls(explorer).number, 2)
    assert controls(explorer).position.value == 2


def test_every_control_has_a_tooltip(opened):
    kinds = (widgets.IntSlider, widgets.FloatSlider, widgets.BoundedIntText, widgets.Dropdown, widgets.Play)
    kinds = (*kinds, widgets.Button, widgets.ToggleButton)
    explorer = opened()
    controls(explorer).more.value = controls(explorer).contact.value = True
    found = [
        each for each in every_widget(explorer) if isinstance(each, (*kinds, widgets.Button, widgets.ToggleButton))
    ]
    assert len(found) > 40
    assert all(each.tooltip for each in found)
    assert len({each.tooltip for each in found}) == len(found)


def test_steps_go_forth_and_back_and_stop_at_the_ends(opened):
    explorer = opened()
    control = controls(explorer)
    control.previous.click()
    assert explorer.sample == 0
    control.following.click()
    assert explorer.sample == 1
    explorer.sample = 5
    control.following.click()
    assert explorer.sample == 5
    control.previous.click()
    assert explorer.sample == 4


def test_play_is_linked_to_the_slider(opened):
    control = controls(opened())
    assert control.link.source == (control.play, "value")
    assert control.link.target == (control.position, "value")
    assert control.play.max == control.position.max == control.number.max == 5


# --- the layer list


def test_layers_are_listed_in_the_order_in_which_they_completed(opened):
    names = [value for _, value in controls(opened()).layer.options]
    assert names == ["conv1", "pool", "conv2", "bn", "relu", SEPARATOR, "dropout", "fc", "unused"]


def test_layers_are_listed_with_kind_channels_and_grid_or_the_reason(opened):
    options = dict(map(reversed, controls(opened()).layer.options))
    assert options["conv2"] == "conv2  ·  Conv2d  ·  40 × 6×6"
    assert options["fc"] == "fc  ·  one vector, no grid over the image"
    assert options["unused"] == "unused  ·  not called in this pass"


def test_the_line_between_the_layers_cannot_be_chosen(opened):
    explorer = opened()
    before = passes_of(explorer)
    choose(controls(explorer).layer, SEPARATOR)
    assert controls(explorer).layer.value == explorer.layer == "relu"
    assert passes_of(explorer) == before


@pytest.mark.parametrize(("name", "reason"), [("fc", "one vector"), ("unused", "not called in this pass")])
def test_a_layer_without_a_map_says_why_and_keeps_the_picture(opened, name, reason):
    explorer = opened()
    axes = explorer.figure.axes[0].images[0].get_array().copy()
    choose(controls(explorer).layer, name)
    assert explorer.layer == name
    assert explorer.explanation is None
    assert reason in message(explorer)
    assert name in message(explorer)
    assert is_stale(explorer)
    assert "not shown" in explorer.status
    assert (explorer.figure.axes[0].images[0].get_array() == axes).all()
    choose(controls(explorer).layer, "conv1")
    assert (message(explorer), is_stale(explorer)) == ("", False)
    assert explorer.explanation.layer == "conv1"


@pytest.mark.parametrize("name", ["fc", "unused"])
def test_a_layer_without_a_map_may_be_given_to_the_constructor(opened, name):
    explorer = opened(layer=name)
    assert explorer.explanation is None
    assert name in message(explorer)
    assert len(controls(explorer).layer.options) == 9
    explorer.layer = "conv1"
    assert explorer.explanation.layer == "conv1"


def test_a_module_with_two_names_is_shown_under_the_one_that_is_listed(opened):
    model = net().eval()
    model.again = model.conv1
    explorer = opened(model)
    explorer.layer = "again"
    assert explorer.layer == controls(explorer).layer.value == explorer.explanation.layer == "conv1"


# --- top-k


def test_top_k_is_held_to_the_layers_channels_and_what_was_asked_for_comes_back(opened):
    explorer = opened(layer="conv2", top_k=20)
    explorer.layer = "conv1"
    assert (controls(explorer).top_k.value, controls(explorer).top_k.max) == (4, 4)
    assert (explorer.top_k, len(explorer.explanation.channels)) == (20, 4)
    explorer.layer = "conv2"
    assert controls(explorer).top_k.value == explorer.top_k == len(explorer.explanation.channels) == 20


def test_at_most_36_channels_are_shown(opened):
    explorer = opened(layer="conv2", top_k=1000)
    assert (controls(explorer).top_k.value, len(explorer.explanation.channels)) == (36, 36)
    assert explorer.top_k == 1000


# --- calls


def test_a_module_that_runs_several_times_lets_one_choose_the_call(opened):
    explorer = opened()
    control = controls(explorer).call
    assert list(control.options) == [("last of 3", -1), ("1 of 3", 0), ("2 of 3", 1)]
    assert control.layout.display is None
    choose(control, 0)
    assert (explorer.explanation.call, explorer.explanation.channel_count) == (0, 4)
    assert "relu (call 1 of 3), 4 channels" in sentence(explorer)


def test_the_choice_of_a_call_is_hidden_for_other_layers(opened):
    explorer = opened(layer="conv1")
    assert controls(explorer).call.layout.display == "none"


def test_another_layer_that_runs_less_often_starts_at_its_last_call(opened):
    explorer = opened(call=2)
    explorer.layer = "conv1"
    assert (explorer.call, message(explorer), explorer.explanation.layer) == (-1, "", "conv1")


def test_a_call_that_does_not_exist_is_shown_as_a_failure(opened):
    explorer = opened()
    explorer.call = 7
    assert explorer.explanation is None
    assert "got 7" in message(explorer)
    choose(controls(explorer).call, -1)
    assert (message(explorer), explorer.explanation.call) == ("", 2)
    explorer.call = -3
    assert (message(explorer), explorer.explanation.call) == ("", 0)


# --- folding, tools, colours, defaults


def test_rarer_controls_and_class_bars_fold(opened):
    control = controls(opened())
    assert control._rare.layout.display == "none"
    control.more.value = True
    assert control._rare.layout.display is None
    assert control.bars.layout.display is None
    control.classes.value = False
    assert control.bars.layout.display == "none"


def test_pan_and_zoom_exclude_each_other(opened):
    explorer = opened()
    control, toolbar = controls(explorer), explorer._face.canvas.toolbar
    for first, second, mode in ((control.pan, control.zoom, "PAN"), (control.zoom, control.pan, "ZOOM")):
        first.value = True
        assert (toolbar.mode.name, second.value) == (mode, False)
    control.pan.value = False
    control.zoom.value = False
    assert toolbar.mode.name == "NONE"


def test_home_shows_the_whole_image(opened):
    explorer = opened()
    explorer.figure.axes[0].set(xlim=(2, 4), ylim=(4, 2))
    controls(explorer).home.click()
    assert explorer.figure.axes[0].get_xlim() == (-0.5, 11.5)


def test_the_colour_maps_offered_begin_with_the_tutorials(opened):
    assert controls(opened()).cmap.options == COLOUR_MAPS == ("jet", "turbo", "viridis", "inferno", "gray")


def test_any_other_colour_map_joins_the_list(opened):
    explorer = opened()
    explorer.cmap = "coolwarm"
    assert controls(explorer).cmap.value == "coolwarm"
    assert controls(explorer).cmap.options[:5] == COLOUR_MAPS


def test_reset_brings_back_what_was_at_first(opened):
    explorer = opened(top_k=2, alpha=0.7, view="heatmap")
    explorer.sample = 4
    for trait, _, value in BOUND[2:]:
        setattr(explorer, trait, value)
    explorer.target = 1
    before = passes_of(explorer)
    controls(explorer).reset.click()
    shown = [
        getattr(explorer, name) for name in ("sample", "layer", "call", "top_k", "alpha", "view", "cmap", "target")
    ]
    assert shown == [4, "relu", -1, 2, 0.7, "heatmap", "jet", "predicted"]
    assert controls(explorer).layer.value == explorer.explanation.layer == "relu"
    assert passes_of(explorer) == before + 1


def test_reset_after_images_of_several_sizes_still_finds_the_default_layer(opened):
    explorer = opened(loader=[(images(1), [0]), (images(1, (20, 10)), [1])])
    explorer.sample, explorer.layer = 1, "conv1"
    explorer.reset()
    assert explorer.layer == "relu"


def test_another_panel_has_controls_of_its_own(opened):
    first, second = opened(), opened(loader=batches(labels=(0, 1, 2)))
    choose(controls(first).position, 2)
    assert second.sample == 0
