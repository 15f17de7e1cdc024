"""Pixels guessed from those around them, so that taking them away leaves no edge."""

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve


class LinearImputation:
    r"""Replaces pixels of images of one size by the weighted mean of their eight neighbours, solved for all at once.

    For each missing pixel i, with its neighbours N(i) inside the image, known or missing themselves,

    .. math:: x_i = \sum_{j \in N(i)} w_{ij} x_j \Big/ \sum_{j \in N(i)} w_{ij}

    where w is 1/6 for the four neighbours that share a side and 1/12 for the four that share a corner: the imputation
    of Rong, Leemann, Borisov, Kasneci & Kasneci, "A consistent and efficient evaluation strategy for attribution
    methods", ICML 2022, without its noise.

    Parameters
    ----------
    size : tuple of int
        ``(H, W)``.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        rows, columns = (
            sparse.diags_array([1.0, 2.0, 1.0], offsets=[-1, 0, 1], shape=(pixels, pixels)) for pixels in size
        )
        weights = (sparse.kron(rows, columns) - 4 * _identity(size[0] * size[1])).tocsr()
        weights.eliminate_zeros()
        self._means = (sparse.diags_array(1 / weights.sum(axis=1)) @ weights).tocsr()

    def fill(self, pixels: np.ndarray, missing: np.ndarray) -> np.ndarray:
        """Give the values of missing pixels, ``[m, C]``, float64.

        Parameters
        ----------
        pixels : ndarray ``[H * W, C]``
            The image, row by row.
        missing : ndarray ``[m]``
            The numbers of the pixels that are missing: at least one, and not all.
        """
        known = np.ones(len(pixels), bool)
        known[missing] = False
        rows = self._means[missing]
        among = _identity(len(missing)) - rows[:, missing]
        found: np.ndarray = spsolve(among.tocsc(), rows[:, known] @ pixels[known])
        return found.reshape(len(missing), -1)


def _identity(size: int) -> sparse.dia_array:
    return sparse.diags_array(np.ones(size))
