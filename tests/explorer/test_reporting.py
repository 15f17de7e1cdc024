"""The report that a panel saves: from its page, on a thread, and from code."""

import json
import re

import pytest
import torch

from attn_widget.words import reports

from .panels import Gate, Reads, batches, net, read_batches


def data_of(path):
    """What a report's page is given."""
    return json.loads(re.search('id="data">(.*?)</script>', path.read_text(), re.DOTALL)[1])


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of its own to save in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def unheard(done, total):
    """Hear progress, and say nothing."""


def test_a_click_saves_the_samples_of_the_slider_as_they_are_shown(opened, folder):
    panel = opened(class_names=["cat", "dog", "owl"], method="layer-cam", layer="conv2", alpha=0.8, cmap="magma")
    assert panel.report_text == reports.TO_REPORT
    panel.sample = 2
    panel.click("Save report")
    panel.wait()
    data = data_of(folder / "report.html")
    assert panel.report_text == reports.report_saved("report.html", 6, (folder / "report.html").stat().st_size, 0)
    assert [sample["position"] for sample in data["samples"]] == list(range(6))
    assert data["layers"] == ["conv2", "conv1"]
    assert [method["name"] for method in data["methods"]] == ["LayerCAM", "Grad-CAM"]
    chosen = {"sample": 2, "layer": 0, "method": 0, "alpha": 0.8, "cmap": "magma", "fade": False, "guess": False}
    assert data["start"] == chosen
    assert data["classes"] == ["cat", "dog", "owl"]


def test_a_selection_is_saved_with_its_marks_and_says_what_it_is(opened, folder):
    predictions, labels = [0, 1, 2, 2, 1], [0, 2, 2, 1, 1]
    panel = opened(Reads().eval(), read_batches(predictions, labels), layer="conv")
    panel.click("Find mistakes")
    panel.wait()
    panel.choose("Show", "mistakes")
    panel.mark("bad image")
    panel.click("Save report")
    panel.wait()
    data = data_of(folder / "report.html")
    assert [(sample["position"], sample["right"]) for sample in data["samples"]] == [(1, False), (3, False)]
    assert data["samples"][0]["mark"] == {"kind": "bad image", "note": ""}
    assert "mark" not in data["samples"][1]
    assert "selected: mistakes" in dict(data["about"])[reports.ABOUT_SAMPLES]


def test_a_file_that_is_there_is_replaced_only_when_asked(opened, folder):
    (folder / "mine.html").write_text("mine")
    panel = opened()
    panel.choose("Report file", "mine")
    panel.click("Save report")
    panel.wait()
    assert panel.report_text == reports.report_there("mine.html")
    assert (folder / "mine.html").read_text() == "mine"
    panel.click("Replace the report")
    panel.wait()
    assert len(data_of(folder / "mine.html")["samples"]) == 6
    assert not panel.is_shown("Replace the report")


def test_it_is_stopped_by_its_button_and_writes_nothing(opened, folder):
    panel = opened()
    gate = Gate(panel.model, after=1)
    panel.click("Save report")
    gate.wait()
    assert not panel.is_shown("Save report")
    panel.click("Stop the report")
    gate.open()
    panel.wait()
    assert panel.report_text == reports.REPORT_STOPPED
    assert list(folder.iterdir()) == []
    panel.click("Save report")
    panel.wait()
    assert (folder / "report.html").exists()


def test_what_cannot_be_written_is_said(opened, folder):
    panel = opened()
    panel.choose("Report file", "nowhere/report.html")
    panel.click("Save report")
    panel.wait()
    assert panel.report_text == reports.no_folder("nowhere")
    assert panel.message == ""


def test_code_saves_some_samples_in_the_panels_language(opened, folder):
    panel = opened(language="zh", guess=True)
    path = panel.report("some.html", [4, 1], methods=["channel-mean"], progress=unheard)
    data = data_of(path)
    assert [sample["position"] for sample in data["samples"]] == [4, 1]
    assert data["title"] == "模型在看哪里"
    assert data["start"]["guess"]
    assert len(data["methods"]) == 1


def test_what_is_altered_in_the_panel_is_not_so_in_the_report_which_says_so(opened, folder):
    panel = opened(net().eval(), batches(), layer="conv2")
    plain = data_of(panel.report("plain.html", [0], progress=unheard))
    panel.silence = [0, 1, 2]
    altered = data_of(panel.report("altered.html", [0], progress=unheard))
    assert altered["samples"][0]["bars"] == plain["samples"][0]["bars"]
    assert plain["notes"] == []
    assert altered["notes"] == [reports.NOT_ALTERED]


def test_the_model_and_the_random_state_stay_as_they_were(opened, folder):
    model = net().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    panel = opened(model)
    state = torch.random.get_rng_state()
    panel.report("report.html", progress=unheard)
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert torch.equal(torch.random.get_rng_state(), state)
