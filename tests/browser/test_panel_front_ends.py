"""The quickstart in Notebook 7 and in Voila; narrow cells, dense screens, dark pages."""

import re

import pytest
from playwright.sync_api import Locator

from attn_widget.explanation.result import WIDTH

from .canvas import differ
from .conftest import SCREENSHOTS, OpenNotebook
from .notebooks import FrontEnd
from .panel import QUICKSTART, Panel


@pytest.mark.parametrize("front_end", ["notebook", "voila"])
def test_the_panel_is_used_by_keyboard_alone(open_notebook: OpenNotebook, front_end: FrontEnd) -> None:
    notebook = open_notebook(QUICKSTART, front_end)
    if front_end != "voila":
        notebook.run_all()
    panel = Panel(notebook)
    start = panel.first

    notebook.button("The sample after this one").press("Enter")
    panel.wait_for_status(panel.at(1))
    stepped = panel.canvas.wait_for_change(start)
    notebook.button("The sample after this one").press("Space")
    panel.wait_for_status(panel.at(2))
    twice = panel.canvas.wait_for_change(stepped)
    notebook.button("The sample before this one").press("Enter")
    panel.wait_for_status(panel.at(1))
    panel.canvas.wait_for_same(stepped)
    panel.go_to(2)
    panel.wait_for_status(panel.at(2))
    panel.canvas.wait_for_same(twice)

    notebook.dropdown("Layer").press("Home")
    panel.wait_for_status("layer conv1", panel.at(2))
    other = panel.canvas.wait_for_change(twice)
    panel.choose_layer("conv3")
    panel.wait_for_status("layer conv3")
    again = panel.canvas.wait_for_same(twice)

    assert differ(other, again)
    assert panel.complaints() == []


@pytest.mark.parametrize("scale", [1, 2])
def test_a_cell_700_pixels_wide_needs_no_scrollbar(open_notebook: OpenNotebook, scale: int) -> None:
    notebook = open_notebook(QUICKSTART, scale=scale)
    notebook.run_all()
    panel = Panel(notebook)
    panel.know_python()
    output = panel.root.locator("..")
    beside = 1400 - output.evaluate("e => e.clientWidth")
    notebook.page.set_viewport_size({"width": beside + 700, "height": 1300})
    notebook.wait_until(lambda: output.evaluate("e => e.clientWidth") == 700, "a cell of 700 pixels")

    panel.wait_until_true(scale)

    assert too_large(output) == []
    assert panel.canvas.pixels().shape[1] == WIDTH * scale
    notebook.screenshot(SCREENSHOTS / f"narrow-{scale}.png", of=output)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_word_is_readable_on_a_page_that_is(open_notebook: OpenNotebook, theme: str) -> None:
    notebook = open_notebook(QUICKSTART, theme=theme, width=1600)
    notebook.run_all()
    panel = Panel(notebook)
    panel.choose_layer("fc")  # for a message
    panel.message.wait_for()
    ground = luminance(notebook.page.locator(".jp-Notebook").first, "backgroundColor")

    words = panel.root.locator(".widget-html-content *, .widget-label:visible, .jupyter-matplotlib-footer").all()
    contrasts = {word.inner_text(): contrast(luminance(word, "color"), ground) for word in words if word.inner_text()}

    assert len(contrasts) > 10
    assert min(contrasts.values()) >= 4.5, contrasts
    notebook.screenshot(SCREENSHOTS / f"{theme}.png")


def test_a_picture_of_the_panel_for_the_readme(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(QUICKSTART, scale=2, width=1400, height=1500)
    notebook.run_all()
    panel = Panel(notebook)
    notebook.button("Next mistake").click()
    panel.wait_for_status("wrong")
    panel.canvas.wait_for_change(panel.first)

    picture = notebook.screenshot(SCREENSHOTS / "panel.png", of=panel.root)

    assert picture.stat().st_size > 50_000


def too_large(root: Locator) -> list[str]:
    """List the boxes that would scroll and the buttons that are cut off, with their contents' sizes and their own."""
    found: list[str] = root.evaluate(
        """root => [root, ...root.querySelectorAll('*')]
            .filter(e => e.offsetParent && (e.matches('button') || /auto|scroll/.test(getComputedStyle(e).overflow)))
            .filter(e => e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight)
            .map(e => `${e.className}: ${e.scrollWidth}x${e.scrollHeight} in ${e.clientWidth}x${e.clientHeight}`)"""
    )
    return found


def luminance(element: Locator, colour: str) -> float:
    """Give the relative luminance (WCAG 2) of a computed colour."""
    written = element.evaluate(f"e => getComputedStyle(e).{colour}")
    channels = [int(number) / 255 for number in re.findall(r"\d+", written)[:3]]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: float, other: float) -> float:
    """Give the contrast of two luminances, from 1 to 21."""
    low, high = sorted((one, other))
    return (high + 0.05) / (low + 0.05)
