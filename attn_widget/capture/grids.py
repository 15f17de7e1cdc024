"""The grids that a model's strided convolutions made of an image in one pass."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from attn_widget.capture.passes import Hook
from attn_widget.capture.tree import modules_of

Grid = tuple[int, int]


@dataclass
class Grids:
    """Hooks for the convolutions that step over the image, and what they saw."""

    _patches: list[Grid] = field(default_factory=list)
    _others: list[Grid] = field(default_factory=list)

    @property
    def seen(self) -> tuple[Grid, ...]:
        """The grids ``(h, w)``: first those of patch convolutions, whose stride is their kernel's size."""
        return tuple(dict.fromkeys([*self._patches, *self._others]))

    def hooks(self, tree: nn.Module) -> list[tuple[nn.Module, Hook]]:
        """Give a hook for each strided convolution of the tree on which the pass will run."""
        return [
            (module, self._note)
            for module in modules_of(tree)
            if isinstance(module, nn.Conv2d) and max(module.stride) > 1
        ]

    def _note(self, module: Any, inputs: Any, output: Any) -> None:
        if isinstance(output, torch.Tensor) and output.ndim == 4 and output.shape[0] == 1:
            grids = self._patches if module.stride == module.kernel_size else self._others
            grids.append((output.shape[2], output.shape[3]))
