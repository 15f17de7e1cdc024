"""Directions among a layer's channels, of which its values are mixtures: parts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from attn_widget.refusal import Refusal
from attn_widget.words import part_words

_SWEEPS = 1000
_PRECISION = 1e-7  # of the largest amount: where a sweep changes none by more, they are found


@dataclass(frozen=True, eq=False)
class Directions:
    """Directions in the space of a layer's channels; a cell holds a non-negative amount of each.

    Attributes
    ----------
    layer : str
        The layer's name.
    vectors : ndarray ``[n, K]``, float64, read-only
        One direction of unit length, nowhere negative, for each part.
    """

    layer: str
    vectors: np.ndarray = field(repr=False)

    def amounts(self, values: np.ndarray) -> np.ndarray:
        r"""Find how much of each part is in cells with values ``[..., K]``: ``[..., n]``, float64.

        With w the vectors, each cell a for itself:

        .. math:: h = \arg\min_{h \ge 0} \Big\| a - \sum_i h_i w_i \Big\|^2

        Values below zero are in no part, as no amount and no direction is. Raises a Refusal for another K.
        """
        count = values.shape[-1]
        self.check(count)
        cells = values.reshape(-1, count).astype(np.float64)
        found = np.zeros((len(cells), len(self.vectors)))
        products, gram = cells @ self.vectors.T, self.vectors @ self.vectors.T
        for _ in range(_SWEEPS):
            before = found.copy()
            descend(found, products, gram)
            change, largest = (np.fmax.reduce(np.abs(one), axis=None, initial=0) for one in (found - before, found))
            if change <= _PRECISION * largest:
                break
        return found.reshape(*values.shape[:-1], len(self.vectors))

    def check(self, count: int) -> None:
        """Raise a Refusal for another number of channels than K."""
        if count != self.vectors.shape[1]:
            raise Refusal(part_words.other_channel_count(self.layer, self.vectors.shape[1], count))

    def mixed(self, parts: Sequence[int], values: np.ndarray) -> np.ndarray:
        """Give what some parts make up of values ``[..., K]``: their amounts along their directions, as much."""
        chosen = list(parts)
        mixture: np.ndarray = self.amounts(values)[..., chosen] @ self.vectors[chosen]
        return mixture


def same_parts(one: Directions | None, other: Directions | None) -> bool:
    """Whether both are the same parts of the same layer, or both none."""
    if one is None or other is None or one is other:
        return one is other
    return one.layer == other.layer and np.array_equal(one.vectors, other.vectors)


def descend(amounts: np.ndarray, products: np.ndarray, gram: np.ndarray) -> None:
    r"""Bring amounts ``[m, n]`` nearer to the best, one part after another: a sweep of coordinate descent, in place.

    With A what is to be mixed from n vectors w, `products` :math:`A w^T` ``[m, n]`` and `gram` :math:`w w^T`:

    .. math:: h_p \leftarrow \max\Big(h_p + \frac{(A w^T)_p - (h\, w w^T)_p}{(w w^T)_{pp}},\, 0\Big)

    These are the steps of HALS: Cichocki & Phan, "Fast local algorithms for large scale nonnegative matrix and tensor
    factorizations", IEICE Transactions 2009.
    """
    for part in range(len(gram)):
        if gram[part, part] > 0:
            step = (products[:, part] - amounts @ gram[:, part]) / gram[part, part]
            amounts[:, part] = np.maximum(amounts[:, part] + step, 0)
