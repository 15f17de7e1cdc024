"""Finer-CAM and RefineCAM against their papers' formulas, torchcam and pytorch-grad-cam."""

import copy

import numpy as np
import pytest
import pytorch_grad_cam
import torch
import torchcam.methods
from models import images, trained
from pytorch_grad_cam.utils.model_targets import FinerWeightedTarget
from torch.nn import functional

from attn_widget import Contrast, explain, explain_many, find_layers
from attn_widget.explanation.coarser_layers import coarser_behind
from attn_widget.refusal import Refusal
from attn_widget.words import reasons
from methods import peers
from methods.networks import Segmenter, TinyViT, plain_cnn, random_image, resnet18, seeded
from methods.peers import Score
from methods.test_against_peers import LARGE, difference

MODELS = {"plain CNN": (plain_cnn, 32), "resnet18": (resnet18, 64)}
LAYERS = [("plain CNN", "relu1"), ("plain CNN", "conv3"), ("resnet18", "layer2"), ("resnet18", "layer4")]


def network(name):
    make, size = MODELS[name]
    return seeded(make), random_image(size)


def scores_of(model, image):
    with torch.no_grad():
        return model(image[None])[0]


# --- Finer-CAM


def torchcams_finer(model, layer, image, of, against=None):
    """Give torchcam's map ``[h, w]``, not rectified."""
    model = copy.deepcopy(model).eval()
    with torchcam.methods.FinerCAM(model, layer) as extractor:
        extractor.base_cam._relu = False
        (found,) = extractor(of, model(image[None].clone()), comparison_idx=against, normalized=False)
    return found[0].detach().numpy()


@pytest.mark.parametrize(("name", "layer"), LAYERS)
def test_finer_cam_gives_torchcams_map_and_the_papers(name, layer):
    model, image = network(name)
    scores = scores_of(model, image)
    for of in (3, int(scores.argmax())):
        ours = explain(model, image, layer=layer, method="finer-cam", target=of).overall_map
        assert difference(torchcams_finer(model, layer, image, of), ours) < 1e-4
        others = sorted((c for c in range(10) if c != of), key=lambda c: abs(float(scores[c] - scores[of])))[:3]
        maps, gradients = peers.leaf_in_place(
            model, layer, image, lambda output, of=of, others=others: output[0, of] - 0.6 * output[0, others].mean()
        )
        assert difference(ours, peers.grad_cam(maps, gradients)) < 1e-4


@pytest.mark.parametrize(("name", "layer"), [("seed_cnn", "conv3"), ("resnet20", "layer2.0")])
def test_finer_cam_gives_torchcams_map_on_trained_weights(name, layer, cifar10):
    model, image = trained(cifar10, name).eval(), images(cifar10, name)[5][0]
    ours = explain(model, image, layer=layer, method="finer-cam", target=7).overall_map
    assert difference(torchcams_finer(model, layer, image, 7), ours) < 1e-4


@pytest.mark.parametrize(("name", "layer"), LAYERS)
def test_of_a_contrast_finer_cam_compares_with_the_one_class_as_both_peers_do(name, layer):
    model, image = network(name)
    ours = explain(model, image, layer=layer, method="finer-cam", target=Contrast(3, 5)).overall_map
    assert difference(torchcams_finer(model, layer, image, 3, [5]), ours) < 1e-4
    target = FinerWeightedTarget(3, [5], 0.6)
    assert difference(peers.pytorch_grad_cam_(model, layer, image, "grad-cam", target), ours) < 1e-4


def test_with_several_classes_pytorch_grad_cam_weighs_them_by_their_probabilities_which_the_paper_does_not():
    model, image = network("resnet18")
    scores = scores_of(model, image)
    others = (scores - scores[3]).abs().argsort()[1:4].tolist()
    ours = explain(model, image, layer="layer2", method="finer-cam", target=3).overall_map
    theirs = peers.pytorch_grad_cam_(model, "layer2", image, "grad-cam", FinerWeightedTarget(3, others, 0.6))
    assert difference(theirs, ours) > 1e-2, "the peer agrees by now: this is no exception any more"


def test_finer_cam_explains_the_targets_own_score_to_the_reader():
    model, image = network("plain CNN")
    e = explain(model, image, layer="relu1", method="finer-cam", target=3)
    assert e.score == pytest.approx(float(scores_of(model, image)[3]))


@pytest.mark.parametrize("target", ["predicted", lambda output: output["out"][0, 1].mean()])
def test_finer_cam_refuses_a_target_that_is_no_class(target):
    with pytest.raises(Refusal) as refused:
        explain(seeded(Segmenter), random_image(16), layer="conv", method="finer-cam", target=target)
    assert str(refused.value) == reasons.NO_CLASSES_TO_COMPARE


# --- RefineCAM


BEHIND = {"relu1": ["relu2", "relu3"], "conv2": ["relu3"], "relu3": []}


@pytest.mark.parametrize("layer", BEHIND)
def test_refine_cam_is_the_product_of_grad_cam_plus_plus_at_a_layer_and_at_the_coarser_ones_behind(layer):
    model, image = network("plain CNN")
    ours = explain(model, image, layer=layer, method="refine-cam", target=3).overall_map
    expected = np.ones(ours.shape)
    for name in (layer, *BEHIND[layer]):
        map_ = np.maximum(peers.plainly(model, name, image, "grad-cam++", Score(3)), 0)
        unit = torch.from_numpy((map_ - map_.min()) / (map_.max() - map_.min()))
        expected *= functional.interpolate(unit[None, None], ours.shape, mode="bilinear")[0, 0].numpy()
    assert expected.any()
    assert difference(unit_of(ours), expected / expected.max()) < 1e-4


@pytest.mark.parametrize("layer", BEHIND)
def test_refine_cam_is_torchcams_product_of_the_same_maps(layer):
    model, image = network("plain CNN")
    (ours,) = explain_many(model, image, layers=[layer], methods=["refine-cam"], target=3)
    each = explain_many(model, image, layers=[layer, *BEHIND[layer]], methods=["grad-cam++"], target=3)
    maps = [torch.from_numpy(np.maximum(e.overall_map, 0))[None] for e in each]
    theirs = torchcam.methods.RefineCAM.fuse_cams(maps)[0].numpy()
    assert difference(unit_of(ours.overall_map), theirs) < 1e-4


def pytorch_grad_cams_refined(model, layers, image, score):
    model = copy.deepcopy(model).eval()
    cam = pytorch_grad_cam.RefineCAM(model, [model.get_submodule(layer) for layer in layers])
    return cam(image[None].clone(), [score])[0]


@pytest.mark.parametrize("layer", ["relu1", "conv2"])
def test_pytorch_grad_cam_multiplies_the_same_heatmaps_at_the_images_size_each_stretched_again_after_resizing(layer):
    model, image = network("plain CNN")
    score, layers = Score(3, LARGE), [layer, *BEHIND[layer]]
    theirs = pytorch_grad_cams_refined(model, layers, image, score)
    each = explain_many(model, image, layers=layers, methods=["grad-cam++"], target=score)
    assert difference(theirs, unit_of(np.prod([unit_of(e.overall) for e in each], axis=0))) < 1e-4
    ours = explain(model, image, layer=layer, method="refine-cam", target=score).overall
    assert difference(theirs, ours) > 1e-2, "the peer agrees by now: this is no exception any more"


def test_the_coarser_layers_behind_are_a_networks_later_stages():
    layers = find_layers(*network("resnet18"))
    assert coarser_behind(layers, "conv1") == ["layer1", "layer2", "layer3", "layer4"]
    assert coarser_behind(layers, "layer2.0.conv1") == ["layer3", "layer4"]
    assert coarser_behind(layers, "layer4") == []
    vit = find_layers(seeded(TinyViT), random_image(16))
    assert {tuple(coarser_behind(vit, layer.name)) for layer in vit if layer.usable} == {()}


def unit_of(overall_map):
    positive = np.maximum(overall_map, 0)
    return (positive - positive.min()) / (positive.max() - positive.min())
