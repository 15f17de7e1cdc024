"""`attn-widget explain`: a heatmap for each picture of a folder, as files."""

from importlib import import_module

import numpy as np
import pytest
from PIL import Image
from torchvision.transforms.functional import to_tensor

from attn_widget import Explanation, explain

EXPLAIN = "explain --model models_here:named --images pictures --out out"


def files(folder):
    return sorted(path.name for path in (folder / "out").iterdir())


def test_each_picture_has_its_heatmap_at_its_own_size(run, folder):
    ended = run(f"{EXPLAIN} --layer conv --method grad-cam")

    assert ended.code == 0
    assert ended.out == ["6 heatmaps of conv by Grad-CAM written to out"]
    assert files(folder)[0] == "000000-blue_0.png"
    assert len(files(folder)) == 6
    assert Image.open(folder / "out" / "000000-blue_0.png").size == (12, 10)


def test_the_data_is_what_explain_gives_for_that_class(run, folder):
    run(f"{EXPLAIN} --npz --method grad-cam --target green --layer conv")

    model = import_module("models_here").named()[0]
    found = Explanation.load(folder / "out" / "000005-red_1.npz")
    image = to_tensor(Image.open(folder / "pictures" / "red" / "1.png"))
    expected = explain(model, image, layer="conv", method="grad-cam", target=1)
    assert found.target == 1
    assert np.array_equal(found.overall_map, expected.overall_map)


def test_true_classes_are_those_of_the_folders(run, folder):
    run(f"{EXPLAIN} --npz --method grad-cam --target true")

    assert Explanation.load(folder / "out" / "000005-red_1.npz").label == 0


def test_each_bad_picture_has_its_line_and_the_others_their_heatmaps(run, folder):
    (folder / "pictures" / "green" / "bad.webp").write_bytes(b"?")

    ended = run(EXPLAIN)

    assert ended.code == 1
    assert "green/bad.webp: Pillow knows no picture of this kind" in ended.err
    assert ended.out == ["6 heatmaps of conv by channel mean written to out, 1 failed"]
    assert len(files(folder)) == 6


def test_heatmaps_in_the_folder_of_the_pictures_are_not_taken_for_pictures(run, folder):
    run("explain --model models_here:hues --images . --out heatmaps")

    ended = run("explain --model models_here:hues --images . --out heatmaps --overwrite")

    assert ended.out == ["6 heatmaps of conv by channel mean written to heatmaps"]


def test_nothing_is_overwritten_unasked(run, folder):
    run(EXPLAIN)
    (folder / "out" / "000000-blue_0.png").write_text("mine")

    ended = run(EXPLAIN)

    assert ended.code == 2
    assert "out has heatmaps already: choose another --out, or add --overwrite" in ended.err[0]
    assert (folder / "out" / "000000-blue_0.png").read_text() == "mine"
    assert run(f"{EXPLAIN} --overwrite").code == 0
    assert (folder / "out" / "000000-blue_0.png").read_bytes() != b"mine"


def test_an_interrupt_keeps_what_is_written_and_it_can_go_on(run, folder, pausing):
    line = f"explain --model {pausing}:model --images pictures --out out"

    ended = run(line)
    written = len(files(folder))
    (folder / "pause").unlink()
    again = run(f"{line} --continue")

    assert ended.code == 130
    assert 0 < written < 6
    assert ended.out == [
        f"{written} heatmaps of conv by channel mean written to out",
        "It is not complete: run it again with --continue to go on.",
    ]
    assert (again.code, again.out) == (0, [f"{6 - written} heatmaps of conv by channel mean written to out"])
    assert len(files(folder)) == 6


def test_going_on_writes_what_a_picture_lacks_also_of_one_that_was_added(run, folder):
    run(f"{EXPLAIN}")
    (folder / "pictures" / "blue" / "1.png").rename(folder / "pictures" / "blue" / "2.png")
    for number in (1, 3):  # between the others, and after those of its hue
        Image.new("RGB", (12, 10)).save(folder / "pictures" / "blue" / f"{number}.png")

    run(f"{EXPLAIN} --continue")
    with_data = run(f"{EXPLAIN} --continue --npz")
    (folder / "out" / "000001-blue_1.npz").unlink()  # as if interrupted between the two files
    again = run(f"{EXPLAIN} --continue --npz")

    assert {"000001-blue_1.png", "000002-blue_2.png", "000003-blue_3.png"} < set(files(folder))
    assert with_data.out == ["8 heatmaps of conv by channel mean written to out"]
    assert again.out == ["1 heatmap of conv by channel mean written to out"]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("--layer con", "con"),
        ("--method grad-cm", "grad-cm"),
        (
            "--target purple",
            "--target is 'purple'; expected predicted, true, the index of a class, or its name such as",
        ),
        ("--alpha 3", "unrecognized arguments: --alpha 3"),
        ("--out models_here.py", "models_here.py is a file, not a folder"),
        ("--out pictures/red/..", "--out pictures/red/.. is the folder of the pictures, among which heatmaps would be"),
        ("--images absent", "--images is 'absent', which is neither a folder nor a file"),
    ],
)
def test_what_there_is_not_is_wrong_use(run, folder, more, sentence):
    ended = run(f"{EXPLAIN} {more}")

    assert ended.code == 2
    assert sentence in ended.err[-1]
    assert not (folder / "out").exists()
