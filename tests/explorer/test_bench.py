"""The model altered in the panel: channels silenced, before and after, and how to take it back."""

import copy

import numpy as np
import pytest
import torch

from attn_widget import demo
from attn_widget.evidence import Silencing, channel_means, silencing_effect
from attn_widget.words import evidence, forms

from .panels import batches, images

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


def test_a_list_of_channels_is_of_the_call_shown(opened):
    panel = opened(layer="relu", call=0)
    panel.silence = [0, 1, 2, 3]
    assert (panel.explanation.silenced.call, panel.explanation.maps.any()) == (0, False)


def test_it_persists_over_samples_and_layers_until_it_is_taken_back(opened):
    panel = opened(layer="conv2", silence=TWO)
    panel.choose("Sample", 4)
    panel.choose("Layer", "conv1")
    assert panel.explanation.layer == "conv1"
    np.testing.assert_allclose(panel.explanation.probabilities, by_hand(panel.model, images()[4], [3, 17]), atol=1e-6)
    assert panel.chips == ["model altered: 2 channels of conv2 silenced"]
    assert "model altered" in panel.status
    assert any("altered model: " in title for title in panel.titles)
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


# --- the bench


def test_a_channel_is_switched_off_and_on_again(opened):
    panel = opened(layer="conv2", top_k=4)
    shown = panel.explanation.channels.tolist()
    assert list(panel.bench) == shown
    first = shown[0]
    panel.toggle_channel(first)
    assert panel.silence == Silencing("conv2", (first,))
    assert panel.bench[first].endswith("silenced")
    assert (panel.silenced_on_bench, list(panel.bench)[:4]) == ({first}, shown)
    panel.toggle_channel(shown[2])
    assert panel.silence.channels == tuple(sorted((first, shown[2])))
    panel.toggle_channel(first)
    panel.toggle_channel(shown[2])
    assert panel.silence is None
    assert (list(panel.bench), panel.silenced_on_bench) == (shown, set())


def test_all_that_are_shown_are_silenced_or_all_but_these(opened):
    panel = opened(layer="conv2", top_k=3)
    shown = panel.explanation.channels.tolist()
    panel.click("Silence these")
    assert panel.silence.channels == tuple(sorted(shown))
    panel.click("Silence these")
    assert len(panel.silence.channels) == 6
    panel.click("Clear silenced")
    assert panel.silence is None
    assert panel.is_disabled("Clear silenced")
    panel.click("All but these")
    assert set(panel.silence.channels) == set(range(40)) - set(shown)
    assert panel.silenced_on_bench == set()
    assert "37 channels of conv2 silenced" in panel.bench_text


def test_the_mean_is_that_over_the_loaders_first_samples(opened):
    panel = opened(layer="conv2", silence=[1, 2])
    panel.choose("Set to", "mean")
    means = channel_means(panel.model, batches(), "conv2")
    assert panel.silence.fill == "mean"
    np.testing.assert_allclose(panel.silence.values, means)
    panel.toggle_channel(2)
    assert panel.silence == Silencing("conv2", (1,), "mean", panel.silence.values)
    panel.click("Clear silenced")
    panel.toggle_channel(next(iter(panel.bench)))
    assert panel.silence.fill == panel.value("Set to") == "mean"
    panel.choose("Set to", "zero")
    assert (panel.silence.fill, panel.silence.values) == ("zero", ())


def test_a_method_without_channels_can_follow_the_mean(opened):
    panel = opened(layer="conv2")
    panel.choose("Set to", "mean")
    panel.choose("Method", "saliency")
    panel.open_page("Evidence")
    assert panel.bench_text == evidence.NO_BENCH
    panel.choose("Method", "grad-cam")
    assert panel.value("Set to") == "mean"


def test_what_silencing_does_stands_beside_what_random_channels_do(opened):
    panel = opened(layer="conv2", class_names=["cat", "dog", "ship"])
    assert panel.effect_text == ""
    panel.click("Silence these")
    effect = silencing_effect(panel.model, images()[0], "conv2", panel.silence.channels)
    predicted = int(effect.before.argmax())
    name = ["cat", "dog", "ship"][predicted]
    before, after = (forms.percent(values[predicted]) for values in (effect.before, effect.after))
    mean = forms.percent(effect.others[:, predicted].mean())
    assert panel.effect_text == (
        f"{name} {before} → {after}; 3 other channels, drawn at random: {before} → {mean} (mean of 8 draws)."
    )
    panel.silence = range(40)
    assert panel.effect_text.endswith("All are silenced, so there are no others to compare with.")


def test_the_effect_is_measured_only_where_it_is_seen(opened):
    panel = opened(layer="conv2", silence=[1])
    panel.open_page("Evidence")
    before = panel.passes
    panel.alpha = 0.2
    assert panel.passes == before
    panel.click("Next")
    assert panel.passes - before == 5
    panel.open_page("Look")
    before = panel.passes
    panel.click("Next")
    assert panel.passes - before == 3


def test_another_layers_channels_take_the_place_of_those_that_are_silenced(opened):
    panel = opened(layer="conv2", silence=[1])
    panel.layer = "conv1"
    assert "Silencing one of conv1 here takes the place of that" in panel.bench_text
    assert panel.silenced_on_bench == set()
    panel.toggle_channel(next(iter(panel.bench)))
    assert panel.silence.layer == "conv1"


def test_there_is_no_bench_without_a_layer(opened):
    panel = opened(method="saliency")
    assert (panel.bench, panel.is_shown("Silence these")) == ({}, False)
    assert "no channels to silence" in panel.bench_text


def test_heads_can_be_set_to_zero_alone(opened):
    shown = demo.load("vit")
    panel = opened(shown.model, shown.loader, layer="blocks.1.attention")
    assert panel.offers("Set to") == ["zero"]
    head = next(iter(panel.bench))
    panel.toggle_channel(head)
    assert panel.explanation.silenced == Silencing("blocks.1.attention", (head,))
    assert "other head, drawn at random" in panel.effect_text


def test_mistakes_are_those_of_the_model_itself(opened):
    panel = opened(layer="conv2", silence=range(40))
    panel.click("Next mistake")
    panel.wait()
    assert panel.search_text.endswith("Mistakes are those of the model itself, with no channel silenced.")
    panel.silence = None
    panel.click("Next mistake")
    panel.wait()
    assert "itself" not in panel.search_text


def test_the_filmstrip_and_pinned_views_are_of_the_altered_model(opened):
    panel = opened(layer="conv2")
    before = panel.strip.pixels
    panel.silence = range(39)
    assert not np.array_equal(panel.strip.pixels, before)
    panel.click("Pin")
    panel.open_page("Compare")
    assert "model altered" in panel.label("Unpin")


def test_the_tiles_of_mistakes_are_of_the_model_itself(opened):
    def tile(**options):
        panel = opened(layer="conv2", **options)
        panel.click("Find mistakes")
        panel.wait()
        return panel.thumbnails.tile(0)

    assert np.array_equal(tile(silence=range(39)), tile())
