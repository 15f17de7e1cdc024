"""Compare, point at a place, and all layers."""

import gc
import pickle

import numpy as np
import pytest
import torch
from IPython.core.pylabtools import print_figure
from matplotlib.backends.backend_agg import FigureCanvasAgg

from attn_widget import explain
from attn_widget.explanation import Comparison
from attn_widget.figure import ExplanationFigure, Painter, SheetFigure, Style, Tile
from attn_widget.methods import METHODS
from attn_widget.samples import Sample
from attn_widget.words import messages

from .driver import LINE, drawn
from .panels import images, net

NAMES = ["cat", "dog", "ship"]


def as_picture(position):
    return images()[position].permute(1, 2, 0).numpy()


def both(position, first, second):
    """Draw two explanations of a sample beside each other, with their difference."""
    drawing = ExplanationFigure()
    compared = Comparison(first, second)
    drawing.show(as_picture(position), first, Style(), NAMES.__getitem__, comparison=compared)
    return drawn(FigureCanvasAgg(drawing.figure))


# --- the figure


def test_the_figure_is_saved_cropped_and_shown_inline_in_every_view(opened, tmp_path):
    panel = opened(class_names=NAMES, method="grad-cam", layer="conv2")
    panel.at = (3, 4)
    for change in ({"view": "heatmap"}, {"view": "raw"}, {"view": "overlay"}, {"compare": "true"}, {"layer": "conv1"}):
        for name, value in change.items():
            setattr(panel, name, value)
        panel.figure.savefig(tmp_path / "view.png", bbox_inches="tight")
        assert print_figure(panel.figure, bbox_inches="tight").startswith(b"\x89PNG")
        assert panel.figure.get_tightbbox().width > 3.9
        pickle.loads(pickle.dumps(panel.figure)).savefig(tmp_path / "copy.svg", bbox_inches="tight")


def test_a_step_on_large_images_makes_no_picture_of_their_size(opened):
    panel = opened(loader=[(torch.rand(2, 3, 1100, 1300), torch.arange(2))])
    assert panel.pixels.any()
    panel.sample = 1
    assert panel.pixels.any()
    assert not {"heatmaps", "overall"} & vars(panel.explanation).keys()
    kept = [each for each in gc.get_objects() if isinstance(each, Sample) and each.image.shape[1:] == (1100, 1300)]
    assert kept
    assert all(sample.nbytes == sample.image.nbytes for sample in kept)
    assert (kept[0].picture.shape, panel.explanation.overall.shape) == ((1100, 1300, 3), (1100, 1300))
    assert kept[0].nbytes == 2 * kept[0].image.nbytes


# --- compare


def test_methods_can_be_compared_and_targets_where_the_method_asks_for_one(opened):
    panel = opened(class_names=NAMES)
    methods = [None, LINE, *(name for name, method in METHODS.items() if method.reads != "attention")]
    assert panel.offers("Compare with") == methods
    panel.method = "grad-cam"
    values = panel.offers("Compare with")
    assert values == [*methods, LINE, "predicted", "true", 0, 1, 2]

    panel.choose("Compare with", LINE)
    assert (panel.compare, panel.value("Compare with")) == (None, None)
    panel.choose("Compare with", "true")
    assert panel.compare == "true"
    panel.choose("Compare with", None)
    assert (panel.compare, panel.difference) == (None, "")


@pytest.mark.parametrize(
    ("other", "changes"),
    [("layer-cam", {"method": "layer-cam"}), ("true", {"target": "true"}), (2, {"target": 2})],
)
def test_what_is_compared_is_what_explain_gives_of_both(opened, other, changes):
    panel = opened(class_names=NAMES, method="grad-cam", layer="conv2")
    panel.sample = 4
    before = panel.passes
    panel.choose("Compare with", other)
    assert panel.passes == before + (1 if other in METHODS else 2)

    asked = {"layer": "conv2", "label": 1, "method": "grad-cam"}
    expected = (explain(net().eval(), images()[4], **{**asked, **each}) for each in ({}, changes))
    assert np.array_equal(panel.pixels, both(4, *expected))
    reading = "Both targets are ship: there is no difference" if other == 2 else "In the difference, red is where"
    assert reading in panel.sentence
    assert "channels shown" not in panel.sentence


def test_a_label_that_is_missing_is_noted_and_the_picture_shown_without_it(opened):
    panel = opened(loader=images(), method="grad-cam")
    panel.compare = "true"
    assert "target 'true' needs an integer label" in panel.status
    assert (panel.difference, panel.message) == ("", "")
    assert panel.explanation is not None


def test_targets_of_a_method_that_asks_for_none_are_the_same_and_a_note_says_so(opened):
    panel = opened(class_names=NAMES, method="grad-cam")
    panel.compare = "dog"
    assert panel.value("Compare with") == 1
    panel.method = "channel-mean"
    assert "Channel mean is the same for every class" in panel.status
    shown = panel.difference, panel.label("Compare with"), panel.words("Compare with")[-1]
    assert shown == ("", "Compare with", "dog")


@pytest.mark.parametrize("value", ["no such thing", 1.5, True])
def test_what_cannot_be_compared_is_refused(opened, value):
    panel = opened()
    with pytest.raises((ValueError, TypeError)):
        panel.compare = value
    assert panel.compare is None


def test_pixels_are_compared_with_the_layer_that_was_chosen(opened):
    panel = opened(method="saliency", layer="conv1")
    panel.compare = "grad-cam"
    assert panel.difference == "saliency − Grad-CAM"
    assert {"the image's pixels", "conv1"} < set(panel.titles)


def test_what_the_method_compared_asks_for_can_be_chosen(opened):
    panel = opened(class_names=NAMES)
    assert (panel.is_shown("Target"), panel.is_disabled("Layer")) == (False, False)
    panel.compare = "grad-cam"
    panel.choose("Target", 2)
    second = explain(net().eval(), images()[0], method="grad-cam", target=2)
    assert np.array_equal(panel.pixels, both(0, explain(net().eval(), images()[0], label=0), second))
    panel.method = "saliency"
    panel.choose("Layer", "conv1")
    assert {"the image's pixels", "conv1"} < set(panel.titles)
    panel.compare = None
    assert panel.is_disabled("Layer")


# --- a place


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_click_into_any_panel_ranks_the_channels_by_that_place(opened, number):
    panel = opened(layer="conv1", top_k=4)
    panel.click_image(3, 8, number)
    assert panel.at == (3, 8)
    assert (np.diff(panel.explanation.maps[:, 3, 8]) <= 0).all()
    assert "those with the highest values at row 3, column 8" in panel.sentence
    assert panel.chips == ["Place 3, 8"]

    panel.take_back("Place")
    assert panel.at is None
    assert panel.chips == []
    assert panel.explanation.at is None


def test_a_drag_a_tool_another_button_and_a_click_beside_the_images_choose_no_place(opened):
    panel = opened()
    panel.click_image(3, 8, moved=9)
    panel.click_image(3, 8, button=2)
    panel.press("button_release", 100, 100)
    for tool in ("Pan", "Zoom"):
        panel.switch(tool, True)
        panel.click_image(3, 8)
        panel.switch(tool, False)
    panel.press("button_press", 1, 1)
    panel.press("button_release", 1, 1)
    assert panel.at is None
    panel.click_image(3, 8, moved=3)
    assert panel.at == (3, 8)


def test_a_place_outside_a_smaller_image_waits_for_one_that_has_it(opened):
    panel = opened(loader=[(images(1), [0]), (images(1, (6, 6)), [1])])
    panel.at = (3, 8)
    panel.sample = 1
    assert (panel.explanation.at, panel.message) == (None, "")
    assert "The place 3, 8 lies outside this image of 6×6 pixels." in panel.status
    panel.sample = 0
    assert panel.explanation.at == (3, 8)
    assert "outside" not in panel.status


@pytest.mark.parametrize("value", [(1,), (1, 2.5), (-1, 0), "ab", 3, (True, 1)])
def test_what_is_no_place_is_refused(opened, value):
    panel = opened()
    with pytest.raises((TypeError, ValueError), match=r"^at must be"):
        panel.at = value
    assert panel.at is None


# --- all layers


def strip_of(panel, position=0, **options):
    """Draw what `explain` gives of a sample in every layer that the panel offers, the panel's own framed."""
    layers = panel.offers("Layer")
    layers = layers[: layers.index(LINE)]
    sheet, painter = SheetFigure(420), Painter(as_picture(position), Style())
    found = [explain(net().eval(), images()[position], layer=layer, **options) for layer in layers]
    sheet.show([Tile(painter.heat(each.overall), [[each.layer]]) for each in found], "M")
    sheet.choose(layers.index(panel.layer))
    return drawn(FigureCanvasAgg(sheet.figure))


def pick(panel, name, button=0):
    panel.strip.click(panel.strip.captions.index(name), button)


@pytest.mark.parametrize("method", ["channel-mean", "grad-cam"])
def test_all_layers_come_from_one_pass_each_with_its_own_heatmap(opened, method):
    panel = opened(class_names=NAMES, method=method, layer="conv1")
    before = panel.passes
    panel.open_page("Layers")
    assert panel.passes == before + 1

    assert panel.strip.captions == ["conv1", "pool", "conv2", "bn", "relu"]
    assert np.array_equal(panel.strip.pixels, strip_of(panel, method=method, label=0))


def test_a_click_picks_the_layer_and_the_strip_follows_every_change(opened):
    panel = opened(layer="conv1")
    panel.open_page("Layers")
    assert panel.strip.framed == 0
    pick(panel, "conv2", button=2)
    assert panel.layer == "conv1"
    pick(panel, "conv2")
    assert panel.layer == "conv2"
    assert panel.strip.framed == 2

    panel.sample = 3
    assert np.array_equal(panel.strip.pixels, strip_of(panel, 3))
    panel.open_page("Look")
    before = panel.passes
    panel.sample = 4
    assert panel.passes == before + 1


def test_the_strip_restyles_without_a_pass_as_if_shown_anew(opened):
    panel = opened()
    panel.open_page("Layers")
    before, overlay = panel.passes, panel.strip.pixels
    panel.view, panel.cmap = "heatmap", "gray"
    assert panel.passes == before
    gray = panel.strip.pixels
    assert (gray != overlay).any()
    panel.open_page("Look")
    panel.open_page("Layers")
    assert (panel.strip.pixels == gray).all()


def test_a_layer_that_the_target_does_not_reach_is_a_grey_tile(opened):
    class Beside(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.beside = torch.nn.Conv2d(3, 3, 3), torch.nn.Conv2d(3, 3, 3)

        def forward(self, x):
            self.beside(x)
            return self.used(x).mean((2, 3))

    panel = opened(Beside(), method="grad-cam", layer="used")
    panel.open_page("Layers")
    assert np.unique(panel.strip.tile(panel.strip.captions.index("beside"))).tolist() == [235]
    pick(panel, "beside")
    assert "gives no gradient" in panel.message
    assert panel.strip.text == messages.STRIP_OF_BEFORE
    pick(panel, "used")
    assert (panel.message, panel.strip.text) == ("", messages.STRIP)


@pytest.mark.parametrize(
    ("method", "words"), [("saliency", "does not look at single layers"), ("score-cam", "takes many passes")]
)
def test_methods_of_which_there_is_no_strip_say_why(opened, method, words):
    panel = opened()
    panel.open_page("Layers")
    panel.method = method
    if METHODS[method].slow:
        assert panel.strip.text == messages.STRIP_OF_BEFORE
        panel.wait()
    assert words in panel.strip.text
    assert not panel.strip.is_shown
    panel.method = "grad-cam"
    assert panel.strip.text == messages.STRIP
    assert panel.strip.is_shown


# --- back to the start


def test_reset_forgets_place_and_comparison(opened):
    panel = opened(method="grad-cam")
    panel.at, panel.compare = (1, 2), "true"
    first = panel.code
    panel.click("Reset")
    assert (panel.at, panel.compare, panel.difference) == (None, None, "")
    assert panel.value("Compare with") is None
    assert panel.code not in ("", first)


def test_what_is_no_comparison_is_refused_by_its_own_name(opened):
    panel = opened()
    with pytest.raises(ValueError, match=r"compare must be a method's name, 'predicted', .* got 'nope'"):
        panel.compare = "nope"
    assert panel.compare is None
