"""Every notebook that we ship runs from top to bottom, and is stored without outputs."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

CLAIMS = {
    "your_mistakes": """
assert in_test.accuracy > 0.8 and in_use.accuracy < 0.6  # the test set did not warn us
assert len(in_use.misclassified()) > 250  # some 300 mistakes
assert (as_star.positions % 3 == 1).mean() > 0.9  # the group has the bar code in common
assert any(fact.kind == "region" and fact.value > 2 * fact.right for fact in as_star.facts)
flips = sum(effect.flips for effect in silenced) / len(silenced)
assert flips < 0.2  # silencing the channels does not change the predictions
assert shortcuts[0].class_ == star and shortcuts[0].enough
overlap = shortcuts[0].examples[0].mask
assert overlap[2:14, 50:62].sum() > 0.5 * overlap.sum()  # the region is the bar code
assert before[0].area > 2 * shortcuts[0].area  # before, it took a region that holds the star
assert sum(effect.flips for effect in covered) > 0.8 * len(covered)
assert sum(effect.others_flip for effect in covered) < 0.2 * len(covered)
assert (first % 3 == 1).mean() > 0.7  # where attention moved most there are bar codes
"""
}
"""What a notebook says of what it shows."""

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> nbformat.NotebookNode:
    return nbformat.read(request.param, as_version=4)


def test_the_notebook_runs_from_top_to_bottom_and_what_it_says_is_so(
    notebook: nbformat.NotebookNode, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))  # Without the user's own start-up files.
    notebook.cells.append(nbformat.v4.new_code_cell(CLAIMS.get(request.node.callspec.id, "")))

    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()


def test_the_notebook_is_stored_valid_and_without_outputs(notebook: nbformat.NotebookNode) -> None:
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]

    assert code
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert notebook.metadata.kernelspec.name == "python3"
