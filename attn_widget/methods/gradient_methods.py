"""Methods that weight channels by the gradient of the target's score: what a class depends on.

In the equations, A is the layer's maps, S the score, and G the gradient of S with respect to A.
"""

import numpy as np

from attn_widget.methods.activation import Activation, Weighing

SIMILAR = 3
"""How many similar classes Finer-CAM compares with, and how strongly: both as in torchcam."""
STRENGTH = 0.6


def grad_cam(activation: Activation) -> Weighing:
    r"""Which channels raise the score: each is weighted by the mean of its gradient.

    .. math:: w_c = \frac{1}{hw} \sum_{ij} G_{c,ij}, \qquad C_c = w_c A_c

    Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based localization",
    ICCV 2017. Just before a global average pool and one linear layer it equals HiResCAM and XGrad-CAM.
    """
    weights = activation.gradients.mean(axis=(-2, -1))
    return Weighing(weights, factors=weights)


def grad_cam_plus_plus(activation: Activation) -> Weighing:
    r"""Like Grad-CAM, for objects that appear several times: each cell counts by how much it alone matters.

    .. math::
        \alpha_{c,ij} = \frac{G_{c,ij}^2}{2 G_{c,ij}^2 + G_{c,ij}^3 \sum_{ab} A_{c,ab}}, \qquad
        w_c = \sum_{ij} \alpha_{c,ij} \max(G_{c,ij}, 0), \qquad C_c = w_c A_c

    Chattopadhay et al., "Grad-CAM++: generalized gradient-based visual explanations for deep convolutional
    networks", WACV 2018, for the exponential of the score, without the factor that all channels share.
    """
    gradients, sums = activation.gradients, activation.maps.sum(axis=(-2, -1), keepdims=True)
    denominator = 2 * gradients**2 + gradients**3 * sums
    alphas = np.divide(gradients**2, denominator, out=np.zeros_like(gradients), where=denominator != 0)
    weights = (alphas * np.maximum(gradients, 0)).sum(axis=(-2, -1))
    return Weighing(weights, factors=weights)


def xgrad_cam(activation: Activation) -> Weighing:
    r"""Like Grad-CAM, with each cell's gradient weighted by the cell's share of its channel.

    .. math:: w_c = \sum_{ij} \frac{A_{c,ij}}{\sum_{ab} A_{c,ab}} G_{c,ij}, \qquad C_c = w_c A_c

    Fu et al., "Axiom-based Grad-CAM: towards accurate visualization and explanation of CNNs", BMVC 2020.
    A channel whose sum is zero has weight zero.
    """
    sums = activation.maps.sum(axis=(-2, -1))
    products = (activation.maps * activation.gradients).sum(axis=(-2, -1))
    weights = np.divide(products, sums, out=np.zeros_like(sums), where=sums != 0)
    return Weighing(weights, factors=weights)


def hires_cam(activation: Activation) -> Weighing:
    r"""Where the score comes from, cell by cell: gradient times map.

    .. math:: w_c = \frac{1}{hw} \sum_{ij} G_{c,ij}, \qquad C_c = G_c \odot A_c

    Draelos & Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural
    networks", 2020.
    """
    gradients = activation.gradients
    return Weighing(gradients.mean(axis=(-2, -1)), factors=gradients)


def layer_cam(activation: Activation) -> Weighing:
    r"""Where more activity would raise the score, cell by cell; good at early layers too.

    .. math:: w_c = \frac{1}{hw} \sum_{ij} \max(G_{c,ij}, 0), \qquad C_c = \max(G_c, 0) \odot A_c

    Jiang et al., "LayerCAM: exploring hierarchical class activation maps for localization", IEEE TIP 2021.
    """
    positive = np.maximum(activation.gradients, 0)
    return Weighing(positive.mean(axis=(-2, -1)), factors=positive)


def finer_cam(activation: Activation) -> Weighing:
    r"""What tells a class from the most similar ones: Grad-CAM for its score less a part of theirs.

    With s the class scores, c the class explained and D the three classes whose scores are nearest to its own (of a
    contrast, the one class that c is contrasted with):

    .. math::
        Z = s_c - \gamma \frac{1}{|D|} \sum_{d \in D} s_d, \quad \gamma = 0.6, \qquad
        w_k = \frac{1}{hw} \sum_{ij} \frac{\partial Z}{\partial A_{k,ij}}, \qquad C_k = w_k A_k

    Zhang et al., "Finer-CAM: spotting the difference reveals finer details for visual explanation", CVPR 2025. It takes
    a forward and a backward pass more.
    """
    scores, (of, *against) = activation.class_scores
    if not against:
        nearest = np.argsort(np.abs(scores - scores[of]), kind="stable")
        against = nearest[nearest != of][:SIMILAR].tolist()
    mixture = np.zeros(len(scores))
    mixture[of] = 1
    mixture[against] -= STRENGTH / len(against)
    weights = activation.gradients_of(mixture).mean(axis=(1, 2))
    return Weighing(weights, factors=weights)


def refine_cam(activation: Activation) -> Weighing:
    r"""Grad-CAM++ in the detail of an early layer, kept where all coarser layers behind it agree.

    With M the map of Grad-CAM++ at a layer, and N its normalisation to [0, 1], each channel is weighed as by Grad-CAM++
    and multiplied, cell by cell, by the heatmaps of the layers l behind it, of each coarser grid the last one, resized
    to this grid. So the overall map is the product of all layers' maps:

    .. math::
        w_c \text{ as by Grad-CAM++}, \qquad
        C_c = w_c A_c \odot \prod_l N(\max(M^l, 0)), \qquad \sum_c C_c = M \odot \prod_l N(\max(M^l, 0))

    If M is positive everywhere, its smallest value is taken off, as N does. With no coarser grid behind the layer, the
    heatmap is that of Grad-CAM++.

    Domeniconi et al., "How to evaluate and refine your CAM", ICPR 2026. It takes two forward passes and a backward pass
    more.
    """
    weighing = grad_cam_plus_plus(activation)
    overall = weighing.overall_map(activation.maps)
    least = np.maximum(np.fmin.reduce(overall, axis=None), 0)
    gate = np.divide(overall - least, overall, out=np.ones_like(overall), where=(overall > 0) & np.isfinite(overall))
    gate *= activation.heatmaps_behind(grad_cam_plus_plus).prod(axis=0)
    return Weighing(weighing.weights, factors=weighing.weights[:, None, None] * gate)
