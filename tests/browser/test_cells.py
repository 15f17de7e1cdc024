"""The panel's cell is run again: the old panel falls asleep, and wakes where it is displayed."""

import pytest

from .conftest import OpenNotebook
from .notebooks import FrontEnd, Notebook
from .panel import TESTS, Panel

SETUP = f"""{TESTS}
from ipywidgets.widgets.widget import _instances
from attn_widget import AttentionExplorer, demo

model, loader, class_names = demo.load()
panels = []


def choose():
    panels.append(AttentionExplorer(model, loader, class_names=class_names))
    return panels[-1]
"""
SHOWN = "explorer = choose()\nexplorer"
FIRST = "choose = lambda: panels[0]"
AWAKE = "[panel in _instances.values() for panel in panels]"


@pytest.mark.parametrize("front_end", ["lab", "notebook"])
def test_a_cell_run_again_shows_the_new_panel_alone_and_an_old_one_wakes(
    open_notebook: OpenNotebook, front_end: FrontEnd
) -> None:
    notebook = open_notebook([SETUP, SHOWN, FIRST], front_end)
    notebook.run_cell(0)
    notebook.run_cell(1)
    works(notebook)
    assert notebook.evaluate(AWAKE) == [True]

    notebook.run_cell(1)
    works(notebook)
    assert notebook.evaluate(AWAKE) == [False, True]

    notebook.run_cell(2)
    notebook.run_cell(1)
    works(notebook)
    assert notebook.evaluate(AWAKE) == [True, False]

    notebook.save()
    notebook.page.reload()
    notebook.wait_until_ready()
    works(notebook)


def works(notebook: Notebook) -> None:
    """Make sure that one panel is on the page, and that it does what it is asked to."""
    panel = Panel(notebook)
    panel.know_python()
    panel.wait_until_true()
    position = panel.position
    notebook.button("The sample after this one").click()
    panel.wait_for_status(panel.at(position + 1))
    panel.canvas.wait_for_change(panel.first)
    panel.wait_until_true()
    assert len(notebook.canvases) == 1
    assert notebook.page.get_by_text("Error displaying widget").count() == 0
    assert panel.complaints() == []
