"""Methods that change something and see what becomes of the target's score; they take many passes."""

import numpy as np

from attn_widget.methods.activation import Activation, Weighing


def ablation_cam(activation: Activation) -> Weighing:
    r"""Which channels the score needs: how far it drops without each of them.

    With S the target's score (a logit, not a probability), and S without c the score when channel c is set to zero:

    .. math:: w_c = \frac{S - S_{\setminus c}}{|S|}, \qquad C_c = w_c A_c

    Ramaswamy & Desai, "Ablation-CAM: visual explanations for deep convolutional network via gradient-free
    localization", WACV 2020; the drop is divided by the score's absolute value, so that a negative score flips no sign.
    Only what follows the layer runs again, once for each channel that is not zero already.
    """
    maps = activation.maps
    alive = np.flatnonzero(maps.any(axis=(1, 2)))
    drops = np.zeros(len(maps))
    drops[alive] = activation.score - activation.scores_with(_without(maps, channel) for channel in alive.tolist())
    weights = drops / abs(activation.score) if activation.score else drops
    return Weighing(weights, factors=weights)


def score_cam(activation: Activation) -> Weighing:
    r"""Which channels show the model what it needs: the score for the image as seen through each of them.

    With H the channel's map, normalised to [0, 1] and resized to the image X, and S the target's score (a logit, not a
    probability); the score of the baseline, a black image, is the same for all channels and cancels:

    .. math:: w = \mathrm{softmax}_c \left( S(X \odot H_c) \right), \qquad C_c = w_c A_c

    Wang et al., "Score-CAM: score-weighted visual explanations for convolutional neural networks", CVPRW 2020.
    It takes one pass for each channel.
    """
    scores = activation.scores_through(activation.maps)
    weights = np.exp(scores - scores.max())
    weights /= weights.sum()
    return Weighing(weights, factors=weights)


def _without(maps: np.ndarray, channel: int) -> np.ndarray:
    changed = maps.copy()
    changed[channel] = 0
    return changed
