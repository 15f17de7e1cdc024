"""Methods, targets, comparisons, a place, all layers and the code, in JupyterLab on real images.

After each move the canvas must show, pixel by pixel, what a new figure draws of passes of its own.
"""

from pathlib import Path

import numpy as np

from .canvas import differ
from .conftest import OpenNotebook
from .panel import Panel, cells

WAITING = """
import time
import torch
from pathlib import Path
from attn_widget import AttentionExplorer


class Waiting(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 100, 3)

    def forward(self, x):
        while len(x) > 1 and not Path("may-score").exists():
            Path("scoring").touch()
            time.sleep(0.01)
        return self.conv(x).mean((2, 3))


explorer = AttentionExplorer(Waiting(), torch.rand(4, 3, 8, 8))
explorer
"""


def test_what_a_class_depends_on_is_chosen_compared_pointed_at_and_copied(
    open_notebook: OpenNotebook, cifar10: Path
) -> None:
    notebook = open_notebook(cells(cifar10, "resnet20"), height=1500)
    notebook.run_all()
    panel = Panel(notebook)
    panel.know_python()

    panel.changes(lambda: notebook.dropdown("Method").press("g"))
    panel.changes(lambda: notebook.dropdown("Explains").press("End"))
    panel.changes(lambda: notebook.dropdown("rather than").press("t"))
    assert "weighted by Grad-CAM for truck rather than" in panel.root.inner_text()
    assert notebook.evaluate("[explorer.method, explorer.target.of, explorer.target.against]") == [
        "grad-cam",
        9,
        "true",
    ]

    notebook.dropdown("rather than").press("Home")
    panel.changes(lambda: notebook.dropdown("Explains").press("p"))
    panel.open_page("Compare")
    panel.changes(lambda: notebook.dropdown("Compare with").select_option(label="cat"))
    panel.changes(lambda: notebook.dropdown("Compare with").select_option(label="true class"))
    assert len(panel.boxes()) == 4
    panel.changes(lambda: notebook.dropdown("Compare with").select_option(label="(nothing)"))

    left, top, right, bottom = panel.boxes()[1]
    place = left + 9.5 / 32 * (right - left), top + 20.5 / 32 * (bottom - top)
    panel.changes(lambda: notebook.page.mouse.click(*panel.canvas.point(*place)))
    assert notebook.evaluate("explorer.at") == [20, 9]
    assert "highest values at row 20, column 9" in panel.root.inner_text()
    panel.changes(lambda: notebook.button("Place 20, 9").click())

    panel.open_page("Layers")
    strip = panel.canvas_of("layers")
    place = notebook.evaluate("tile_of(explorer, 'layers', 'layer2.1')")
    panel.changes(lambda: notebook.page.mouse.click(*strip.point(*place)), "layer layer2.1")
    panel.open_page("Code and files")
    code = panel.root.locator("textarea")
    code.focus()
    code.press("Control+a")
    assert code.evaluate("field => field.value.slice(field.selectionStart, field.selectionEnd)") == notebook.evaluate(
        "explorer.code"
    )
    assert "layer='layer2.1'" in code.input_value()
    assert panel.complaints() == []


def test_score_cam_says_that_it_computes_and_stop_keeps_the_old_picture(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook([WAITING])
    notebook.run_all()
    panel = Panel(notebook)
    before = panel.canvas.pixels()

    notebook.dropdown("Method").select_option(label="Score-CAM")
    notebook.wait_until(notebook.path.with_name("scoring").exists, "the first batch")
    panel.canvas.wait_for_change(before)
    notebook.button("Stop the search or the computation").click()
    notebook.path.with_name("may-score").touch()

    panel.message.wait_for()
    assert "Stopped" in panel.message.inner_text()
    notebook.button("Stop the search or the computation").wait_for(state="hidden")
    veiled = panel.canvas.settled()
    assert differ(veiled, before)
    corner = np.s_[40:60, 20:40]
    np.testing.assert_allclose(veiled[corner], 0.35 * before[corner] + 0.65 * 255, atol=2)
    assert panel.complaints() == []
