"""A saved notebook keeps a picture of the panel."""

import base64
import io
import json
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter
from PIL import Image

from attn_widget.explanation.result import WIDTH

from .canvas import has_picture
from .conftest import OpenNotebook
from .notebooks import FrontEnd
from .panel import QUICKSTART, Panel

WIDGET = "application/vnd.jupyter.widget-view+json"
PYTHON = {"name": "python3", "display_name": "Python 3", "language": "python"}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def test_a_saved_notebook_holds_the_picture_and_its_description(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(QUICKSTART)
    notebook.run_all()
    panel = Panel(notebook)

    saved = notebook.save()

    outputs = [output for cell in saved["cells"] for output in cell.get("outputs", ())]
    (output,) = (output for output in outputs if "image/png" in output.get("data", {}))
    picture = output["data"]["image/png"]
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB"))
    text = "".join(output["data"]["text/plain"])
    assert has_picture(pixels)
    assert pixels.shape[1] >= WIDTH
    assert panel.status in text
    assert "64 channels on a 16×16 grid" in text
    page, _ = HTMLExporter().from_notebook_node(nbformat.reads(json.dumps(saved), as_version=4))
    assert re.sub(r"\s", "", picture) in re.sub(r"\s", "", page)


@pytest.mark.parametrize("front_end", ["lab", "notebook"])
def test_a_notebook_from_elsewhere_shows_the_picture(
    open_notebook: OpenNotebook, tmp_path: Path, front_end: FrontEnd
) -> None:
    # Only one from elsewhere, which is not trusted. In one of its user's own, JupyterLab asks for the widget
    # before anything else in the output, and when its kernel is gone writes "Error displaying widget: model not
    # found"; no content of the output changes that (jupyterlab-manager ranks its renderer at -10).
    widget = {"model_id": "gone", "version_major": 2, "version_minor": 0}
    data = {"text/plain": "AttentionExplorer: Sample 0", "image/png": PIXEL, WIDGET: widget}
    cell = nbformat.v4.new_code_cell("explorer", outputs=[nbformat.v4.new_output("execute_result", data)])
    path = tmp_path / "elsewhere.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": PYTHON}), path)

    notebook = open_notebook(path, front_end)

    notebook.page.locator(".jp-OutputArea-output img").wait_for()
    assert notebook.text("Error").count() == 0
