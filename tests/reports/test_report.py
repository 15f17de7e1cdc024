"""`report`: which samples it has, what it says of them, and what it does where something is wrong."""

import json
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from attn_widget import Contrast, Refusal, explain, report, review
from attn_widget.reports.map_bytes import FORMS, MapForm, form_within, written
from attn_widget.samples import stream_source
from attn_widget.words import reports

from .photographs import photographs

NAMES = ["cat", "dog", "owl"]


class Net(nn.Module):
    """Two layers, of which the first has the finer grid."""

    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        self.fine, self.coarse = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 5, 2, stride=2)
        self.fc = nn.Linear(5, classes)

    def forward(self, images):
        if bool((images == 9).any()):
            raise ValueError("an image of nines")
        return self.fc(self.coarse(self.fine(images).relu()).relu().mean((2, 3)))


def net(classes: int = 3) -> Net:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Net(classes).eval()


def batches(count: int = 6, size: int = 12) -> list[tuple[torch.Tensor, torch.Tensor]]:
    images = torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(0))
    return [(images, torch.arange(count) % 3)]


def unheard(done: int, total: int | None) -> None:
    """Hear progress, and say nothing."""


def data_of(path: Path) -> dict[str, Any]:
    """What a report's page is given."""
    return json.loads(re.search('id="data">(.*?)</script>', path.read_text(), re.DOTALL)[1])


def reported(tmp_path: Path, model: nn.Module | None = None, loader: Any = None, **options: Any) -> dict[str, Any]:
    """Write a report, and read what its page is given."""
    file = tmp_path / "report.html"
    options = {"progress": unheard, "overwrite": True, **options}
    return data_of(report(model or net(), batches() if loader is None else loader, file, **options))


def about(data: dict[str, Any]) -> dict[str, str]:
    return dict(data["about"])


def positions_in(data: dict[str, Any]) -> list[int]:
    return [sample["position"] for sample in data["samples"]]


# --- which samples, layers and methods


def test_by_default_it_has_the_first_samples_and_the_layers_and_methods_most_asked_for(tmp_path):
    data = reported(tmp_path, class_names=NAMES)
    assert positions_in(data) == list(range(6))
    assert data["layers"] == ["coarse", "fine"]
    assert [method["name"] for method in data["methods"]] == ["Channel mean", "Grad-CAM"]
    assert about(data)[reports.ABOUT_SAMPLES] == f"6 samples of 6: {reports.ALL_OF_THEM}"
    assert [view["title"] for view in data["samples"][0]["views"]] == [
        "coarse · channel mean",
        "coarse · Grad-CAM",
        "fine · channel mean",
        "fine · Grad-CAM",
    ]


def test_with_a_review_it_has_the_most_surely_wrong_ones_and_what_was_noted(tmp_path):
    found = review(net(), batches(), class_names=NAMES, progress=unheard)
    wrong = found.select("most surely wrong").tolist()
    found.mark(wrong[0], "wrong label", "surely an owl")
    data = reported(tmp_path, review=found)
    assert len(wrong) > 1
    assert positions_in(data) == wrong
    assert data["samples"][0]["mark"] == {"kind": "wrong label", "note": "surely an owl"}
    assert about(data)[reports.ABOUT_SAMPLES].endswith(reports.MOST_SURELY_WRONG)
    assert about(data)[reports.ABOUT_ACCURACY].startswith(f"0 of {len(wrong)} in this report")


def test_positions_come_in_the_order_given_each_once(tmp_path):
    assert positions_in(reported(tmp_path, positions=np.array([4, 1, 4]))) == [4, 1]


def test_a_stream_ends_where_it_ends(tmp_path):
    images, labels = batches()[0]
    stream = ((images[at : at + 2], labels[at : at + 2]) for at in range(0, 6, 2))
    assert positions_in(reported(tmp_path, loader=stream)) == list(range(6))


def test_samples_of_a_stream_are_read_forward_in_whatever_order_they_are_shown(tmp_path, monkeypatch):
    monkeypatch.setattr(stream_source, "MOST_KEPT", 2)
    ((images, labels),) = batches()
    data = reported(tmp_path, loader=((images[at], labels[at]) for at in range(6)), positions=[5, 1, 3])
    assert positions_in(data) == [5, 1, 3]
    assert not any("error" in sample for sample in data["samples"])


def test_what_it_says_of_a_sample_is_what_explain_says(tmp_path):
    data = reported(tmp_path, positions=[2], layers=["coarse"], methods=["grad-cam"], class_names=NAMES)
    images, labels = batches()[0]
    expected = explain(net(), images[2], layer="coarse", method="grad-cam", label=int(labels[2]))
    (sample,) = data["samples"]
    assert sample["answer"] == NAMES[expected.predicted]
    assert sample["right"] is (expected.predicted == 2)
    shares = {bar["name"]: bar["share"] for bar in sample["bars"]}
    assert [shares[name] for name in NAMES] == pytest.approx(expected.probabilities.tolist(), abs=1e-5)
    assert f"{expected.class_shift:.0%}".removesuffix("%") in sample["views"][0]["said"]
    cells = np.frombuffer(b64decode(sample["views"][0]["map"]["data"]), "<f4")
    assert np.array_equal(cells.reshape(6, 6), np.maximum(expected.overall_map, 0))


def test_another_method_gives_another_report_of_the_same_sample(tmp_path):
    first, second = (
        reported(tmp_path, positions=[0], layers=["coarse"], methods=[method]) for method in ("grad-cam", "layer-cam")
    )
    assert first["samples"][0]["views"] != second["samples"][0]["views"]
    assert first["samples"][0]["bars"] == second["samples"][0]["bars"]
    assert first["samples"][0]["picture"] == second["samples"][0]["picture"]


def test_a_method_without_a_layer_is_written_once_for_all_layers(tmp_path):
    data = reported(tmp_path, positions=[0], methods=["saliency", "grad-cam"])
    assert data["samples"][0]["at"] == [0, 1, 0, 2]


@pytest.mark.parametrize(
    ("target", "words"),
    [("true", reports.TRUE_EXPLAINED), (1, "dog"), (Contrast("predicted", 2), "the predicted one rather than owl")],
)
def test_it_says_which_class_is_explained(target, words, tmp_path):
    assert about(reported(tmp_path, target=target, class_names=NAMES))[reports.ABOUT_TARGET] == words


def test_a_prediction_that_nothing_is_known_of_is_not_called_wrong(tmp_path):
    ((images, _),) = batches(2)
    for sample in reported(tmp_path, loader=[(images, torch.tensor([-1, -1]))])["samples"]:
        assert [bar["right"] for bar in sample["bars"]] == [None] * 3
        assert sample["labels"] == []  # by which the page tells whether a guess is right


def test_a_model_without_classes_has_a_value_and_no_bars(tmp_path):
    values = [(batches()[0][0], torch.linspace(0.1, 1.5, 6))]
    data = reported(tmp_path, net(1), values, target=lambda output: output[0, 0])
    assert data["classes"] == []
    assert "bars" not in data["samples"][0]
    assert "output" in data["samples"][1]["verdict"]


# --- what is wrong is said


def test_a_sample_on_which_the_model_fails_is_shown_with_the_reason(tmp_path):
    images, labels = batches()[0]
    images[1] = 9
    failed, fine = reported(tmp_path, loader=[(images, labels)], positions=[1, 2])["samples"]
    assert "an image of nines" in failed["error"]
    assert failed["picture"].startswith("data:image/png")
    assert "error" not in fine


def test_where_nothing_can_be_explained_there_is_no_file(tmp_path):
    images, labels = batches()[0]
    with pytest.raises(Refusal, match=r"no sample could be explained\. .*an image of nines"):
        report(net(), [(images * 0 + 9, labels)], tmp_path / "report.html", layers=["fine"], progress=unheard)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"positions": [6]}, IndexError, "positions must be from 0 to 5, got 6"),
        ({"positions": [1.5]}, TypeError, "positions must be whole numbers"),
        ({"positions": []}, ValueError, "positions is empty"),
        ({"layers": "fine"}, ValueError, "layers must be a list of one or more names, got 'fine'"),
        ({"layers": ["find"]}, ValueError, "did you mean 'fine'"),
        ({"methods": []}, ValueError, "methods must be a list of one or more names"),
        ({"methods": ["gradcam"]}, ValueError, "did you mean 'grad-cam'"),
        ({"review": "found.npz"}, TypeError, "review must be a Review or None, got str"),
        ({"alpha": 2}, ValueError, "alpha must lie between 0 and 1, got 2"),
        ({"cmap": "jett"}, ValueError, "cmap must be one of"),
        ({"language": "fr"}, ValueError, "language must be one of 'en', 'zh'"),
        ({"class_names": 3}, TypeError, "class_names must be a list of names"),
    ],
)
def test_a_wrong_argument_is_refused_in_a_sentence(options, error, words, tmp_path):
    with pytest.raises(error, match=re.escape(words)):
        reported(tmp_path, **options)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_only_when_asked_and_only_by_a_whole_one(tmp_path):
    file = tmp_path / "report.html"
    file.write_text("mine")
    with pytest.raises(FileExistsError, match="pass overwrite=True to replace it"):
        report(net(), batches(), file, progress=unheard)
    with pytest.raises(KeyboardInterrupt):
        report(net(), batches(), file, overwrite=True, progress=interrupting)
    assert file.read_text() == "mine"
    assert report(net(), batches(), file, overwrite=True, progress=unheard) == file
    assert list(tmp_path.iterdir()) == [file]
    for path, error in ((tmp_path / "report.txt", ValueError), (tmp_path / "no" / "report.html", FileNotFoundError)):
        with pytest.raises(error, match=r"must end in .html|does not exist"):
            report(net(), batches(), path, progress=unheard)


def interrupting(done: int, total: int | None) -> None:
    if done == 3:
        raise KeyboardInterrupt


def test_it_speaks_the_language_asked_for(tmp_path):
    data = reported(tmp_path, language="zh", class_names=NAMES)
    assert data["title"] == "模型在看哪里"
    assert "通道" in data["samples"][0]["views"][0]["said"]
    assert 'lang="zh"' in (tmp_path / "report.html").read_text()


# --- its size


def test_two_hundred_photographs_by_two_methods_at_two_layers_take_at_most_five_megabytes(tmp_path):
    images = photographs(200)
    model = nn.Sequential(nn.Conv2d(3, 4, 16, 16), nn.ReLU(), nn.Conv2d(4, 4, 2, 2), nn.ReLU(), nn.Flatten(1))
    model.append(nn.Linear(4 * 49, 10))
    asked = {"positions": range(200), "layers": ["1", "3"]}
    data = reported(tmp_path, model.eval(), [(images, torch.arange(200) % 10)], **asked)
    assert (tmp_path / "report.html").stat().st_size <= 5_000_000
    assert [len(data["samples"]), len(data["samples"][0]["views"])] == [200, 4]
    assert data["samples"][0]["size"] == [224, 224]
    assert data["kind"] == "f4"
    assert about(data)[reports.ABOUT_PICTURES].startswith("Compressed as JPEG of quality ")


def test_maps_become_coarser_only_as_far_as_they_must():
    maps = [np.random.default_rng(0).random((100, 80), dtype=np.float32)]
    sizes = {form: len(written(maps[0], form)["data"]) for form in FORMS}
    assert [form_within(maps, size) for size in sizes.values()] == [
        next(form for form in FORMS if sizes[form] <= size) for size in sizes.values()
    ]
    assert form_within(maps, 10) == FORMS[-1]
    assert written(maps[0], MapForm("u1", 28))["grid"] == [28, 28]
