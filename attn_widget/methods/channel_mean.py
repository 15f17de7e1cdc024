"""Channel mean: where a layer is active."""

import numpy as np

from attn_widget.methods.activation import Activation, Weighing


def channel_mean(activation: Activation) -> Weighing:
    r"""Where the layer is active, channel by channel.

    The weight of channel c is the mean of its own map A over the grid, and its contribution counts only
    where that mean is positive, so that a negative weight on a negative map is no evidence:

    .. math:: w_c = \frac{1}{hw} \sum_{ij} A_{c,ij}, \qquad C_c = \max(w_c, 0)\, A_c

    It looks at activations alone: no class enters. The tutorial's method; compare the "mean activation"
    ranking of Zhou et al., "Object detectors emerge in deep scene CNNs", ICLR 2015.
    """
    weights = activation.maps.mean(axis=(1, 2))
    return Weighing(weights, factors=np.maximum(weights, 0))
