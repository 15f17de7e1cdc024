"""`save_names`: which samples these are, as a text or as a table."""

import csv

import pytest
import torch

from attn_widget import review
from attn_widget.exports import save_names

from .making import Named, files, quiet, tiny


def test_a_text_has_the_file_of_each_sample_on_a_line(tmp_path):
    assert save_names(Named(files(6)), tmp_path / "names.txt", positions=[4, 1]) == 2
    assert (tmp_path / "names.txt").read_text() == "photos/cat/0004.jpg\nphotos/cat/0001.jpg\n"


def test_a_sample_without_a_file_is_listed_by_its_position(tmp_path):
    assert save_names(torch.rand(3, 3, 4, 4), tmp_path / "names.txt") == 3
    assert (tmp_path / "names.txt").read_text() == "0\n1\n2\n"


def test_a_file_name_with_line_breaks_stays_on_its_line(tmp_path):
    save_names(Named(["a\nb.jpg", "c\u2028d.jpg", "é\udcff.jpg"]), tmp_path / "names.txt")
    lines = (tmp_path / "names.txt").read_text(encoding="utf-8").splitlines()
    assert lines == ["a\\nb.jpg", "c\\u2028d.jpg", "é\\udcff.jpg"]


def test_a_table_has_what_a_review_knows(tmp_path):
    loader = Named(['a,"b".jpg', "b.jpg", "c.jpg"], broken=(1,))
    found = review(tiny(), loader, progress=quiet)
    save_names(loader, tmp_path / "names.csv", positions=[0, 1], review=found)
    with (tmp_path / "names.csv").open(newline="") as file:
        first, second = csv.DictReader(file)
    assert first == {
        "position": "0",
        "file": 'a,"b".jpg',
        "label": "cat",
        "predicted": found.name_of(found.predicted[0]),
        "confidence": f"{found.confidence[0]:.9g}",
    }
    assert (second["predicted"], second["confidence"]) == ("", "")


def test_nothing_is_replaced_unasked_and_no_stream_is_read(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        save_names(Named(files(2)), path)
    assert path.read_text() == "mine"
    with pytest.raises(ValueError, match="positions must be given"):
        save_names(iter([torch.rand(1, 3, 4, 4)]), path, overwrite=True)


def test_positions_that_there_are_not_are_refused_and_nothing_is_written(tmp_path):
    for positions, said in (
        ([600], "from 0 to 2, got 600"),
        ([-1], "0 or more, got -1"),
        (1, "a list of whole numbers"),
    ):
        with pytest.raises((IndexError, TypeError, ValueError), match=said):
            save_names(Named(["a.jpg", "b.jpg", "c.jpg"]), tmp_path / "names.txt", positions=positions)
    assert list(tmp_path.iterdir()) == []
