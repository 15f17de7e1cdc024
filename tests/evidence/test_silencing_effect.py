"""Silencing channels beside as many random ones, and the means to silence them with."""

import models
import numpy as np
import pytest
import torch

from attn_widget import demo, explain
from attn_widget.evidence import channel_means, silencing_effect
from attn_widget.explanation import Silencing
from attn_widget.refusal import Refusal
from attn_widget.samples import Samples
from attn_widget.words import forms


@pytest.fixture(scope="module")
def resnet20(cifar10):
    return models.trained(cifar10, "resnet20").eval()


@pytest.fixture(scope="module")
def folder(cifar10):
    return models.images(cifar10, "resnet20")


@pytest.mark.parametrize("layer", ["layer3", "layer2.0.conv1"])
@pytest.mark.parametrize("filled", [False, True])
def test_each_set_is_silenced_as_explain_does(resnet20, folder, layer, filled):
    image = folder[7][0]
    count = explain(resnet20, image, layer=layer).channel_count
    fill = {"fill": np.linspace(-1, 1, count)} if filled else {}
    found = silencing_effect(resnet20, image, layer, [2, 9, 11], draws=4, **fill)
    for channels, probabilities in zip(
        [[], [2, 9, 11], *found.drawn], [found.before, found.after, *found.others], strict=True
    ):
        one = explain(resnet20, image, layer=layer, silence=channels, **fill)
        np.testing.assert_allclose(probabilities, one.probabilities, atol=1e-5)
    assert all(len(drawn) == 3 and not {2, 9, 11} & set(drawn) for drawn in found.drawn)
    assert len(set(found.drawn)) == 4


@pytest.mark.parametrize("layer", ["blocks.1", "blocks.1.attention", "mix"])
def test_tokens_and_heads_are_silenced_so_too(layer):
    model, image = demo.load("vit").model, demo.load().loader.dataset[3][0]
    found = silencing_effect(model, image, layer, [1], draws=2)
    for channels, probabilities in zip(found.drawn, found.others, strict=True):
        one = explain(model, image, layer=layer, silence=channels)
        np.testing.assert_allclose(probabilities, one.probabilities, atol=1e-5)


def test_the_draws_are_the_same_each_time_and_others_with_another_seed(resnet20, folder):
    first, again, other = (
        silencing_effect(resnet20, folder[0][0], "layer3", [5], draws=6, seed=seed) for seed in (0, 0, 1)
    )
    assert first.drawn == again.drawn != other.drawn
    np.testing.assert_array_equal(first.others, again.others)


def test_where_most_channels_are_silenced_as_many_others_stay(resnet20, folder):
    found = silencing_effect(resnet20, folder[0][0], "layer3", keep=[5, 6], draws=3)
    for drawn in found.drawn:
        stay = set(range(64)) - set(drawn)
        assert len(stay) == 2
        assert not stay & {5, 6}


def test_where_all_are_silenced_there_is_nothing_to_compare_with(resnet20, folder):
    found = silencing_effect(resnet20, folder[0][0], "layer3", keep=[])
    assert (found.drawn, found.others.shape) == ((), (0, 10))
    assert np.isnan(found.others_flip)


def test_silencing_nothing_is_an_error(resnet20, folder):
    for nothing in ([], Silencing("layer3", ())):
        with pytest.raises(ValueError, match="at least one channel"):
            silencing_effect(resnet20, folder[0][0], "layer3", nothing)


def test_a_silencing_of_channels_that_the_layer_does_not_have_is_refused(resnet20, folder):
    for channel in (-1, 64):
        with pytest.raises(Refusal, match=f"silence names {channel}, but layer 'layer3' has channels 0 to 63"):
            silencing_effect(resnet20, folder[0][0], "layer3", Silencing("layer3", (channel,)))


def test_the_means_are_those_of_the_layers_output_over_the_first_samples(resnet20, folder):
    kept = []
    handle = resnet20.layer2.register_forward_hook(lambda _module, _given, output: kept.append(output))
    with torch.no_grad():
        resnet20(torch.stack([folder[place][0] for place in range(5)]))
    handle.remove()
    wanted = kept[0].mean((0, 2, 3))
    several = [folder[place][0] for place in range(7)]
    for images in (several, folder, Samples(folder)):
        np.testing.assert_allclose(channel_means(resnet20, images, "layer2", count=5), wanted, atol=1e-5)
    told = []
    channel_means(resnet20, several, "layer2", progress=told.append)
    assert told == list(range(1, 8))


def test_heads_have_no_mean():
    model, folder = demo.load("vit").model, demo.load().loader.dataset
    with pytest.raises(Refusal, match="makes no sense"):
        channel_means(model, folder, "blocks.1.attention", count=1)


def test_an_effect_is_written_as_the_panel_says_it(resnet20, folder):
    found = silencing_effect(resnet20, folder[0][0], "layer3", [17, 4], draws=2)
    before, after = (forms.percent(float(one.max())) for one in (found.before, found.after[found.before.argmax()]))
    assert repr(found).startswith(f"SilencingEffect: class {found.before.argmax()} {before} → {after}; ")
    assert "2 other channels, drawn at random: " in repr(found)
