"""Methods that read all the attention of a pass: where the model as a whole attends.

With A^l the attention weights of layer l, from the first to L, ``[heads, queries, keys]``, and N tokens.
"""

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np


class Attentions:
    """The attention weights of a pass, and the gradients of the target's score with respect to them.

    Parameters
    ----------
    weights : sequence of ndarray ``[heads, N, N]``
        One for each attention layer that is read, in the order of the pass; all of one shape but for the heads.
    gradients : callable
        Gives the gradients, in the same order and shapes.
    """

    def __init__(self, weights: Sequence[np.ndarray], gradients: Callable[[], Sequence[np.ndarray]]) -> None:
        self.weights = weights
        self._gradients = gradients

    @cached_property
    def gradients(self) -> Sequence[np.ndarray]:
        """Of the target's score with respect to the weights."""
        return self._gradients()


def attention_rollout(attentions: Attentions) -> np.ndarray:
    r"""Where the class token's attention comes from, followed through all layers; no class of the target enters.

    Each layer's attention is averaged over heads, the residual branch added as the identity, and each row
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
    r"""Which patches the score would rise with if they were attended to more, over all layers.

    The gradient of the score S with respect to each layer's attention, where it is positive, averaged over
    queries i and layers; heads are kept apart, so that their mean is the paper's map:

    .. math:: R_{h,j} = \frac{1}{L N} \sum_l \sum_i \max\left(\frac{\partial S}{\partial A^l_{h,ij}}, 0\right)

    Where layers differ in their number of heads, these are no longer the same ones from layer to layer: each layer is
    averaged over its own, and the paper's map is the one that is left.

    Bousselham et al., "LeGrad: an explainability method for vision transformers via feature formation
    sensitivity", 2024. The paper takes for each layer a score of its own, the classifier on that layer's tokens;
    here it is the model's score for all, which needs to know no classifier, and is the same at the last layer.

    Returns
    -------
    ndarray ``[heads, 1, N]``, or ``[1, 1, N]`` where layers differ in their heads; float64
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
