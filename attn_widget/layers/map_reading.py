"""Which of the tensors that a layer gave reads as maps, and its values as a NumPy array."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from attn_widget.layers.map_layout import Layout, layout_of, layout_of_weights
from attn_widget.layers.provenance import Made
from attn_widget.layers.tokens import NoMap, Tokens
from attn_widget.words import reasons


def readable(
    attention: Sequence[Made], outputs: Sequence[Made], module: nn.Module, tokens: Tokens
) -> tuple[int, Layout]:
    """Find the first tensor of a layer that reads as maps: its place among all of them, and its layout.

    The attention weights that the layer's own forward computed come first, then the tensors in its output. Raises
    `NoMap` if none can be read: with the grids to choose from, or else with the reason of the output's first tensor.
    """
    choosing: NoMap | None = None
    for place, weights in enumerate(attention):
        try:
            return place, layout_of_weights(weights, tokens)
        except NoMap as reason:
            choosing = choosing or (reason if reason.grids else None)
    refused: list[NoMap] = []
    for place, made in enumerate(outputs, start=len(attention)):
        try:
            if isinstance(module, nn.RNNBase) and place > len(attention):
                raise NoMap(reasons.A_STATE)
            return place, layout_of(made, module, tokens)
        except NoMap as reason:
            refused.append(reason)
    raise choosing or (refused[0] if refused else NoMap(reasons.NO_TENSOR))


def as_float32(tensor: torch.Tensor) -> np.ndarray:
    """Copy a tensor to a float32 array on the CPU; quantised values are dequantised, complex ones give magnitudes."""
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if tensor.is_complex():
        tensor = tensor.abs()
    return tensor.detach().to("cpu", torch.float32).numpy()
