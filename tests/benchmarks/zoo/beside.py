"""Whether torchcam, pytorch-grad-cam and Captum give the same Grad-CAM at the same layer."""

import os
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TQDM_DISABLE", "1")

import numpy as np
import torch
import torchcam.methods
from captum.attr import LayerGradCam
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

Run = Callable[[nn.Module, torch.Tensor], Any]
Score = Callable[[Any], torch.Tensor]
PEERS = ("torchcam", "pytorch-grad-cam", "Captum")


class Scored(nn.Module):
    """The model as its peers take one: a single score ``[1, 1]``."""

    def __init__(self, model: nn.Module, run: Run, score: Score) -> None:
        super().__init__()
        self.model, self._run, self._score = model, run, score

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Score the one image of a batch."""
        return self._score(self._run(self.model, batch)).reshape(1, 1)


def verdicts(model: nn.Module, layer: str, image: torch.Tensor, expected: np.ndarray) -> dict[str, str]:
    """Say of each peer whether its map is the `expected` ``[h, w]`` (before the rectifier): agrees, differs, fails.

    Parameters
    ----------
    model : Module
        Gives one score for an image, as `Scored` does; the peers leave gradients and hooks in it.
    """
    found = {}
    model.requires_grad_(False)  # the image carries the graph, and no gradient takes as much memory as the model
    image = image.clone().requires_grad_()
    for peer, give in zip(PEERS, (_torchcam, _pytorch_grad_cam, _captum), strict=True):
        try:
            found[peer] = "agrees" if give(model, layer, image, np.maximum(expected, 0)) else "differs"
        except Exception:  # whatever a peer raises is its own affair
            found[peer] = "fails"
    return found


def _torchcam(model: nn.Module, layer: str, image: torch.Tensor, expected: np.ndarray) -> bool:
    with torchcam.methods.GradCAM(model, layer) as extractor:
        (cam,) = extractor(0, model(image[None]))
    return _same(cam[0].detach().numpy(), expected)


def _pytorch_grad_cam(model: nn.Module, layer: str, image: torch.Tensor, expected: np.ndarray) -> bool:
    with GradCAM(model=model, target_layers=[model.get_submodule(layer)]) as extractor:
        cam = extractor(input_tensor=image[None], targets=[ClassifierOutputTarget(0)])[0]
    height, width = image.shape[-2:]
    return _same(cam, scale_cam_image(expected[None].astype(np.float32), (width, height))[0])


def _captum(model: nn.Module, layer: str, image: torch.Tensor, expected: np.ndarray) -> bool:
    extractor = LayerGradCam(model, model.get_submodule(layer))
    cam = extractor.attribute(image[None], target=0, relu_attributions=True)
    return _same(cam[0, 0].detach().numpy(), expected)


def _same(cam: np.ndarray, expected: np.ndarray) -> bool:
    return cam.shape == expected.shape and bool(np.abs(_scaled(cam) - _scaled(expected)).max() < 1e-3)


def _scaled(cam: np.ndarray) -> np.ndarray:
    spread = np.ptp(cam)
    return (cam - cam.min()) / spread if spread > 0 else np.zeros_like(cam)
