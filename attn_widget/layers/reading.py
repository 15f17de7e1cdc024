"""A captured output as maps in NumPy."""

import numpy as np
import torch
from torch import nn

from attn_widget import texts
from attn_widget.layers.layout import NoMap, layout_of


def read_maps(
    tensors: list[torch.Tensor], module: nn.Module, size: tuple[int, int], grids: list[tuple[int, int]]
) -> np.ndarray:
    """Read the first of `tensors` that has a layout as maps ``[K, h, w]``, float32, on the CPU.

    Raises
    ------
    NoMap
        Where none has one; the reason is the first tensor's.
    """
    reasons = []
    for tensor in tensors:
        try:
            maps = layout_of(tuple(tensor.shape), module, size, grids).read(tensor)
        except NoMap as reason:
            reasons.append(reason)
        else:
            return as_float32(maps)
    raise reasons[0] if reasons else NoMap(texts.NO_TENSOR)


def as_float32(tensor: torch.Tensor) -> np.ndarray:
    """Copy a tensor to a float32 array on the CPU: quantised values unpacked, complex ones as magnitudes."""
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if tensor.is_complex():
        tensor = tensor.abs()
    return tensor.detach().to("cpu", torch.float32).numpy()
