"""The overall maps of every method against Captum, torchcam and pytorch-grad-cam, before any normalisation.

Where a peer computes something else, `EXCEPTIONS` says what, and our map is held against a plain
implementation instead (`peers.plainly`): a leaf in the layer's place, and the paper's formula.
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from models import SeedCNN, images, trained

from attn_widget import explain, explain_many
from methods import peers
from methods.networks import Twice, centred_cnn, confident, in_place_cnn, plain_cnn, random_image, resnet18, seeded
from methods.peers import Score

PEERS = {"captum": peers.captum, "torchcam": peers.torchcam_, "pytorch-grad-cam": peers.pytorch_grad_cam_}

GRADIENTS = {
    "captum": ["grad-cam", "hires-cam"],
    "torchcam": ["grad-cam", "xgrad-cam", "layer-cam"],
    "pytorch-grad-cam": ["grad-cam", "grad-cam++", "xgrad-cam", "hires-cam", "layer-cam"],
}
"""Which of the gradient methods a peer has, and computes as the paper says."""

MODELS = {"plain CNN": plain_cnn, "resnet18": resnet18, "SeedCNN": SeedCNN}

# pytorch-grad-cam adds 1e-6 to squares of gradients: only beside large ones can that be neglected.
LARGE = 1e6


def difference(found, expected):
    """The largest difference of two maps, relative to the largest value."""
    return np.abs(found - expected).max() / np.abs(expected).max()


def peers_map(peer, *question):
    return PEERS[peer](*question)


def assert_agrees(peer, ours, *question):
    assert difference(peers_map(peer, *question), ours) < 1e-4


# --- gradient methods


def agree_on_gradients(model, image, layers, peer):
    for layer in layers:
        for method in GRADIENTS[peer]:
            score = Score(3, LARGE if method == "grad-cam++" else 1.0)
            ours = explain(model, image, layer=layer, method=method, target=score).overall_map
            assert_agrees(peer, ours, model, layer, image, method, score)


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize(
    ("name", "layers", "size"),
    [
        ("plain CNN", ["conv1", "relu1", "conv2", "pool", "relu3"], 32),
        ("resnet18", ["conv1", "maxpool", "layer1.0", "layer2", "layer3.0.downsample", "layer4"], 64),
        ("SeedCNN", ["conv1", "bn2", "conv3"], 32),
    ],
)
def test_gradient_methods_give_a_peers_map_on_random_weights(name, layers, size, peer):
    agree_on_gradients(seeded(MODELS[name]), random_image(size), layers, peer)


REAL = {
    "seed_cnn": ["conv1", "bn1", "conv2", "bn3"],
    "resnet20": ["conv1", "layer1", "layer2.0", "layer2.2.bn1", "layer3"],
}


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("name", REAL)
def test_gradient_methods_give_a_peers_map_on_trained_weights(name, peer, cifar10):
    model, folder = trained(cifar10, name).eval(), images(cifar10, name)
    for position in (3, 700):
        agree_on_gradients(model, folder[position][0], REAL[name], peer)


@pytest.mark.parametrize("name", REAL)
def test_gradient_methods_give_the_papers_map_on_trained_weights(name, cifar10):
    model, image = trained(cifar10, name).eval(), images(cifar10, name)[321][0]
    methods = [*peers.FORMULAS, "eigen-cam"]
    found = explain_many(model, image, layers=REAL[name], methods=methods, target=3)
    for e in found:
        assert difference(e.overall_map, peers.plainly(model, e.layer, image, e.method, Score(3))) < 1e-4


# --- methods of many passes


@pytest.mark.parametrize(
    ("name", "layer", "peer"),
    [
        ("plain CNN", "relu1", "captum"),
        ("plain CNN", "conv2", "captum"),
        ("plain CNN", "relu3", "captum"),
        ("resnet18", "layer1", "captum"),
        ("resnet18", "layer1.1.conv1", "captum"),
        ("plain CNN", "relu1", "pytorch-grad-cam"),
        ("plain CNN", "relu3", "pytorch-grad-cam"),
        ("resnet18", "layer1", "pytorch-grad-cam"),
    ],
)
def test_ablation_gives_a_peers_map(name, layer, peer):
    model, image = seeded(MODELS[name]), random_image(32)
    score = of_highest_score(model, image)
    ours = explain(model, image, layer=layer, method="ablation-cam", target=score.of).overall_map
    assert_agrees(peer, ours, model, layer, image, "ablation-cam", score)


@pytest.mark.parametrize(("name", "layer"), [("seed_cnn", "conv3"), ("resnet20", "layer3"), ("resnet20", "layer2.0")])
def test_ablation_gives_captums_map_on_trained_weights(name, layer, cifar10):
    model, image = trained(cifar10, name).eval(), images(cifar10, name)[5][0]
    for score in (of_highest_score(model, image), Score(7)):
        ours = explain(model, image, layer=layer, method="ablation-cam", target=score.of).overall_map
        assert_agrees("captum", ours, model, layer, image, "ablation-cam", score)


@pytest.mark.parametrize(
    ("name", "layer"), [("plain CNN", "conv1"), ("plain CNN", "pool"), ("plain CNN", "relu3"), ("resnet18", "layer2")]
)
def test_score_cam_gives_torchcams_map(name, layer):
    model, image = confident(seeded(MODELS[name])), random_image(32)
    score = Score(4)
    ours = explain(model, image, layer=layer, method="score-cam", target=score).overall_map
    assert_agrees("torchcam", ours, model, layer, image, "score-cam", score)


@pytest.mark.parametrize(("name", "layer"), [("seed_cnn", "conv2"), ("resnet20", "layer3")])
def test_score_cam_gives_torchcams_map_on_trained_weights(name, layer, cifar10):
    model, image = trained(cifar10, name).eval(), images(cifar10, name)[5][0]
    score = Score(4)
    ours = explain(model, image, layer=layer, method="score-cam", target=score).overall_map
    assert_agrees("torchcam", ours, model, layer, image, "score-cam", score)


def test_score_cam_gives_pytorch_grad_cams_map_where_no_mask_needs_resizing():
    model, image = seeded(plain_cnn), random_image(32)
    ours = explain(model, image, layer="relu1", method="score-cam", target=4).overall_map
    assert_agrees("pytorch-grad-cam", ours, model, "relu1", image, "score-cam", Score(4))


def test_eigen_cam_gives_pytorch_grad_cams_map_where_channels_are_centred():
    model, image = seeded(centred_cnn), random_image(32)
    ours = explain(model, image, layer="norm", method="eigen-cam").overall_map
    theirs = peers_map("pytorch-grad-cam", model, "norm", image, "eigen-cam", Score(0))
    assert min(difference(theirs, ours), difference(-theirs, ours)) < 1e-4  # whose sign is arbitrary


def of_highest_score(model, image):
    with torch.no_grad():
        return Score(int(model(image[None]).argmax()))


def of_lowest_score(model, image):
    with torch.no_grad():
        return Score(int(model(image[None]).argmin()))


def in_hundredths(model, image):
    return Score(3, 100.0)


# --- where peers compute something else


@dataclass(frozen=True)
class Apart:
    """A question to which a peer has another answer than we and the paper have."""

    peer: str
    method: str
    make: object
    layer: str
    score: object = of_highest_score
    size: int = 32
    call: int = -1


EXCEPTIONS = {
    # `detach` shares storage: the activations are those after the ReLU, beside gradients from before it.
    "pytorch-grad-cam reads a layer after the in-place ReLU that follows": Apart(
        "pytorch-grad-cam", "grad-cam", in_place_cnn, "conv2"
    ),
    "pytorch-grad-cam reads bn2 of a ResNet after the shortcut was added in place": Apart(
        "pytorch-grad-cam", "grad-cam", resnet18, "layer2.0.bn2", size=64
    ),
    # Both hooks hold the tensor itself, which the ReLU turns into its own output.
    "torchcam explains the in-place ReLU instead of the layer before it": Apart(
        "torchcam", "grad-cam", in_place_cnn, "conv2"
    ),
    # The first call's activation stands first in its list, and so does its gradient.
    "pytorch-grad-cam explains the first call of a module that runs twice": Apart(
        "pytorch-grad-cam", "grad-cam", Twice, "conv"
    ),
    # 1e-6 beside 2 g^2, where gradients of a layer are seldom above 1e-2.
    "pytorch-grad-cam's epsilon in Grad-CAM++ outweighs small gradients": Apart(
        "pytorch-grad-cam", "grad-cam++", resnet18, "layer3", size=64
    ),
    # `alpha[mask].div_(...)` divides a copy, so that its weights are sums of cubes of positive gradients. Its
    # denominator would be another one too: the sum of A g^3 in the place of g^3 times the sum of A.
    "torchcam's Grad-CAM++ never divides": Apart("torchcam", "grad-cam++", plain_cnn, "relu3"),
    # Half-pixel geometry is torchcam's and ours; pytorch-grad-cam aligns the corners.
    "pytorch-grad-cam's Score-CAM resizes its masks with aligned corners": Apart(
        "pytorch-grad-cam", "score-cam", plain_cnn, "relu3", score=in_hundredths
    ),
    # Not the paper's baseline of zero, but the least value less 1e7.
    "pytorch-grad-cam ablates channels with a huge negative value where maps have negative cells": Apart(
        "pytorch-grad-cam", "ablation-cam", resnet18, "layer2.0.downsample"
    ),
    # So that a channel which holds the score up counts against it.
    "pytorch-grad-cam's ablation turns its sign with the score's": Apart(
        "pytorch-grad-cam", "ablation-cam", plain_cnn, "relu3", score=of_lowest_score
    ),
    # The paper does not.
    "pytorch-grad-cam's Eigen-CAM centres the channels, its sign left open": Apart(
        "pytorch-grad-cam", "eigen-cam", plain_cnn, "relu3"
    ),
}


def asked(name):
    apart = EXCEPTIONS[name]
    model, image = seeded(apart.make), random_image(apart.size)
    score = apart.score(model, image)
    ours = explain(model, image, layer=apart.layer, method=apart.method, target=score, call=apart.call).overall_map
    return apart.peer, ours, (model, apart.layer, image, apart.method, score)


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_where_a_peer_has_another_map_ours_is_the_papers(name):
    peer, ours, question = asked(name)
    assert difference(ours, peers.plainly(*question, call=EXCEPTIONS[name].call)) < 1e-4
    assert difference(peers_map(peer, *question), ours) > 1e-2, "the peer agrees by now: this is no exception any more"


def test_the_first_call_is_pytorch_grad_cams_and_the_last_torchcams_and_captums():
    model, image = seeded(Twice), random_image(32)
    for peer, call in [("pytorch-grad-cam", 0), ("torchcam", -1), ("captum", -1)]:
        score = Score(2)
        ours = explain(model, image, layer="conv", method="grad-cam", target=score, call=call).overall_map
        assert_agrees(peer, ours, model, "conv", image, "grad-cam", score)
    maps, gradients = peers.leaf_in_place(model, "conv", image, Score(2), call=1)
    ours = explain(model, image, layer="conv", method="hires-cam", target=2).overall_map
    assert difference(ours, peers.hires_cam(maps, gradients)) < 1e-4


def test_torchcams_grad_cam_plus_plus_weighs_by_cubes_of_gradients():
    model, image = seeded(plain_cnn), random_image(32)
    maps, gradients = peers.leaf_in_place(model, "relu3", image, Score(3))
    cubes = (np.maximum(gradients, 0) ** 3).sum((1, 2))
    theirs = peers_map("torchcam", model, "relu3", image, "grad-cam++", Score(3))
    assert difference(theirs, np.tensordot(cubes, maps, 1)) < 1e-4


def test_torchcam_gives_for_a_layer_before_an_in_place_relu_the_relus_own_map():
    model, image = seeded(in_place_cnn), random_image(32)
    ours = explain(model, image, layer="relu2", method="grad-cam", target=2).overall_map
    assert difference(peers_map("torchcam", model, "conv2", image, "grad-cam", Score(2)), ours) < 1e-4


@pytest.mark.parametrize("method", peers.FORMULAS)
@pytest.mark.parametrize(
    ("make", "layer"), [(in_place_cnn, "conv2"), (resnet18, "layer2.0.bn2"), (resnet18, "bn1"), (resnet18, "layer4")]
)
def test_an_in_place_operation_after_the_layer_changes_nothing(make, layer, method):
    model, image = seeded(make), random_image(64 if make is resnet18 else 32)
    ours = explain(model, image, layer=layer, method=method, target=1).overall_map
    assert difference(ours, peers.plainly(model, layer, image, method, Score(1))) < 1e-4
