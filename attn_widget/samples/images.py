"""What counts as an image, how it becomes a tensor [C, H, W], and which axes it had before."""

from typing import Any, Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms.functional import pil_to_tensor

from attn_widget.words import sample_notes

Axes = Literal["CHW", "HWC", "HW"]
"""The axes of an image as the loader gave it; a plane [H, W] has none for channels."""

BANDS = (1, 3, 4)
"""Lengths that mark an axis as channels."""


def with_axes(batch: Tensor, axes: Axes) -> Tensor:
    """Return images ``[B, C, H, W]`` to the axes they had: ``[B, H, W, C]``, or planes ``[B, H, W]``."""
    if axes == "HWC":
        return batch.permute(0, 2, 3, 1).contiguous()  # as the loader gave it
    return batch[:, 0] if axes == "HW" else batch


def is_array(value: object) -> bool:
    """Whether this is a tensor or array of real numbers that may hold images: no mask, no boxes."""
    if isinstance(value, tv_tensors.TVTensor) and not isinstance(value, tv_tensors.Image):
        return False
    if isinstance(value, Tensor):
        return not value.is_complex()
    return isinstance(value, np.ndarray) and value.dtype.kind in "buif"


def is_image_stack(value: object) -> bool:
    """Whether this is a tensor ``[B, C, H, W]`` of which `as_image` would leave every row unchanged."""
    if not isinstance(value, Tensor) or value.ndim != 4 or 0 in value.shape:
        return False
    return not value.is_quantized and value.layout is torch.strided and not _channels_last(value.shape[1:])


def as_image(value: Any) -> tuple[Tensor, Axes]:
    """Convert an image to a tensor [C, H, W] as samples have it, and tell the axes that it had.

    It may be a PIL image, or a tensor or array [C, H, W], [H, W, C] or [H, W]. The result is detached, on the CPU,
    contiguous, and in its own memory. A tensor keeps its dtype and values; an array or a PIL image becomes float32,
    with bytes scaled to [0, 1]. Raises a `ValueError` for any other number of axes, or an axis of length 0.
    """
    last = False
    if isinstance(value, Image.Image):
        value = _from_pil(value)
    elif isinstance(value, np.ndarray):
        value, last = _from_array(value)
    image: Tensor = value.detach().as_subclass(Tensor).to("cpu")
    if image.is_quantized or image.layout is not torch.strided:
        image = image.dequantize() if image.is_quantized else image.to_dense()
    plane = image.ndim == 2
    if plane:
        image = image.unsqueeze(0)
    if image.ndim != 3 or 0 in image.shape:
        raise ValueError(sample_notes.no_image_shape(list(image.shape)))
    if _channels_last(image.shape):
        image, last = image.permute(2, 0, 1), True
    axes: Axes = "HW" if plane else "HWC" if last else "CHW"
    return image.clone(memory_format=torch.contiguous_format), axes


def _from_pil(picture: Image.Image) -> Tensor:
    """As ``ToTensor`` does: bytes to [0, 1], other values unchanged.

    Other colour spaces are converted to RGB. RGBA keeps its alpha; grey drops it.
    """
    if picture.mode in ("RGBa", "La"):  # alpha is already multiplied in
        picture = picture.convert(picture.mode.upper())
    mode = "L" if picture.mode == "LA" else "I" if picture.mode.startswith("I;16") else "RGB"
    if picture.mode not in ("1", "L", "I", "F", "RGB", "RGBA"):
        picture = picture.convert(mode)
    pixels: Tensor = pil_to_tensor(picture)
    return pixels.float() / 255 if pixels.dtype == torch.uint8 else pixels.float()


def _from_array(array: np.ndarray[Any, Any]) -> tuple[Tensor, bool]:
    """An array as floats, channels first, and whether an unusual number of channels clearly came last."""
    pixels = torch.from_numpy(array.astype(np.float32))
    if array.dtype == np.uint8:
        pixels = pixels / 255
    height, _, last = pixels.shape if pixels.ndim == 3 else (0, 0, 0)
    turned = last not in BANDS and height not in BANDS and last < height
    return pixels.permute(2, 0, 1) if turned else pixels, turned


def _channels_last(shape: torch.Size) -> bool:
    """[H, W, C]: the last axis is as long as channels are, the first is not, and the middle one is longer."""
    first, middle, last = shape
    return last in BANDS and first not in BANDS and last < middle
