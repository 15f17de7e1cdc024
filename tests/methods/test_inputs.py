"""Methods without channels: the image as we offer it, held against Captum asked directly on a copy of the model."""

import copy

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients, Occlusion, Saliency
from models import NETWORKS, Noisy, images, trained
from torch import nn

from attn_widget import Contrast, explain, explain_many
from attn_widget.explanation import Question, explained
from attn_widget.methods import METHODS, Input, register
from attn_widget.refusal import Refusal
from methods.networks import in_place_cnn, random_image, seeded

CAPTUM = ["saliency", "integrated-gradients", "occlusion"]


def directly(model, image, method, score):
    """Ask Captum about a copy of the model, with nothing of ours between."""
    model, image = copy.deepcopy(model).eval(), image[None].clone().requires_grad_()

    def asked(batch):
        return score(model(batch.clone()))

    if method == "saliency":
        return Saliency(asked).attribute(image).amax(1)[0].detach().numpy()
    if method == "integrated-gradients":
        return IntegratedGradients(asked).attribute(image).sum(1)[0].detach().numpy()
    channels, height, width = image.shape[1:]
    patch = (channels, height // 8, width // 8)
    found = Occlusion(asked).attribute(image, patch, strides=(channels, patch[1] // 2, patch[2] // 2))
    return found.mean(1)[0].detach().numpy()


def assert_same(found, expected, within=1e-4):
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(found, expected, atol=within * np.abs(expected).max())


TARGETS = {
    "a class": (2, lambda output: output[:, 2]),
    "a contrast": (Contrast(2, 4), lambda output: output[:, 2] - output[:, 4]),
    "a callable": (lambda output: output[0, 2] * 3, lambda output: output[:, 2] * 3),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("method", "name"),
    [(method, name) for method in CAPTUM for name in NETWORKS if (method, name) != ("occlusion", "resnet20")],
)
def test_on_trained_networks_and_real_images_each_is_captums_own(method, name, cifar10):
    model, folder = trained(cifar10, name), images(cifar10, name)
    for position in (3,) if method == "occlusion" else (3, 700):
        image, label = folder[position]
        e = explain(model, image, method=method, target="true", label=label)
        assert_same(e.overall_map, directly(model, image, method, lambda output, label=label: output[:, label]))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("method", CAPTUM)
@pytest.mark.parametrize("target", TARGETS)
def test_a_network_that_works_in_place_on_its_very_image_is_attributed_as_captum_does(method, target):
    model, image = nn.Sequential(nn.ReLU(inplace=True), seeded(in_place_cnn)), random_image()
    ours, score = TARGETS[target]
    e = explain(model, image, method=method, target=ours)
    assert_same(e.overall_map, directly(model, image, method, score))


def test_integrated_gradients_sum_to_the_score_less_that_of_zeros(cifar10):
    model, (image, _) = trained(cifar10, "seed_cnn").eval(), images(cifar10, "seed_cnn")[11]
    e = explain(model, image, method="integrated-gradients")
    with torch.no_grad():
        zeros = float(model(torch.zeros_like(image)[None])[0, e.predicted])
    assert e.score is not None
    assert float(e.overall_map.sum()) == pytest.approx(e.score - zeros, rel=0.02)


@pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad")  # in the network's own code
@pytest.mark.parametrize("method", CAPTUM)
def test_the_model_and_the_image_are_left_as_they_were_whatever_mode_the_caller_is_in(method):
    model, image = Noisy().train().requires_grad_(False), random_image(16)
    before, kept = copy.deepcopy(model.state_dict()), image.clone()
    usual = explain(model, image, method=method, target=1).overall_map
    with torch.inference_mode():
        within = explain(model, image.clone(), method=method, target=1).overall_map
    assert np.array_equal(usual, within)
    assert model.training
    assert model.dropout.training
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in model.parameters())
    assert torch.equal(image, kept)
    assert not image.requires_grad


@pytest.mark.parametrize("method", CAPTUM)
def test_it_has_no_layer_and_no_channels(method):
    e = explain(seeded(in_place_cnn), random_image(), method=method)
    assert (e.layer, e.channel_count, len(e.channels), e.heatmaps.shape) == ("", 0, 0, (0, 32, 32))
    assert e.overall.shape == (32, 32)


def test_among_several_layers_and_methods_it_stands_once_for_each_layer():
    found = explain_many(
        seeded(in_place_cnn), random_image(), layers=["conv1", "conv3"], methods=["saliency", "grad-cam"]
    )
    assert [(e.layer, e.method) for e in found] == [
        ("", "saliency"),
        ("conv1", "grad-cam"),
        ("", "saliency"),
        ("conv3", "grad-cam"),
    ]
    assert np.array_equal(found[0].overall_map, found[2].overall_map)


def test_a_label_that_is_missing_is_refused():
    with pytest.raises(Refusal, match="needs an integer label"):
        explain(seeded(in_place_cnn), random_image(), method="saliency", target="true")


@pytest.mark.parametrize("method", CAPTUM)
def test_without_captum_the_sentence_says_what_to_install(method, monkeypatch):
    monkeypatch.delitem(METHODS, method)
    with pytest.raises(ValueError, match=rf"method '{method}' needs Captum: pip install 'attn-widget\[captum\]'"):
        explain(seeded(in_place_cnn), random_image(), method=method)


def test_a_user_adds_a_method_that_reads_the_image():
    def gradient_times_input(seen: Input) -> np.ndarray:
        (gradient,) = torch.autograd.grad(seen.scores(seen.image).sum(), seen.image)
        return (gradient * seen.image)[0].sum(0).detach().numpy()

    register("gradient x input", gradient_times_input, reads="image")
    model, image = seeded(in_place_cnn), random_image()
    e = explain(model, image, method="gradient x input", target=1)
    leaf = image[None].clone().requires_grad_()
    copy.deepcopy(model).eval()(leaf)[0, 1].backward()
    assert_same(e.overall_map, (leaf.grad * leaf)[0].sum(0).detach().numpy())


@pytest.mark.parametrize(
    ("found", "got"),
    [
        (np.zeros(3), r"an array \[3\]"),
        (np.zeros((3, 32, 32)), r"an array \[3, 32, 32\]"),
        (torch.zeros(32, 32), "Tensor"),
        (None, "NoneType"),
    ],
)
def test_a_users_method_that_gives_no_value_for_each_pixel_is_told_what_it_must_give(found, got):
    register("mine", lambda _seen: found, reads="image")
    try:
        with pytest.raises(ValueError, match=rf"method 'mine' must give a NumPy array \[32, 32\], got {got}"):
            explain(seeded(in_place_cnn), random_image(), method="mine")
    finally:
        del METHODS["mine"]


def test_progress_can_end_it():
    class Enough(Exception):
        pass

    def stop(tried: int) -> None:
        if tried > 40:
            raise Enough

    model, image = seeded(in_place_cnn), random_image()
    with pytest.raises(Enough):
        list(explained(Question(model, image[None], progress=stop), [""], ["occlusion"]))
