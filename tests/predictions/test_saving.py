"""A save never destroys marks: those in the file are kept, and what would be lost is refused."""

import json
import zipfile

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from attn_widget import Review
from attn_widget.predictions import review_files

from .making import Naming, Shades, reviewed, same


def fresh(model=None, count=12, **options):
    return reviewed(model or Naming(), DataLoader(Shades(count), batch_size=4), **options)


def says(marks):
    return {position: (mark.kind, mark.note) for position, mark in marks.items()}


@pytest.fixture
def path(tmp_path):
    """Give the file of a review with two marks."""
    found = fresh()
    found.mark(3, "bad image", "too dark")
    found.mark(7, "look again")
    found.save(tmp_path / "review.npz")
    return tmp_path / "review.npz"


MARKS = {3: ("bad image", "too dark"), 7: ("look again", "")}


def test_a_save_onto_a_review_without_its_marks_keeps_them(path):
    model = Naming()
    with torch.no_grad():
        model.scale.mul_(2)  # trained further: another model, the same data
    found = fresh(model)
    found.mark(5, "wrong label")
    found.save(path)
    assert says(found.marks) == says(Review.load(path).marks) == {**MARKS, 5: ("wrong label", "")}
    assert same(Review.load(path), found)


def test_marks_that_were_changed_or_taken_away_after_they_were_loaded_do_not_come_back(path):
    found = Review.load(path)
    found.unmark(3)
    found.mark(7, "wrong label")
    found.mark(8, "look again")
    found.unmark(8)
    for _ in range(2):
        found.save(path)
        assert says(Review.load(path).marks) == {7: ("wrong label", "")}


@pytest.mark.parametrize("mark", [("wrong label", ""), ("bad image", "blurred")])
def test_a_mark_that_would_be_replaced_is_not_without_overwrite(path, mark):
    before = path.read_bytes()
    found = fresh()
    found.mark(3, *mark)
    with pytest.raises(FileExistsError, match=r"review\.npz marks sample 3 differently\..*overwrite=True"):
        found.save(path)
    assert path.read_bytes() == before
    assert says(found.marks) == {3: mark}
    found.save(path, overwrite=True)
    assert says(Review.load(path).marks) == {3: mark}


def test_the_same_mark_made_again_is_no_other_one(path):
    found = fresh()
    found.mark(3, *MARKS[3])
    found.save(path)
    assert says(Review.load(path).marks) == MARKS


def test_a_review_of_other_data_is_replaced_only_where_it_has_no_marks(path):
    other = fresh(count=13)
    with pytest.raises(FileExistsError, match=r"holds a review of another data set, with 2 marks"):
        other.save(path)
    assert says(Review.load(path).marks) == MARKS
    fresh().save(path, overwrite=True)
    other.save(path)
    assert Review.load(path).count == 13


@pytest.mark.parametrize("content", [b"weights of three weeks", b"position,label\n0,1\n"])
def test_a_file_that_is_no_review_is_not_replaced(content, tmp_path):
    (tmp_path / "model.pt").write_bytes(content)
    with pytest.raises(FileExistsError, match=r"model\.pt is not a review .*overwrite=True"):
        fresh().save(tmp_path / "model.pt")
    assert (tmp_path / "model.pt").read_bytes() == content
    fresh().save(tmp_path / "model.pt", overwrite=True)
    assert Review.load(tmp_path / "model.pt").complete


def test_an_empty_file_is_nothing_to_lose_and_a_folder_is_no_file(tmp_path):
    (tmp_path / "review.npz").touch()
    fresh().save(tmp_path / "review.npz")
    assert Review.load(tmp_path / "review.npz").complete
    with pytest.raises(OSError, match="directory"):
        fresh().save(tmp_path)


def test_a_table_says_what_it_is_when_it_is_loaded(tmp_path):
    fresh().to_csv(tmp_path / "review.csv")
    with pytest.raises(
        ValueError, match=r"review\.csv is a table, written for other programs\..* loaded from the \.npz"
    ):
        Review.load(tmp_path / "review.csv")


def test_a_table_replaces_its_like_and_neither_marks_nor_another_file_unasked(tmp_path):
    mine, marked, other = tmp_path / "mine.csv", tmp_path / "marked.csv", fresh()
    mine.write_text("name,price")
    other.mark(3, "bad image", "by another")
    other.to_csv(marked)
    other.to_csv(marked)
    for path, lost in ((mine, "is not a table that the panel"), (marked, "1 mark")):
        before = path.read_bytes()
        with pytest.raises(FileExistsError, match=rf"{path.name} .*{lost}.* pass overwrite=True"):
            fresh().to_csv(path)
        assert path.read_bytes() == before
        fresh().to_csv(path, overwrite=True)
        assert path.read_bytes() != before


def test_a_folder_that_there_is_not_is_named_by_the_path_that_was_given(tmp_path):
    for write in (fresh().save, fresh().to_csv):
        with pytest.raises(FileNotFoundError) as raised:
            write(tmp_path / "nowhere" / "review")
        assert raised.value.filename == str(tmp_path / "nowhere" / "review")


def test_an_interrupted_table_leaves_the_old_one(tmp_path, monkeypatch):
    found = fresh()
    found.to_csv(tmp_path / "review.csv")
    before = (tmp_path / "review.csv").read_bytes()
    found.mark(3, "bad image")

    def interrupted(position):
        if position == 5:
            raise KeyboardInterrupt
        return found.samples.place(position)

    monkeypatch.setattr(Review, "place", lambda self, position: interrupted(position))
    with pytest.raises(KeyboardInterrupt):
        found.to_csv(tmp_path / "review.csv")
    assert (tmp_path / "review.csv").read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["review.csv"]


# --- marks alone, as they are made


def save_marks_of_large(monkeypatch):
    monkeypatch.setattr(review_files, "_WRITTEN_AT_ONCE", 0)


@pytest.mark.parametrize("large", [False, True])
def test_marks_alone_are_kept_and_the_predictions_in_the_file_stay(path, large, monkeypatch):
    if large:
        save_marks_of_large(monkeypatch)
    before, content = Review.load(path), path.read_bytes()
    found = fresh(predicts_nothing())
    found.mark(5, "wrong label")
    found.save_marks(path)
    assert says(found.marks) == {**MARKS, 5: ("wrong label", "")}
    found.unmark(3)
    found.mark(7, "bad image")
    found.save_marks(path)
    loaded = Review.load(path)
    assert says(loaded.marks) == {5: ("wrong label", ""), 7: ("bad image", "")}
    assert same(loaded, before)
    assert large == (path.read_bytes() == content)
    assert large == path.with_name("review.npz.marks.json").exists()
    loaded.save(path)
    assert [file.name for file in path.parent.iterdir()] == ["review.npz"]
    assert says(Review.load(path).marks) == says(loaded.marks)


def predicts_nothing():
    model = Naming()
    with torch.no_grad():
        model.scale.zero_()
    return model


@pytest.mark.parametrize("large", [False, True])
def test_marks_that_somebody_else_made_meanwhile_are_kept_too(path, large, monkeypatch):
    if large:
        save_marks_of_large(monkeypatch)
    mine, theirs = Review.load(path), Review.load(path)
    theirs.mark(9, "bad image")
    theirs.save_marks(path)
    mine.mark(1, "look again")
    mine.save_marks(path)
    assert says(Review.load(path).marks) == {**MARKS, 1: ("look again", ""), 9: ("bad image", "")}
    theirs.mark(1, "wrong label")
    with pytest.raises(FileExistsError, match="marks sample 1 differently"):
        theirs.save_marks(path)


def test_the_marks_beside_a_file_that_was_replaced_by_a_review_of_other_data_are_not_its_own(path, monkeypatch):
    save_marks_of_large(monkeypatch)
    found = Review.load(path)
    found.mark(1, "look again")
    found.save_marks(path)
    other = fresh(count=13)
    other.save(path.with_name("other.npz"))
    path.with_name("other.npz").replace(path)
    assert not Review.load(path).marks


def test_marks_of_a_file_that_is_gone_are_not_kept(path):
    found = Review.load(path)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        found.save_marks(path)


def test_a_file_of_before_is_loaded_though_it_says_less(path):
    with zipfile.ZipFile(path) as file:
        arrays = {name: np.load(file.open(name)) for name in file.namelist()}
    about = json.loads(arrays["about.npy"].tobytes())
    assert (about["version"], about.pop("broken_off")) == (1, None)
    arrays["about.npy"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    np.savez(path, **{name.removesuffix(".npy"): array for name, array in arrays.items()})
    loaded = Review.load(path)
    assert says(loaded.marks) == MARKS
    assert loaded.broken_off is None
