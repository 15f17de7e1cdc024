"""Which axis holds the channels in the tensors of a recorded pass, inferred from the functions that made them."""

import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import torch
from torch import nn

from attn_widget.capture.grids import Grid
from attn_widget.capture.storages import address
from attn_widget.capture.tensors import tensors_among, tensors_in

_ON_PLANES = frozenset(
    (
        *("conv2d", "conv_transpose2d", "batch_norm", "instance_norm", "group_norm", "interpolate", "upsample"),
        *("max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d", "lp_pool2d", "pixel_shuffle"),
        *("pixel_unshuffle", "grid_sample", "fractional_max_pool2d"),
    )
)
_ON_LAST = frozenset(("linear", "layer_norm", "rms_norm"))
_REORDER = frozenset(
    ("permute", "transpose", "swapaxes", "swapdims", "movedim", "moveaxis", "t", "adjoint", "__get__", "unbind")
)
_RESHAPE = frozenset(("reshape", "view", "flatten", "unflatten", "view_as", "reshape_as"))
_MULTIPLY = frozenset(("matmul", "__matmul__", "bmm", "baddbmm"))
_RECURRENT = frozenset(("lstm", "gru", "rnn_tanh", "rnn_relu"))
_UNKNOWN = frozenset(("tensordot", "fold", "unfold", "as_strided", "scaled_dot_product_attention"))

ATTENDING = ("softmax", "scaled_dot_product_attention", "multi_head_attention_forward")
"""The names of functions that compute attention."""

_PLANE_MODULES = (
    *(nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d, nn.InstanceNorm2d, nn.GroupNorm, nn.PixelShuffle),
    *(nn.PixelUnshuffle, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveMaxPool2d, nn.AdaptiveAvgPool2d, nn.Upsample),
)


@dataclass(frozen=True)
class Axis:
    """The axis of a tensor that holds channels."""

    index: int
    kind: Literal["grid", "channels", "pairs"]
    """``"grid"`` if the other axes are known to be those of planes, in order, or all their cells in one axis;
    ``"channels"`` if nothing is known about the others; ``"pairs"`` for values between two tokens, which have no
    channels.
    """


@dataclass
class Axes:
    """Follows the channel axis from function to function in one pass."""

    grids: list[Grid] = field(default_factory=list)
    """The grids made by functions that no module stands for: pooling, resizing, slicing."""

    _known: dict[int, tuple[weakref.ref[torch.Tensor], Axis]] = field(default_factory=dict)

    def of(self, tensor: torch.Tensor) -> Axis | None:
        """The axis of a tensor that holds channels; None if it is not known."""
        seen = self._known.get(id(tensor))
        return seen[1] if seen is not None and seen[0]() is tensor and seen[1].index < tensor.ndim else None

    def of_attention(self, name: str, args: Sequence[Any], output: Any) -> Axis | None:
        """What the attention weights ``[1, heads, queries, keys]`` of a function relate: tokens or channels.

        ``"pairs"`` if they are known to relate tokens, the second last axis if that holds channels, else None.
        """
        if name == "multi_head_attention_forward":
            return Axis(3, "pairs")
        tensor = output if name == "softmax" else args[0]
        axis = self.of(tensor) if isinstance(tensor, torch.Tensor) else None
        if axis is None or axis.kind == "pairs":
            return axis
        if axis.index == tensor.ndim - 2:
            return Axis(2, "channels")
        return Axis(3, "pairs") if name != "softmax" else None

    def hear(self, func: Any, args: Sequence[Any], output: Any) -> None:
        """Follow a function call."""
        if not torch.compiler.is_compiling():
            self._follow(getattr(func, "__name__", ""), args, output)

    def see(self, module: nn.Module, inputs: Sequence[Any], output: Any) -> None:
        """Follow a call of one of torch's own modules, whose function calls may not have been heard."""
        if module._modules or isinstance(module, nn.RNNBase) or not type(module).__module__.startswith("torch.nn."):
            return
        if all(self.of(tensor) is None for tensor in tensors_in(output)):
            planes, last = isinstance(module, _PLANE_MODULES), isinstance(module, nn.Linear | nn.LayerNorm)
            self._follow("conv2d" if planes else "linear" if last else "", inputs, output)

    def _follow(self, name: str, args: Sequence[Any], output: Any) -> None:
        if name in _UNKNOWN:
            return
        given = list(filter(_has_axes, tensors_among(args)))
        for tensor in filter(_has_axes, tensors_in(output) if given else ()):
            axis = self._after(name, given, tensor, args[0])
            if axis is not None:
                self._known[id(tensor)] = weakref.ref(tensor), axis
                self._note_grid(name, given[0], tensor, axis)
            if name in _RECURRENT:
                return  # the others are states

    def _note_grid(self, name: str, given: torch.Tensor, tensor: torch.Tensor, axis: Axis) -> None:
        if tensor.ndim != 4 or tensor.shape[0] != 1 or axis.index not in (1, 3) or axis.kind == "pairs":
            return
        grid = _grid(tensor, axis.index)
        sliced = name == "__getitem__" and given.ndim == 4
        every_second = sliced and grid == tuple((side + 1) // 2 for side in _grid(given, axis.index))
        if name in _ON_PLANES or every_second:
            self.grids.append(grid)

    def _after(self, name: str, given: Sequence[torch.Tensor], output: torch.Tensor, equation: object) -> Axis | None:
        if name in _MULTIPLY:
            return self._product(given, output)
        if name == "einsum":
            return self._sum(equation, given, output)
        known = [(tensor, axis) for tensor in given if (axis := self.of(tensor)) is not None]
        alike = [one for one in known if one[0].ndim == output.ndim]
        if name in _ON_PLANES and output.ndim == 4 and not (alike and alike[0][1].kind == "pairs"):
            return Axis(1, "grid")
        if not known:
            return Axis(output.ndim - 1, "channels") if name in _ON_LAST else None
        tensor, axis = known[0]
        if name in _REORDER or (output.ndim < tensor.ndim and output.numel() < tensor.numel()):
            return _reordered(tensor, output, axis)
        if output.ndim != tensor.ndim or name in _RESHAPE:
            return _reshaped(tensor, output, axis)
        fitting = [one for tensor, one in alike if tensor.shape == output.shape] or [one for _, one in alike]
        return next((one for one in fitting if one.kind == "grid"), fitting[0])

    def _product(self, given: Sequence[torch.Tensor], output: torch.Tensor) -> Axis | None:
        """Follow a matrix product: rows of the first, columns of the second; a product of tokens has pairs."""
        *_, first, second = (given[0], *given)
        if output.ndim < 3 or first.ndim != output.ndim or second.ndim != output.ndim:
            return None
        rows, columns = self.of(first), self.of(second)
        if rows is not None and rows.kind != "pairs" and rows.index == output.ndim - 2:
            return Axis(output.ndim - 2, "channels")
        if columns is not None and columns.kind != "pairs" and columns.index == output.ndim - 1:
            return Axis(output.ndim - 1, "channels")
        known = rows is not None and columns is not None and "pairs" not in (rows.kind, columns.kind)
        return Axis(output.ndim - 1, "pairs") if output.shape[-1] == output.shape[-2] and known else None

    def _sum(self, equation: object, given: Sequence[torch.Tensor], output: torch.Tensor) -> Axis | None:
        """Follow an Einstein summation as the product that it is."""
        if not isinstance(equation, str) or "." in equation or "->" not in equation:
            return None
        operands, result = equation.replace(" ", "").split("->")
        for letters, tensor in zip(operands.split(","), given, strict=False):
            axis = self.of(tensor)
            if axis is not None and axis.kind != "pairs" and letters[axis.index] in result:
                return Axis(result.index(letters[axis.index]), "channels")
        between = output.ndim > 2 and output.shape[-1] == output.shape[-2]
        known = [axis for tensor in given if (axis := self.of(tensor)) is not None]
        return Axis(output.ndim - 1, "pairs") if between and len(known) == len(given) == 2 else None


def _grid(tensor: torch.Tensor, channels: int) -> Grid:
    """The sides of the planes in a tensor of four axes."""
    sides = tensor.shape[2:] if channels == 1 else tensor.shape[1:3]
    return sides[0], sides[1]


def _has_axes(tensor: torch.Tensor) -> bool:
    """Whether a tensor is an ordinary one, with a shape and strides."""
    return tensor.layout == torch.strided and not tensor.is_nested


def _reordered(tensor: torch.Tensor, output: torch.Tensor, axis: Axis) -> Axis | None:
    """Find the axis again, by its stride, in a view whose axes were reordered or lost one of them."""
    if axis.kind == "pairs":
        return axis
    if tensor.shape[axis.index] == 1 or not 0 != address(tensor) == address(output):
        return None

    places = list(zip(output.shape, output.stride(), strict=True))

    def found(index: int) -> int | None:
        wanted = tensor.shape[index], tensor.stride(index)
        return places.index(wanted) if places.count(wanted) == 1 and tensor.stride(index) else None

    place = found(axis.index)
    if place is None:
        return None
    others = [found(index) for index in range(tensor.ndim) if index != axis.index and tensor.shape[index] > 1]
    ordered = others == sorted(one for one in others if one is not None)
    return Axis(place, axis.kind if ordered else "channels")


def _reshaped(tensor: torch.Tensor, output: torch.Tensor, axis: Axis) -> Axis | None:
    """Find the axis again where neighbouring axes were joined or split; of split channels, the innermost axis."""
    if axis.kind == "pairs":
        return replace(axis, index=output.ndim - 1) if output.shape[-2:] == tensor.shape[-2:] else None
    if tensor.numel() != output.numel() or tensor.shape[axis.index] == 1:
        return None
    groups = list(_groups(tuple(tensor.shape), tuple(output.shape)))
    before, after = next(group for group in groups if axis.index in group[0])
    if axis.index != before[-1]:
        return None
    kept = all(len(ours) == len(theirs) == 1 for ours, theirs in groups)
    joined = len(before) == 1 and all(len(theirs) == 1 for _, theirs in groups) and output.ndim == 3
    return Axis(after[-1], axis.kind if kept or joined else "channels")


def _groups(before: tuple[int, ...], after: tuple[int, ...]) -> Iterator[tuple[list[int], list[int]]]:
    """Match the axes of two shapes of equal size in the smallest groups of equal product, leaving out axes of 1."""
    left = [index for index, side in enumerate(before) if side > 1]
    right = [index for index, side in enumerate(after) if side > 1]
    while left and right:
        ours, theirs = [left.pop(0)], [right.pop(0)]
        first, second = before[ours[0]], after[theirs[0]]
        while first != second:
            if first < second:
                ours.append(left.pop(0))
                first *= before[ours[-1]]
            else:
                theirs.append(right.pop(0))
                second *= after[theirs[-1]]
        yield ours, theirs
