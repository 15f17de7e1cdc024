"""From "it is 80 % right" to the samples that matter, on real images: found, looked at, marked, saved and loaded."""

from pathlib import Path

import models
import numpy as np
import torch

from .conftest import OpenNotebook
from .notebooks import Notebook
from .panel import Panel, cells, read


def test_mistakes_are_found_chosen_by_a_cell_marked_saved_and_there_after_a_restart(
    open_notebook: OpenNotebook, cifar10: Path
) -> None:
    counts = plain_confusion(cifar10, "resnet20")
    mistakes = counts - np.diag(np.diag(counts))
    true, predicted = divmod(int(mistakes.argmax()), len(counts))

    notebook = open_notebook(cells(cifar10, "resnet20"), height=2200)
    notebook.run_all()
    panel = Panel(notebook)
    panel.know_python()
    panel.open_page("Mistakes")
    notebook.button("Find mistakes").click()
    notebook.text(f"1,000 samples: 80 % right, {mistakes.sum()} wrong.").wait_for()

    click_cell(panel, true, predicted)
    notebook.text(f"{mistakes.max()} of 1,000 samples").wait_for()
    found = notebook.evaluate(f"explorer.review.select('all', {true}, {predicted}).tolist()")
    assert len(found) == mistakes.max()
    panel.wait_for_status(panel.at(found[0]), "wrong")
    assert notebook.evaluate("[explorer.method, explorer.target, explorer.compare]") == [
        "grad-cam",
        "predicted",
        "true",
    ]
    panel.wait_until_true()

    notebook.text(f"1 to {len(found)} of {len(found)}; click one to open it.").wait_for()
    sheet = panel.canvas_of("tiles")
    width = sheet.pixels().shape[1]
    sheet.wait_for_same(read(notebook.evaluate(f"sheet_afresh(explorer, model, loader, {found}, {width})")))
    place = notebook.evaluate("tile_at(explorer, 'tiles', 3)")
    panel.changes(lambda: notebook.page.mouse.click(*sheet.point(*place)), panel.at(found[3]), "wrong")
    notebook.button("wrong label").click()
    panel.root.locator(".attn-note input").fill("sind das nicht Räder?")
    panel.root.locator(".attn-note input").press("Enter")
    notebook.button("Save review").click()
    notebook.text("Saved in review.npz with 1 mark.").wait_for()
    for mark in ("bad image", "wrong label"):
        notebook.button(mark).click()
        wait_for_kept(notebook, found[3], mark)
    notebook.text("1 mark, kept in review.npz.").wait_for()
    assert panel.complaints() == []

    restart(notebook)
    notebook.run_all()
    panel = Panel(notebook)
    panel.know_python()
    panel.open_page("Mistakes")
    notebook.button("1 earlier mark: load it").click()
    notebook.text(f"1,000 samples: 80 % right, {mistakes.sum()} wrong.").wait_for()
    assert notebook.evaluate("explorer.review.confusion().tolist()") == counts.tolist()
    click_cell(panel, true, predicted)
    notebook.text(f"{mistakes.max()} of 1,000 samples").wait_for()
    panel.wait_for_status(panel.at(found[0]), "wrong")
    for position in found[1:4]:
        notebook.button("The sample after this one").click()
        panel.wait_for_status(panel.at(position))
    panel.wait_until_true()
    notebook.wait_until(
        lambda: panel.root.locator(".attn-note input").input_value() == "sind das nicht Räder?", "the note"
    )
    notebook.page.locator(".attn-button.mod-active", has_text="wrong label").wait_for()
    assert notebook.evaluate("[[at, mark.kind, mark.note] for at, mark in explorer.review.marks.items()]") == [
        [found[3], "wrong label", "sind das nicht Räder?"]
    ]
    assert panel.complaints() == []


def plain_confusion(folder: Path, name: str) -> np.ndarray:
    """Count, in a plain loop, true classes (rows) by predicted ones (columns)."""
    model, counts = models.trained(folder, name).eval(), np.zeros((10, 10), int)
    with torch.inference_mode():
        for images, labels in models.loader(folder, name):
            np.add.at(counts, (labels.numpy(), model(images).argmax(1).numpy()), 1)
    return counts


def click_cell(panel: Panel, true: int, predicted: int) -> None:
    """Click a cell of the matrix."""
    matrix = panel.canvas_of("matrix")
    panel.page.mouse.click(*matrix.point(*panel.notebook.evaluate(f"cell_at(explorer, {true}, {predicted})")))


def wait_for_kept(notebook: Notebook, position: int, mark: str) -> None:
    """Wait until the file has a sample's mark; what the panel says of it is the same for each mark."""
    in_the_file = f"type(explorer.review).load('review.npz').marks[{position}].kind"
    notebook.wait_until(lambda: notebook.evaluate(in_the_file) == mark, f"{mark!r} in the file")


def restart(notebook: Notebook) -> None:
    """Restart the kernel, as the user does."""
    notebook.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.sessionContext.restartKernel()")
    notebook.wait_until_idle()
