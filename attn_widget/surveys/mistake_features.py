"""Mistakes as points: how each one differs from right predictions, and which classes it confuses."""

from dataclasses import dataclass

import numpy as np

from attn_widget.surveys.mistake_record import Mistakes

_CELLS = 8  # rows and columns to which heatmaps are reduced
_DIRECTIONS = 5  # principal directions that are kept of the heatmaps, and of the contributions
_USUAL = 1.5  # standard deviations of right predictions within which a value says nothing
_PREDICTED, _TRUE = 1.5, 0.5  # the distance of two mistakes with other predicted classes, and with other true ones
_FEW = 5.0  # as many right predictions of a class weigh as much as all others together


@dataclass(frozen=True, eq=False)
class Points:
    """Mistakes as points ``[m, d]``, float64; `blocks` are the columns that say one thing together."""

    values: np.ndarray
    blocks: tuple[slice, ...]


def points_of(mistakes: Mistakes, right: Mistakes) -> Points:
    """Make each mistake a point, on the scale of right predictions.

    Heatmaps, as square roots of distributions over at most 8 by 8 cells, and contributions, less those that are usual
    for the predicted class (`usual_contributions`), are projected on the first five principal directions of mistakes
    and right ones. These, the brightness and the sharpness x are read as

        z = (x - mean) / sd,    asinh(sign(z) max(|z| - 1.5, 0))

    with mean and standard deviation of right predictions: what is usual among them is 0 (soft thresholding, Donoho
    1995), so that mistakes meet in what is unusual about them. Two mistakes with other predicted classes are another
    1.5 apart, with other true classes another 0.5.
    """
    columns = [
        _unusual(_directions(_heat(mistakes.maps), _heat(right.maps))),
        _unusual(_directions(_odd_contributions(mistakes, right), _odd_contributions(right, right))),
        _unusual((mistakes.pictures.astype(np.float64), right.pictures.astype(np.float64))),
    ]
    single = np.hstack(columns)
    pairs = [_one_of(mistakes.predicted, _PREDICTED), _one_of(mistakes.labels, _TRUE)]
    at = single.shape[1]
    blocks = [slice(each, each + 1) for each in range(at)]
    for pair in pairs:
        blocks.append(slice(at, at + pair.shape[1]))
        at += pair.shape[1]
    return Points(np.hstack([single, *pairs]), tuple(blocks))


def usual_contributions(predicted: np.ndarray, right: Mistakes) -> np.ndarray:
    """Give the contributions that are usual where the prediction is right: ``[m, K]``, float64, for classes ``[m]``.

    This is the mean over right predictions of the class; a class with n of them takes a part 5 / (5 + n) of the mean
    over all.
    """
    shares = np.nan_to_num(right.contributions.astype(np.float64))
    overall = shares.mean(0)
    classes, at = np.unique(predicted, return_inverse=True)
    usual = np.empty((len(classes), shares.shape[1]))
    for row, index in enumerate(classes):
        own = right.predicted == index
        usual[row] = (shares[own].sum(0) + _FEW * overall) / (own.sum() + _FEW)
    return usual[at]


def _heat(maps: np.ndarray) -> np.ndarray:
    """Give the square roots of heatmaps' distributions over fewer cells, ``[m, cells]``; zeros for none."""
    heat = np.nan_to_num(maps.astype(np.float64))
    for axis in (1, 2):
        edges = np.linspace(0, heat.shape[axis], min(heat.shape[axis], _CELLS) + 1).round().astype(int)
        heat = np.add.reduceat(heat, edges[:-1], axis=axis)
    heat = heat.reshape(len(heat), -1)
    total = heat.sum(1, keepdims=True)
    return np.sqrt(np.divide(heat, total, out=np.zeros_like(heat), where=total > 0))


def _odd_contributions(samples: Mistakes, right: Mistakes) -> np.ndarray:
    """Give contributions less the usual ones; zeros for none."""
    return np.nan_to_num(samples.contributions.astype(np.float64) - usual_contributions(samples.predicted, right))


def _directions(mistakes: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Project both on their first principal directions, about the mean of right ones."""
    mean = right.mean(0)
    _, _, directions = np.linalg.svd(np.vstack([mistakes, right]) - mean, full_matrices=False)
    kept = directions[:_DIRECTIONS].T
    return (mistakes - mean) @ kept, (right - mean) @ kept


def _unusual(of: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Say how far mistakes lie outside what is usual among right ones; 0 where that, or a value, is not known."""
    mistakes, right = of
    known = ~np.isnan(right)
    counts = np.maximum(known.sum(0), 1)
    mean = np.where(known, right, 0).sum(0) / counts
    spread = np.sqrt((np.where(known, right - mean, 0) ** 2).sum(0) / counts)
    z = np.divide(mistakes - mean, spread, out=np.zeros_like(mistakes), where=spread > 1e-3 * spread.max())
    z = np.nan_to_num(z)
    return np.arcsinh(np.sign(z) * np.maximum(np.abs(z) - _USUAL, 0))


def _one_of(classes: np.ndarray, apart: float) -> np.ndarray:
    """Give each class a corner, all as far apart: ``[m, classes]``."""
    return (classes[:, None] == np.unique(classes)) * (apart / np.sqrt(2))
