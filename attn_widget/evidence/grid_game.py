"""The grid pointing game: whether the heat for a class lies on the image of that class, among four."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from attn_widget.capture import Forward, fitted, hooked_pass
from attn_widget.evidence.bootstrap import bootstrap_intervals
from attn_widget.evidence.heat import positive_heat
from attn_widget.evidence.image_grid import cell_heat, checked_images, halved, joined, peak_cell
from attn_widget.explanation import Explanation, explain_batch
from attn_widget.explanation.batched_scores import Batches
from attn_widget.methods import method_named
from attn_widget.outputs import score_rows
from attn_widget.predictions.batch_scores import score_batch
from attn_widget.words import evidence

Progress = Callable[[int], None]

TOGETHER = 8
"""How many grids are explained at once."""


@dataclass(frozen=True, eq=False, repr=False)
class GridGame:
    """What a grid pointing game found, for n grids and the four cells of each, row by row.

    Attributes
    ----------
    layer, method : str
        What explained; the layer is empty for a method that reads none.
    size : tuple of int
        ``(H, W)`` of the grids as the model saw them.
    shrunk : bool
        Whether each grid was shrunk to the size of one image, since the model does not take larger ones.
    positions : ndarray ``[n, 4]``, int64
        Which of the images given lies in each cell.
    classes : ndarray ``[n, 4]``, int64
        Its class, which was explained.
    shares : ndarray ``[n, 4]``, float64
        The share of the positive heat for that class which lies in its own cell; 0 for a heatmap without any.
    hits : ndarray ``[n, 4]``, bool
        Whether the heatmap's peak lies in it.
    blank : int
        How many of the heatmaps had no positive heat.
    seed : int
        Of the grids and of the intervals.
    """

    layer: str
    method: str
    size: tuple[int, int]
    shrunk: bool
    positions: np.ndarray
    classes: np.ndarray
    shares: np.ndarray
    hits: np.ndarray
    blank: int
    seed: int

    chance: ClassVar[float] = 0.25
    """The control: what a map that ignores the class has of both."""

    @property
    def share(self) -> float:
        """The mean share of the heat in the right cell."""
        return float(self.shares.mean())

    @property
    def share_interval(self) -> tuple[float, float]:
        """Its 95 % interval, by the bootstrap over grids."""
        return self._interval(self.shares)

    @property
    def hit_rate(self) -> float:
        """The share of the peaks that lie in the right cell."""
        return float(self.hits.mean())

    @property
    def hit_interval(self) -> tuple[float, float]:
        """Its 95 % interval, by the bootstrap over grids."""
        return self._interval(self.hits)

    def _interval(self, values: np.ndarray) -> tuple[float, float]:
        low, high = bootstrap_intervals(values.mean(axis=1), self.seed)
        return float(low), float(high)

    def __repr__(self) -> str:
        share, hits = (
            evidence.with_interval(mean, interval)
            for mean, interval in ((self.share, self.share_interval), (self.hit_rate, self.hit_interval))
        )
        return evidence.grid_game_summary(
            self.method, self.layer, len(self.shares), self.size, self.shrunk, share, hits, self.blank
        )


def grid_pointing_game(
    model: nn.Module,
    images: Sequence[torch.Tensor] | torch.Tensor,
    labels: Sequence[int] | torch.Tensor | np.ndarray,
    *,
    layer: str | None = None,
    method: str = "grad-cam",
    n: int = 50,
    confidence: float = 0.5,
    seed: int = 0,
    forward: Forward | None = None,
    progress: Progress | None = None,
) -> GridGame:
    """Play the grid pointing game: whether the heat for a class lies on the image of that class, among four.

    Rao, Böhle & Schiele, "Towards better understanding attribution methods", CVPR 2022 (GridPG). A grid shows four
    images of different classes, each of which the model recognises. Each of these classes is explained in turn, and
    with ``A+`` the positive part of its map, resized bilinearly to the grid's pixels, its own cell i has the share

        ``L_i = sum_{p in cell i} A+(p) / sum_{j = 1..4} sum_{p in cell j} A+(p)``.

    A method that ignores the class gives all four the same map, whose shares add up to 1: 25 % on average, exactly.

    A grid has twice the image's height and width, unless the model raises an error about that: then it is shrunk to
    the image's size, each pixel the mean of 2x2.

    Parameters
    ----------
    model : Module
        A classifier, in any mode; it is left exactly as it was.
    images : sequence of Tensor ``[C, H, W]``, or Tensor ``[N, C, H, W]``
        All of one size, as the model takes them.
    labels : sequence of int, ``[N]``
        Their classes.
    layer, method
        As in `explain`; the default layer is that of the first grid.
    n : int
        How many grids. With few images, the same ones come again and again, and the intervals are too narrow.
    confidence : float
        Images play only if the model predicts their class, with at least this probability (0.99 in the paper).
    seed : int
        The grids depend on nothing else: four classes at random, and an image of each.
    forward : callable, optional
        As in `explain`.
    progress : callable, optional
        Is told after each batch of grids how many are done; what it raises ends the work.

    Returns
    -------
    GridGame

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid, if fewer than four classes have an image of which the model is sure, or as `explain`
        does.
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise ValueError(f"n must be a number of grids of at least 1, got {n!r}")
    method_named(method)  # an unknown one is an error before any work
    given = checked_images(images)
    classes = _checked_labels(labels, len(given))
    sure = _sure(model, given, classes, confidence, forward, progress)
    positions = np.stack(list(_drawn(sure, classes, n, np.random.default_rng(seed))))
    shrunk = not _takes(model, joined([given[at] for at in positions[0]]), forward)
    outcomes: list[tuple[float, bool, bool]] = []
    for start in range(0, n, TOGETHER):
        some = positions[start : start + TOGETHER]
        wholes = [joined([given[at] for at in places]) for places in some]
        grids = torch.stack([halved(whole) if shrunk else whole for whole in wholes])
        explanations = _explained(model, grids, classes[some], layer, method, forward)
        outcomes += [_outcome(one, number % 4) for number, one in enumerate(explanations)]
        layer = explanations[0].layer or None
        if progress is not None:
            progress(start + len(some))
    shares, hits, blank = zip(*outcomes, strict=True)
    return GridGame(
        layer=layer or "",
        method=method,
        size=explanations[0].size,
        shrunk=shrunk,
        positions=positions,
        classes=classes[positions],
        shares=np.reshape(shares, (n, 4)),
        hits=np.reshape(hits, (n, 4)),
        blank=sum(blank),
        seed=seed,
    )


def _outcome(explanation: Explanation, cell: int) -> tuple[float, bool, bool]:
    """Give the share of the heat in a cell, whether the peak is there, and whether there is no heat at all."""
    heat = positive_heat(explanation)
    if not heat.any():
        return 0.0, False, True
    return float(cell_heat(heat)[cell] / heat.sum()), peak_cell(heat) == cell, False


def _explained(
    model: nn.Module, grids: torch.Tensor, classes: np.ndarray, layer: str | None, method: str, forward: Forward | None
) -> list[Explanation]:
    """Explain the four classes of each grid; once is enough where the method ignores the class."""
    targets = classes if method_named(method).class_specific else classes[:, :1]
    found = explain_batch(
        model,
        grids.repeat_interleave(targets.shape[1], dim=0),
        layer=layer,
        method=method,
        top_k=1,
        targets=targets.ravel().tolist(),
        forward=forward,
    )
    return [one for one in found for _ in range(4 // targets.shape[1])]


def _checked_labels(labels: Any, count: int) -> np.ndarray:
    found = np.asarray(labels.detach().cpu() if isinstance(labels, torch.Tensor) else labels)
    if found.ndim != 1 or found.dtype.kind not in "ui":
        raise TypeError(f"labels must be classes, one whole number for each image, got {labels!r}")
    if len(found) != count:
        raise ValueError(f"labels must be one for each of the {count} images, got {len(found)}")
    return found.astype(np.int64)


def _sure(
    model: nn.Module,
    images: list[torch.Tensor],
    classes: np.ndarray,
    confidence: float,
    forward: Forward | None,
    progress: Progress | None,
) -> np.ndarray:
    """Find the positions of the images of which the model is sure."""

    def scored(positions: Sequence[int]) -> tuple[torch.Tensor, bool]:
        batch = torch.stack([images[at] for at in positions])
        done = fitted(model, batch, lambda some: hooked_pass(model, some, forward))
        columns, _ = score_batch(score_rows(done.output, len(positions)), classes[list(positions)])
        right = columns["predicted"] == columns["labels"]
        return torch.from_numpy(np.where(right, columns["true_probability"], 0)), done.drew

    waiting = None if progress is None else lambda _: progress(0)
    sureness = Batches(waiting, single=False).all(range(len(images)), scored).numpy()
    sure = np.flatnonzero((sureness >= confidence) & (sureness > 0))
    found = len(set(classes[sure].tolist()))
    if found < 4:
        raise ValueError(
            f"a grid needs images of four classes that the model predicts with a probability of at least {confidence}: "
            f"{len(sure)} of the {len(images)} images are such, of {found} classes; give more images, or a lower "
            "confidence"
        )
    return sure


def _drawn(sure: np.ndarray, classes: np.ndarray, n: int, generator: np.random.Generator) -> Iterator[np.ndarray]:
    """Draw the four positions of each grid: four different classes, then an image of each."""
    of_class = {number: sure[classes[sure] == number] for number in sorted(set(classes[sure].tolist()))}
    for _ in range(n):
        four = generator.choice(list(of_class), size=4, replace=False)
        yield np.array([generator.choice(of_class[number]) for number in four.tolist()])


def _takes(model: nn.Module, grid: torch.Tensor, forward: Forward | None) -> bool:
    """Whether the model gives class scores for a whole grid."""
    try:
        done = fitted(model, grid[None], lambda batch: hooked_pass(model, batch, forward))
    except Exception:  # whatever it is: if a shrunk grid raises it too, the user sees it
        return False
    return score_rows(done.output) is not None
