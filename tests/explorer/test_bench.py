"""The model altered in the panel: channels silenced, before and after, and how to take it back."""

import copy

import numpy as np
import pytest
import torch

from attn_widget import explain
from attn_widget.explanation import Silencing

from .panels import images, net

TWO = Silencing("conv2", (3, 17))


def by_hand(model, image, channels):
    """What a plain hook on `conv2` makes of the model's probabilities."""
    model = copy.deepcopy(model).eval()
    model.conv2.register_forward_hook(lambda _module, _given, output: output.index_fill(1, torch.tensor(channels), 0.0))
    with torch.no_grad():
        return model(image[None]).softmax(1)[0].numpy()


def test_a_list_of_channels_is_of_the_layer_shown(opened):
    panel = opened(layer="conv2")
    clean = panel.explanation
    panel.silence = [17, 3]
    assert panel.silence == panel.explanation.silenced == TWO
    np.testing.assert_allclose(panel.explanation.probabilities, by_hand(panel.model, images()[0], [3, 17]), atol=1e-6)
    assert not np.allclose(panel.explanation.probabilities, clean.probabilities, atol=1e-4)


def test_it_persists_over_samples_and_layers_until_it_is_taken_back(opened):
    panel = opened(layer="conv2", silence=TWO)
    panel.choose("Sample", 4)
    panel.choose("Layer", "conv1")
    assert panel.explanation.layer == "conv1"
    np.testing.assert_allclose(panel.explanation.probabilities, by_hand(panel.model, images()[4], [3, 17]), atol=1e-6)
    assert panel.chips == ["model altered: 2 channels of conv2 silenced"]
    assert "model altered" in panel.status
    assert "2 channels of conv2 (3 and 17) silenced" in panel.notes
    panel.take_back("model altered")
    assert (panel.silence, panel.explanation.silenced, panel.chips) == (None, None, [])
    assert "altered" not in panel.status


def test_reset_takes_it_back(opened):
    panel = opened()
    panel.silence = [0]
    panel.click("Reset")
    assert panel.silence is None


def test_the_class_bars_show_what_was_before_beside_what_is(opened):
    panel = opened(layer="conv2")
    before = {name: share for name, _, share in panel.bars}
    panel.silence = range(40)
    for name, _, share in panel.bars:
        assert share.split(" → ")[0] == before[name]
    assert len(panel.bars) == len(before)
    panel.silence = None
    assert {name: share for name, _, share in panel.bars} == before


def test_a_step_costs_two_passes_more_only_while_the_model_is_altered(opened):
    panel = opened(layer="conv2")

    def passes_of_a_step():
        before = panel.passes
        panel.click("Next")
        return panel.passes - before

    assert passes_of_a_step() == 1
    panel.silence = [1]
    assert passes_of_a_step() == 3
    panel.silence = None
    assert passes_of_a_step() == 1


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ([1, "two"], TypeError, "silence must be a whole number, got 'two'"),
        (7, TypeError, "silence must be a list of channel numbers, a Silencing or None, got 7"),
        (Silencing("conv22", (1,)), ValueError, "did you mean 'conv2'"),
    ],
)
def test_a_wrong_value_raises_and_leaves_the_panel(opened, value, error, message):
    panel = opened(silence=TWO)
    with pytest.raises(error, match=message):
        panel.silence = value
    assert panel.silence == TWO


def test_a_channel_that_the_layer_lacks_is_said_in_the_panel(opened):
    panel = opened(layer="conv2")
    panel.silence = [40]
    assert panel.message == "silence names 40, but layer 'conv2' has channels 0 to 39."
    panel.silence = None
    assert panel.message == ""


def test_the_filmstrip_and_pinned_views_are_of_the_altered_model(opened):
    panel = opened(layer="conv2", silence=TWO)
    panel.click("Pin")
    panel.open_page("Compare")
    assert "model altered" in panel.label("Unpin")
    panel.open_page("Layers")
    assert panel.explanation.silenced == TWO
    same = explain(net().eval(), images()[0], layer="conv2", silence=TWO.channels)
    np.testing.assert_allclose(panel.explanation.maps, same.maps, atol=1e-6)
