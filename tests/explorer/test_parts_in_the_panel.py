"""Parts in the panel: chosen like any method, named as parts, and taken out like channels."""

import numpy as np
import pytest

from attn_widget import explain, parts
from attn_widget.evidence import silencing_effect
from attn_widget.words import forms

from .panels import batches


@pytest.fixture
def of_conv2(opened):
    """A panel by the parts of a layer that is not the default, and these."""
    panel = opened(method="grad-cam")
    found = parts(panel.model, batches(), "conv2", n=3, most=8)
    panel.method = found.register()
    return panel, found


def names_of_parts(panel):
    return [title for title in panel.titles if title.startswith("part ")]


def test_their_layer_and_their_panels_follow_from_the_method(of_conv2):
    panel, found = of_conv2
    assert (panel.explanation.layer, panel.explanation.parts) == ("conv2", found.directions)
    assert names_of_parts(panel) == [f"part {one}" for one in panel.explanation.channels]
    assert "parts of conv2" in panel.offers("Method")
    assert "3 parts" in panel.sentence
    assert "The 3 parts make up" in panel.notes
    assert "# 'parts of conv2' is a method of your own: register it first.\n" in panel.code_shown
    panel.choose("Layer", "conv1")
    assert "choose 'conv2'" in panel.message
    panel.click("Remedy")
    assert panel.message == ""
    panel.choose("Method", "grad-cam")
    assert "register" not in panel.code_shown


def test_a_part_is_taken_out_on_the_bench_beside_random_directions(of_conv2):
    panel, found = of_conv2
    first = int(panel.explanation.channels[0])
    panel.toggle_channel(first)
    assert panel.silence == found.without(first)
    assert (panel.chips, panel.silenced_on_bench) == (["model altered: 1 part of conv2 taken out"], {first})
    assert f"part {first} of conv2 taken out" in panel.notes
    image = batches()[0][0][0]
    effect = silencing_effect(panel.model, image, "conv2", found.without(first))
    assert panel.explanation.probabilities == pytest.approx(effect.after, abs=1e-5)
    assert "as much along directions drawn at random" in panel.effect_text
    assert f"silenced = found.without({first})" in panel.code_shown
    panel.choose("Method", "grad-cam")
    assert panel.silenced_on_bench == set()
    panel.toggle_channel(int(panel.explanation.channels[0]))
    assert panel.silence.parts is None


def test_a_part_has_a_card_like_a_channel(of_conv2):
    panel, found = of_conv2
    assert any("What is a part looking for? Survey all samples" in line for line in panel.card)
    panel.click("Survey")
    panel.wait()
    panel.choose("Channel", 1)
    panel.wait()
    assert panel.card[0] == "Part 1 of conv2"
    peaks = np.array([_amounts(panel, found, image)[1].max() for image in batches()[0][0]])
    assert panel.crops.positions == np.argsort(-peaks, kind="stable").tolist()
    assert any("on average, a part of this layer is among them for" in line for line in panel.card)
    panel.click("More like this")
    assert panel.walk() == panel.crops.positions
    assert any("part 1 of conv2" in chip for chip in panel.chips)


def _amounts(panel, found, image):
    shown = explain(panel.model, image, layer="conv2", method="parts of conv2", top_k=3)
    assert shown.parts is found.directions
    return shown.maps[np.argsort(shown.channels)]


def test_what_taking_a_part_out_does_stands_on_its_card_beside_random_directions(of_conv2):
    panel, found = of_conv2
    panel.click("Survey")
    panel.wait()
    panel.choose("Channel", 2)
    panel.click("Silence it")
    panel.wait()
    effects = [silencing_effect(panel.model, batches()[0][0][at], "conv2", found.without(2)) for at in range(6)]
    said = "".join(panel.card)
    first = effects[panel.sample]
    before, after = (forms.percent(values[first.before.argmax()]) for values in (first.before, first.after))
    assert f"{before} → {after}; as much along directions drawn at random" in said
    own, others = zip(*((one.flips, one.others_flip) for one in effects), strict=True)
    assert f"another class for {forms.number(float(sum(own)), 2)} of 6" in said
    assert "with as much along a direction drawn at random" in said
    assert f"another class for {forms.number(float(sum(others)), 2)} of 6." in said


def test_a_survey_of_channels_knows_no_parts_and_one_of_parts_no_channels(of_conv2):
    panel, _ = of_conv2
    panel.click("Survey")
    panel.wait()
    panel.choose("Method", "grad-cam")
    assert any("The survey is of parts, and the picture shows channels" in line for line in panel.card)
    panel.click("Survey")
    panel.wait()
    assert panel.card[0].startswith("Channel")
    panel.choose("Method", "parts of conv2")
    assert any("The survey does not know these parts" in line for line in panel.card)
    assert not panel.is_shown("More like this")
