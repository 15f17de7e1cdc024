"""The first notebook of the course, in each place where it is opened; `test_panel_controls` does so in JupyterLab."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from attn_widget.explanation.result import WIDTH

from .conftest import OpenNotebook
from .notebooks import FrontEnd, Notebook
from .panel import QUICKSTART, Panel
from .test_panel_front_ends import CUT_OFF, PALE

OF_CELLS = re.compile(r"(?i)\b(code|next|this|these|two|first) cells?\b|\bcells? (above|below)\b|Shift|notebook below")
"""What makes no sense where there are no cells; a matrix may have some."""


@pytest.mark.parametrize("front_end", ["notebook", "voila"])
def test_the_first_notebook_runs_and_its_panel_goes_to_a_mistake(
    open_notebook: OpenNotebook, front_end: FrontEnd
) -> None:
    notebook = open_notebook(QUICKSTART, front_end, width=1100)
    if front_end != "voila":
        notebook.run_all()
    panel = Panel(notebook)
    before = panel.canvas.settled()

    notebook.button("Next mistake").click()

    panel.wait_for_status("wrong")
    panel.canvas.wait_for_change(before)
    assert panel.complaints() == []
    if front_end == "voila":
        assert_is_an_app(notebook, panel)


def assert_is_an_app(notebook: Notebook, panel: Panel) -> None:
    """Check that nothing is seen, or spoken of, that an app does not have, and that it fits windows of any width."""
    page = notebook.page
    prose = " ".join(page.locator(".jp-RenderedMarkdown").all_inner_texts())
    assert "image model" in prose
    assert OF_CELLS.findall(prose) == []
    assert page.locator(".jp-InputArea-prompt:visible, .jp-OutputPrompt:visible").all_inner_texts() == []
    assert page.locator(".jp-CodeCell .jp-InputArea:visible").count() == 0
    for width in (1440, 1100, 700):
        page.set_viewport_size({"width": width, "height": 1000})
        panel.canvas.settled(0.2)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        assert panel.root.evaluate(CUT_OFF) == [], width
    page.mouse.move(3, 3)
    assert panel.root.evaluate(PALE) == []


def test_as_html_it_shows_its_picture_without_a_kernel_and_a_network(browser: Browser, tmp_path: Path) -> None:
    convert = [sys.executable, "-m", "nbconvert", "--execute", "--to", "html", "--output-dir", str(tmp_path)]
    without_state = "--ExecutePreprocessor.store_widget_state=False"  # or the page asks a network for the widget
    subprocess.run([*convert, without_state, str(QUICKSTART)], check=True, capture_output=True, timeout=120)
    context = browser.new_context(offline=True, viewport={"width": 700, "height": 1000})
    page = context.new_page()

    page.goto((tmp_path / "quickstart.html").as_uri(), wait_until="domcontentloaded")

    picture = page.locator(".jp-OutputArea img")
    picture.wait_for()
    box, pixels = picture.bounding_box(), picture.evaluate("e => e.naturalWidth")
    context.close()
    assert box is not None
    assert box["width"] == WIDTH <= pixels
