"""Parts in the panel: chosen like any method, named as parts, and taken out like channels."""

import pytest

from attn_widget import parts
from attn_widget.evidence import silencing_effect
from attn_widget.methods import METHODS

from .panels import batches


@pytest.fixture
def of_conv2(opened):
    """A panel by the parts of a layer that is not the default, and these."""
    panel = opened(method="grad-cam")
    found = parts(panel.model, batches(), "conv2", n=3, most=8)
    name = found.register()
    panel.method = name
    yield panel, found
    del METHODS[name]


def names_of_parts(panel):
    return [title for title in panel.titles if title.startswith("part ")]


def test_their_layer_and_their_panels_follow_from_the_method(of_conv2):
    panel, found = of_conv2
    assert (panel.explanation.layer, panel.explanation.parts) == ("conv2", found.directions)
    assert names_of_parts(panel) == [f"part {one}" for one in panel.explanation.channels]
    assert "parts of conv2" in panel.offers("Method")
    assert "3 parts" in panel.sentence
    assert "The 3 parts make up" in panel.notes
    panel.choose("Layer", "conv1")
    assert "choose 'conv2'" in panel.message
    panel.click("Remedy")
    assert panel.message == ""


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
