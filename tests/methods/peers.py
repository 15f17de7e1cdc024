"""The neighbours' overall maps, before they are normalised and resized, and those of a plain implementation.

Peers leave their hooks behind and change the model's modes: each is given a deep copy.
"""

import copy
from dataclasses import dataclass

import numpy as np
import pytorch_grad_cam
import torch
import torchcam.methods
from captum.attr import LayerFeatureAblation, LayerGradCam, LayerGradientXActivation
from torch.nn import functional

# --- the peers: each a function of model, layer, image, method and score


@dataclass(frozen=True)
class Score:
    """A class's score, times a factor: a target for each of the programs."""

    of: int
    times: float = 1.0

    def __call__(self, output):
        """For a whole output ``[1, n]``, as `explain` calls it, or one row of it, as pytorch-grad-cam does."""
        return output[..., self.of].sum() * self.times


def captum(model, layer, image, method, score):
    """Give Captum's map ``[h, w]``, not rectified."""
    model = copy.deepcopy(model).eval()
    module, batch = model.get_submodule(layer), image[None].clone()

    def forward(images):
        return model(images)[:, score.of] * score.times

    if method == "grad-cam":
        found = LayerGradCam(forward, module).attribute(batch, relu_attributions=False)[0, 0]
    elif method == "hires-cam":
        found = LayerGradientXActivation(forward, module).attribute(batch)[0].sum(0)
    else:
        maps, value = _maps_and_score(model, module, batch, forward)
        channels = torch.arange(len(maps))[None, :, None, None].expand(1, *maps.shape)
        drops = LayerFeatureAblation(forward, module).attribute(batch, layer_mask=channels, perturbations_per_eval=16)
        found = (drops[0] / abs(value) * maps).sum(0)
    return found.detach().numpy()


TORCHCAM = {
    "grad-cam": torchcam.methods.GradCAM,
    "grad-cam++": torchcam.methods.GradCAMpp,
    "xgrad-cam": torchcam.methods.XGradCAM,
    "layer-cam": torchcam.methods.LayerCAM,
    "score-cam": torchcam.methods.ScoreCAM,
}


def torchcam_(model, layer, image, method, score):
    """Give torchcam's map ``[h, w]``, not rectified."""
    model = copy.deepcopy(model).eval()
    with TORCHCAM[method](model, layer) as extractor:
        extractor._relu = False  # negative cells are worth comparing too
        (found,) = extractor(score.of, model(image[None].clone()) * score.times, normalized=False)
    return found[0].detach().numpy()


PYTORCH_GRAD_CAM = {
    "grad-cam": pytorch_grad_cam.GradCAM,
    "grad-cam++": pytorch_grad_cam.GradCAMPlusPlus,
    "xgrad-cam": pytorch_grad_cam.XGradCAM,
    "hires-cam": pytorch_grad_cam.HiResCAM,
    "layer-cam": pytorch_grad_cam.LayerCAM,
    "score-cam": pytorch_grad_cam.ScoreCAM,
    "ablation-cam": pytorch_grad_cam.AblationCAM,
    "eigen-cam": pytorch_grad_cam.EigenCAM,
}


def pytorch_grad_cam_(model, layer, image, method, score):
    """Give pytorch-grad-cam's map ``[h, w]``, not rectified."""
    model, kept = copy.deepcopy(model).eval(), []
    cam = PYTORCH_GRAD_CAM[method](model=model, target_layers=[model.get_submodule(layer)])
    whole = cam.get_cam_image

    def keep(*arguments, **options):
        kept.append(whole(*arguments, **options))
        return kept[-1]

    cam.get_cam_image = keep
    cam(input_tensor=image[None].clone(), targets=[score])
    return kept[0][0]


def _maps_and_score(model, module, batch, forward):
    kept = []
    handle = module.register_forward_hook(lambda module, inputs, output: kept.append(output.detach().clone()))
    with torch.no_grad():
        value = float(forward(batch))
    handle.remove()
    return kept[-1][0], value


# --- the plain implementation: a leaf in the layer's place, and each paper's formula


def leaf_in_place(model, layer, image, score, call=-1):
    """Maps and gradients ``[K, h, w]``, from a deep copy with a leaf in the place of the layer's output."""
    model, outputs, runs = copy.deepcopy(model).eval(), [], 0
    layer = model.get_submodule(layer)
    with layer.register_forward_hook(lambda module, inputs, output: outputs.append(output.detach().clone())):
        model(image[None])
    leaf, call = outputs[call].requires_grad_(), call % len(outputs)

    def put(module, inputs, output):
        nonlocal runs
        runs += 1
        return leaf.clone() if runs - 1 == call else None

    with layer.register_forward_hook(put):
        (gradient,) = torch.autograd.grad(score(model(image[None])), leaf)
    return leaf.detach()[0].double().numpy(), gradient[0].double().numpy()


def grad_cam(maps, gradients):
    return sum(gradient.mean() * map_ for map_, gradient in zip(maps, gradients, strict=True))


def grad_cam_plus_plus(maps, gradients):
    total = np.zeros(maps.shape[1:])
    for map_, gradient in zip(maps, gradients, strict=True):
        weight = 0.0
        for g in gradient.flat:
            below = 2 * g**2 + map_.sum() * g**3
            weight += g**2 / below * max(g, 0) if below != 0 else 0
        total += weight * map_
    return total


def xgrad_cam(maps, gradients):
    pairs = [(map_, gradient) for map_, gradient in zip(maps, gradients, strict=True) if map_.sum() != 0]
    return sum((map_ / map_.sum() * gradient).sum() * map_ for map_, gradient in pairs)


def hires_cam(maps, gradients):
    return (gradients * maps).sum(0)


def layer_cam(maps, gradients):
    return (np.where(gradients > 0, gradients, 0) * maps).sum(0)


FORMULAS = {
    "grad-cam": grad_cam,
    "grad-cam++": grad_cam_plus_plus,
    "xgrad-cam": xgrad_cam,
    "hires-cam": hires_cam,
    "layer-cam": layer_cam,
}


def plainly(model, layer, image, method, score, call=-1):
    """The overall map ``[h, w]``, not rectified, by plain loops."""
    maps, gradients = leaf_in_place(model, layer, image, score, call)
    if method in FORMULAS:
        return FORMULAS[method](maps, gradients)
    if method == "eigen-cam":
        cells = maps.reshape(len(maps), -1).T
        found = (cells @ np.linalg.svd(cells, full_matrices=False)[2][0]).reshape(maps.shape[1:])
        return found if found.sum() > 0 else -found
    model = copy.deepcopy(model).eval()
    if method == "ablation-cam":
        value = score_without(model, layer, image, score, [])
        scores = np.array([score_without(model, layer, image, score, [channel]) for channel in range(len(maps))])
        weights = (value - scores) / abs(value)
    else:
        scores = np.array([score_through(model, image, score, map_) for map_ in maps])
        weights = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
    return np.tensordot(weights, maps, 1)


def score_without(model, layer, image, score, channels):
    """The score with some of a layer's channels set to zero, by a pass over the whole model."""

    def silence(module, inputs, output):
        output = output.clone()
        output[:, channels] = 0
        return output

    handle = model.get_submodule(layer).register_forward_hook(silence)
    with torch.no_grad():
        value = float(score(model(image[None])))
    handle.remove()
    return value


def score_through(model, image, score, map_):
    """The score of the image under one map as a mask."""
    spread = map_.max() - map_.min()
    unit = (map_ - map_.min()) / (spread if spread > 0 else 1)
    mask = functional.interpolate(torch.from_numpy(unit)[None, None], image.shape[1:], mode="bilinear")
    with torch.no_grad():
        return float(score(model((image * mask[0]).float()[None])))
