"""`explain(silence=...)`: with channels silenced, everything is that of the altered model, as plain hooks show."""

import copy
import functools
import random

import models
import numpy as np
import pytest
import torch
from models import Hidden, Noisy, Thrice, Tiny, WithContext
from torch import nn
from torch.nn import functional
from vision_transformers.kinds import HEADS, KINDS

from attn_widget import demo, explain
from attn_widget.capture import hooked_pass
from attn_widget.capture.attention_weights import watching_attention
from attn_widget.explanation import Question, Silencing, explained, silenced
from attn_widget.methods import METHODS

IMAGE = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(0))
SOME = (5, 40, 41)


@pytest.fixture(scope="module")
def resnet20(cifar10):
    return models.trained(cifar10, "resnet20").eval()


@pytest.fixture(scope="module")
def images(cifar10):
    """Three real images, of different classes."""
    folder = models.images(cifar10, "resnet20")
    return [folder[place][0] for place in (0, len(folder) // 2, len(folder) - 1)]


def set_by_hand(model, layer, channels, value=0.0, axis=1):
    """A copy of the model in which a plain hook sets the channels of a layer."""

    def hook(_module, _given, output):
        output = output.clone()
        output.index_fill_(axis, torch.tensor(channels), value)
        return output

    model = copy.deepcopy(model)
    model.get_submodule(layer).register_forward_hook(hook)
    return model


def same(one, other):
    np.testing.assert_allclose(one.logits, other.logits, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(one.overall_map, other.overall_map, atol=1e-5 * np.abs(other.overall_map).max())
    np.testing.assert_array_equal(one.channels, other.channels)
    np.testing.assert_allclose(one.maps, other.maps, rtol=1e-4, atol=1e-5)
    assert one.predicted == other.predicted


# --- beside plain hooks


@pytest.mark.parametrize("layer", ["layer3", "layer3.1.conv2"])
def test_silenced_channels_are_zero_in_all_that_an_explanation_of_a_real_image_shows(resnet20, images, layer):
    for image in images:
        found = explain(resnet20, image, layer=layer, method="grad-cam", silence=SOME, top_k=64)
        same(found, explain(set_by_hand(resnet20, layer, SOME), image, layer=layer, method="grad-cam", top_k=64))
        assert not found.maps[np.isin(found.channels, SOME)].any()
        assert not np.allclose(found.logits, explain(resnet20, image).logits)
        assert found.silenced == Silencing(layer, SOME)


@pytest.mark.parametrize("method", [name for name in METHODS if METHODS[name].reads != "attention"])
def test_every_further_pass_of_a_method_is_of_the_altered_model_too(method):
    model, image = demo.load().model, demo.load().loader.dataset[3][0][:, ::2, ::2]
    asked = functools.partial(explain, image=image, layer="conv2", method=method, target=2)
    same(asked(model, silence=[1, 30]), asked(set_by_hand(model, "conv2", [1, 30])))


def test_given_values_are_written_into_the_silenced_channels_alone(resnet20, images):
    values = np.arange(64) / 32
    found = explain(resnet20, images[0], layer="layer3", keep=range(1, 64), fill=values + 0.5, top_k=64)
    by_hand = explain(set_by_hand(resnet20, "layer3", [0], 0.5), images[0], layer="layer3", top_k=64)
    same(found, by_hand)
    assert found.silenced == Silencing("layer3", (0,), "values", tuple(values + 0.5))
    same(explain(resnet20, images[0], layer="layer3", silence=found.silenced, top_k=64), by_hand)


def test_a_channel_of_tokens_is_silenced_in_the_class_token_too():
    model, image = demo.load("vit").model, demo.load().loader.dataset[3][0]
    found = explain(model, image, layer="blocks.1", method="grad-cam", silence=[7, 8])
    same(found, explain(set_by_hand(model, "blocks.1", [7, 8], axis=2), image, layer="blocks.1", method="grad-cam"))


def without_head(model, layer, head, heads):
    """A copy of the model in which the projection behind an attention does not read what one head gathers."""
    model = copy.deepcopy(model)
    projection = [one for one in model.get_submodule(layer).modules() if isinstance(one, nn.Linear)][-1]
    width = projection.in_features // heads
    with torch.no_grad():
        projection.weight[:, head * width : (head + 1) * width] = 0
    return model


@pytest.mark.parametrize("name", KINDS)
def test_a_silenced_head_attends_to_nothing_whatever_computes_the_attention(name):
    kind = KINDS[name]
    model, layer = kind.make(), kind.attention[1]
    found = explain(model, kind.image(), layer=layer, silence=[2], top_k=HEADS)
    by_hand = explain(without_head(model, layer, 2, HEADS), kind.image(), layer=layer, top_k=HEADS)
    np.testing.assert_allclose(found.logits, by_hand.logits, rtol=1e-4, atol=1e-5)
    for head, map_ in zip(found.channels, found.maps, strict=True):
        np.testing.assert_allclose(map_, by_hand.maps[by_hand.channels == head][0] * (head != 2), atol=1e-6)
    assert not np.allclose(found.logits, explain(model, kind.image(), layer=layer).logits, atol=1e-3)


@pytest.mark.parametrize("method", ["grad-cam", "ablation-cam", "attention-rollout"])
def test_a_layer_stays_silenced_when_another_one_is_explained(method):
    model, image = demo.load("vit").model, demo.load().loader.dataset[3][0]
    layer = "blocks.1.attention"
    question = silenced(Question.of({"model": model, "image": image, "target": 2}), Silencing(layer, (2,)))
    (found,) = explained(question, ["blocks.0"], [method])
    by_hand = explain(without_head(model, layer, 2, 4), image, layer="blocks.0", method=method, target=2)
    assert found.silenced == Silencing(layer, (2,))
    np.testing.assert_allclose(found.logits, by_hand.logits, rtol=1e-5, atol=1e-5)
    if method != "attention-rollout":  # which reads the weights themselves
        same(found, by_hand)


def test_a_head_is_silenced_for_each_image_of_a_batch():
    shown = demo.load("vit")
    batch = torch.stack([shown.loader.dataset[place][0] for place in range(3)])
    question = Question.of({"model": shown.model, "image": batch[0]})
    forward = silenced(question, Silencing("blocks.1.attention", (2,))).forward
    with torch.no_grad():
        wanted = without_head(shown.model, "blocks.1.attention", 2, 4)(batch)
    torch.testing.assert_close(hooked_pass(shown.model, batch, forward).output, wanted, rtol=1e-4, atol=1e-4)


def test_watched_modules_have_their_own_forward_methods_back_afterwards():
    block = demo.load("vit").model.blocks[0]
    block.attention.forward = own = block.attention.forward
    with watching_attention(block, lambda _module, _shape: None):
        assert block.attention.forward is not own
        assert "forward" in vars(block)
    assert block.attention.forward is own
    assert "forward" not in vars(block)


# --- which call, which order


def test_the_call_that_is_explained_is_the_one_that_is_silenced():
    model = Thrice().eval()
    for call in (0, 1, 2):
        calls = iter(range(3))

        def hook(_module, _given, output, calls=calls, call=call):
            return output.index_fill(1, torch.tensor([1]), 0.0) if next(calls) == call else None

        handle = model.conv.register_forward_hook(hook)
        with torch.no_grad():
            wanted = model(IMAGE[None])[0]
        handle.remove()
        found = explain(model, IMAGE, layer="conv", call=call, silence=[1], method="grad-cam", target=0)
        np.testing.assert_allclose(found.logits, wanted, atol=1e-6)


class ChannelsLast(nn.Module):
    """Its `layer` gives ``[1, h, w, K]``, from a convolution whose channels are moved last."""

    def __init__(self):
        super().__init__()
        self.conv, self.layer, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 5), nn.Linear(5, 3)

    def forward(self, x):
        return self.head(self.layer(self.conv(x).permute(0, 2, 3, 1)).mean((1, 2)))


def test_channels_may_come_last():
    model = ChannelsLast().eval()
    found = explain(model, IMAGE, layer="layer", silence=[4], method="ablation-cam", target=1)
    same(
        found, explain(set_by_hand(model, "layer", [4], axis=3), IMAGE, layer="layer", method="ablation-cam", target=1)
    )


class InPlace(nn.Module):
    """Keeps what its layer gave and reads that again, beside an in-place ReLU behind the layer."""

    def __init__(self):
        super().__init__()
        self.conv, self.relu, self.head = nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace=True), nn.Linear(4, 3)

    def forward(self, x):
        given = self.conv(x)
        found = self.relu(given)
        return self.head((found + given).mean((2, 3)))


def test_what_a_model_holds_besides_is_not_written_to():
    model = InPlace().eval()
    found = explain(model, IMAGE, layer="relu", silence=[0, 1, 2, 3], target=0)
    with torch.no_grad():
        kept = model.head(functional.relu(model.conv(IMAGE[None])).mean((2, 3)))[0]
    np.testing.assert_allclose(found.logits, kept, atol=1e-6)


def test_what_a_hook_of_the_models_own_keeps_for_later_is_altered_too():
    """As in a U-Net whose encoder's outputs are kept by hooks."""
    model = Tiny().eval()
    kept = {}
    model.conv.register_forward_hook(lambda _module, _given, output: kept.update(conv=output))
    model.head.register_forward_hook(lambda _module, _given, output: output + kept["conv"].mean((2, 3))[:, :3])
    found = explain(model, IMAGE, layer="conv", silence=[0, 1, 2, 3])
    with torch.no_grad():
        np.testing.assert_allclose(found.logits, model.head.bias, atol=1e-6)


# --- nothing silenced changes nothing


def test_silencing_no_channel_or_keeping_all_is_the_model_itself(resnet20, images):
    clean = explain(resnet20, images[0], layer="layer3")
    for options in ({"silence": []}, {"keep": range(64)}):
        found = explain(resnet20, images[0], layer="layer3", **options)
        assert (found.silenced, found.notes) == (None, clean.notes)
        np.testing.assert_array_equal(found.logits, clean.logits)


def test_silencing_a_channel_that_nothing_reads_changes_no_number():
    model = Tiny().eval()
    with torch.no_grad():
        model.head.weight[:, 2] = 0
    clean, found = (explain(model, IMAGE, layer="conv", **options) for options in ({}, {"silence": [2]}))
    np.testing.assert_array_equal(found.logits, clean.logits)
    assert clean.silenced is None
    assert "1 channel of conv (2) silenced" in found.notes[0]


def test_the_default_layer_is_that_of_the_model_itself():
    assert explain(Tiny().eval(), IMAGE, silence=[0, 1, 2, 3], method="grad-cam", target=0).layer == "conv"


# --- harmless


@pytest.mark.parametrize("make", [Noisy, Hidden])
def test_the_model_is_left_as_it_was(make):
    model = make()
    state = copy.deepcopy(model.state_dict())
    modes = [module.training for module in model.modules()]
    draws = random.getstate(), torch.get_rng_state()
    for method in ("grad-cam", "score-cam"):
        explain(model, IMAGE, layer="conv", silence=[0], method=method, target=0)
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert [module.training for module in model.modules()] == modes
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert all("forward" not in vars(module) for module in model.modules())
    assert random.getstate() == draws[0]
    assert torch.equal(torch.get_rng_state(), draws[1])


def test_a_forward_of_the_users_is_called_in_the_altered_pass_and_keeps_what_it_reaches_by_itself():
    model, beside = Tiny().eval(), Noisy()
    seen = []

    def forward(tree, batch):
        beside(batch)
        seen.append(len(batch))
        return tree(batch)

    found = explain(model, IMAGE, layer="conv", silence=[1], method="ablation-cam", target=0, forward=forward)
    same(found, explain(model, IMAGE, layer="conv", silence=[1], method="ablation-cam", target=0))
    assert int(beside.calls) == 0
    assert len(seen) > 1


def test_a_model_that_needs_more_than_the_images_says_so_as_ever():
    with pytest.raises(TypeError, match="pass forward="):
        explain(WithContext(), IMAGE, layer="tiny.conv", silence=[0])


# --- what is refused


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"silence": [0], "keep": [1]}, ValueError, "give one of them, not both"),
        ({"silence": [1, 4, 9]}, ValueError, "silence names 4 and 9, but layer 'conv' has channels 0 to 3"),
        ({"keep": [-1]}, ValueError, "keep names -1, but layer 'conv' has channels 0 to 3"),
        ({"silence": 3}, TypeError, "silence must be a list of channel numbers"),
        ({"silence": [0.5]}, TypeError, "whole numbers"),
        ({"silence": [True]}, TypeError, "whole numbers"),
        ({"silence": [0], "fill": "blur"}, ValueError, 'fill must be "zero" or an array of 4 numbers'),
        ({"silence": [0], "fill": np.zeros(3)}, ValueError, "an array of shape \\[3\\]"),
        ({"fill": np.zeros(4)}, ValueError, "give silence or keep with it"),
    ],
)
def test_a_wrong_argument_is_refused_with_one_sentence(options, error, message):
    with pytest.raises(error, match=message):
        explain(Tiny().eval(), IMAGE, layer="conv", **options)


def test_heads_have_no_other_value_than_zero():
    model, image = demo.load("vit").model, demo.load().loader.dataset[3][0]
    with pytest.raises(ValueError, match="can only be silenced with zero"):
        explain(model, image, layer="blocks.1.attention", silence=[0], fill=np.ones(4))
