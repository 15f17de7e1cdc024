"""Grad-CAM with parts for channels."""

import numpy as np

from attn_widget.methods.activation import Activation, Weighing
from attn_widget.methods.directions import Directions


def weigh_parts(directions: Directions, activation: Activation) -> Weighing:
    r"""Parts of the layer instead of its channels: each is weighted by the mean gradient along its direction.

    With H the parts' amounts in a layer's maps A (`Directions.amounts`), w their vectors, R what no part makes up, and
    G the gradient of the score S with respect to A:

    .. math::
        A_{ij} = \sum_p H_{p,ij} w_p + R_{ij}, \qquad
        c_p = \frac{1}{hw} \sum_{ij} \frac{\partial S}{\partial H_{p,ij}} = \frac{1}{hw} \sum_{ij} G_{ij} \cdot w_p,
        \qquad C_p = c_p H_p

    So all contributions together are Grad-CAM's map of A - R.
    """
    maps = np.moveaxis(directions.amounts(np.moveaxis(activation.maps, -3, -1)), -1, -3)
    weights = activation.gradients.mean(axis=(-2, -1)) @ directions.vectors.T
    return Weighing(weights, factors=weights, parts=directions, maps=maps)
