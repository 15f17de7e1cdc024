"""Every trait is bound both ways to its control, and every control explains itself."""

import inspect

import ipywidgets as widgets
import pytest

from attn_widget import AttentionExplorer
from attn_widget.explorer.settings import ARGUMENTS
from attn_widget.figure import COLOUR_MAPS

from .driver import LINE, PAGES
from .panels import batches, images, net

BOUND = [
    ("sample", "Sample", 3),
    ("sample", "Number", 4),
    ("layer", "Layer", "conv1"),
    ("call", "Call", 1),
    ("top_k", "Top-k", 5),
    ("view", "View", "raw"),
    ("alpha", "Alpha", 0.25),
    ("cmap", "Colour map", "viridis"),
]


@pytest.mark.parametrize(("trait", "control", "value"), BOUND)
def test_a_control_sets_its_trait_and_a_trait_its_control(opened, trait, control, value):
    panel = opened(layer="relu")
    before = getattr(panel, trait)
    assert panel.value(control) == before
    panel.choose(control, value)
    assert getattr(panel, trait) == value
    setattr(panel, trait, before)
    assert panel.value(control) == before


@pytest.mark.parametrize(("trait", "control", "value"), BOUND[2:])
def test_what_the_constructor_is_given_stands_in_the_controls(opened, trait, control, value):
    panel = opened(**{"layer": "relu", trait: value})
    assert panel.value(control) == getattr(panel, trait) == value


def test_the_constructor_takes_every_setting_and_its_signature_names_them(opened):
    panel = opened(compare="grad-cam", at=[1, 2], grid=(3, 4))
    assert (panel.compare, panel.at, panel.grid) == ("grad-cam", (1, 2), (3, 4))
    assert panel.explanation.at == (1, 2)
    names = list(inspect.signature(AttentionExplorer).parameters)
    own = ["model", "loader", "class_names", "mean", "std", "forward", "width", "language"]
    assert names == own + [setting.name for setting in ARGUMENTS]
    assert inspect.signature(AttentionExplorer).parameters["method"].default == "channel-mean"


def test_another_argument_is_refused_with_those_that_there_are():
    with pytest.raises(TypeError, match=r"no argument 'colours'; expected one of class_names, .*, layer, .*, cmap"):
        AttentionExplorer(net(), batches(), colours="jet")


def test_the_number_of_channels_cannot_be_set_where_two_views_are_compared(opened):
    panel = opened()
    panel.compare = "grad-cam"
    assert panel.is_disabled("Top-k")
    panel.compare = None
    assert not panel.is_disabled("Top-k")


def test_slider_and_number_field_agree(opened):
    panel = opened()
    panel.choose("Sample", 5)
    assert panel.value("Number") == 5
    panel.choose("Number", 2)
    assert panel.value("Sample") == 2


def test_every_control_has_a_tooltip_of_its_own(opened):
    kinds = (widgets.IntSlider, widgets.FloatSlider, widgets.BoundedIntText, widgets.Dropdown, widgets.Play)
    kinds = (*kinds, widgets.Button, widgets.ToggleButton)
    panel = opened(at=(3, 3), compare="grad-cam")
    found = set()
    for page in PAGES:
        panel.open_page(page)
        panel.wait()
        found |= {each for each in panel.every_widget if isinstance(each, kinds) and panel.can_be_seen(each)}
    assert len(found) > 30
    assert all(each.tooltip for each in found)
    assert len({each.tooltip for each in found}) == len(found)


def test_steps_go_forth_and_back_and_stop_at_the_ends(opened):
    panel = opened()
    panel.click("Back")
    assert panel.sample == 0
    panel.click("Next")
    assert panel.sample == 1
    panel.sample = 5
    panel.click("Next")
    assert panel.sample == 5
    panel.click("Back")
    assert panel.sample == 4


def test_play_is_linked_to_the_slider(opened):
    panel = opened()
    assert panel.linked("Play") == "Sample"
    assert panel.limit("Play") == panel.limit("Sample") == panel.limit("Number") == 5


# --- the layer list


def test_layers_are_listed_in_the_order_in_which_they_completed(opened):
    names = ["conv1", "pool", "conv2", "bn", "relu", LINE, "dropout", "fc", "unused"]
    assert opened().offers("Layer") == names


def test_layers_are_listed_with_kind_channels_and_grid_or_the_reason(opened):
    panel = opened()
    options = dict(zip(panel.offers("Layer"), panel.words("Layer"), strict=True))
    assert options["conv2"] == "conv2  ·  Conv2d  ·  40 × 6×6"
    assert options["fc"] == "fc  ·  one vector, no grid over the image"
    assert options["unused"] == "unused  ·  not called in this pass"


def test_the_line_between_the_layers_cannot_be_chosen(opened):
    panel = opened()
    before = panel.passes
    panel.choose("Layer", LINE)
    assert panel.value("Layer") == panel.layer == "relu"
    assert panel.passes == before


@pytest.mark.parametrize(("name", "reason"), [("fc", "one vector"), ("unused", "not called in this pass")])
def test_a_layer_without_a_map_says_why_and_keeps_the_picture(opened, name, reason):
    panel = opened()
    axes = panel.picture
    panel.choose("Layer", name)
    assert panel.layer == name
    assert panel.explanation is None
    assert reason in panel.message
    assert name in panel.message
    assert panel.stale
    assert "not shown" in panel.status
    assert (panel.picture == axes).all()
    panel.choose("Layer", "conv1")
    assert (panel.message, panel.stale) == ("", "")
    assert panel.explanation.layer == "conv1"


@pytest.mark.parametrize("name", ["fc", "unused"])
def test_a_layer_without_a_map_may_be_given_to_the_constructor(opened, name):
    panel = opened(layer=name)
    assert panel.explanation is None
    assert name in panel.message
    assert len(panel.offers("Layer")) == 9
    panel.layer = "conv1"
    assert panel.explanation.layer == "conv1"


def test_a_module_with_two_names_is_shown_under_the_one_that_is_listed(opened):
    model = net().eval()
    model.again = model.conv1
    panel = opened(model)
    panel.layer = "again"
    assert panel.layer == panel.value("Layer") == panel.explanation.layer == "conv1"


# --- top-k


def test_top_k_is_held_to_the_layers_channels_and_what_was_asked_for_comes_back(opened):
    panel = opened(layer="conv2", top_k=20)
    panel.layer = "conv1"
    assert (panel.value("Top-k"), panel.limit("Top-k")) == (4, 4)
    assert (panel.top_k, len(panel.explanation.channels)) == (20, 4)
    panel.layer = "conv2"
    assert panel.value("Top-k") == panel.top_k == len(panel.explanation.channels) == 20


def test_at_most_36_channels_are_shown(opened):
    panel = opened(layer="conv2", top_k=1000)
    assert (panel.value("Top-k"), len(panel.explanation.channels)) == (36, 36)
    assert panel.top_k == 1000


# --- calls


def test_a_module_that_runs_several_times_lets_one_choose_the_call(opened):
    panel = opened()
    assert panel.words("Call") == ["last of 3", "1 of 3", "2 of 3"]
    assert panel.offers("Call") == [-1, 0, 1]
    assert panel.is_shown("Call")
    panel.choose("Call", 0)
    assert (panel.explanation.call, panel.explanation.channel_count) == (0, 4)
    assert "relu (call 1 of 3), 4 channels" in panel.sentence


def test_the_choice_of_a_call_is_hidden_for_other_layers(opened):
    panel = opened(layer="conv1")
    assert not panel.is_shown("Call")


def test_another_layer_that_runs_less_often_starts_at_its_last_call(opened):
    panel = opened(call=2)
    panel.layer = "conv1"
    assert (panel.call, panel.message, panel.explanation.layer) == (-1, "", "conv1")


def test_a_call_that_does_not_exist_is_shown_as_a_failure(opened):
    panel = opened()
    panel.call = 7
    assert panel.explanation is None
    assert "got 7" in panel.message
    panel.choose("Call", -1)
    assert (panel.message, panel.explanation.call) == ("", 2)
    panel.call = -3
    assert (panel.message, panel.explanation.call) == ("", 0)


# --- folding, tools, colours, defaults


def test_pan_and_zoom_exclude_each_other(opened):
    panel = opened()
    for first, second in (("Pan", "Zoom"), ("Zoom", "Pan")):
        panel.switch(first, True)
        assert (panel.tool, panel.value(second)) == (first.lower(), False)
    panel.switch("Zoom", False)
    assert panel.tool == ""


def test_home_shows_the_whole_image(opened):
    panel = opened()
    panel.figure.axes[0].set(xlim=(2, 4), ylim=(4, 2))
    panel.click("Whole image")
    assert panel.figure.axes[0].get_xlim() == (-0.5, 11.5)


def test_the_colour_maps_offered_begin_with_the_tutorials(opened):
    panel = opened()
    assert tuple(panel.offers("Colour map")) == COLOUR_MAPS
    assert panel.words("Colour map")[:3] == ["jet (tutorial's)", "viridis (even)", "magma (even)"]


def test_any_other_colour_map_joins_the_list(opened):
    panel = opened()
    panel.cmap = "coolwarm"
    assert panel.value("Colour map") == "coolwarm"
    assert tuple(panel.offers("Colour map")[:-1]) == COLOUR_MAPS


def test_reset_brings_back_what_was_at_first(opened):
    panel = opened(top_k=2, alpha=0.7, view="heatmap")
    panel.sample = 4
    for trait, _, value in BOUND[2:]:
        setattr(panel, trait, value)
    panel.target = 1
    before = panel.passes
    panel.click("Reset")
    shown = [getattr(panel, name) for name in ("sample", "layer", "call", "top_k", "alpha", "view", "cmap", "target")]
    assert shown == [4, "relu", -1, 2, 0.7, "heatmap", "jet", "predicted"]
    assert panel.value("Layer") == panel.explanation.layer == "relu"
    assert panel.passes == before + 1


def test_reset_after_images_of_several_sizes_still_finds_the_default_layer(opened):
    panel = opened(loader=[(images(1), [0]), (images(1, (20, 10)), [1])])
    panel.sample, panel.layer = 1, "conv1"
    panel.reset()
    assert panel.layer == "relu"


def test_another_panel_has_controls_of_its_own(opened):
    first, second = opened(), opened(loader=batches(labels=(0, 1, 2)))
    first.choose("Sample", 2)
    assert second.sample == 0
