"""`attn-widget review`: predictions and labels of a folder of pictures, and how it ends."""

import csv
import re
import sys

import pytest
from PIL import Image

from attn_widget import Review

REVIEW = "review --model models_here:hues --images pictures --out out"


def rows(folder):
    with (folder / "out" / "review.csv").open(newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def test_every_picture_is_predicted_and_compared_with_the_folder_it_lies_in(run, folder):
    (folder / "names.txt").write_text("red\n\ngreen\nblue\n")

    ended = run(f"{REVIEW} --classes names.txt")

    assert ended.code == 0
    assert ended.out[0] == "Review of 6 samples: 100 % right, 0 wrong"
    assert {row["true_class"] for row in rows(folder).values()} == {"red", "green", "blue"}
    assert rows(folder)["blue/1.png"]["predicted_class"] == "blue"
    assert len(Review.load(folder / "out" / "review.npz")) == 6


def test_without_names_the_folders_are_the_classes_in_their_order_which_is_said(run, folder):
    ended = run(REVIEW)

    assert ended.code == 0
    assert ended.out[0] == "Review of 6 samples: 33 % right, 4 wrong"  # the model's classes are red, green, blue
    assert "Taken as classes 0 to 2, in this order: blue, green, red." in ended.err
    assert [line.split() for line in ended.out[2:4]] == [["2", "blue", "→", "red"], ["2", "red", "→", "blue"]]


def test_two_folders_are_the_classes_of_a_model_with_a_single_score(run, folder):
    (folder / "pictures" / "green").rename(folder / "green")
    (folder / "binary_here.py").write_text(
        "from models_here import Hues\nclass Red(Hues):\n"
        "    def forward(self, x):\n        return super().forward(x)[:, :1] - 2\n"
    )

    ended = run("review --model binary_here:Red --images pictures --out out")

    assert ended.out[0] == "Review of 4 samples: 100 % right, 0 wrong"
    assert "Taken as classes 0 to 1, in this order: blue, red." in ended.err


def test_the_functions_own_names_are_those_of_the_folders(run):
    assert (
        run("review --model models_here:named --images pictures --out out")
        .out[0]
        .startswith("Review of 6 samples: 100 %")
    )


def test_each_bad_picture_has_its_line_and_the_others_are_predicted(run, folder):
    (folder / "pictures" / "red" / "bad.jpg").write_bytes(b"no picture")
    whole = (folder / "pictures" / "red" / "0.png").read_bytes()
    (folder / "pictures" / "green" / "half.png").write_bytes(whole[:-30])

    ended = run(REVIEW)

    assert ended.code == 1
    assert "red/bad.jpg: Pillow knows no picture of this kind" in ended.err
    assert [line for line in ended.err if line.startswith("green/half.png: ")]
    assert ended.out[0] == "Review of 8 samples: 33 % right, 4 wrong, 2 failed"
    assert rows(folder)["red/bad.jpg"]["error"]
    assert rows(folder)["red/1.png"]["predicted"] == "0"


def test_where_every_picture_is_bad_each_has_its_line(run, folder):
    for file in (folder / "pictures").rglob("*.png"):
        file.write_bytes(b"")

    ended = run(REVIEW)

    assert ended.code == 1
    assert sum(": Pillow knows no picture of this kind" in line for line in ended.err) == 6


def test_pictures_that_the_model_does_not_take_have_their_line(run, folder):
    Image.new("RGB", (40, 40)).save(folder / "pictures" / "red" / "large.png")
    (folder / "small_here.py").write_text(
        "from models_here import Hues\nfrom torchvision.transforms import *\n"
        "def model():\n    return Hues(10), Compose([CenterCrop(10), ToTensor()])\n"
        "def whole():\n    return Hues(10), Compose([Resize(10), ToTensor()])\n"
    )

    assert run("review --model small_here:model --images pictures --out cropped").code == 0
    ended = run("review --model small_here:whole --images pictures --out out")

    assert ended.code == 1
    assert sum("expected 10 pixels, got [1, 3, 10, 12]" in line for line in ended.err) == 6
    assert rows(folder)["red/large.png"]["predicted"] == "0"


def test_folders_that_are_no_classes_of_the_model_give_no_labels_and_the_hint_says_what_to_do(run, folder):
    (folder / "pictures" / "red").rename(folder / "more")

    ended = run(REVIEW)

    assert ended.code == 0
    assert ended.out[0] == "Review of 4 samples: nothing to compare (no labels, or no predictions)"
    assert [line for line in ended.err if "has 3 classes, and 2 folders (blue, green)" in line and "--classes" in line]


def test_one_folder_that_is_no_class_is_named_and_its_pictures_have_no_label(run, folder):
    (folder / "pictures" / "red").rename(folder / "pictures" / "unknown")

    ended = run("review --model models_here:named --images pictures --out out")

    assert ended.out[0] == "Review of 6 samples: 100 % right, 0 wrong"
    assert "No class has the name of the folder unknown: pictures there have no label." in ended.err
    assert rows(folder)["unknown/0.png"]["label"] == ""


def test_names_that_are_not_one_for_each_class_are_wrong_use(run, folder):
    (folder / "names.txt").write_text("red\nblue")

    ended = run(f"{REVIEW} --classes names.txt")

    assert (ended.code, ended.err) == (
        2,
        ["attn-widget review: there are 2 class names, but the model has 3 classes"],
    )
    assert not (folder / "out" / "review.npz").exists()


def test_nothing_is_overwritten_unasked(run, folder):
    run(REVIEW)
    before = (folder / "out" / "review.npz").read_bytes()

    ended = run("review --model models_here:named --images pictures --out out")

    assert ended.code == 2
    assert ended.err[-1].endswith("out/review.npz is there already: choose another --out, or add --overwrite")
    assert (folder / "out" / "review.npz").read_bytes() == before
    assert run("review --model models_here:named --images pictures --out out --overwrite").code == 0
    assert (folder / "out" / "review.npz").read_bytes() != before


def test_files_that_cannot_be_written_are_said_in_a_sentence(run, folder):
    (folder / "out" / "review.csv").mkdir(parents=True)

    ended = run(f"{REVIEW} --overwrite")

    assert (ended.code, ended.err[-1]) == (2, "attn-widget review: --out out cannot be written: Is a directory")


@pytest.mark.parametrize("bar", [True, False], ids=["with tqdm", "without"])
def test_an_interrupt_keeps_what_is_done_and_the_review_can_go_on(run, folder, pausing, monkeypatch, bar):
    if not bar:
        monkeypatch.setitem(sys.modules, "tqdm", None)
    line = f"review --model {pausing}:model --images pictures --out out --batch-size 2"

    ended = run(line)

    assert ended.code == 130
    assert re.match(r"Review of [1-5] of 6 samples so far: .* right", ended.out[0])
    assert len(rows(folder)) == Review.load(folder / "out" / "review.npz").reviewed < 6
    assert "It is not complete: run it again with --continue to go on." in ended.out

    (folder / "pause").unlink()
    again = run(f"{line} --continue")

    assert again.code == 0
    assert again.out[0] == "Review of 6 samples: 33 % right, 4 wrong"
    assert len(rows(folder)) == 6


def test_there_must_be_a_review_to_go_on_with_and_it_must_be_of_this_model(run, folder):
    missing = run(f"{REVIEW} --continue")
    run(REVIEW)
    (folder / "another_here.py").write_text(
        "from models_here import hues\n"
        "def model():\n    made = hues()\n    made.conv.weight.data += 1\n    return made\n"
    )

    other = run("review --model another_here:model --images pictures --out out --continue")

    assert (missing.code, other.code) == (2, 2)
    assert "--continue needs the out/review.npz of an earlier review" in missing.err[-1]
    assert "no longer those that were reviewed" in other.err[-1]
