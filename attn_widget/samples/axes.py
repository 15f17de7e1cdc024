"""The axes of an image as the loader gave it, and images given back to them."""

from typing import Literal

from torch import Tensor

Axes = Literal["CHW", "HWC", "HW"]
"""What a sample's image had for axes before it was made [C, H, W]; a plane [H, W] had none for channels."""


def with_axes(batch: Tensor, axes: Axes) -> Tensor:
    """Give images ``[B, C, H, W]`` back the axes that they had: ``[B, H, W, C]``, or planes ``[B, H, W]``."""
    if axes == "HWC":
        return batch.permute(0, 2, 3, 1).contiguous()  # as it was
    return batch[:, 0] if axes == "HW" else batch
