"""Methods without channels: what each pixel of the image does to the target's score. Captum does the work."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

NEED_CAPTUM = ("saliency", "integrated-gradients", "occlusion")
"""The methods of this file, by name; they are registered where Captum is installed."""


@dataclass(frozen=True, eq=False)
class Input:
    """An image, and what can be asked about it.

    Attributes
    ----------
    image : Tensor ``[1, C, H, W]``
        As the model takes it, ready to be differentiated.
    scores : callable
        Gives the target's score for each of a batch of images, ``[n, C, H, W]`` to ``[n]``, differentiable.
    batch : int
        How many images may be asked about at once.
    """

    image: torch.Tensor
    scores: Callable[[torch.Tensor], torch.Tensor]
    batch: int


def saliency(seen: Input) -> np.ndarray:
    r"""Which pixels the score answers to most: the size of its gradient.

    .. math:: M_{ij} = \max_c \left| \frac{\partial S}{\partial X_{c,ij}} \right|

    Simonyan, Vedaldi & Zisserman, "Deep inside convolutional networks: visualising image classification models
    and saliency maps", ICLR 2014 workshop.
    """
    from captum.attr import Saliency  # an extra

    return _as_map(Saliency(seen.scores).attribute(seen.image).amax(dim=1))


def integrated_gradients(seen: Input) -> np.ndarray:
    r"""Which pixels raise the score on the way from an image of zeros: gradients summed along that way.

    The image's zeros are those that the model takes: of normalised images, the data's mean colour. The pixels'
    sum is the score less that of the zeros, to the error of 50 steps:

    .. math:: M_{ij} = \sum_c X_{c,ij} \int_0^1 \frac{\partial S(a X)}{\partial X_{c,ij}} \, da

    Sundararajan, Taly & Yan, "Axiomatic attribution for deep networks", ICML 2017.
    """
    from captum.attr import IntegratedGradients  # an extra

    found = IntegratedGradients(seen.scores).attribute(seen.image, internal_batch_size=seen.batch)
    return _as_map(found.sum(dim=1))


def occlusion(seen: Input) -> np.ndarray:
    r"""Which regions the score would miss: its drop with a patch of zeros over them.

    A patch of an eighth of each side moves by half its size; a pixel has the mean over the patches P that cover it:

    .. math:: M_{ij} = \operatorname{mean}_{P \ni ij} \left( S(X) - S(X_{\setminus P}) \right)

    Zeiler & Fergus, "Visualizing and understanding convolutional networks", ECCV 2014.
    """
    from captum.attr import Occlusion  # an extra

    channels, height, width = seen.image.shape[1:]
    patch = (channels, max(height // 8, 1), max(width // 8, 1))
    strides = (channels, max(patch[1] // 2, 1), max(patch[2] // 2, 1))
    with torch.no_grad():
        found = Occlusion(seen.scores).attribute(
            seen.image, sliding_window_shapes=patch, strides=strides, perturbations_per_eval=seen.batch
        )
    return _as_map(found.mean(dim=1))


def _as_map(found: torch.Tensor) -> np.ndarray:
    """Give an attribution ``[1, H, W]`` as an array."""
    return found[0].detach().to("cpu", torch.float64).numpy()
