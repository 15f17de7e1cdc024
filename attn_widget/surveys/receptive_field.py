"""Which part of an image a cell of a layer's grid depends on."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.capture import CallHook, CallInputs, Forward, Pass, differentiable, find_module, hooked, run
from attn_widget.explanation import Question
from attn_widget.explanation.layer_answers import LayerAnswers
from attn_widget.explanation.pipeline import clean_output
from attn_widget.layers import Layout

Cell = tuple[int, int]
Region = tuple[slice, slice]
"""Rows and columns of an image, in pixels."""

_NOISES = 3
_FAINTEST = 1e-7  # of the largest gradient: what float32 can tell from rounding


def receptive_field(
    model: nn.Module,
    image: torch.Tensor | np.ndarray,
    layer: str,
    cell: Cell,
    *,
    call: int = -1,
    forward: Forward | None = None,
) -> Region | None:
    """Find the rows and columns of the image that a cell of a layer's grid depends on.

    These hold all pixels ``p`` with a gradient ``d(sum_k s_k a_k[cell]) / dp`` other than zero, where ``a_k[cell]`` are
    the layer's channels at the cell. Each ``s_k`` is drawn from a normal distribution, so that channels do not cancel
    each other. A max-pool passes the gradient to one pixel of several, and a ReLU may pass none: so these are the
    pixels for the image or any of three images of noise, of its mean and standard deviation. Gradients below 1e-7 of
    the largest are rounding errors. The draws are the same each time.

    Parameters
    ----------
    model, image, layer, call, forward
        As in `explain`.
    cell : tuple of int
        ``(row, column)`` on the layer's grid.

    Returns
    -------
    tuple of slice, or None
        Rows and columns in pixels. None where they are the whole image, as behind attention or a mean over the image,
        and where the layer passes no gradient.

    Raises
    ------
    Refusal
        Where the layer gives no map.
    ValueError
        For another invalid argument, or a cell outside the grid.
    """
    question = Question.of({"model": model, "image": image, "call": call, "forward": forward})
    return receptive_fields(question, layer, [cell])[0]


def receptive_fields(question: Question, layer: str, cells: Sequence[Cell]) -> list[Region | None]:
    """Find those of several cells, from the same passes."""
    captured = clean_output(question, layer, question.call)
    answers = LayerAnswers(question, layer, captured)
    place, layout = answers.read
    grid = layout.shape[1:]
    for cell in cells:
        if len(cell) != 2 or not all(0 <= index < count for index, count in zip(cell, grid, strict=True)):
            raise ValueError(f"cell must be (row, column) on the layer's grid of {grid}, got {cell}")
    if place < captured.attention:  # weights between all patches
        return [None] * len(cells)
    forward = partial(_layers_output, layer, captured.call, place - captured.attention, question.forward)
    work = partial(_dependences, layout, cells)
    found = differentiable(question.model, question.image.to(captured.dtype), work, forward=forward)
    return [_bounds(one) for one in found]


def region_around(cell: Cell, grid: tuple[int, int], size: tuple[int, int]) -> Region:
    """Give the cell and its neighbours, in pixels of an image of a size."""
    rows, columns = (
        slice(max(math.floor((index - 1) * length / count), 0), min(math.ceil((index + 2) * length / count), length))
        for index, count, length in zip(cell, grid, size, strict=True)
    )
    return rows, columns


def _layers_output(
    layer: str, call: int, place: int, forward: Forward | None, tree: nn.Module, images: torch.Tensor
) -> torch.Tensor:
    """Call the model, and return what a layer gave in one of its calls."""
    kept: list[torch.Tensor] = []

    def keep(_module: nn.Module, given: CallInputs, output: Any) -> None:
        kept.append(given.tensors(output)[place].clone())  # as it may be changed in place later

    with hooked([(find_module(tree, layer), CallHook(keep))]):
        run(tree, images, forward, gradients=True)
    return kept[call]


def _dependences(
    layout: Layout, cells: Sequence[Cell], image: torch.Tensor, run_on: Callable[[torch.Tensor], Pass]
) -> list[np.ndarray]:
    """Give how much each cell depends on each pixel, ``[H, W]``, up to a factor."""
    found = [np.zeros(image.shape[-2:]) for _ in cells]
    generator = torch.Generator().manual_seed(0)
    for one in _inputs(image.detach(), generator):
        maps = layout.read(run_on(one).output)
        signs = torch.randn(len(maps), generator=generator).to(maps)
        for total, (row, column) in zip(found, cells, strict=True):
            score = (maps[:, row, column] * signs).sum()
            if score.requires_grad:
                (gradient,) = torch.autograd.grad(score, one, retain_graph=True, allow_unused=True)
                total += 0 if gradient is None else _relative(gradient)
        if all(_bounds(total) is None and total.any() for total in found):
            break
    return found


def _inputs(image: torch.Tensor, generator: torch.Generator) -> Iterator[torch.Tensor]:
    """Give the image, and noise like it."""
    yield image.clone().requires_grad_()
    mean, spread = image.float().mean(), image.float().std()
    for _ in range(_NOISES):
        noise = torch.randn(image.shape, generator=generator).to(mean)
        yield (mean + spread * noise).to(image).requires_grad_()


def _relative(gradient: torch.Tensor) -> np.ndarray:
    """Give the sum of absolute values over colours ``[H, W]``, relative to the largest."""
    amounts: np.ndarray = np.nan_to_num(gradient[0].abs().sum(0).double().cpu().numpy())
    return amounts / (amounts.max() or 1.0)


def _bounds(amounts: np.ndarray) -> Region | None:
    """Give the rows and columns that hold all amounts; None for the whole image, or if there are none."""
    depends = amounts > _FAINTEST
    rows, columns = (np.flatnonzero(depends.any(axis)) for axis in (1, 0))
    if not len(rows) or (len(rows), len(columns)) == depends.shape:
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
