"""`save_heatmaps`: a PNG for each sample, in a folder where nothing is replaced unasked."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from attn_widget import Explanation, Samples, explain
from attn_widget.exports import save_heatmaps
from attn_widget.exports.file_names import file_stem
from attn_widget.figure import ExplanationFigure, Style, overall_pixels
from attn_widget.samples import stream_source

from .making import Named, files, names_in, quiet, tiny


def saved(folder, loader=None, **options):
    return save_heatmaps(tiny(), Named(files(6)) if loader is None else loader, folder, progress=quiet, **options)


def test_each_sample_has_a_png_named_by_its_position_and_its_file(tmp_path):
    found = saved(tmp_path / "new" / "folder", positions=[4, 1, 4])
    assert names_in(tmp_path / "new" / "folder") == ["000001-cat_0001.png", "000004-cat_0004.png"]
    assert found.written == 2
    assert found.errors == {}


def test_a_sample_without_a_file_is_named_by_its_class(tmp_path):
    images = torch.rand(2, 3, 6, 8)
    saved(tmp_path, [(images, torch.tensor([0, 2]))], class_names=["cat", "dog", "Vögel/klein"])
    assert names_in(tmp_path) == ["000000-cat.png", "000001-Vögel_klein.png"]


@pytest.mark.parametrize(
    "style",
    [{}, {"view": "raw"}, {"view": "heatmap", "cmap": "viridis"}, {"alpha": 0.3, "fade": True}, {"scale": (0, 2)}],
)
def test_its_pixels_are_those_of_the_panel(tmp_path, style):
    loader = Named(files(2))
    saved(tmp_path, loader, positions=[1], method="grad-cam", layer="conv", **style)
    sample = Samples(loader)[1]
    drawing = ExplanationFigure()
    explanation = explain(tiny(), sample.image, layer="conv", method="grad-cam", label=1)
    spans = {"scale": ((0.0, 2.0), (0.0, 2.0))} if "scale" in style else {}
    drawing.show(sample.rendering, explanation, Style(**{**style, **spans}))
    (image,) = drawing.figure.axes[1].images
    shown = np.asarray(image.make_image(None, unsampled=True)[0])[..., :3]
    assert np.array_equal(read(tmp_path / "000001-cat_0001.png"), shown)
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) > 5


def read(path):
    return np.asarray(Image.open(path))


def test_the_raw_view_has_the_colour_of_the_cell_under_each_pixel():
    explanation = explain(tiny(), torch.rand(3, 4, 9), layer="conv")
    coarse = replace(explanation, overall_map=np.float32([[0, 1, 2], [5, 4, 3]]))
    pixels = overall_pixels(coarse, Samples(torch.rand(1, 3, 4, 9))[0].rendering, Style("raw", cmap="gray"))
    steps = np.clip(np.float32([[0, 1, 2], [5, 4, 3]]) * (256 / 5), 0, 255).astype(np.uint8)
    assert np.array_equal(pixels[..., 0], steps.repeat(2, 0).repeat(3, 1))


def test_the_data_of_each_is_saved_beside_it_if_asked_for(tmp_path):
    saved(tmp_path, positions=[3], data=True, method="grad-cam", target="dog")
    assert names_in(tmp_path) == ["000003-cat_0003.npz", "000003-cat_0003.png"]
    found = Explanation.load(tmp_path / "000003-cat_0003.npz")
    assert found.target == 1
    again = explain(tiny(), Samples(Named(files(6)))[3].image, method="grad-cam", target=1, label=0)
    assert np.array_equal(found.overall_map, again.overall_map)
    assert found.class_shift == again.class_shift


def test_nothing_is_replaced_unasked(tmp_path):
    saved(tmp_path, positions=[1, 2])
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(FileExistsError, match=r"has files of samples 1 and 2 already.*overwrite=True"):
        saved(tmp_path, view="heatmap")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    saved(tmp_path, positions=[0, 3])  # others are no obstacle
    saved(tmp_path, positions=[1], view="heatmap", overwrite=True)
    changed = [path.name for path, content in before.items() if path.read_bytes() != content]
    assert changed == ["000001-cat_0001.png"]


def test_a_bad_sample_has_its_error_and_does_not_stop_the_rest(tmp_path):
    with pytest.warns(UserWarning, match=r"2 samples have no heatmap.*Sample 1: .*truncated file"):
        found = saved(tmp_path, Named(files(4), broken=(1, 2)))
    assert names_in(tmp_path) == ["000000-cat_0000.png", "000003-cat_0003.png"]
    assert set(found.errors) == {1, 2}
    with pytest.warns(UserWarning, match=r"1 sample has no heatmap"):
        found = saved(tmp_path, positions=[7, 1])
    assert re.match("position is 7; expected 0 to 5", found.errors[7])
    assert found.written == 1


def test_a_model_that_fails_on_one_image_loses_that_one_only(tmp_path):
    class Picky(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = tiny()

        def forward(self, images):
            if (images > 5).any():
                raise ArithmeticError("too bright")
            return self.net(images)

    loader = Named(files(3))
    loader.images[1] += 10
    with pytest.warns(UserWarning, match="no heatmap"):
        found = save_heatmaps(Picky(), loader, tmp_path, progress=quiet)
    assert found.errors == {1: "The pass failed: ArithmeticError: too bright"}
    assert found.written == 2


def test_who_stops_it_keeps_what_is_written_and_is_told_how_much(tmp_path):
    def stop(done, total):
        assert total == 6
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stopped:
        save_heatmaps(tiny(), Named(files(6)), tmp_path, progress=stop)
    assert stopped.value.__notes__ == [f"2 heatmaps written to {tmp_path}."]
    assert names_in(tmp_path) == ["000000-cat_0000.png", "000001-cat_0001.png"]


def test_of_a_stream_all_samples_asked_for_are_had_whatever_their_order(tmp_path, monkeypatch):
    monkeypatch.setattr(stream_source, "MOST_KEPT", 2)
    found = saved(tmp_path, (image for image in torch.rand(6, 3, 6, 8)), positions=[5, 1, 3])
    assert (found.written, found.errors) == (3, {})


def test_a_stream_is_read_to_its_end_one_sample_at_a_time(tmp_path):
    given = []

    def stream():
        for at in range(5):
            given.append(at)
            yield torch.rand(1, 3, 6, 8), torch.tensor([at % 3])

    seen = []
    save_heatmaps(tiny(), stream(), tmp_path, progress=lambda done, total: seen.append((done, len(given))))
    assert [done for done, _ in seen] == [1, 2, 3, 4, 5]
    assert all(read_so_far <= done + 1 for done, read_so_far in seen)
    assert len(names_in(tmp_path)) == 5


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"layer": "conv9"}, ValueError, "layer must be one of the model's modules"),
        ({"method": "gradcam"}, ValueError, "did you mean 'grad-cam'"),
        ({"target": "horse"}, ValueError, "target must be 'predicted', 'true', a class index or a class name"),
        ({"top_k": 0}, ValueError, "top_k must be a whole number of at least 1"),
        ({"alpha": 2}, ValueError, "alpha must lie between 0 and 1"),
        ({"view": "overlays"}, ValueError, "view must be one of"),
        ({"cmap": "jett"}, ValueError, "cmap must be one of"),
        ({"positions": [0.5]}, TypeError, "positions must be whole numbers"),
        ({"positions": [-1]}, ValueError, "positions must be 0 or more"),
    ],
)
def test_a_wrong_argument_is_refused_before_anything_is_written(tmp_path, options, error, says):
    with pytest.raises(error, match=says):
        saved(tmp_path / "folder", **options)
    assert not (tmp_path / "folder").exists()


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "taken").touch()
    with pytest.raises(NotADirectoryError, match="is a file, not a folder"):
        saved(tmp_path / "taken")


HOSTILE = [
    "../x",
    "con",
    'a/b\\c:d*e?f"g<h>i|j\0k\nl',
    "🐈.jpg",
    "x" * 300,
    "猫" * 100,
    "",
    ".",
    "..",
    "~",
    "é\udcff",
    "-rf",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_becomes_one_that_every_file_system_takes(name):
    stem = file_stem(12, name)
    assert re.fullmatch(r"000012(-[\w-]+)?", stem)
    assert len(f".{stem}.png.a1b2c3.part".encode()) <= 143  # the least that a common file system takes, eCryptfs


def test_samples_with_hostile_names_all_have_their_own_file(tmp_path):
    found = saved(tmp_path, Named(HOSTILE))
    assert found.written == len(HOSTILE) == len(names_in(tmp_path))
    assert [path.name for path in tmp_path.parent.iterdir() if "x" in path.stem and path.is_file()] == []
