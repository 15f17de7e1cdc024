"""A canvas without a panel around it: keys, width, theme, a saved file; and two pages that show the same one."""

import json

import pytest
from PIL import Image

from .canvas import differ
from .conftest import Opener, OpenNotebook
from .notebooks import FrontEnd, Notebook
from .panel import TESTS, read

WIDTH, HEIGHT = 800, 640
CELL = f"""{TESTS}
import base64, io, json, threading
import ipywidgets as widgets
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from attn_widget.canvas import CANVAS_STYLE, PanelCanvas

figure = Figure(figsize=({WIDTH} / 100, {HEIGHT} / 100), dpi=100)
image = figure.add_axes((0, 0, 1, 1)).imshow(np.zeros(({HEIGHT}, {WIDTH})), vmin=0, vmax=1, aspect="auto")
told, place = widgets.Label("[]"), widgets.Label("[]")
number = widgets.IntText(description="Number")
forward, save = widgets.Button(description="Next"), widgets.Button(description="Save")

def show(change):
    with lock:
        image.set_data(np.random.default_rng(number.value).random(({HEIGHT}, {WIDTH})))
        canvas.fit_figure()

def say(label, *values):
    label.value = json.dumps([float(value) for value in values])

def truth():
    with lock:
        plain = FigureCanvasAgg(figure)
        plain.draw()
        figure.set_canvas(canvas)
        buffer = io.BytesIO()
        Image.fromarray(np.asarray(plain.buffer_rgba())[..., :3]).save(buffer, "png")
        return base64.b64encode(buffer.getvalue()).decode("ascii")

lock = threading.RLock()
canvas = PanelCanvas(figure, lock, lambda page: say(told, *page))
canvas.mpl_connect("motion_notify_event", lambda event: say(place, event.x, event.y))
number.observe(show, "value")
forward.on_click(lambda button: setattr(number, "value", number.value + 1))
save.on_click(lambda button: canvas.save_as("moon_0_conv3_grad-cam"))
style = widgets.HTML(f"<style>{{CANVAS_STYLE}}</style>", layout={{"display": "none"}})
widgets.VBox([style, told.add_class("told"), place.add_class("place"), number, forward, canvas, save])
"""
PAGES: dict[FrontEnd, str] = {"lab": "light", "notebook": "dark", "voila": "dark"}


@pytest.fixture(scope="module", params=PAGES)
def notebook(open_for_all: OpenNotebook, request: pytest.FixtureRequest) -> Notebook:
    """The canvas in each front-end."""
    notebook = open_for_all([CELL], request.param, theme=PAGES[request.param])
    if notebook.front_end != "voila":
        notebook.run_all()
    notebook.canvas.wait_for_picture()
    return notebook


def test_tab_passes_the_picture_by_in_both_directions(notebook: Notebook) -> None:
    page, following = notebook.page, notebook.button("Save")
    before = notebook.button("Next")
    before.focus()
    page.keyboard.press("Tab")
    assert following.evaluate("e => e === document.activeElement")
    page.keyboard.press("Shift+Tab")
    assert before.evaluate("e => e === document.activeElement")
    notebook.canvas.hover(0.5, 0.5)
    page.mouse.down()
    page.mouse.up()
    before.focus()
    page.keyboard.press("Enter")
    notebook.wait_until(lambda: notebook.field("Number").input_value() != "0", "a step by key after a click", 10)


@pytest.mark.parametrize("beside", [0, 700])
def test_the_picture_fits_its_cell_and_the_pointer_is_where_it_seems(notebook: Notebook, beside: int) -> None:
    page = notebook.page
    page.set_viewport_size({"width": 1400 - beside, "height": 1100})
    page.mouse.move(0, 0)

    def fits() -> bool:
        shown = min(WIDTH, cell_width(notebook))
        return notebook.canvas.size == pytest.approx((shown, HEIGHT * shown / WIDTH), abs=0.1)

    def is_told() -> bool:
        return told(notebook, "told") == [cell_width(notebook), PAGES[notebook.front_end] == "dark"]

    def is_right() -> bool:
        pixel = WIDTH / notebook.canvas.size[0]
        return told(notebook, "place") == pytest.approx([0.9 * WIDTH, 0.2 * HEIGHT], abs=pixel + 1)

    notebook.wait_until(fits, "a picture that fits", 10)
    notebook.canvas.hover(0.9, 0.8)
    notebook.wait_until(is_told, "the cell's width and the page's theme", 10)
    notebook.wait_until(is_right, "the pointer's place", 10)


def test_a_picture_is_saved_by_its_name_at_twice_its_size(notebook: Notebook) -> None:
    with notebook.page.expect_download() as download:
        notebook.button("Save").click()
    assert download.value.suggested_filename == "moon_0_conv3_grad-cam.png"
    assert Image.open(download.value.path()).size == (2 * WIDTH, 2 * HEIGHT)


def test_two_pages_show_the_whole_picture_whatever_is_done_in_either(open_notebook: Opener) -> None:
    pages = [opened(open_notebook)]
    pages.append(opened_again(open_notebook, pages[0]))

    def both_are_true() -> None:
        for page in pages:
            assert_true(page)

    both_are_true()
    for page, other in (pages, pages[::-1]):
        for times in (1, 5):
            for _ in range(times):
                page.button("Next").click()
            both_are_true()
        other.page.reload()
        other.wait_until_ready()
        other.canvas.wait_for_picture()
        both_are_true()


def test_the_page_under_the_pointer_has_its_own_pixels(open_notebook: Opener) -> None:
    plain = opened(open_notebook)
    dense = opened_again(open_notebook, plain, scale=2)
    assert_true(dense, 2)
    plain.canvas.hover(0.5, 0.5)
    assert_true(plain, 1)
    dense.canvas.hover(0.5, 0.5)
    assert_true(dense, 2)
    plain.page.reload()
    plain.wait_until_ready()
    assert_true(plain, 1)


def told(notebook: Notebook, name: str) -> list[float]:
    """Read what the kernel was told last."""
    numbers: list[float] = json.loads(notebook.page.locator(f".{name}").inner_text())
    return numbers


def cell_width(notebook: Notebook) -> int:
    """Give the width that there is for the picture, in steps of 4 pixels."""
    return int(notebook.page.locator(".jupyter-matplotlib").first.evaluate("e => e.clientWidth")) // 4 * 4


def opened(open_notebook: Opener) -> Notebook:
    """Open the canvas in JupyterLab, and save the notebook."""
    notebook = open_notebook([CELL])
    notebook.run_all()
    notebook.canvas.wait_for_picture()
    notebook.save()
    return notebook


def opened_again(open_notebook: Opener, notebook: Notebook, scale: float = 1) -> Notebook:
    """Open a saved notebook in one more window, on the kernel that it has."""
    again = open_notebook.open(notebook.path, "lab", theme="light", width=1400, height=1100, scale=scale)
    again.canvas.wait_for_picture()
    return again


def assert_true(notebook: Notebook, ratio: float = 1) -> None:
    """Wait until a page shows what the figure holds now, drawn for this pixel ratio, and stays so."""
    notebook.wait_until(lambda: notebook.evaluate("canvas.device_pixel_ratio") == ratio, f"pixel ratio {ratio}", 20)
    notebook.wait_until_idle()
    expected = read(notebook.evaluate("truth()"))
    notebook.canvas.wait_for_same(expected, 20)
    assert not differ(notebook.canvas.settled(), expected)
