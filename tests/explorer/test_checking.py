"""The heatmap checked against chance in the panel: on a thread, for one look, with curves and a verdict."""

import copy

import torch

from attn_widget import explain
from attn_widget.evidence import Cover, check_heatmap, cover
from attn_widget.words import evidence

from .panels import Gate, images

NAMES = ["cat", "dog", "ship"]


def test_a_check_says_its_verdict_and_draws_its_curves(opened):
    panel = opened(class_names=NAMES, layer="conv2", method="grad-cam")
    assert (panel.check_text, panel.check_curves) == (evidence.TO_CHECK, [])
    panel.click("Check")
    panel.wait()
    found = check_heatmap(panel.model, images()[0], panel.explanation)
    assert panel.check_text == found.verdict(NAMES[panel.explanation.predicted])
    assert panel.check_curves == [11, 11]


def test_it_belongs_to_one_look(opened):
    panel = opened(layer="conv2")
    panel.click("Check")
    panel.wait()
    panel.alpha = 0.3
    assert panel.check_curves
    for name, value in (("sample", 1), ("method", "grad-cam"), ("layer", "conv1")):
        panel.click("Check")
        panel.wait()
        assert panel.check_curves
        setattr(panel, name, value)
        assert (panel.check_text, panel.check_curves) == (evidence.TO_CHECK, [])


def test_it_is_stopped_by_its_button(opened):
    panel = opened(layer="conv2")
    assert not panel.is_shown("Stop the check")
    gate = Gate(panel.model)
    panel.click("Check")
    gate.wait()
    assert panel.check_text.startswith("Checking: 0 of ")
    assert panel.is_disabled("Check")
    panel.click("Stop the check")
    gate.open()
    panel.wait()
    assert (panel.check_text, panel.check_curves) == (evidence.CHECK_STOPPED, [])
    assert not panel.is_disabled("Check")


def test_another_sample_ends_one_that_is_running(opened):
    panel = opened(layer="conv2")
    gate = Gate(panel.model, after=0)
    panel.click("Check")
    gate.wait()
    (running,) = panel.background
    gate.open()
    panel.sample = 1
    panel.wait()
    assert not running.is_alive()
    assert panel.check_text == evidence.TO_CHECK


def test_what_fails_is_said(opened):
    panel = opened(layer="conv2")

    def fail():
        raise RuntimeError("out of memory")

    panel.model.counter.before = fail
    panel.click("Check")
    panel.wait()
    assert panel.check_text == "This heatmap could not be checked: RuntimeError: out of memory"


def test_it_is_of_the_model_and_the_image_as_they_are_altered(opened):
    panel = opened(layer="conv2", method="grad-cam", silence=[3, 17], cover=Cover.rectangle(2, 2, 7, 7))
    panel.click("Check")
    panel.wait()
    model = copy.deepcopy(panel.model)
    model.conv2.register_forward_hook(lambda _module, _given, output: output.index_fill(1, torch.tensor([3, 17]), 0.0))
    covered = cover(images()[0], Cover.rectangle(2, 2, 7, 7).mask((12, 12)))
    plain = explain(model, covered, layer="conv2", method="grad-cam")
    verdict = check_heatmap(model, covered, plain).verdict(f"class {plain.predicted}")
    assert panel.check_text == verdict
