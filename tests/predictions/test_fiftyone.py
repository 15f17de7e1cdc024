"""`Review.to_fiftyone`, with a small stand-in of FiftyOne's documented types."""

import sys
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from exports.making import Named, quiet, tiny

from attn_widget import Refusal, Review, review
from attn_widget.exports import explanations


@dataclass
class Classification:
    label: str | None = None
    confidence: float | None = None
    logits: Any = None


@dataclass
class Heatmap:
    map: Any = None
    map_path: str | None = None
    range: Any = None


@dataclass
class Sample:
    """As FiftyOne has it: fields by key; nothing is kept before `save`, or the end of a loop with ``autosave``."""

    filepath: str
    id: str
    tags: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    saved: dict[str, Any] = field(default_factory=dict)

    def __setitem__(self, name: str, value: Any) -> None:
        self.fields[name] = value

    def save(self) -> None:
        self.saved = {**self.fields, "tags": list(self.tags)}


class Dataset:
    def __init__(self, paths: list[str]) -> None:
        self.samples = [Sample(str(path), f"id{number}") for number, path in enumerate(paths)]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, key: str) -> Sample:
        return next(sample for sample in self.samples if sample.id == key)

    def iter_samples(self, autosave: bool = False):
        for sample in self.samples:
            yield sample
            if autosave:
                sample.save()


@pytest.fixture(autouse=True)
def fiftyone(monkeypatch):
    module = ModuleType("fiftyone")
    module.Classification, module.Heatmap = Classification, Heatmap
    monkeypatch.setitem(sys.modules, "fiftyone", module)


@pytest.fixture
def loader(tmp_path):
    return Named([str(tmp_path / f"{number}.jpg") for number in range(4)])


def reviewed(loader):
    return review(tiny(), loader, progress=quiet)


def test_predictions_and_marks_are_written_to_the_samples_with_the_same_files(loader, tmp_path):
    found = reviewed(loader)
    found.mark(2, "wrong label")
    dataset = Dataset([tmp_path / "sub" / ".." / f"{number}.jpg" for number in (3, 2, 1, 0)])
    written = found.to_fiftyone(dataset, predictions="by_tiny")
    assert written.written == 4
    for sample, position in zip(dataset.samples, (3, 2, 1, 0), strict=True):
        predicted = sample.saved["by_tiny"]
        assert predicted.label == found.name_of(found.predicted[position])
        assert predicted.confidence == float(found.confidence[position])
    assert [sample.saved["tags"] for sample in dataset.samples] == [[], ["wrong label"], [], []]
    found.to_fiftyone(dataset)
    assert dataset.samples[1].tags == ["wrong label"]  # not twice


def test_heatmaps_are_the_overall_maps_with_their_range(loader):
    found, dataset = reviewed(loader), Dataset([name for name, _ in loader.samples])
    by_position = dict(explanations(tiny(), loader, positions=[1, 3], layer="conv", method="grad-cam"))
    written = found.to_fiftyone(dataset, explanations=iter(by_position.items()))
    assert written.heatmaps == 2
    assert [sorted(sample.saved) for sample in dataset.samples] == [
        ["predictions", "tags"],
        ["heatmap", "predictions", "tags"],
    ] * 2
    heatmap = dataset.samples[3].saved["heatmap"]
    rectified = np.maximum(by_position[3].overall_map, 0)
    assert np.array_equal(heatmap.map, rectified)
    assert heatmap.range == [rectified.min(), rectified.max()]
    assert rectified.max() > 0


def test_samples_with_neither_prediction_nor_mark_are_not_counted(loader):
    loader.broken = (1, 3)
    found, dataset = reviewed(loader), Dataset([name for name, _ in loader.samples])
    found.mark(3, "bad image")
    assert found.to_fiftyone(dataset).written == 3
    assert [sorted(sample.saved) for sample in dataset.samples] == [["predictions", "tags"], ["tags"]] * 2


def test_what_does_not_match_is_said(loader, tmp_path):
    found, dataset = reviewed(loader), Dataset([tmp_path / "0.jpg", tmp_path / "other.jpg"])
    with pytest.warns(UserWarning, match=r"The dataset lacks samples 1, 2 and 3; the review lacks .*other\.jpg"):
        written = found.to_fiftyone(dataset)
    assert written.written == 1
    assert written.not_in_dataset == [1, 2, 3]
    assert written.not_in_review == [str(tmp_path / "other.jpg")]
    assert dataset.samples[1].saved == {"tags": []}


def test_samples_without_files_are_matched_by_order_if_asked_for(loader, tmp_path):
    found = reviewed(list(loader))
    dataset = Dataset([f"{number}.png" for number in range(4)])
    with pytest.raises(Refusal, match="knows no file paths: pass match='order'"):
        found.to_fiftyone(dataset)
    assert found.to_fiftyone(dataset, match="order").written == 4
    with pytest.raises(Refusal, match="the dataset has 1 and the review 4"):
        found.to_fiftyone(Dataset(["0.png"]), match="order")
    with pytest.raises(ValueError, match="match must be 'path' or 'order'"):
        found.to_fiftyone(dataset, match="name")


def test_a_review_from_a_file_needs_its_loader_for_paths(loader, tmp_path):
    reviewed(loader).save(tmp_path / "review.npz")
    dataset = Dataset([name for name, _ in loader.samples])
    with pytest.raises(Refusal, match="does not know its samples"):
        Review.load(tmp_path / "review.npz").to_fiftyone(dataset)
    assert Review.load(tmp_path / "review.npz", loader).to_fiftyone(dataset).written == 4


def test_where_fiftyone_is_not_installed_a_sentence_says_how_to_get_it(loader, monkeypatch):
    monkeypatch.setitem(sys.modules, "fiftyone", None)
    with pytest.raises(ImportError, match="pip install fiftyone"):
        reviewed(loader).to_fiftyone(Dataset([]))
