"""What plain hooks and plain autograd say of a layer, by a rule of our own for its axes; nothing of attn_widget."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import torch
from torch import nn
from torch.autograd.graph import GradientEdge, get_gradient_edge

Run = Callable[[nn.Module, torch.Tensor], Any]
Size = tuple[int, int]


class Unreadable(Exception):
    """The layer has no grid that follows the image; the message says why."""


@dataclass(frozen=True)
class Seen:
    """What a forward pass showed of a layer.

    Attributes
    ----------
    output
        The model's.
    calls : list of (tensors, edges)
        For each call of the layer, the tensors that it gave, copied as it gave them, and their places in the graph:
        what changes a tensor in place afterwards is behind its place.
    """

    output: Any
    calls: list[tuple[list[torch.Tensor], list[GradientEdge | None]]]


def watch(model: nn.Module, layer: str, image: torch.Tensor, run: Run) -> Seen:
    """Run the model in its own modes with one forward hook."""
    calls: list[tuple[list[torch.Tensor], list[GradientEdge | None]]] = []

    def keep(module: nn.Module, given: Any, output: Any) -> None:
        tensors = list(tensors_in(output))
        edges = [get_gradient_edge(one) if one.requires_grad else None for one in tensors]
        calls.append(([one.detach().clone() for one in tensors], edges))

    hook = model.get_submodule(layer).register_forward_hook(keep)
    try:
        return Seen(run(model, image[None]), calls)
    finally:
        hook.remove()


def tensors_in(value: Any) -> Iterator[torch.Tensor]:
    """Walk over the floating tensors in tuples, lists, mappings and dataclasses."""
    if isinstance(value, torch.Tensor):
        if value.is_floating_point():
            yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from tensors_in(one)
    elif isinstance(value, tuple | list):
        for one in value:
            yield from tensors_in(one)
    elif is_dataclass(value):
        for field in fields(value):
            yield from tensors_in(getattr(value, field.name))


@dataclass(frozen=True)
class Axes:
    """Which axes of a tensor hold the channels and the grid.

    Attributes
    ----------
    channels : int
        The axis of the channels.
    grid : tuple of int
        The axes of rows and columns; of a sequence, the one axis of its tokens.
    rows, columns : int
        The grid.
    prefix : int
        How many tokens come before those of the grid.
    """

    channels: int
    grid: tuple[int, ...]
    rows: int
    columns: int
    prefix: int = 0

    def read(self, tensor: torch.Tensor) -> torch.Tensor:
        """Read a tensor as ``[K, h, w]``."""
        moved = tensor.movedim((self.channels, *self.grid), tuple(range(-1 - len(self.grid), 0)))
        moved = moved.reshape(moved.shape[-1 - len(self.grid) :])
        if len(self.grid) == 2:
            return moved
        patches = moved[:, self.prefix : self.prefix + self.rows * self.columns]
        return patches.reshape(len(moved), self.rows, self.columns)


def axes_of(shape: torch.Size, size: Size, other_shape: torch.Size, other: Size) -> Axes:
    """Tell the axes by what an image of another size changes: the grid follows the image, the channels do not.

    The image's rows come before its columns, and tokens row by row; how many come before the patches, and how far
    apart these lie, follows from the two numbers of tokens and the two images' areas.

    Raises
    ------
    Unreadable
        Where it is not one axis or two that follow the image, beside one of channels.
    """
    if len(shape) != len(other_shape):
        raise Unreadable(f"{tuple(shape)} became {tuple(other_shape)}")
    follow = tuple(axis for axis in range(len(shape)) if shape[axis] != other_shape[axis])
    rest = [axis for axis in range(len(shape)) if axis not in follow]
    wide = [axis for axis in rest if shape[axis] > 1] or rest[-1:]
    if len(wide) != 1 or len(follow) not in (1, 2):
        raise Unreadable(f"{tuple(shape)} became {tuple(other_shape)} where the image did {size} to {other}")
    if len(follow) == 2:
        rows, columns = shape[follow[0]], shape[follow[1]]
        if not _steps(size[0], rows) & _steps(size[1], columns):
            raise Unreadable(f"a grid of {rows}x{columns} is not one over an image of {size[0]}x{size[1]}")
        return Axes(wide[0], follow, rows, columns)
    (axis,) = follow
    step = math.sqrt((math.prod(other) - math.prod(size)) / (other_shape[axis] - shape[axis]))
    rows, columns = size[0] / step, size[1] / step
    if rows != round(rows) or columns != round(columns):
        raise Unreadable(f"{shape[axis]} and {other_shape[axis]} tokens are no patches of {size} and {other}")
    prefix = shape[axis] - int(rows * columns)
    if prefix < 0:
        raise Unreadable(f"{shape[axis]} tokens are fewer than {int(rows)}x{int(columns)} patches")
    return Axes(wide[0], follow, int(rows), int(columns), prefix)


def _steps(side: int, cells: int) -> set[int]:
    """List how many pixels apart so many cells may be, with a cell more or less for padding."""
    return {step for step in range(1, side + 1) if abs(side / step - cells) <= 1.5}


def grad_cam(score: torch.Tensor, edge: GradientEdge | None, axes: Axes, maps: torch.Tensor) -> Any:
    """Give Grad-CAM's weights ``[K]`` and its map ``[h, w]`` before the rectifier; None where there is no gradient."""
    if edge is None or not score.requires_grad:
        return None
    (gradient,) = torch.autograd.grad(score, edge, allow_unused=True)
    if gradient is None:
        return None
    weights = axes.read(gradient).double().mean((1, 2))
    return weights, (weights[:, None, None] * maps.double()).sum(0)
