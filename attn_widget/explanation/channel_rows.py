"""What a method finds of every channel in one image, in a few numbers, of which no picture is made."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from attn_widget.explanation.result import Explanation
from attn_widget.explanation.scored_output import ScoredOutput
from attn_widget.layers import as_float32
from attn_widget.methods import Weighing


class ChannelRow(NamedTuple):
    """One image; all K channels of the layer, in their own order."""

    means: np.ndarray  # of each channel over the grid, ``[K]``, float32
    peaks: np.ndarray  # its highest value, ``[K]``, float32
    cells: np.ndarray  # the flat index of the first cell that has it, ``[K]``, int64
    shares: np.ndarray  # of the positive contributions, as `Explanation.shares` has them: ``[K]``, float32
    overall_map: np.ndarray  # ``[h, w]``, float32, not rectified
    label: Any  # as read beside the scores
    predicted: int | None
    logits: np.ndarray | None  # ``[n]``, float32


def row_of(explanation: Explanation) -> ChannelRow:
    """Make the row of an explanation that holds all its channels."""
    order = np.argsort(explanation.channels)
    maps = explanation.maps[order]
    return ChannelRow(
        *_of_maps(maps),
        explanation.shares[order],
        explanation.overall_map,
        explanation.label,
        explanation.predicted,
        explanation.logits,
    )


def rows_of(outputs: Sequence[ScoredOutput], maps: np.ndarray, weighing: Weighing) -> list[ChannelRow]:
    """Make the rows of several images, whose maps ``[N, K, h, w]`` were weighed at once."""
    means, peaks, cells = _of_maps(maps)
    shares = shares_of(weighing.strengths(maps)).astype(np.float32)
    overall_maps = weighing.overall_map(maps).astype(np.float32)
    rows = []
    for at, output in enumerate(outputs):
        own = means[at], peaks[at], cells[at], shares[at], overall_maps[at]
        scores = output.scores
        if scores is None:
            rows.append(ChannelRow(*own, None, None, None))
        else:
            rows.append(ChannelRow(*own, scores.label, scores.predicted, as_float32(scores.logits)))
    return rows


def shares_of(strengths: np.ndarray) -> np.ndarray:
    """Divide strengths ``[..., K]`` by the sum of the positive ones; where there are none, all are zero."""
    infinite = np.isposinf(strengths)
    if infinite.any():  # nothing else counts
        alone = np.where(np.isnan(strengths), np.nan, infinite)
        strengths = np.where(infinite.any(-1, keepdims=True), alone, strengths)
    positive = np.where(strengths > 0, strengths, 0).sum(-1, keepdims=True)
    none = np.where(np.isnan(strengths), np.nan, 0.0)
    return np.divide(strengths, positive, out=none, where=positive > 0)


def _of_maps(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give means, peaks and their cells, each ``[..., K]``."""
    flat = maps.reshape(*maps.shape[:-2], -1)
    cells = np.where(np.isnan(flat), -np.inf, flat).argmax(-1) if np.isnan(flat).any() else flat.argmax(-1)
    peaks = np.take_along_axis(flat, cells[..., None], -1)[..., 0]
    return flat.mean(-1).astype(np.float32), peaks.astype(np.float32), cells
