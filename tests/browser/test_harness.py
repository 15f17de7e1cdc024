"""Stock widgets and a figure without pyplot work: what the panel stands on."""

import pytest

from .conftest import OpenNotebook
from .notebooks import Notebook

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
RAISES = "slider.observe(lambda change: 1 / 0, 'value')"
WAITS = "import time\nfrom pathlib import Path\nwhile not Path('go').exists(): time.sleep(0.01)"


def test_every_kind_of_control_is_found_by_what_its_user_reads(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([CONTROLS, "print('done')", "1 / 0"])
    notebook.run_cell(0)
    notebook.run_cell(1)
    assert light(notebook) == "true"
    assert notebook.printed(1) == "done\n"

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
    with pytest.raises(AssertionError, match=r"Cell 2 raised:[\s\S]*ZeroDivisionError"):
        notebook.run_cell(2)


def test_a_slider_moved_while_a_cell_runs_has_its_picture_when_the_cell_is_done(
    open_notebook: OpenNotebook,
) -> None:
    # When it is done, not while it runs: ipykernel 7.4 sends a widget's messages to the shell that last
    # published on its comm, and that is the one in which the cell runs.
    notebook = open_notebook([PANEL, WAITS, RAISES])
    notebook.run_cell(0)
    before = notebook.canvas.wait_for_picture()

    notebook.start_cell(1)
    notebook.drag_slider("Length", 1)
    assert notebook.is_running(1)
    notebook.path.with_name("go").touch()
    notebook.finish_cell(1)

    notebook.canvas.wait_for_change(before)
    assert notebook.evaluate("[slider.value, label.value]") == [10, "length 10"]
    notebook.run_cell(2)
    notebook.slider("Length").press("ArrowLeft")
    notebook.wait_until(lambda: "ZeroDivisionError" in notebook.log(), "what a callback raises in the log")


def light(notebook: Notebook) -> str:
    """Say whether the page is light."""
    notebook.page.wait_for_function("() => document.body.dataset.jpThemeLight", timeout=60_000)
    found: str = notebook.page.evaluate("() => document.body.dataset.jpThemeLight")
    return found
