"""Methods without channels: how each pixel of the image affects the target's score. Captum does the work."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

NEED_CAPTUM = ("saliency", "integrated-gradients", "occlusion")
"""The names of this file's methods; they are registered if Captum is installed."""


@dataclass(frozen=True, eq=False)
class Input:
    """An image, and what can be asked about it.

    Attributes
    ----------
    image : Tensor ``[1, C, H, W]``
        As the model takes it, ready to be differentiated.
    scores : callable
        Gives the target's score for each of a batch of images, ``[n, C, H, W]`` to ``[n]``, differentiably.
    batch : int
        The largest n.
    """

    image: torch.Tensor
    scores: Callable[[torch.Tensor], torch.Tensor]
    batch: int


def saliency(seen: Input) -> np.ndarray:
    r"""Which pixels the score is most sensitive to: the size of its gradient.

    .. math:: M_{ij} = \max_c \left| \frac{\partial S}{\partial X_{c,ij}} \right|

    Simonyan, Vedaldi & Zisserman, "Deep inside convolutional networks: visualising image classification models
    and saliency maps", ICLR 2014 workshop.
    """
    from captum.attr import Saliency  # an extra

    return _as_map(Saliency(seen.scores).attribute(seen.image).amax(dim=1))


def integrated_gradients(seen: Input) -> np.ndarray:
    r"""Which pixels raise the score on the path from an all-zero image: gradients integrated along it.

    Zero is meant as the model takes it: for normalised images, the data's mean colour. The pixels sum to the score less
    that of the all-zero image, up to the error of 50 steps:

    .. math:: M_{ij} = \sum_c X_{c,ij} \int_0^1 \frac{\partial S(a X)}{\partial X_{c,ij}} \, da

    Sundararajan, Taly & Yan, "Axiomatic attribution for deep networks", ICML 2017.
    """
    from captum.attr import IntegratedGradients  # an extra

    found = IntegratedGradients(seen.scores).attribute(seen.image, internal_batch_size=seen.batch)
    return _as_map(found.sum(dim=1))


def occlusion(seen: Input) -> np.ndarray:
    r"""Which regions the score needs: how far it drops with a patch of zeros over them.

    A patch of an eighth of each side moves by half its size; a pixel gets the mean over the patches P that cover it:

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
    """Turn an attribution ``[1, H, W]`` into an array ``[H, W]``, float64."""
    return found[0].detach().to("cpu", torch.float64).numpy()
