"""Heat where the model cannot look: a control of the method itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from attn_widget.capture import Forward, find_module
from attn_widget.evidence.bootstrap import bootstrap_intervals
from attn_widget.evidence.grid_game import TOGETHER
from attn_widget.evidence.image_grid import cell_heat, checked_images, joined
from attn_widget.evidence.own_copy import own_copy
from attn_widget.explanation import explain, explain_batch
from attn_widget.methods import method_named
from attn_widget.outputs import score_rows
from attn_widget.refusal import Refusal
from attn_widget.words import evidence, refusals


@dataclass(frozen=True, eq=False, repr=False)
class DisconnectedHeat:
    """How much heat a method puts where the score cannot come from, for n grids and each of their four cells.

    Attributes
    ----------
    layer, method : str
        What explained; the layer is empty for a method that reads none.
    positions : ndarray ``[n, 4]``, int64
        Which of the images given lies in each cell.
    outside : ndarray ``[n, 4]``, float64
        The share of the positive heat outside the only cell that is connected to the score; 0 without any heat.
    blank : int
        How many of the heatmaps had no positive heat.
    seed : int
        Of the grids and of the interval.
    """

    layer: str
    method: str
    positions: np.ndarray
    outside: np.ndarray
    blank: int
    seed: int

    chance: ClassVar[float] = 0.75
    """The control: what a map that ignores the score has outside."""

    @property
    def mean(self) -> float:
        """The mean share of the heat outside."""
        return float(self.outside.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """Its 95 % interval, by the bootstrap over grids."""
        low, high = bootstrap_intervals(self.outside.mean(axis=1), self.seed)
        return float(low), float(high)

    def __repr__(self) -> str:
        share = evidence.with_interval(self.mean, self.interval)
        return evidence.disconnected_summary(self.method, self.layer, len(self.outside), share, self.blank)


def disconnected_heat(
    model: nn.Module,
    images: Sequence[torch.Tensor] | torch.Tensor,
    *,
    layer: str | None = None,
    method: str = "grad-cam",
    n: int = 5,
    seed: int = 0,
    forward: Forward | None = None,
    progress: Callable[[int], None] | None = None,
) -> DisconnectedHeat:
    """Measure the heat where the model cannot look, behind a cut connection.

    After Rao, Böhle & Schiele, "Towards better understanding attribution methods", CVPR 2022 (DiFull). Each of a grid's
    four images goes through the model by itself, and the class scores of one of them are the output: nothing else is
    connected to it. The layer's four outputs are laid side by side as one layer of the grid, and the class that the
    model predicts for the connected image i is explained. With ``A+`` the positive part of the map on its own grid,

        ``outside_i = 1 - sum_{p in cell i} A+(p) / sum_{j = 1..4} sum_{p in cell j} A+(p)``

    must be 0 for a method that shows where the score comes from, as it is for those that weigh element by element or
    pixel by pixel. A method that gives each channel one weight (Grad-CAM among them) shows that channel wherever it is
    active, so it has as much heat outside as the channels of the class are active there; one that ignores the score
    has 75 % on average, exactly. (In the paper, each cell is connected to the score of a class of its own at once, and
    the map is resized, which leaks at the borders.)

    Parameters
    ----------
    model : Module
        A convolutional classifier, in any mode; it is left exactly as it was: what is cut is a copy.
    images : sequence of Tensor ``[C, H, W]``, or Tensor ``[N, C, H, W]``
        At least four of one size, as the model takes them.
    layer, method
        As in `explain`. The layer gives maps ``[B, K, h, w]``.
    n : int
        How many grids: four of the images each, at random.
    seed : int
        The grids depend on nothing else.
    forward : callable, optional
        As in `explain`.
    progress : callable, optional
        Is told after each batch of grids how many are done; what it raises ends the work.

    Returns
    -------
    DisconnectedHeat

    Raises
    ------
    Refusal
        If the model cannot be copied, has no class scores, or the layer gives no maps ``[B, K, h, w]``.
    TypeError, ValueError
        If an argument is invalid, or as `explain` does.
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise ValueError(f"n must be a number of grids of at least 1, got {n!r}")
    given = checked_images(images)
    copy = own_copy(model, forward)
    layered = method_named(method).reads == "layer"
    if layered and layer is None:
        layer = explain(model, given[0], method=method, top_k=1, forward=forward).layer
    cut = _Cut(copy, forward)
    if layered and layer is not None:
        find_module(copy, layer).register_forward_hook(_Join(cut.joined, layer))
    draw = np.random.default_rng(seed)
    positions = np.stack([draw.permutation(len(given))[:4] for _ in range(n)])
    outside, blank = np.zeros((n, 4)), 0
    for start in range(0, n, TOGETHER):
        some = slice(start, start + TOGETHER)
        grids = torch.stack([joined([given[at] for at in places]) for places in positions[some]])
        for cut.cell in range(4):
            found = explain_batch(cut, grids, layer="joined" if layered else None, method=method, top_k=1)
            heats = [np.maximum(one.overall_map, 0) for one in found]
            outside[some, cut.cell] = [np.delete(cell_heat(heat), cut.cell).sum() / (heat.sum() or 1) for heat in heats]
            blank += sum(not heat.any() for heat in heats)
        if progress is not None:
            progress(start + len(grids))
    return DisconnectedHeat((layer or "") if layered else "", method, positions, outside, blank, seed)


class _Cut(nn.Module):
    """Runs each cell of grids ``[B, C, 2H, 2W]`` through the model by itself, and gives the scores of only one."""

    def __init__(self, model: nn.Module, forward: Forward | None) -> None:
        super().__init__()
        self.model, self.called, self.joined, self.cell = model, forward, nn.Identity(), 0

    def forward(self, grids: torch.Tensor) -> torch.Tensor:
        """Give the class scores of the connected cell, ``[B, n]``."""
        cells = _apart(grids)
        output = self.model(cells) if self.called is None else self.called(self.model, cells)
        rows = score_rows(output, len(cells))
        if rows is None or len(rows) != len(cells):
            raise Refusal(refusals.CELLS_NEED_SCORES)
        return rows.reshape(len(grids), 4, -1)[:, self.cell]


class _Join:
    """A forward hook that joins a layer's maps of four cells, passes them through `whole`, and takes them apart."""

    def __init__(self, whole: nn.Module, layer: str) -> None:
        self._whole, self._layer = whole, layer

    def __call__(self, _module: nn.Module, _given: Any, maps: Any) -> torch.Tensor:
        if not isinstance(maps, torch.Tensor) or maps.ndim != 4:
            what = list(maps.shape) if isinstance(maps, torch.Tensor) else type(maps).__name__
            raise Refusal(refusals.not_maps_of_convolutions(self._layer, what))
        count, channels, height, width = maps.shape
        whole = maps.reshape(count // 4, 2, 2, channels, height, width).permute(0, 3, 1, 4, 2, 5)
        return _apart(self._whole(whole.reshape(count // 4, channels, 2 * height, 2 * width)))


def _apart(grids: torch.Tensor) -> torch.Tensor:
    """Cut each of B grids into its cells, row by row: ``[B, C, 2H, 2W]`` to ``[4B, C, H, W]``."""
    count, channels, height, width = grids.shape
    cells = grids.reshape(count, channels, 2, height // 2, 2, width // 2).permute(0, 2, 4, 1, 3, 5)
    return cells.flatten(0, 2)
