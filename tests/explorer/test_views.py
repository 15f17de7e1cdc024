"""Compare, point at a place, all layers, and the view as code."""

import pickle

import numpy as np
import pytest
import torch
from IPython.core.pylabtools import print_figure
from matplotlib.backends.backend_agg import FigureCanvasAgg
from models import Thrice, trained
from models import images as real_images

from attn_widget import Contrast, explain
from attn_widget.explanation import Comparison
from attn_widget.explorer.controls import NOTHING, SEPARATOR
from attn_widget.methods import METHODS
from attn_widget.words import messages

from .panels import batches, choose, controls, images, message, net, passes_of, sentence

NAMES = ["cat", "dog", "ship"]


def comparison(explorer):
    return explorer._face.picture._comparison


def pixels(explorer):
    canvas = explorer._face.canvas
    canvas.draw()
    return np.array(canvas.get_renderer().buffer_rgba())[..., :3]


# --- the figure


def test_the_figure_is_saved_cropped_and_shown_inline_in_every_view(opened, tmp_path):
    explorer = opened(class_names=NAMES, method="grad-cam", layer="conv2")
    explorer.at = (3, 4)
    for change in ({"view": "heatmap"}, {"view": "raw"}, {"view": "overlay"}, {"compare": "true"}, {"layer": "conv1"}):
        for name, value in change.items():
            setattr(explorer, name, value)
        explorer.figure.savefig(tmp_path / "view.png", bbox_inches="tight")
        assert print_figure(explorer.figure, bbox_inches="tight").startswith(b"\x89PNG")
        assert explorer.figure.get_tightbbox().width > 5
        pickle.loads(pickle.dumps(explorer.figure)).savefig(tmp_path / "copy.svg", bbox_inches="tight")


def test_a_step_on_large_images_makes_no_picture_of_their_size(opened):
    explorer = opened(loader=[(torch.rand(2, 3, 1100, 1300), torch.arange(2))])
    pixels(explorer)
    explorer.sample = 1
    pixels(explorer)
    sample = explorer._face._look.sample
    assert not {"heatmaps", "overall"} & vars(explorer.explanation).keys()
    assert sample.nbytes == sample.image.nbytes
    assert (sample.picture.shape, explorer.explanation.overall.shape) == ((1100, 1300, 3), (1100, 1300))
    assert sample.nbytes == 2 * sample.image.nbytes


# --- compare


def test_methods_can_be_compared_and_targets_where_the_method_asks_for_one(opened):
    explorer = opened(class_names=NAMES)
    methods = [NOTHING, SEPARATOR, *(name for name, method in METHODS.items() if method.reads != "attention")]
    assert [value for _, value in controls(explorer).compare.options] == methods
    explorer.method = "grad-cam"
    values = [value for _, value in controls(explorer).compare.options]
    assert values == [*methods, SEPARATOR, "predicted", "true", 0, 1, 2]

    choose(controls(explorer).compare, SEPARATOR)
    assert (explorer.compare, controls(explorer).compare.value) == (None, NOTHING)
    choose(controls(explorer).compare, "true")
    assert explorer.compare == "true"
    choose(controls(explorer).compare, NOTHING)
    assert (explorer.compare, comparison(explorer)) == (None, None)


@pytest.mark.parametrize(
    ("other", "changes"),
    [("layer-cam", {"method": "layer-cam"}), ("true", {"target": "true"}), (2, {"target": 2})],
)
def test_what_is_compared_is_what_explain_gives_of_both(opened, other, changes):
    explorer = opened(class_names=NAMES, method="grad-cam", layer="conv2")
    explorer.sample = 4
    before = passes_of(explorer)
    choose(controls(explorer).compare, other)
    assert passes_of(explorer) == before + (1 if other in METHODS else 2)

    asked = {"layer": "conv2", "label": 1, "method": "grad-cam"}
    expected = Comparison(*(explain(net().eval(), images()[4], **{**asked, **each}) for each in ({}, changes)))
    shown = comparison(explorer)
    assert np.array_equal(shown.heatmaps, expected.heatmaps)
    assert np.array_equal(shown.difference, expected.difference)
    assert "In the difference, red is where" in sentence(explorer)
    assert "channels shown" not in sentence(explorer)


def test_a_label_that_is_missing_is_noted_and_the_picture_shown_without_it(opened):
    explorer = opened(loader=images(), method="grad-cam")
    explorer.compare = "true"
    assert "target 'true' needs an integer label" in explorer.status
    assert (comparison(explorer), message(explorer)) == (None, "")
    assert explorer.explanation is not None


def test_targets_of_a_method_that_asks_for_none_are_the_same_and_a_note_says_so(opened):
    explorer = opened(class_names=NAMES, method="grad-cam")
    explorer.compare = "dog"
    assert controls(explorer).compare.value == 1
    explorer.method = "channel-mean"
    assert "Channel mean is the same for every class" in explorer.status
    assert (comparison(explorer), controls(explorer).compare.value) == (None, None)


@pytest.mark.parametrize("value", ["no such thing", 1.5, True])
def test_what_cannot_be_compared_is_refused(opened, value):
    explorer = opened()
    with pytest.raises((ValueError, TypeError)):
        explorer.compare = value
    assert explorer.compare is None


def test_pixels_are_compared_with_the_layer_that_was_chosen(opened):
    explorer = opened(method="saliency", layer="conv1")
    explorer.compare = "grad-cam"
    assert [one.layer for one in (comparison(explorer).first, comparison(explorer).second)] == ["", "conv1"]


def test_what_the_method_compared_asks_for_can_be_chosen(opened):
    explorer = opened(class_names=NAMES)
    control = controls(explorer)
    assert (control.target.layout.display, control.layer.disabled) == ("none", False)
    explorer.compare = "grad-cam"
    choose(control.target, 2)
    assert (control.target.layout.display, comparison(explorer).second.target) == (None, 2)
    explorer.method = "saliency"
    choose(control.layer, "conv1")
    assert (control.layer.disabled, comparison(explorer).second.layer) == (False, "conv1")
    explorer.compare = None
    assert control.layer.disabled


# --- a place


def press(canvas, kind, x, y, button=0):
    canvas._handle_message(
        canvas, {"type": kind, "x": x, "y": y, "button": button, "buttons": 0, "modifiers": [], "guiEvent": None}, []
    )


def click(explorer, row, column, panel=0, moved=0, button=0):
    """Press and release over a pixel of a panel, as a browser says it."""
    canvas, axes = explorer._face.canvas, list(explorer._face.picture._panels())[panel].axes
    canvas.draw()
    x, y = axes.transData.transform((column, row))
    y = canvas.get_renderer().height - y
    press(canvas, "button_press", x, y, button)
    press(canvas, "button_release", x + moved, y, button)


@pytest.mark.parametrize("panel", [0, 1, 3])
def test_a_click_into_any_panel_ranks_the_channels_by_that_place(opened, panel):
    explorer = opened(layer="conv1", top_k=4)
    click(explorer, 3, 8, panel)
    assert explorer.at == (3, 8)
    assert (np.diff(explorer.explanation.maps[:, 3, 8]) <= 0).all()
    assert "those of highest value at row 3, column 8" in sentence(explorer)
    assert (controls(explorer).place.description, controls(explorer).place.layout.display) == ("Place 3, 8", None)

    controls(explorer).place.click()
    assert explorer.at is None
    assert controls(explorer).place.layout.display == "none"
    assert explorer.explanation.at is None


def test_a_drag_a_tool_another_button_and_a_click_beside_the_images_choose_no_place(opened):
    explorer = opened()
    click(explorer, 3, 8, moved=9)
    click(explorer, 3, 8, button=2)
    press(explorer._face.canvas, "button_release", 100, 100)
    for tool in (controls(explorer).pan, controls(explorer).zoom):
        tool.value = True
        click(explorer, 3, 8)
        tool.value = False
    press(explorer._face.canvas, "button_press", 1, 1)
    press(explorer._face.canvas, "button_release", 1, 1)
    assert explorer.at is None
    click(explorer, 3, 8, moved=3)
    assert explorer.at == (3, 8)


def test_a_place_outside_a_smaller_image_waits_for_one_that_has_it(opened):
    explorer = opened(loader=[(images(1), [0]), (images(1, (6, 6)), [1])])
    explorer.at = (3, 8)
    explorer.sample = 1
    assert (explorer.explanation.at, message(explorer)) == (None, "")
    assert "The place 3, 8 lies outside this image of 6×6 pixels." in explorer.status
    explorer.sample = 0
    assert explorer.explanation.at == (3, 8)
    assert "outside" not in explorer.status


@pytest.mark.parametrize("value", [(1,), (1, 2.5), (-1, 0), "ab", 3, (True, 1)])
def test_what_is_no_place_is_refused(opened, value):
    explorer = opened()
    with pytest.raises((TypeError, ValueError), match=r"^at must be"):
        explorer.at = value
    assert explorer.at is None


# --- all layers


def strip(explorer):
    return explorer._face.filmstrip


def strip_pixels(explorer):
    strip(explorer).late.canvas.draw()
    return np.array(strip(explorer).late.canvas.get_renderer().buffer_rgba())[..., :3]


def pick(explorer, name, button=0):
    sheet, canvas = strip(explorer).late.drawing, strip(explorer).late.canvas
    left, top = sheet._corner(strip(explorer)._layers.index(name))
    canvas.draw()
    press(canvas, "button_press", left + 5, top + 5, button)


@pytest.mark.parametrize("method", ["channel-mean", "grad-cam"])
def test_all_layers_come_from_one_pass_each_with_its_own_heatmap(opened, method):
    explorer = opened(class_names=NAMES, method=method, layer="conv1")
    before = passes_of(explorer)
    controls(explorer).strip.value = True
    assert passes_of(explorer) == before + 1

    names = [layer.name for layer in explorer._looker.layers if layer.usable]
    assert strip(explorer)._layers == names
    assert len(names) >= 4
    for layer, found in strip(explorer)._found:
        expected = explain(net().eval(), images()[0], layer=layer.name, method=method, label=0)
        assert np.array_equal(found.overall, expected.overall)


def test_a_click_picks_the_layer_and_the_strip_follows_every_change(opened):
    explorer = opened(layer="conv1")
    controls(explorer).strip.value = True
    first = strip_pixels(explorer)
    pick(explorer, "conv2", button=2)
    assert explorer.layer == "conv1"
    pick(explorer, "conv2")
    assert explorer.layer == "conv2"
    assert (strip_pixels(explorer) != first).any()  # the frame

    explorer.sample = 3
    assert np.array_equal(
        strip(explorer)._found[0][1].overall, explain(net().eval(), images()[3], layer="conv1").overall
    )
    controls(explorer).strip.value = False
    before = passes_of(explorer)
    explorer.sample = 4
    assert passes_of(explorer) == before + 1


def test_the_strip_restyles_without_a_pass_as_if_shown_anew(opened):
    explorer = opened()
    controls(explorer).strip.value = True
    before, overlay = passes_of(explorer), strip_pixels(explorer)
    explorer.view, explorer.cmap = "heatmap", "gray"
    assert passes_of(explorer) == before
    gray = strip_pixels(explorer)
    assert (gray != overlay).any()
    controls(explorer).strip.value = False
    controls(explorer).strip.value = True
    assert (strip_pixels(explorer) == gray).all()


def test_a_layer_that_the_target_does_not_reach_is_a_grey_tile(opened):
    class Beside(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.beside = torch.nn.Conv2d(3, 3, 3), torch.nn.Conv2d(3, 3, 3)

        def forward(self, x):
            self.beside(x)
            return self.used(x).mean((2, 3))

    explorer = opened(Beside(), method="grad-cam", layer="used")
    controls(explorer).strip.value = True
    left, top = strip(explorer).late.drawing._corner(strip(explorer)._layers.index("beside"))
    tile = strip_pixels(explorer)[top + 4 : top + 40, left + 4 : left + 40]
    assert np.unique(tile).tolist() == [235]
    pick(explorer, "beside")
    assert "gives no gradient" in message(explorer)
    assert strip(explorer)._line.value == messages.STRIP_OF_BEFORE
    pick(explorer, "used")
    assert (message(explorer), strip(explorer)._line.value) == ("", messages.STRIP)


@pytest.mark.parametrize(("method", "words"), [("saliency", "looks at no layer"), ("score-cam", "takes many passes")])
def test_methods_of_which_there_is_no_strip_say_why(opened, method, words):
    explorer = opened()
    controls(explorer).strip.value = True
    explorer.method = method
    if METHODS[method].slow:
        assert strip(explorer)._line.value == messages.STRIP_OF_BEFORE
        explorer._slow._thread.join(60)
    assert words in strip(explorer)._line.value
    assert strip(explorer).late.root.layout.display == "none"
    explorer.method = "grad-cam"
    assert strip(explorer)._line.value == messages.STRIP
    assert strip(explorer).late.root.layout.display is None


# --- code


def run(explorer, **given):
    """Run the panel's code in a script of its own, but for the line that saves; gives its figure's pixels."""
    names, (*lines, last) = dict(given), explorer.code.splitlines()
    assert last.startswith("drawing.figure.savefig(")
    exec("\n".join(lines), names)
    figure = names["drawing"].figure
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


def own(output):
    return output[0, 1] - 2 * output[0, 0]


def other_own(output):
    return output[0, 2]


STATES = {
    "as it opens": {},
    "heatmap": {"view": "heatmap", "cmap": "inferno", "top_k": 5, "sample": 4},
    "raw, more channels than are shown": {"view": "raw", "layer": "bn", "top_k": 40},
    "a contrast": {"method": "grad-cam", "target": Contrast("dog", "true"), "alpha": 0.35},
    "two methods": {"method": "grad-cam", "compare": "layer-cam", "layer": "conv1"},
    "two targets": {"method": "grad-cam", "compare": "true", "sample": 2},
    "two functions": {"method": "grad-cam", "target": own, "compare": other_own},
    "a function and a class": {"method": "grad-cam", "target": own, "compare": 1},
    "a place": {"at": (3, 8), "top_k": 6, "layer": "conv1"},
    "an earlier call": {"layer": "relu", "call": 1},
    "pixels": {"method": "saliency"},
    "pixels beside a layer": {"method": "saliency", "compare": "grad-cam", "layer": "conv1", "at": (2, 2)},
}


@pytest.mark.parametrize("state", STATES)
def test_the_code_draws_the_same_figure_pixel_for_pixel(opened, state):
    explorer = opened(class_names=NAMES)
    for name, value in STATES[state].items():
        setattr(explorer, name, value)
    assert message(explorer) == ""
    functions = {name: value for name, value in STATES[state].items() if callable(value)}
    drawn = run(explorer, model=net().eval(), loader=batches(), class_names=NAMES, **functions)
    assert np.array_equal(drawn, pixels(explorer))
    assert max(map(len, explorer.code.splitlines())) <= 88
    for name in functions:
        assert name in explorer.code.splitlines()[0]


def test_the_code_takes_what_the_panel_was_given_and_no_more(opened, cifar10):
    folder = real_images(cifar10, "resnet20")
    loader = torch.utils.data.DataLoader(torch.utils.data.Subset(folder, range(0, 1000, 90)), batch_size=4)
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

    def forward(model, batch):
        return model(batch.flip(-1))

    options = {"mean": mean, "std": std, "forward": forward}
    explorer = opened(
        trained(cifar10, "resnet20"), loader, layer="layer2", method="grad-cam", target=3, width=500, **options
    )
    assert explorer.code.splitlines()[0] == "# model, loader, mean, std, forward: what the panel was given."
    drawn = run(explorer, model=trained(cifar10, "resnet20"), loader=loader, **options)
    assert np.array_equal(drawn, pixels(explorer))


def test_the_codes_last_line_saves_the_figure(opened, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(opened(class_names=NAMES).code, {"model": net().eval(), "loader": batches(), "class_names": NAMES})
    assert (tmp_path / "view.png").read_bytes().startswith(b"\x89PNG")


def test_there_is_no_code_where_nothing_is_shown(opened):
    explorer = opened()
    assert "explain(" in controls(explorer).lines.value
    explorer.layer = "fc"
    assert explorer.code == ""


def test_a_call_that_another_layer_does_not_have_is_left(opened):
    explorer = opened(Thrice().eval(), layer="conv", call=0)
    assert "call=0" in explorer.code
    explorer.call = -1
    assert "call" not in explorer.code


# --- back to the start


def test_reset_forgets_place_and_comparison(opened):
    explorer = opened(method="grad-cam")
    explorer.at, explorer.compare = (1, 2), "true"
    first = explorer.code
    controls(explorer).reset.click()
    assert (explorer.at, explorer.compare, comparison(explorer)) == (None, None, None)
    assert controls(explorer).compare.value == NOTHING
    assert explorer.code not in ("", first)


def test_what_is_no_comparison_is_refused_by_its_own_name(opened):
    explorer = opened()
    with pytest.raises(ValueError, match=r"compare must be a method's name, 'predicted', .* got 'nope'"):
        explorer.compare = "nope"
    assert explorer.compare is None
