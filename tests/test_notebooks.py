"""Every notebook that we ship runs from top to bottom, and is stored without outputs."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

CLAIMS = {
    "quickstart": """
assert explorer.explanation.predicted == explorer.explanation.label
assert "same map for every class" in explorer.status
assert lesson.check(explorer).said.startswith("Not yet")
""",
    "debugging_mistakes": """
assert 110 < len(found.misclassified()) < 130  # a hundred mistakes
assert len(wrongly_circle) > 0.75 * len(found.misclassified())  # most were taken for a circle
assert (surest[:20] % 3 == 1).all()  # one page of them shows the lamp
assert explorer.explanation.predicted == circle != labels[explorer.sample]
assert (largest.positions % 3 == 1).mean() > 0.95
(corner_fact,) = (fact for fact in largest.facts if fact.kind == "region")
assert corner_fact.value > 2 * corner_fact.right and "top right" in largest.said[0]
assert shortcut.enough and shortcut.examples[0].mask[:26, 38:].sum() > 0.9 * shortcut.examples[0].mask.sum()
assert sum(effect.flips for effect in covered) > 0.8 * len(covered)
assert sum(effect.others_flip for effect in covered) < 0.1 * len(covered)
assert lesson.check(explorer).said.startswith("Not yet")
""",
    "reading_a_transformer": """
assert by_head.min() > 2.5 * evenly  # each head looks at the shape
assert 1.7 < by_head.max() / by_head.min() < 2.3  # from one head to another it nearly doubles
assert near > 0.3
in_all = {method: sum(map(on_shape, [explain(model, each, method=method).overall_map.clip(0) for each in images],
          covers)) / 40 for method in ("attention-rollout", "legrad")}
assert by_head.min() < in_all["attention-rollout"] < by_head.max()
assert in_all["legrad"] < 1.3 * evenly
assert explain(WithRegisters(model), image, layer="vit.blocks.1").overall_map.shape == (16, 16)
assert (right.overall_map.ravel() == wrong.overall_map.ravel()).all()
assert lesson.check(explorer).said.startswith("Not yet")
""",
    "training_under_the_lens": """
assert right["epoch 1"] < 0.6 < 0.7 < right["epoch 4"] and right["epoch 8"] > 0.9
assert right["epoch 1"] < right["epoch 4"] < right["epoch 8"]
assert on_sign["epoch 1"] + 0.1 < on_sign["epoch 4"] < on_sign["epoch 8"]
assert on_sign["epoch 8"] > 5 * covered
import numpy as np
median = {name: float(np.nanmedian(moves.distance)) for name, moves in (("early", early), ("late", late))}
assert median["early"] > 1.4 * median["late"]
assert median["late"] < 0.7 * late.between_samples
assert "Not yet" in lesson.check(explorer).said
""",
    "your_own_model": """
assert len(pictures) == 61 and pictures.classes == ["circle", "heart", "moon", "square", "star", "triangle"]
assert list(checked.errors) == [50] and "broken.png" in checked.errors[50]
assert checked.accuracy > 0.8  # the pictures are as the network knows them
assert explorer.explanation.layer == "conv3"  # the last that has a grid
assert not DOWNLOAD and len(photographs) == 60
assert pictures.samples[7][0].endswith("042.png")  # what the lesson asks for
explorer.sample = int(checked.misclassified()[0])  # there is a mistake to be found
assert explorer.explanation.predicted != explorer.explanation.label
assert "Not yet" in lesson.check(explorer).said
""",
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
""",
    "from_hook_to_heatmap": """
assert not np.array_equal(asked["star"][1].overall_map, asked["circle"][1].overall_map)
assert np.array_equal(asked["star"][0].overall_map, asked["circle"][0].overall_map)
assert kept["careless"].min() == 0 > kept["careful"].min() == of_panel.maps.min()
assert abs(centre(right) - 48) < 0.1 < 9 < 48 - centre(shifted)
explorer.layer = "conv1"
assert len(lesson.check(explorer).done) == 1
explorer.layer, explorer.top_k = "conv3", 9
assert len(lesson.check(explorer).done) == 2
explorer.method, explorer.target = "grad-cam", "circle"
assert len(lesson.check(explorer).done) == 3
assert lesson.check(explorer, answer="Grad-CAM").finished
""",
    "active_is_not_used": """
assert len(both) > 20
assert on_the_left(used[0]) > 0.55 > 0.45 > on_the_left(used[1])  # Grad-CAM on each shape in turn
assert abs(shares["channel-mean"].mean() - 0.5) < 1e-6  # blind to the class
assert shares["grad-cam"].mean() > 0.65 and np.mean(shares["grad-cam"] > 0.5) > 0.85
steps = list(checks["channel-mean"].layers)
assert steps[:3] == ["fc", "norm", "conv3"]
assert np.allclose(checks["channel-mean"].correlations[:2], 1)  # channel means do not notice
assert checks["grad-cam"].correlations[0] < 0.5  # Grad-CAM does
assert covered < 0.2 < 0.5 < before and elsewhere > 0.8 * before
assert on_the_left(of_cup[0]) > 0.5 and on_the_left(of_cup[1]) < 0.2
explorer.sample = next(i for i, one in enumerate(both) if one[0] is image)
explorer.method, explorer.target = "grad-cam", right
assert len(lesson.check(explorer).done) == 1
explorer.target = left
assert len(lesson.check(explorer).done) == 2
named = explorer.explanation.predicted == left
explorer.cover = evidence.Cover.rectangle(*((4, 18, 32, 46) if named else (32, 18, 60, 46)))
assert len(lesson.check(explorer).done) == 3
explorer.cover, explorer.method = None, "channel-mean"
assert len(lesson.check(explorer).done) == 4
assert lesson.check(explorer, answer="channel means").finished
""",
    "clever_hans": """
from attn_widget.lessons.clever_hans import BLUR, CHEAT, HONEST
letters = {recipe: letter for letter, recipe in recipe_of.items()}
assert (letters[tag, stars], letters[tag, any_half], letters[blur, stars]) == (CHEAT, HONEST, BLUR)
assert min(in_test.values()) > 0.55 and max(in_test.values()) - min(in_test.values()) < 0.2  # the test tells nothing
assert right[CHEAT]["tagged"] < right[CHEAT]["plain"] - 0.2
assert abs(right[HONEST]["tagged"] - right[HONEST]["plain"]) < 0.1
assert heat[CHEAT] > 0.3 > 0.15 > heat[HONEST]
assert flips[CHEAT][0] > 0.7 and flips[CHEAT][1] < 0.15
assert flips[HONEST][0] < 0.25
assert called_star[BLUR] > 0.6 and max(called_star[CHEAT], called_star[HONEST]) < 0.15 and riddle == BLUR
assert widest[BLUR] < 0.25 and np.mean(changed) < 0.2  # no place is hot, and none matters
assert to_star["blurred"] > 0.6 and max(to_star["mirrored"], to_star["darkened"]) < 0.15


def show_case(model, kind, predicted=None, least=0.0, most=1.0):
    explorer.model, explorer.method, explorer.cover = model, "grad-cam", None
    for explorer.sample in range(kind, 180, 3):
        shown, label = explorer.explanation, int(labels[explorer.sample])
        inside = evidence.energy_inside(shown, corner)
        if shown.predicted == (label if predicted is None else predicted) and least <= inside <= most:
            if predicted is None or label != predicted:
                return
    raise AssertionError(f"{model} has no such picture")


show_case(CHEAT, 1, star, least=0.4)
assert len(lesson.check(explorer).done) == 1
explorer.cover = evidence.Cover.rectangle(49, 1, 63, 15)
assert len(lesson.check(explorer).done) == 2
for accused in ("AB", "ABC", [HONEST], BLUR):  # who accuses an innocent network has not passed
    assert len(lesson.check(explorer, answer=accused).done) == 2
assert len(lesson.check(explorer, answer=CHEAT).done) == 3
show_case(HONEST, 1, most=0.1)
assert len(lesson.check(explorer).done) == 4
show_case(BLUR, 2, star)
assert len(lesson.check(explorer).done) == 5
assert lesson.check(explorer, answer="They are blurred.").finished
""",
}
"""What a notebook says of what it shows; and that its questions can be answered."""

FOLDER = Path(__file__).parents[1] / "notebooks"
MEMORY = """
from pathlib import Path
kernel = Path("/proc/self/status").read_text()
peak = next(int(line.split()[1]) for line in kernel.splitlines() if line.startswith("VmHWM:"))
of_cuda, library = 0, ""
for first, *others in map(str.split, Path("/proc/self/smaps").read_text().splitlines()):
    if not first.endswith(":"):
        library = others[4] if len(others) > 4 else ""
    elif first == "Rss:" and any(name in library for name in ("cuda", "nvidia", "triton")):
        of_cuda += int(others[0])
peak, of_cuda = peak // 1024, of_cuda // 1024
print(f"peak memory of the kernel: {peak} MiB, {of_cuda} MiB of it CUDA's libraries")
assert peak - of_cuda < 1024
"""
"""Binder gives 2 GB to the server and all kernels. Its build of torch, for the CPU, comes without CUDA's libraries."""

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> nbformat.NotebookNode:
    return nbformat.read(request.param, as_version=4)


def test_the_notebook_runs_from_top_to_bottom_and_what_it_says_is_so(
    notebook: nbformat.NotebookNode, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))  # Without the user's own start-up files.
    added = CLAIMS.get(request.node.callspec.id, ""), MEMORY
    notebook.cells += map(nbformat.v4.new_code_cell, added)

    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    print(request.node.callspec.id, notebook.cells[-1].outputs[0].text)


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.ipynb")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_notebook_is_stored_valid_and_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]

    assert code
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert notebook.metadata.kernelspec.name == "python3"
