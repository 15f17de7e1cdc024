"""Eigen-CAM: the pattern that the channels have in common."""

import numpy as np

from attn_widget.methods.activation import Activation, Weighing


def eigen_cam(activation: Activation) -> Weighing:
    r"""The strongest pattern that the channels have in common; no class enters.

    With the maps as a matrix M of ``[hw, K]``, not centred, and v its first right singular vector, signed so
    that the overall map's sum is positive:

    .. math:: M = U \Sigma V^T, \qquad w = v_1, \qquad C_c = w_c A_c

    Muhammad & Yeasin, "Eigen-CAM: class activation map using principal components", IJCNN 2020.
    """
    channels = activation.maps.reshape(len(activation.maps), -1)
    if not np.isfinite(channels).all():
        unknown = np.full(len(channels), np.nan)
        return Weighing(unknown, factors=unknown)
    weights = _leading_vector(channels @ channels.T) if channels.shape[0] <= channels.shape[1] else _by_cells(channels)
    if (weights @ channels).sum() < 0:
        weights = -weights
    return Weighing(weights, factors=weights)


def _leading_vector(symmetric: np.ndarray) -> np.ndarray:
    return np.linalg.eigh(symmetric)[1][:, -1]


def _by_cells(channels: np.ndarray) -> np.ndarray:
    """Find the vector from the smaller matrix, cells by cells: its images under the maps are the same."""
    weights = channels @ _leading_vector(channels.T @ channels)
    length = np.linalg.norm(weights)
    return weights / length if length > 0 else weights
