"""Methods that weight channels by the gradient of the target's score: what a class depends on.

In the equations, A is the layer's maps, S the score, and G the gradient of S with respect to A.
"""

import numpy as np

from attn_widget.methods.activation import Activation, Weighing


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
