"""The page Evidence by mouse: a region drawn, a channel switched off, the heatmap checked, and a class bar clicked."""

from collections.abc import Iterator

import pytest

from .canvas import Canvas, differ
from .conftest import OpenNotebook
from .panel import QUICKSTART, Panel


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
    """The panel on sample 20 with the page Evidence open; afterwards nothing may have raised."""
    opened.open_page("Look")
    opened.notebook.button("Reset").click()
    opened.go_to(20)
    opened.wait_for_status(opened.at(20))
    opened.open_page("Evidence")
    opened.canvas.settled()
    yield opened
    assert opened.complaints() == []


def on_image(panel: Panel, x: float, y: float) -> tuple[float, float]:
    """Give a place in the image panel, by fractions of it, as fractions of the figure."""
    left, top, right, bottom = panel.boxes()[0]
    return left + x * (right - left), top + y * (bottom - top)


@pytest.mark.parametrize("shape", ["Rectangle", "Lasso"])
def test_a_region_drawn_on_the_image_is_covered_until_its_chip_is_clicked(panel: Panel, shape: str) -> None:
    notebook, mouse = panel.notebook, panel.page.mouse
    before = panel.canvas.pixels()
    notebook.button(shape).click()
    corners = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)] if shape == "Lasso" else [(0.2, 0.2), (0.8, 0.8)]
    places = [panel.canvas.point(*on_image(panel, x, y)) for x, y in corners]
    mouse.move(*places[0])
    mouse.down()
    for place in places[1:]:
        mouse.move(*place, steps=8)
    panel.canvas.wait_for_change(before)  # the outline
    mouse.up()
    panel.wait_for_status("region covered")
    rows, columns = notebook.evaluate("[list(map(int, each)) for each in explorer.cover.mask((64, 64)).nonzero()]")
    assert [min(rows), max(rows), min(columns), max(columns)] == pytest.approx([13, 51, 13, 51], abs=2)
    page = panel.root.locator(".attn-evidence")
    page.get_by_text("the same shape elsewhere").wait_for()
    assert page.locator(".attn-before").count() >= 4
    notebook.button(shape).click()
    notebook.button("region covered").click()
    panel.canvas.wait_for_same(before)
    assert notebook.evaluate("explorer.cover is None")


def test_a_channel_is_switched_off_and_on(panel: Panel) -> None:
    before = panel.canvas.pixels()
    toggle = panel.root.locator(".attn-channels button").first
    toggle.click()
    panel.wait_for_status("model altered")
    panel.root.get_by_text("drawn at random").wait_for()
    toggle.click()
    panel.canvas.wait_for_same(before)


def test_the_heatmap_is_checked(panel: Panel) -> None:
    panel.notebook.button("Check").click()
    panel.root.get_by_text("With the hottest pixels replaced first").wait_for()
    curves = Canvas(panel.root.locator(".attn-check .jupyter-matplotlib-figure"))
    pixels = curves.wait_for_picture()
    assert differ(pixels[:, : pixels.shape[1] // 2], pixels[:, -(pixels.shape[1] // 2) :])
    panel.go_to(21)
    curves.locator.wait_for(state="hidden")


def test_a_click_on_a_class_bar_explains_that_class(panel: Panel) -> None:
    panel.open_page("Look")
    panel.notebook.dropdown("Method").select_option(label="Grad-CAM")
    panel.notebook.wait_until(lambda: panel.notebook.evaluate("explorer.explanation.method") == "grad-cam", "Grad-CAM")
    bar = panel.root.locator(".attn-class:visible").nth(1)
    name = bar.text_content()
    panel.changes(bar.click)
    assert panel.notebook.evaluate("class_names[explorer.target]") == name
