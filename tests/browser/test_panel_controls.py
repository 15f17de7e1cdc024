"""Every control of the panel, by mouse and by key, in the quickstart notebook in JupyterLab.

After each move the canvas must show, pixel by pixel, what a new figure draws of a pass of its own.
"""

import io
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from attn_widget.words import captions

from .canvas import Pixels, differ
from .conftest import OpenNotebook
from .notebooks import Notebook
from .panel import QUICKSTART, Panel

TOOL = "explorer.figure.canvas.toolbar.mode.name"


@pytest.fixture(scope="module")
def opened(open_for_all: OpenNotebook) -> Panel:
    """A panel on the demo, in the quickstart notebook."""
    notebook = open_for_all(QUICKSTART, height=1300)
    notebook.run_all()
    panel = Panel(notebook)
    panel.know_python()
    return panel


@pytest.fixture
def panel(opened: Panel) -> Iterator[Panel]:
    """The panel on sample 20, everything else as at first; afterwards nothing may have raised."""
    opened.page.mouse.move(5, 5)
    opened.open_page("Look")
    opened.notebook.button("Reset").click()
    opened.go_to(20)
    opened.wait_for_status(opened.at(20))
    style = "[explorer.top_k, explorer.view, explorer.alpha, explorer.cmap]"
    opened.notebook.wait_until(lambda: opened.notebook.evaluate(style) == [3, "overlay", 0.5, "jet"], "the defaults")
    opened.wait_until_true()
    yield opened
    assert opened.complaints() == []


@pytest.fixture
def notebook(panel: Panel) -> Notebook:
    """The notebook in which the panel is shown."""
    return panel.notebook


def test_the_slider_dragged_by_mouse_shows_another_sample(panel: Panel, notebook: Notebook) -> None:
    notebook.drag_slider("Sample", 0.5)

    position = int(notebook.slider("Sample").get_attribute("aria-valuetext") or "")
    assert position > 200
    panel.wait_for_status(panel.at(position))
    panel.wait_until_true()
    assert panel.number.input_value() == str(position)
    assert panel.status == notebook.evaluate("explorer.status")


def test_arrow_keys_on_the_slider_step_there_and_back(panel: Panel, notebook: Notebook) -> None:
    before = panel.canvas.pixels()

    panel.changes(lambda: notebook.slider("Sample").press("ArrowRight"), panel.at(21))
    after = panel.changes(lambda: notebook.slider("Sample").press("ArrowLeft"), panel.at(20))

    assert not differ(after, before)


def test_many_key_presses_in_a_row_end_on_the_last_ones_sample(panel: Panel, notebook: Notebook) -> None:
    def press() -> None:
        for _ in range(15):
            notebook.slider("Sample").press("ArrowRight")

    panel.changes(press, panel.at(35))


def test_the_number_field_jumps(panel: Panel) -> None:
    panel.changes(lambda: panel.go_to(333), panel.at(333))


@pytest.mark.parametrize("by", ["mouse", "Enter", "Space"])
def test_next_and_back_step_by(panel: Panel, notebook: Notebook, by: str) -> None:
    def push(name: str) -> None:
        button = notebook.button(name)
        button.click() if by == "mouse" else button.press(by)

    panel.changes(lambda: push("The sample after this one"), panel.at(21))
    panel.changes(lambda: push("The sample before this one"), panel.at(20))


@pytest.mark.parametrize("by", ["mouse", "Space"])
def test_play_steps_until_it_is_paused(panel: Panel, by: str) -> None:
    def push() -> None:
        panel.play.click() if by == "mouse" else panel.play.press(by)

    push()
    panel.wait_for_status(panel.at(22))
    push()

    panel.canvas.settled(quiet=1.2)  # twice as long as a step
    assert 22 <= panel.position <= 24
    panel.wait_until_true()


def test_a_layer_chosen_by_mouse_is_shown(panel: Panel) -> None:
    before = panel.canvas.pixels()

    after = panel.changes(lambda: panel.choose_layer("conv1"), "layer conv1")

    image, *maps = zip(panel.panels(before), panel.panels(after), strict=True)
    assert not differ(*image)
    assert all(differ(*map_) for map_ in maps)


def test_a_layer_chosen_by_key_is_shown(panel: Panel, notebook: Notebook) -> None:
    # Not by the arrow keys: on a closed dropdown JupyterLab takes them to go from cell to cell.
    panel.changes(lambda: notebook.dropdown("Layer").press("Home"), "layer conv1")


def test_an_unusable_layer_says_why_and_veils_the_picture_until_another_is_chosen(panel: Panel) -> None:
    before = panel.canvas.pixels()
    vector = "fc"
    panel.choose_layer(vector)
    panel.wait_for_status(f"layer {vector}", "not shown")
    veiled = panel.canvas.wait_for_change(before)

    assert "one vector" in panel.message.inner_text()
    assert panel.notebook.evaluate("explorer.explanation is None")
    corner = np.s_[:60, :60]  # the words "out of date" lie elsewhere
    for shown, kept in zip(panel.panels(veiled), panel.panels(before), strict=True):
        np.testing.assert_allclose(shown[corner], 0.35 * kept[corner] + 0.65 * 255, atol=2)

    panel.changes(lambda: panel.choose_layer("conv2"), "layer conv2")
    assert panel.message.count() == 0


def test_the_line_between_the_layers_cannot_be_chosen(panel: Panel, notebook: Notebook) -> None:
    status, layer = panel.status, notebook.dropdown("Layer").input_value()
    line = next(entry for entry in panel.layers().values() if entry.startswith("─"))

    notebook.dropdown("Layer").select_option(label=line)

    notebook.wait_until(lambda: notebook.dropdown("Layer").input_value() == layer, "the layer that was chosen")
    assert panel.status == status


@pytest.mark.parametrize("top_k", [1, 5, 12])
def test_as_many_channels_are_shown_as_are_asked_for(panel: Panel, notebook: Notebook, top_k: int) -> None:
    def fill() -> None:
        notebook.field("Channels").fill(str(top_k))
        notebook.field("Channels").press("Enter")

    after = panel.changes(fill)

    assert len(panel.boxes()) == 2 + top_k
    assert (after.shape[1], after.shape[0]) == panel.canvas.size


def test_top_k_goes_up_and_down_by_arrow_key(panel: Panel, notebook: Notebook) -> None:
    panel.changes(lambda: notebook.field("Channels").press("ArrowUp"))
    assert len(panel.boxes()) == 6
    panel.changes(lambda: notebook.field("Channels").press("ArrowDown"))
    assert len(panel.boxes()) == 5


def test_alpha_dragged_to_zero_leaves_the_image_alone_and_makes_no_pass(panel: Panel, notebook: Notebook) -> None:
    status = panel.status

    notebook.drag_slider("Strength", 0)
    notebook.wait_until(lambda: notebook.evaluate("explorer.alpha") == 0, "an alpha of 0")
    after = panel.wait_until_true()

    image, overall, *_ = panel.panels(after)
    np.testing.assert_allclose(image, overall, atol=1)
    assert panel.status == status  # with the last pass's milliseconds


def test_alpha_goes_up_and_down_by_arrow_key(panel: Panel, notebook: Notebook) -> None:
    before = panel.canvas.pixels()

    panel.changes(lambda: notebook.slider("Strength").press("ArrowRight"))
    assert notebook.readout("Strength").inner_text() == "0.55"
    after = panel.changes(lambda: notebook.slider("Strength").press("ArrowLeft"))

    assert not differ(after, before)


def test_every_view_is_another_picture_of_the_same_pass(panel: Panel, notebook: Notebook) -> None:
    status, shown = panel.status, [panel.canvas.pixels()]

    for view in ("heatmap alone", "raw values"):
        shown.append(panel.changes(lambda view=view: notebook.dropdown("Shows").select_option(label=view)))
    back = panel.changes(lambda: notebook.dropdown("Shows").press("Home"))

    for one, other in pairwise(shown):
        first, *_ = same = [not differ(*pair) for pair in zip(panel.panels(one), panel.panels(other), strict=True)]
        assert first, "the image stays"
        assert sum(same) == 1, "every map changes"
    assert not differ(back, shown[0])
    assert panel.status == status


def test_every_colour_map_is_another_picture(panel: Panel, notebook: Notebook) -> None:
    notebook.dropdown("Shows").select_option(label="heatmap alone")
    shown = [panel.wait_until_true()]
    for name in map(captions.colour_map, ("turbo", "viridis", "inferno", "gray")):
        shown.append(panel.changes(lambda name=name: notebook.dropdown("Colours").select_option(label=name)))
    shown.append(panel.changes(lambda: notebook.dropdown("Colours").press("Home")))

    assert all(differ(one, other) for one, other in pairwise(shown))
    gray, inferno = (_colourfulness(panel.panels(shown[index])[1]) for index in (4, 5))
    assert gray == 0
    assert inferno > 50


def test_next_mistake_and_previous_mistake_lead_to_samples_that_are_wrong(panel: Panel, notebook: Notebook) -> None:
    panel.changes(lambda: notebook.button("Next mistake").click(), "wrong")
    first = panel.position
    notebook.text(f"Sample {first} is a mistake").wait_for()
    panel.changes(lambda: notebook.button("Next mistake").press("Enter"), "wrong")
    second = panel.position
    assert second > first > 20

    panel.changes(lambda: notebook.button("Previous mistake").click(), panel.at(first), "wrong")
    panel.go_to(second + 1)
    panel.wait_for_status(panel.at(second + 1))
    panel.changes(lambda: notebook.button("Previous mistake").press("Space"), panel.at(second), "wrong")


@pytest.mark.parametrize("by", ["mouse", "key"])
def test_zooming_into_one_image_zooms_all_and_survives_a_step(panel: Panel, notebook: Notebook, by: str) -> None:
    def push(name: str) -> None:
        notebook.button(name).click() if by == "mouse" else notebook.button(name).press("Enter")

    limits = "[*explorer.figure.axes[0].get_xlim(), *explorer.figure.axes[0].get_ylim()]"
    before, whole = panel.canvas.pixels(), notebook.evaluate(limits)

    push("Zoom")
    notebook.wait_until(lambda: notebook.evaluate(TOOL) == "ZOOM", "the zoom tool")
    left, top, right, bottom = panel.boxes()[1]
    panel.canvas.drag(
        (left + 0.2 * (right - left), top + 0.2 * (bottom - top)),
        (left + 0.6 * (right - left), top + 0.6 * (bottom - top)),
    )
    zoomed = panel.canvas.wait_for_change(before)
    notebook.wait_until(lambda: notebook.evaluate(limits) != whole, "other limits")
    near = notebook.evaluate(limits)
    zoomed = panel.canvas.settled()

    assert all(differ(*pair) for pair in zip(panel.panels(before), panel.panels(zoomed), strict=True))
    assert near[1] - near[0] == pytest.approx(0.4 * (whole[1] - whole[0]), rel=0.1)
    notebook.button("The sample after this one").click()
    panel.wait_for_status(panel.at(21))
    panel.canvas.wait_for_change(zoomed)
    assert notebook.evaluate(limits) == near

    push("Pan")
    notebook.wait_until(lambda: notebook.evaluate(TOOL) == "PAN", "the pan tool")
    stepped = panel.canvas.settled()
    panel.canvas.drag((left + 0.1, top + 0.1), (left + 0.15, top + 0.15))
    panel.canvas.wait_for_change(stepped)
    notebook.wait_until(lambda: notebook.evaluate(limits) != near, "other limits")

    push("Whole image")
    panel.page.mouse.move(5, 5)
    notebook.wait_until(lambda: notebook.evaluate(limits) == whole, "the whole image")
    push("Pan")
    panel.wait_until_true()
    notebook.wait_until(lambda: notebook.evaluate(TOOL) == "NONE", "no tool")


@pytest.mark.parametrize("by", ["mouse", "key"])
def test_save_downloads_the_figure(panel: Panel, notebook: Notebook, by: str) -> None:
    with panel.page.expect_download() as download:
        notebook.button("Save").click() if by == "mouse" else notebook.button("Save").press("Enter")

    with download.value.path().open("rb") as file:
        picture = np.asarray(Image.open(io.BytesIO(file.read())).convert("RGB"))
    label = notebook.evaluate("class_names[explorer.explanation.label]")
    assert download.value.suggested_filename == f"{label}_20_{notebook.evaluate('explorer.layer')}_channel-mean.png"
    assert picture.shape[1] == 2 * panel.canvas.size[0]
    assert _colourfulness(picture) > 50


def test_run_again_shows_what_the_model_computes_now(panel: Panel, notebook: Notebook) -> None:
    before = panel.canvas.pixels()
    notebook.evaluate("model.conv1.weight.data.mul_(-1) is None")

    panel.changes(lambda: notebook.button("Run again").click())

    notebook.evaluate("model.conv1.weight.data.mul_(-1) is None")
    after = panel.changes(lambda: notebook.button("Run again").press("Enter"))
    assert not differ(after, before)


def test_reset_brings_back_everything_but_the_sample(panel: Panel, notebook: Notebook) -> None:
    before = panel.canvas.pixels()
    panel.choose_layer("conv1")
    panel.wait_for_status("layer conv1")  # it brings a new limit of top-k, which would undo what is being typed
    notebook.field("Channels").fill("7")
    notebook.field("Channels").press("Enter")
    notebook.dropdown("Shows").select_option(label="raw values")
    notebook.dropdown("Colours").select_option(label=captions.colour_map("viridis"))
    notebook.slider("Strength").press("ArrowRight")
    notebook.wait_until(
        lambda: (
            notebook.evaluate("[explorer.top_k, explorer.view, explorer.cmap, explorer.alpha]")
            == [7, "raw", "viridis", 0.55]
        ),
        "every change",
    )

    after = panel.changes(lambda: notebook.button("Reset").press("Enter"), panel.at(20))

    assert not differ(after, before)
    assert notebook.field("Channels").input_value() == "3"
    assert notebook.dropdown("Shows").input_value() == "overlay"
    assert notebook.readout("Strength").inner_text() == "0.50"


def test_pointing_at_a_map_writes_pixel_and_value_under_the_figure(panel: Panel, notebook: Notebook) -> None:
    boxes = panel.boxes()
    middle = [((left + right) / 2, (top + bottom) / 2) for left, top, right, bottom in boxes]
    height, width = notebook.evaluate("list(explorer.explanation.size)")

    assert panel.footer.inner_text() == ""  # whatever the mouse pointed at on another sample
    panel.canvas.hover(*middle[0])
    notebook.wait_until(lambda: panel.footer.inner_text().startswith("row "), "the pixel")
    assert "cell" not in panel.footer.inner_text()
    panel.canvas.hover(*middle[1])
    notebook.wait_until(lambda: "cell" in panel.footer.inner_text(), "the cell")

    words = panel.footer.inner_text().replace(",", "").replace("\N{MINUS SIGN}", "-").split()
    row, column, cell = int(words[1]), int(words[3]), (int(words[6]), int(words[7].rstrip(":")))
    assert (row, column) == pytest.approx((height / 2, width / 2), abs=1)
    value = notebook.evaluate(f"explorer.explanation.overall_map[{cell[0]}, {cell[1]}].item()")
    assert float(words[8]) == pytest.approx(value, rel=0.01)


def _colourfulness(pixels: Pixels) -> int:
    """The largest difference between a pixel's red, green and blue."""
    return int((pixels.max(axis=2).astype(int) - pixels.min(axis=2)).max())


def test_channels_are_silenced_and_come_back_by_mouse(panel: Panel, notebook: Notebook) -> None:
    before = panel.canvas.pixels()
    panel.open_page("Evidence")

    panel.changes(lambda: notebook.button("Silence these").click(), "model altered", panel.at(20))
    panel.root.locator(".attn-effect").get_by_text("3 other channels, drawn at random").wait_for()
    toggles = panel.root.locator(".attn-channels button.mod-active")
    assert toggles.count() == 3
    panel.changes(toggles.first.click, "model altered")
    notebook.wait_until(lambda: toggles.count() == 2, "a channel that is no longer silenced")
    assert "2 channels of conv3 silenced" in (panel.root.locator(".attn-bench").text_content() or "")
    after = panel.changes(panel.root.get_by_role("button", name="model altered").click, panel.at(20))

    assert not differ(after, before)


def test_a_bar_of_a_class_explains_it_by_mouse_and_by_key(panel: Panel, notebook: Notebook) -> None:
    bars = panel.root.locator(".attn-class")
    bars.nth(1).click()
    panel.message.wait_for()
    notebook.button("use Grad-CAM").click()
    notebook.wait_until(lambda: "moves between" in panel.status, "a status line with the class shift")
    first = notebook.evaluate("explorer.target")

    bars.nth(1).focus()
    panel.page.keyboard.press("Tab")
    panel.page.keyboard.press("Enter")
    notebook.wait_until(lambda: notebook.evaluate("explorer.target") != first, "another class")
    assert notebook.evaluate("explorer.explanation.shift_classes[0] == explorer.target")
    panel.wait_until_true()
