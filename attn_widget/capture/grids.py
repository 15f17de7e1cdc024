"""The grids on which a model's convolutions, pooling and patch merging laid out an image in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import torch
from torch import nn

from attn_widget.capture.passes import Hook
from attn_widget.capture.tree import modules_of

Grid = tuple[int, int]

_ON_PLANES = (
    *(nn.Conv2d, nn.ConvTranspose2d, nn.MaxPool2d, nn.AvgPool2d, nn.FractionalMaxPool2d, nn.LPPool2d),
    *(nn.AdaptiveMaxPool2d, nn.AdaptiveAvgPool2d, nn.PixelShuffle, nn.PixelUnshuffle, nn.Upsample),
)


@dataclass
class Grids:
    """Hooks for the modules that lay out an image on a grid, and the grids they saw."""

    _patches: list[Grid] = field(default_factory=list)
    _strided: list[Grid] = field(default_factory=list)
    _others: list[Grid] = field(default_factory=list)
    _widths: set[tuple[Grid, int]] = field(default_factory=set)

    @property
    def seen(self) -> tuple[Grid, ...]:
        """The grids ``(h, w)``, starting with those of patch convolutions, whose stride is their kernel's size."""
        return tuple(dict.fromkeys([*self._patches, *self._strided, *self._others]))

    def hooks(self, tree: nn.Module) -> list[tuple[nn.Module, Hook]]:
        """Return hooks for those modules of the tree on which the pass will run."""
        modules = modules_of(tree)
        planes: list[tuple[nn.Module, Hook]] = [(one, self._note) for one in modules if isinstance(one, _ON_PLANES)]
        merging = ((one, self._note_merging) for one in modules if _may_merge(one))
        return [*planes, *merging, *((one, self._note_unfolding) for one in modules if isinstance(one, nn.Unfold))]

    def _note(self, module: nn.Module, _inputs: Any, output: Any) -> None:
        if not _is_of_one_image(output, 4):
            return
        _, channels, *sides = output.shape
        grid = sides[0], sides[1]
        steps = isinstance(module, nn.Conv2d) and max(module.stride) > 1
        patches = steps and module.stride == module.kernel_size
        (self._patches if patches else self._strided if steps else self._others).append(grid)
        self._widths.add((grid, channels))

    def _note_unfolding(self, module: Any, inputs: Any, _output: Any) -> None:
        """Note the grid of the patches that `nn.Unfold` cut out of planes."""
        planes = inputs[0] if inputs else None
        if not _is_of_one_image(planes, 4):
            return
        parts = (_pair(getattr(module, name)) for name in ("kernel_size", "stride", "padding", "dilation"))
        height, width = (
            (side + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
            for side, kernel, stride, padding, dilation in zip(planes.shape[2:], *parts, strict=True)
        )
        self._patches.append((height, width))

    def _note_merging(self, module: Any, inputs: Any, _output: Any) -> None:
        """Note half of a known grid if a module's input has four times that grid's channels in each of its cells."""
        given = inputs[0] if inputs else None
        if not _is_of_one_image(given, 3, 4):
            return
        for grid, width in list(self._widths):
            half = (grid[0] + 1) // 2, (grid[1] + 1) // 2
            on_half = given.shape[1:-1] == half or given.shape[1:-1] == (half[0] * half[1],)
            if on_half and module.in_features == 4 * width:
                self._others.append(half)
                self._widths.add((half, module.out_features))


def _is_of_one_image(value: Any, *ranks: int) -> TypeGuard[torch.Tensor]:
    """Whether a value is a tensor of batch size one with one of these numbers of axes."""
    return isinstance(value, torch.Tensor) and value.ndim in ranks and value.shape[0] == 1


def _pair(value: int | Sequence[int]) -> Sequence[int]:
    return (value, value) if isinstance(value, int) else value


def _may_merge(module: nn.Module) -> bool:
    """Whether a module may project four neighbouring patches to one patch of twice their width."""
    return isinstance(module, nn.Linear) and module.in_features == 2 * module.out_features
