"""Stock widgets and a figure without pyplot work in every front-end: what the panel stands on."""

import pytest

from .conftest import OpenNotebook
from .notebooks import FrontEnd

PANEL = """
from ipympl.backend_nbagg import Canvas, FigureManager
from IPython.display import display
from ipywidgets import IntSlider, Label, VBox
from matplotlib.figure import Figure

figure = Figure(figsize=(4, 2))
canvas = Canvas(figure)
manager = FigureManager(canvas, 1)
bar = figure.add_subplot().barh([0], [3])[0]
figure.axes[0].set_xlim(0, 10)
slider = IntSlider(3, 0, 10, description="Length")
label = Label("length 3")


def redraw(change):
    bar.set_width(change.new)
    label.value = f"length {change.new}"
    canvas.draw_idle()


slider.observe(redraw, "value")
VBox([slider, label, canvas])
"""
CONTROLS = """
from ipywidgets import BoundedIntText, Button, Checkbox, Dropdown, FloatSlider, HBox, ToggleButton, VBox

layer = Dropdown(options=["conv1", "conv2"], description="Layer")
top_k = BoundedIntText(3, 1, 36, description="Top-k")
grid = Checkbox(False, description="Grid")
button = Button(description="Next mistake", tooltip="Step to the next sample that is predicted wrong")
bars = ToggleButton(False, icon="bars", tooltip="Show the bars")
alpha = FloatSlider(0.5, min=0, max=1, step=0.1, description="Alpha")
clicks = []
button.on_click(lambda button: clicks.append(button.description))
VBox([HBox([layer, top_k]), HBox([grid, button, bars]), alpha])
"""
FRONT_ENDS = ["lab", "notebook", "voila"]


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_a_slider_dragged_by_mouse_redraws_the_figure(open_notebook: OpenNotebook, front_end: FrontEnd) -> None:
    notebook = open_notebook([PANEL], front_end)
    if front_end != "voila":
        notebook.run_all()
    before = notebook.canvas.wait_for_picture()

    notebook.drag_slider("Length", 1)

    notebook.text("length 10").wait_for()
    after = notebook.canvas.wait_for_change(before)
    assert after.shape == before.shape == (200, 400, 3)


@pytest.mark.parametrize("front_end", ["lab", "voila"])  # Notebook 7 gives arrow keys to itself.
def test_a_slider_stepped_by_keyboard_redraws_the_figure(open_notebook: OpenNotebook, front_end: FrontEnd) -> None:
    notebook = open_notebook([PANEL], front_end)
    if front_end != "voila":
        notebook.run_all()
    three = notebook.canvas.wait_for_picture()

    notebook.slider("Length").press("ArrowRight")
    notebook.text("length 4").wait_for()
    notebook.canvas.wait_for_change(three)
    notebook.slider("Length").press("ArrowLeft")

    notebook.text("length 3").wait_for()
    notebook.canvas.wait_for_same(three)


def test_a_dense_screen_gets_a_picture_of_twice_the_pixels(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([PANEL], scale=2)
    notebook.run_all()

    pixels = notebook.canvas.wait_until(lambda pixels: pixels.shape[1] == 800, "a picture 800 pixels wide")

    assert pixels.shape == (400, 800, 3)
    assert notebook.canvas.size == (400, 200)


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_the_page_is_light_or_dark_as_asked(open_notebook: OpenNotebook, front_end: FrontEnd) -> None:
    brightness = {}
    for theme in ("light", "dark"):
        notebook = open_notebook(["print('hello')"], front_end, theme=theme)
        notebook.page.wait_for_function("() => document.body.dataset.jpThemeLight", timeout=60_000)
        brightness[theme] = notebook.page.evaluate("() => document.body.dataset.jpThemeLight")

    assert brightness == {"light": "true", "dark": "false"}


def test_every_kind_of_control_is_found_by_what_its_user_reads(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([CONTROLS])
    notebook.run_all()

    notebook.dropdown("Layer").select_option(label="conv2")
    notebook.field("Top-k").fill("5")
    notebook.field("Top-k").press("Enter")
    notebook.field("Grid").check()
    notebook.button("Next mistake").click()
    notebook.button("Show the bars").click()
    notebook.slider("Alpha").press("ArrowRight")

    state = "[layer.value, top_k.value, grid.value, clicks, bars.value, alpha.value]"
    notebook.wait_until(
        lambda: notebook.evaluate(state) == ["conv2", 5, True, ["Next mistake"], True, 0.6], "every control's value"
    )
    assert notebook.readout("Alpha").inner_text() == "0.60"


def test_what_a_callback_raises_is_in_the_log(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([PANEL + "\nslider.observe(lambda change: 1 / 0, 'value')\nslider"])
    notebook.run_all()

    notebook.slider("Length").press("ArrowRight")

    notebook.wait_until(lambda: "ZeroDivisionError" in notebook.log(), "the exception")


def test_a_python_expression_is_evaluated_in_the_notebooks_kernel(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([PANEL, "print('done')"])
    notebook.run_all()

    assert notebook.evaluate("[slider.value, label.value]") == [3, "length 3"]
    assert notebook.printed(1) == "done\n"


def test_a_cell_that_raises_fails_with_its_traceback(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(["1 / 0"])

    with pytest.raises(AssertionError, match=r"Cell 0 raised:[\s\S]*ZeroDivisionError"):
        notebook.run_all()


def test_a_slider_moved_while_a_cell_runs_has_its_picture_when_the_cell_is_done(
    open_notebook: OpenNotebook,
) -> None:
    # When it is done, not while it runs: ipykernel 7.4 sends a widget's messages to the shell that last
    # published on its comm, and that is the one in which the cell runs.
    wait = "import time\nfrom pathlib import Path\nwhile not Path('go').exists(): time.sleep(0.01)"
    notebook = open_notebook([PANEL, wait])
    notebook.run_cell(0)
    before = notebook.canvas.wait_for_picture()

    notebook.start_cell(1)
    notebook.drag_slider("Length", 1)
    assert notebook.is_running(1)
    notebook.path.with_name("go").touch()
    notebook.finish_cell(1)

    notebook.canvas.wait_for_change(before)
    assert notebook.evaluate("slider.value") == 10
