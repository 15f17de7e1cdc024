"""Reviews that are saved, loaded, exported, and found to be out of date; marks go with them."""

import csv
import io
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from models import Noisy, images, loader, trained
from torch.utils.data import DataLoader, Subset

from attn_widget import Review
from attn_widget.predictions import review_files
from attn_widget.samples import Place

from .making import Naming, Shades, made, reviewed, same


def broken_review():
    found = reviewed(Naming(), DataLoader(Shades(30, broken=(7,)), batch_size=8), class_names=["a", "b", "c", "ü"])
    found.mark(3, "bad image", "un café — 猫\nsecond line")
    found.mark(7, "look again")
    return found


def test_a_review_is_loaded_as_it_was_saved(tmp_path):
    found = broken_review()
    found.save(tmp_path / "review")  # no ending is added
    loaded = Review.load(tmp_path / "review")
    assert [path.name for path in tmp_path.iterdir()] == ["review"]
    assert same(loaded, found)
    assert loaded.marks == found.marks
    assert loaded.errors == found.errors
    assert loaded.class_names == found.class_names
    assert loaded.fingerprint == found.fingerprint
    assert (loaded.count, loaded.reviewed, loaded.class_count) == (30, 30, 4)
    assert repr(loaded) == repr(found) == "Review of 30 samples: 31 % right, 20 wrong, 2 marked"


def test_the_file_is_numpys_and_needs_no_pickle(tmp_path):
    broken_review().save(tmp_path / "review.npz")
    with np.load(tmp_path / "review.npz", allow_pickle=False) as arrays:
        assert arrays["predicted"].tolist()[:4] == [0, 1, 2, 3]
        assert b'"attn_widget review"' in arrays["about"].tobytes()


def test_a_file_that_is_cut_short_gives_one_clear_error_wherever_it_is_cut(tmp_path):
    path = tmp_path / "review.npz"
    broken_review().save(path)
    whole = path.read_bytes()
    for kept in range(0, len(whole), 97):
        path.write_bytes(whole[:kept])
        with pytest.raises(ValueError, match=r"review\.npz is not a review that Review\.save wrote, or is cut short"):
            Review.load(path)


def other_version(path):
    found = broken_review()
    storing_version, review_files.VERSION = review_files.VERSION, 99
    try:
        found.save(path)
    finally:
        review_files.VERSION = storing_version


def wrong_shape(path):
    found = broken_review()
    now = found.snapshot
    type(found)(replace(now, columns=now.columns | {"loss": now.loss.astype(np.float64)})).save(path)


@pytest.mark.parametrize(
    "write",
    [
        lambda path: np.savez(path, labels=np.arange(3)),
        lambda path: np.savez(path, about=np.array([{}], object)),
        lambda path: path.write_text("position,label\n0,1\n"),
        lambda path: np.save(path.open("wb"), np.arange(3)),
        lambda path: torch.save(Noisy().state_dict(), path),
        other_version,
        wrong_shape,
    ],
    ids=["other arrays", "pickled", "text", "one array", "weights", "a later version", "another type"],
)
def test_a_foreign_file_gives_one_clear_error(write, tmp_path):
    write(tmp_path / "review.npz")
    with pytest.raises(ValueError, match=r"review\.npz is not a review that Review\.save wrote"):
        Review.load(tmp_path / "review.npz")
    with pytest.raises(FileNotFoundError):
        Review.load(tmp_path / "nothing.npz")


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()], ids=repr)
def test_an_interrupted_save_leaves_the_file_as_it_was_and_nothing_beside(error, tmp_path, monkeypatch):
    found = broken_review()
    found.save(tmp_path / "review.npz")
    before = (tmp_path / "review.npz").read_bytes()

    def interrupted(file, **arrays):
        file.write(b"half of it")
        raise error

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(type(error)):
        found.save(tmp_path / "review.npz")
    assert (tmp_path / "review.npz").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["review.npz"]


def test_a_table_has_a_row_for_each_sample_with_file_mark_and_note(cifar10, tmp_path):
    data = Subset(images(cifar10, "seed_cnn"), range(0, 1000, 50))
    found = reviewed(trained(cifar10, "seed_cnn"), DataLoader(data, batch_size=8))
    found.mark(5, "wrong label", 'it is "water", mostly')
    found.save(tmp_path / "review.npz")
    loaded = Review.load(tmp_path / "review.npz", DataLoader(data, batch_size=8))
    for one in (found, loaded):
        one.to_csv(tmp_path / "review.csv")
        rows = list(csv.DictReader(io.StringIO((tmp_path / "review.csv").read_text(encoding="utf-8"))))
        assert [int(row["position"]) for row in rows] == list(range(20))
        assert [int(row["predicted"]) for row in rows] == found.predicted.tolist()
        assert [np.float32(row["confidence"]) for row in rows] == found.confidence.tolist()
        assert [row["right"] for row in rows] == [str(int(right)) for right in found.right]
        assert rows[5]["index"] == "5"
        assert rows[5]["file"] == "bird/0050.jpg"
        assert rows[5]["true_class"] == "bird"
        assert (rows[5]["mark"], rows[5]["note"]) == ("wrong label", 'it is "water", mostly')
        assert rows[6]["mark"] == ""
    alone = Review.load(tmp_path / "review.npz")  # without the loader the marked samples still have their files
    assert (alone.place(5).name, alone.place(5).index) == ("bird/0050.jpg", 5)
    alone.to_csv(tmp_path / "review.csv")
    assert "bird/0050.jpg" in (tmp_path / "review.csv").read_text(encoding="utf-8")


def test_what_is_not_known_stays_empty_in_the_table(tmp_path):
    found = broken_review()
    found.to_csv(tmp_path / "review.csv")
    row = list(csv.DictReader((tmp_path / "review.csv").open(encoding="utf-8", newline="")))[7]
    assert row["error"].startswith("Sample 7 cannot be read")
    assert row["mark"] == "look again"
    assert {row[name] for name in ("label", "predicted", "right", "confidence", "loss", "file")} == {""}
    assert row["index"] == "7"


def test_marks_are_set_replaced_and_taken_away():
    found = made([0, 1], [1, 1])
    found.mark(1, "look again")
    found.mark(1, "bad image", "blurred")
    assert (found.marks[1].kind, found.marks[1].note) == ("bad image", "blurred")
    found.unmark(1)
    found.unmark(0)
    assert not found.marks
    with pytest.raises(ValueError, match="kind must be one of 'wrong label', 'bad image', 'look again', got 'odd'"):
        found.mark(0, "odd")
    with pytest.raises(IndexError, match="position must be from 0 to 1, got 2"):
        found.mark(2, "look again")


def test_a_review_says_why_it_is_out_of_date(cifar10):
    model, batches = trained(cifar10, "seed_cnn"), loader(cifar10, "seed_cnn")
    data = Subset(batches.dataset, range(0, 1000, 100))
    found = reviewed(model, DataLoader(data, batch_size=8))
    assert found.stale(model, DataLoader(data)) is None
    assert found.stale(torch.nn.DataParallel(model), DataLoader(data, shuffle=True)) is None
    assert "The data set has 1,000 samples, but 10 were reviewed." in found.stale(loader=batches)
    other = Subset(batches.dataset, range(1, 1000, 100))
    assert found.stale(loader=other) == "Sample 0 is now airplane/0001.jpg, but airplane/0000.jpg was reviewed."
    assert "class names" in found.stale(loader=Shades(10))
    with torch.no_grad():
        model.fc2.bias[3] += 1e-6
    assert found.stale(model) == "The model's parameters or buffers are no longer those that were reviewed."
    model = trained(cifar10, "seed_cnn")
    model.bn1.running_mean[0] += 1e-6
    assert found.stale(model) is not None
    assert found.stale(trained(cifar10, "resnet20")) is not None


def test_a_file_whose_name_is_no_text_is_in_the_table_too(tmp_path):
    found = made([0], [1])
    found.samples = SimpleNamespace(place=lambda position: Place(position, "caf\udce9.png"))  # a byte of Latin-1
    found.to_csv(tmp_path / "review.csv")
    assert r"caf\udce9.png" in (tmp_path / "review.csv").read_text(encoding="utf-8")
