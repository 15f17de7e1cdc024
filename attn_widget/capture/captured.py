"""What is known of a layer once a pass has ended."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from attn_widget.capture.attention_weights import Shape
from attn_widget.capture.grids import Grid


@dataclass(frozen=True)
class Capture:
    """What one layer, or all the attention, gave in one forward pass."""

    tensors: list[torch.Tensor]
    """Clones: first the attention weights that the layer's own forward computed at the call asked for, ``[1, heads,
    queries, keys]`` or without the leading 1; then the tensors in its output, in whatever layout the layer gave them.
    """
    gradients: list[torch.Tensor | None]
    """Of the score with respect to `tensors`; None for one that the score does not depend on. Empty without a score."""
    call: int  # which call that was, from 0
    calls: int  # how many there were in the pass
    attention: int  # how many of `tensors` are attention weights
    left_out: tuple[Shape, ...]
    """Of all the attention, the shapes of weights not kept because they do not lie between all tokens of the image."""
    module: nn.Module  # of the user's model: the layer, or the root for all the attention
    size: tuple[int, int]  # (H, W) of the image
    grids: tuple[Grid, ...]  # see `Grids.seen`
    output: Any  # of the model
    dtype: torch.dtype  # of the image as the model took it
