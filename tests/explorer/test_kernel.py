"""In a real kernel: nothing of a panel is left when its cell was run again and IPython's history is cleared."""

import pytest
from kernels import kernel

RUNS = 20


@pytest.fixture(scope="module")
def running():
    with kernel() as running:
        yield running


def test_a_cell_that_displays_a_panel_leaves_only_its_last_one(running):
    running.run("display(panel())", "displays")
    once = running.left()
    for _ in range(RUNS):
        running.run("explorer = panel(); explorer.sample = 2; display(explorer)", "displays")
    assert running.left() == once


def test_of_a_panel_as_last_expression_only_ipythons_history_holds_what_stays(running):
    running.run("panel()", "ends with it")
    once = running.left()
    for _ in range(4):
        running.run("panel()", "ends with it")
    kept = running.left()
    assert kept["panels"] == once["panels"] + 4
    assert (kept["open"], kept["comms"]) == (once["open"], once["comms"])
    running.clear_history()
    assert running.left() == once


def test_without_a_cells_id_every_panel_stays_as_ipywidgets_keeps_it(running):
    before = running.left()
    for _ in range(2):
        running.run("display(panel())")
    assert running.left()["panels"] == before["panels"] + 2
