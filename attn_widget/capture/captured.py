"""What is known of a layer once a pass has ended."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from attn_widget.capture.attention_weights import Shape
from attn_widget.capture.grids import Grid


@dataclass(frozen=True)
class Capture:
    """What one layer, or all the attention, gave in one forward pass.

    Attributes
    ----------
    tensors : list of Tensor
        Clones of the attention weights that the layer's own forward computed at the call asked for, and of the
        tensors in its output, as the layer gave them.
    gradients : list of Tensor or None
        Those of the score with respect to `tensors`, in the same order, None for a tensor that it does not
        reach; empty where no score was given.
    call, calls : int
        Which call that was, from 0, and how many the pass made.
    attention : int
        How many of `tensors` are attention weights, ``[1, heads, queries, keys]`` or without the one; they come
        first.
    left_out : tuple of Shape
        Of all the attention of a pass: the shapes of the weights that do not lie between all tokens of the image,
        as within windows, and were not kept.
    module : Module
        The layer, or the whole, of the user's model: its kind helps to read the tensors.
    size : tuple of int
        ``(H, W)`` of the image.
    grids : tuple of (int, int)
        Those on which the image was seen to lie (`Grids.seen`).
    output
        What the model returned.
    dtype : dtype
        That of the image as the model took it.
    """

    tensors: list[torch.Tensor]
    gradients: list[torch.Tensor | None]
    call: int
    calls: int
    attention: int
    left_out: tuple[Shape, ...]
    module: nn.Module
    size: tuple[int, int]
    grids: tuple[Grid, ...]
    output: Any
    dtype: torch.dtype
