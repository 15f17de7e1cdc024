"""The quickstart names every control, in both languages."""

from pathlib import Path

import nbformat
import pytest

from attn_widget.words import captions, speaking

FOLDER = Path(__file__).parents[1] / "notebooks"


@pytest.mark.parametrize(("language", "file"), [("en", "quickstart.ipynb"), ("zh", "zh/quickstart.ipynb")])
def test_the_quickstart_names_every_control_as_the_panel_does(language: str, file: str) -> None:
    text = "".join(cell.source for cell in nbformat.read(FOLDER / file, as_version=4).cells)
    with speaking(language):
        controls = [label for label, _ in captions.SETTINGS.values()]
        buttons = (captions.PREVIOUS_MISTAKE, captions.NEXT_MISTAKE, captions.FIND_MISTAKES, captions.PIN)
        tools = (captions.ZOOM, captions.PAN, captions.WHOLE_IMAGE, captions.DOWNLOAD)
        names = [*controls, *captions.PAGE_TITLES.values(), *buttons, *tools, captions.RUN_AGAIN, captions.RESET]

    assert [name for name in names if name not in text] == []


@pytest.mark.parametrize("file", ["quickstart.ipynb", "zh/quickstart.ipynb"])
def test_the_quickstart_speaks_of_no_cells_so_that_it_reads_well_as_an_app(file: str) -> None:
    written = [cell for cell in nbformat.read(FOLDER / file, as_version=4).cells if cell.cell_type == "markdown"]
    text = "".join(cell.source for cell in written)

    assert [word for word in ("Shift", "run the", "below cell", "next cell", "单元格") if word in text] == []
