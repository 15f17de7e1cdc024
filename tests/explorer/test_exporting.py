"""What the panel writes for others: this view, or the samples that the slider runs over."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from attn_widget import Explanation

from .panels import Gate, batches, images, net


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The notebook kernel's working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def export(panel, kind, path=None):
    panel.open_page("Code and files")
    panel.choose("What to export", kind)
    if path is not None:
        panel.choose("Where to export", path)
    panel.click("Export")
    panel.wait()
    return panel.export_text


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_this_view_is_written_as_data(opened, folder):
    panel = opened(method="grad-cam")
    panel.explorer.sample = 2
    assert export(panel, "view", "views/one.npz").startswith("views/one.npz cannot be written")
    assert export(panel, "view", "one.npz") == "This view was written to one.npz."
    found = Explanation.load("one.npz")
    assert np.array_equal(found.overall_map, panel.explorer.explanation.overall_map)
    assert found.method == "grad-cam"


def test_the_heatmaps_of_all_samples_are_written_as_the_panel_paints_them(opened, folder):
    panel = opened(cmap="viridis", alpha=0.7)
    assert export(panel, "heatmaps") == "6 heatmaps written to heatmaps."
    assert names_in(folder / "heatmaps")[0] == "000000-class_0.png"
    for position, path in enumerate(sorted((folder / "heatmaps").iterdir())):
        panel.explorer.sample = position
        (image,) = panel.explorer.figure.axes[1].images
        shown = np.asarray(image.make_image(None, unsampled=True)[0])[..., :3]
        assert np.abs(np.asarray(Image.open(path)).astype(int) - shown).max() <= 1  # together, and alone


def test_what_is_selected_is_what_is_written(opened, folder):
    panel = opened()
    panel.click("Find mistakes")
    panel.wait()
    panel.choose("Show", "mistakes")
    chosen = panel.walk()
    assert 0 < len(chosen) < 6
    assert export(panel, "names") == f"The names of {len(chosen)} samples are in names.txt."
    assert Path("names.txt").read_text().split() == list(map(str, chosen))
    export(panel, "heatmaps")
    assert [int(name[:6]) for name in names_in(folder / "heatmaps")] == sorted(chosen)
    assert export(panel, "sheet") == f"{len(chosen)} samples on contact_sheet.png."


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("view", "view.npz"),
        ("sheet", "contact_sheet.png"),
        ("names", "names.txt"),
        ("heatmaps", "heatmaps/000001-x.png"),
    ],
)
def test_what_is_there_is_replaced_only_after_the_answer(opened, folder, kind, path):
    panel = opened()
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_text("mine")
    says = export(panel, kind)
    assert says.endswith("already.")
    assert Path(path).read_text() == "mine"
    assert panel.is_shown("Replace")
    panel.click("Replace")
    panel.wait()
    assert path.partition("/")[0] in panel.export_text
    assert "already" not in panel.export_text
    assert not panel.is_shown("Replace")
    if kind != "heatmaps":
        assert Path(path).read_bytes() != b"mine"


def test_another_place_takes_the_question_back(opened, folder):
    panel = opened()
    Path("view.npz").write_text("mine")
    export(panel, "view")
    panel.choose("Where to export", "other.npz")
    assert not panel.is_shown("Replace")
    assert panel.export_text == ""
    panel.click("Export")
    assert Path("view.npz").read_text() == "mine"
    assert Explanation.load("other.npz")
    panel.choose("What to export", "names")
    panel.choose("What to export", "view")
    assert panel.value("Where to export") == "other.npz"


def test_who_stops_it_keeps_what_is_written_and_is_told_how_much(opened, folder):
    panel = opened(loader=batches((0, 1, 2) * 8))
    gate = Gate(panel.model, after=2)  # eight samples at a time take two passes
    panel.open_page("Code and files")
    panel.choose("What to export", "heatmaps")
    panel.click("Export")
    gate.wait()
    assert panel.is_shown("Stop the export")
    assert panel.is_disabled("Export")
    panel.click("Stop the export")
    gate.open()
    panel.wait()
    written = len(names_in(folder / "heatmaps"))
    assert 8 <= written < 24
    assert panel.export_text == f"Stopped: {written} heatmaps written to heatmaps."
    assert not panel.is_disabled("Export")
    assert not panel.is_shown("Stop the export")


def test_a_bad_sample_is_named_and_the_rest_is_written(opened, folder):
    good = images(4)

    class Broken(torch.utils.data.Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, at):
            if at == 2:
                raise OSError("truncated file")
            return good[at], at % 3

    panel = opened(loader=Broken())
    says = export(panel, "heatmaps")
    assert says.startswith("3 heatmaps written to heatmaps; 1 sample without a heatmap. Sample 2: ")
    assert "truncated file" in says


def test_what_is_silenced_in_the_view_is_said_to_be_left_out(opened, folder):
    panel = opened(net().eval(), silence=[0])
    assert export(panel, "heatmaps").endswith("Without what is silenced or covered in the view.")


def test_no_place_is_no_reason_to_write_somewhere(opened, folder):
    assert export(opened(), "view", "  ") == "Say where to write it."
    assert names_in(folder) == []
