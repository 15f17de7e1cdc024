"""Non-negative matrix factorisation of a layer's values, and whether other random starts end at the same parts."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from attn_widget.methods.directions import descend

STARTS = 8
"""How many random starts there are, of which the one that is best after a few rounds goes on."""
_TO_THE_END = 3
_FIRST_ROUNDS = 30
_ROUNDS = 500
_ENOUGH = 1e-6  # of all squares: where a round takes less than this off the error, it ends
_SWEEPS = 2  # of each side in a round
_APART = 1e-3  # how far, relative to the mean value, starts differ from the cells that they were drawn from


@dataclass(frozen=True, eq=False)
class Factorisation:
    """Values A ``[m, K]`` as a product of amounts H ``[m, n]`` and vectors W ``[n, K]``, both nowhere negative."""

    amounts: np.ndarray
    vectors: np.ndarray
    error: float  # the squares of A - HW as a fraction of those of A


def factorise(values: np.ndarray, n: int, seed: int, told: Callable[[], None] = lambda: None) -> Factorisation:
    r"""Find n vectors whose non-negative mixtures come near to values ``[m, K]``, float64.

    .. math:: \min_{H \ge 0, W \ge 0} \| A - HW \|^2

    by HALS (`attn_widget.methods.directions.descend`), from some of the cells themselves, drawn as k-means++ does: each
    next one the likelier, the more of it lies in the direction of none before. Of `STARTS` such starts the one that is
    best after a few rounds goes on to the end. `told` is called now and then; what it raises ends the work.
    """
    draw = np.random.default_rng(seed)
    begun = sorted((_begun(values, n, draw, told) for _ in range(STARTS)), key=lambda one: one.error)
    return min((_continued(values, one, _ROUNDS, told) for one in begun[:_TO_THE_END]), key=lambda one: one.error)


def _begun(values: np.ndarray, n: int, draw: np.random.Generator, told: Callable[[], None]) -> Factorisation:
    noise = _APART * np.abs(values).mean() * draw.random((n, values.shape[1]))
    vectors = np.maximum(values[_drawn(values, n, draw)], 0) + noise
    start = Factorisation(np.zeros((len(values), n)), vectors, np.inf)
    return _continued(values, start, _FIRST_ROUNDS, told)


def _drawn(values: np.ndarray, n: int, draw: np.random.Generator) -> list[int]:
    """Draw cells that differ in direction."""
    energy = (values**2).sum(axis=1)
    unit = values / np.sqrt(np.where(energy > 0, energy, 1))[:, None]
    left, chosen = energy, []
    for _ in range(n):
        total = left.sum()
        chosen.append(int(draw.choice(len(values), p=left / total if total > 0 else None)))
        left = np.minimum(left, np.maximum(1 - unit @ unit[chosen[-1]], 0) * energy)
    return chosen


def _continued(values: np.ndarray, start: Factorisation, rounds: int, told: Callable[[], None]) -> Factorisation:
    amounts, vectors, error = start.amounts.copy(), start.vectors.copy(), start.error
    total = (values**2).sum()
    for _ in range(rounds):
        told()
        products, gram = values @ vectors.T, vectors @ vectors.T
        for _ in range(_SWEEPS):
            descend(amounts, products, gram)
        products, gram = values.T @ amounts, amounts.T @ amounts
        sides = vectors.T.copy()
        for _ in range(_SWEEPS):
            descend(sides, products, gram)
        vectors = sides.T
        before, error = error, float(1 + ((gram * (vectors @ vectors.T)).sum() - 2 * (products * sides).sum()) / total)
        if before - error < _ENOUGH:
            break
    return Factorisation(amounts, vectors, error)


def of_unit_length(vectors: np.ndarray) -> np.ndarray:
    """Give vectors ``[n, K]`` the length 1; those of zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: np.ndarray = vectors / np.where(lengths > 0, lengths, 1)
    return unit


def matched(vectors: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Pair vectors ``[n, K]`` of unit length with others one to one, so that their cosines sum to the most.

    Gives the cosine of each with its partner, ``[n]``.
    """
    cosines = vectors @ others.T
    rows, columns = linear_sum_assignment(cosines, maximize=True)
    found: np.ndarray = cosines[rows, columns]
    return found
