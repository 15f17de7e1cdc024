"""Intervals by the bootstrap."""

import numpy as np

RESAMPLES = 2000


def bootstrap_intervals(values: np.ndarray, seed: int = 0) -> np.ndarray:
    """Give a 95 % interval for the mean of each row of values, by the percentile bootstrap.

    Efron, "Bootstrap methods: another look at the jackknife", 1979: the samples are drawn again 2,000 times, with
    replacement and the same ones for all rows; the interval goes from the 2.5th to the 97.5th percentile of the means.

    Parameters
    ----------
    values : ndarray ``[..., n]``
        One for each of n samples; NaN where a sample has none.

    Returns
    -------
    ndarray ``[..., 2]``, float64
        NaN where there are only NaN.
    """
    count = values.shape[-1]
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    known = ~np.isnan(values)
    sums, counts = np.where(known, values, 0) @ drawn.T, known @ drawn.T
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    found = np.full((*values.shape[:-1], 2), np.nan)
    some = known.any(-1)
    found[some] = np.nanpercentile(means[some], (2.5, 97.5), axis=-1).T
    return found
