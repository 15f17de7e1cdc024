"""Methods that look at activations alone: where a layer is active, whatever the class."""

import numpy as np

from attn_widget.methods.activation import Activation, Weighing


def channel_mean(activation: Activation) -> Weighing:
    r"""Where the layer is active, channel by channel.

    The weight of channel c is the mean of its map A over the grid. It contributes only if that mean is positive, so
    that a negative weight times a negative map does not pass for evidence:

    .. math:: w_c = \frac{1}{hw} \sum_{ij} A_{c,ij}, \qquad C_c = \max(w_c, 0)\, A_c

    It looks at activations alone, so it is the same for every class. The tutorial's method; compare the "mean
    activation" ranking of Zhou et al., "Object detectors emerge in deep scene CNNs", ICLR 2015.
    """
    weights = activation.maps.mean(axis=(-2, -1))
    return Weighing(weights, factors=np.maximum(weights, 0))


def eigen_cam(activation: Activation) -> Weighing:
    r"""The strongest pattern that the channels have in common; the same for every class.

    With the maps as a matrix M of ``[hw, K]``, not centred, and v its first right singular vector, signed so
    that the overall map's sum is positive:

    .. math:: M = U \Sigma V^T, \qquad w = v_1, \qquad C_c = w_c A_c

    Muhammad & Yeasin, "Eigen-CAM: class activation map using principal components", IJCNN 2020.
    """
    channels = activation.maps.reshape(len(activation.maps), -1)
    if not np.isfinite(channels).all():
        unknown = np.full(len(channels), np.nan)
        return Weighing(unknown, factors=unknown)
    if channels.shape[0] <= channels.shape[1]:
        weights = _leading_vector(channels @ channels.T)
    else:  # from the smaller matrix, cells by cells, whose leading vector the maps take to that of the channels
        weights = channels @ _leading_vector(channels.T @ channels)
        length = np.linalg.norm(weights)
        weights = weights / length if length > 0 else weights
    if (weights @ channels).sum() < 0:
        weights = -weights
    return Weighing(weights, factors=weights)


def _leading_vector(symmetric: np.ndarray) -> np.ndarray:
    return np.linalg.eigh(symmetric)[1][:, -1]
