"""Methods that read all the attention of a pass: where the model as a whole attends.

In the equations, A^l is the attention of layer l, from the first to L, ``[heads, queries, keys]``, over N tokens.
"""

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np


class Attentions:
    """The attention weights of a pass, and the gradients of the target's score with respect to them.

    Parameters
    ----------
    weights : sequence of ndarray ``[heads, N, N]``
        One for each attention layer that is read, in the order of the pass; only the number of heads may differ.
    gradients : callable
        Gives the gradients, in the same order and shapes.
    """

    def __init__(self, weights: Sequence[np.ndarray], gradients: Callable[[], Sequence[np.ndarray]]) -> None:
        self.weights = weights
        self._gradients = gradients

    @cached_property
    def gradients(self) -> Sequence[np.ndarray]:
        """The gradients of the target's score with respect to the weights."""
        return self._gradients()


def attention_rollout(attentions: Attentions) -> np.ndarray:
    r"""Where the class token's attention leads, followed through all layers; the same for every class.

    Each layer's attention is averaged over heads, the identity is added for the residual branch, and each row is
    divided by its sum; then the layers are multiplied. The last layer's heads h are kept apart, so that their
    mean is the rollout:

    .. math::
        \hat A^l = \mathrm{rows}\left(\frac{1}{H} \sum_h A^l_h + I\right), \qquad
        R_h = \mathrm{rows}(A^L_h + I)\, \hat A^{L-1} \cdots \hat A^1

    Abnar & Zuidema, "Quantifying attention flow in transformers", ACL 2020.

    Returns
    -------
    ndarray ``[heads, N, N]``, float64
        How much each token, by row, draws from each token of the input; rows sum to one.
    """
    *earlier, last = attentions.weights
    flow = np.eye(last.shape[-1])
    for weights in earlier:
        flow = _with_residual(weights.mean(axis=0, dtype=np.float64)) @ flow
    return _with_residual(last.astype(np.float64)) @ flow


def legrad(attentions: Attentions) -> np.ndarray:
    r"""Which patches would raise the score if they were attended to more, over all layers.

    The positive part of the gradient of the score S with respect to each layer's attention, averaged over queries i
    and layers; heads are kept apart, so that their mean is the paper's map:

    .. math:: R_{h,j} = \frac{1}{L N} \sum_l \sum_i \max\left(\frac{\partial S}{\partial A^l_{h,ij}}, 0\right)

    If layers differ in their number of heads, heads do not correspond: each layer is averaged over its own, which
    leaves the paper's map alone.

    Bousselham et al., "LeGrad: an explainability method for vision transformers via feature formation
    sensitivity", 2024. The paper scores each layer by the classifier on that layer's tokens; here every layer has the
    model's score, which takes no knowledge of the classifier and is the same at the last layer.

    Returns
    -------
    ndarray ``[heads, 1, N]``, or ``[1, 1, N]`` if layers differ in their number of heads; float64
        How sensitive the score is to attention on each token.
    """
    means = [np.maximum(gradient, 0).mean(axis=1, keepdims=True, dtype=np.float64) for gradient in attentions.gradients]
    if len({len(mean) for mean in means}) > 1:
        means = [mean.mean(axis=0, keepdims=True) for mean in means]
    return np.mean(means, axis=0)


def _with_residual(weights: np.ndarray) -> np.ndarray:
    """Add the identity to ``[..., N, N]``, and divide each row by its sum."""
    added = weights + np.eye(weights.shape[-1])
    return added / added.sum(axis=-1, keepdims=True)
