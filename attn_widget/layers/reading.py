"""Which tensor of a captured output reads as maps, and its values in NumPy."""

import numpy as np
import torch
from torch import nn

from attn_widget import texts
from attn_widget.layers.layout import Layout, NoMap, layout_of


def readable(
    tensors: list[torch.Tensor], module: nn.Module, size: tuple[int, int], grids: list[tuple[int, int]]
) -> tuple[int, Layout]:
    """Find the first of `tensors` that reads as maps: its place, and its layout.

    Raises
    ------
    NoMap
        Where none does; the reason is the first tensor's.
    """
    reasons = []
    for place, tensor in enumerate(tensors):
        try:
            return place, layout_of(tuple(tensor.shape), module, size, grids)
        except NoMap as reason:
            reasons.append(reason)
    raise reasons[0] if reasons else NoMap(texts.NO_TENSOR)


def as_float32(tensor: torch.Tensor) -> np.ndarray:
    """Copy a tensor to a float32 array on the CPU: quantised values unpacked, complex ones as magnitudes."""
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if tensor.is_complex():
        tensor = tensor.abs()
    return tensor.detach().to("cpu", torch.float32).numpy()
