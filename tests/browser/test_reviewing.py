"""From "it is 80 % right" to the samples that matter, on real images: found, looked at, marked, saved and loaded."""

from pathlib import Path

import models
import numpy as np
import torch

from attn_widget.figure.lettering import DPI

from .canvas import Canvas
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
    notebook.button("Find mistakes").click()
    notebook.text(f"1,000 samples: 80 % right, {mistakes.sum()} wrong.").wait_for()

    matrix = canvas(notebook, 1)
    notebook.page.mouse.click(*matrix.point(*cell(notebook, true, predicted)))
    notebook.text(f"{mistakes.max()} of 1,000 samples").wait_for()
    found = notebook.evaluate("explorer._order.selection.tolist()")
    assert len(found) == mistakes.max()
    panel.wait_for_status(panel.at(found[0]), "wrong")
    assert notebook.evaluate("[explorer.method, explorer.target, explorer.compare]") == [
        "grad-cam",
        "predicted",
        "true",
    ]
    panel.wait_until_true()

    notebook.button("Contact sheet").click()
    notebook.text(f"1 to {len(found)} of {len(found)}; click one to open it.").wait_for()
    sheet = canvas(notebook, 2)
    sheet.wait_for_same(read(notebook.evaluate(f"sheet_afresh(explorer, model, loader, {found})")))
    panel.changes(lambda: notebook.page.mouse.click(*sheet.point(*tile(notebook, 3))), panel.at(found[3]), "wrong")
    notebook.dropdown("Mark").select_option(label="wrong label")
    notebook.field("Note").fill("sind das nicht Räder?")
    notebook.field("Note").press("Enter")
    notebook.button("Save review").click()
    notebook.text("Saved in review.npz with 1 mark.").wait_for()
    notebook.dropdown("Mark").select_option(label="bad image")
    notebook.text("1 mark, kept in review.npz.").wait_for()
    notebook.dropdown("Mark").select_option(label="wrong label")
    notebook.text("1 mark, kept in review.npz.").wait_for()
    assert panel.complaints() == []

    restart(notebook)
    notebook.run_all()
    panel = Panel(notebook)
    panel.know_python()
    panel.show_more()
    notebook.button("1 mark of before: load it").click()
    notebook.text(f"1,000 samples: 80 % right, {mistakes.sum()} wrong.").wait_for()
    assert notebook.evaluate("explorer.review.confusion().tolist()") == counts.tolist()
    matrix = canvas(notebook, 1)
    notebook.page.mouse.click(*matrix.point(*cell(notebook, true, predicted)))
    notebook.text(f"{mistakes.max()} of 1,000 samples").wait_for()
    panel.wait_for_status(panel.at(found[0]), "wrong")
    for position in found[1:4]:
        notebook.button("Next").click()
        panel.wait_for_status(panel.at(position))
    panel.wait_until_true()
    notebook.wait_until(lambda: notebook.field("Note").input_value() == "sind das nicht Räder?", "the note")
    assert notebook.dropdown("Mark").input_value().replace("\N{NO-BREAK SPACE}", " ") == "wrong label"
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


def canvas(notebook: Notebook, number: int) -> Canvas:
    """Wait for one of the page's canvases, counted from the top, and its picture."""
    notebook.wait_until(lambda: len(notebook.canvases) > number, "a canvas")
    notebook.canvases[number].wait_for_picture()
    return notebook.canvases[number]


def cell(notebook: Notebook, true: int, predicted: int) -> tuple[float, float]:
    """Where on its canvas a cell of the matrix is, as fractions from left and top."""
    left, bottom, right, top = notebook.evaluate(
        "explorer._face.reviews.confusion.late.drawing.axes.get_position().extents.tolist()"
    )
    return left + (predicted + 0.5) / 10 * (right - left), 1 - top + (true + 0.5) / 10 * (top - bottom)


def tile(notebook: Notebook, position: int) -> tuple[float, float]:
    """Where on its canvas the middle of a contact sheet's tile is, as fractions from left and top."""
    x, y, width, height = notebook.evaluate(
        f"(lambda sheet: [*sheet._corner({position}), *sheet.figure.get_size_inches().tolist()])"
        "(explorer._face.contact.late.drawing)"
    )
    return (x + 40) / (DPI * width), (y + 40) / (DPI * height)


def restart(notebook: Notebook) -> None:
    """Restart the kernel, as the user does."""
    notebook.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.sessionContext.restartKernel()")
    notebook.wait_until_idle()
