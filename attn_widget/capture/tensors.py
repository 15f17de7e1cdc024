"""Tensors inside the containers that layers and models return, and one image as a batch."""

import copy
import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch


def tensors_in(value: Any) -> Iterator[torch.Tensor]:
    """Yield the tensors in nested tuples, lists, mappings and dataclasses, depth first."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from tensors_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from tensors_in(part)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from tensors_in(getattr(value, field.name))


def tensors_among(values: Iterable[Any]) -> Iterator[torch.Tensor]:
    """Yield the tensors among a function's arguments, also those in lists and tuples, such as ``cat`` takes."""
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from tensors_among(value)


def replaced(value: Any, replace: Callable[[torch.Tensor], torch.Tensor], same: Collection[int] = ()) -> Any:
    """Copy a container with each of its tensors replaced, in the order of `tensors_in`.

    Lists and mappings whose `id` is in `same` are changed in place instead.
    """
    if isinstance(value, torch.Tensor):
        return replace(value)
    if isinstance(value, Mapping):
        changed = value if id(value) in same else copy.copy(value)
        for key, part in list(value.items()):
            changed[key] = replaced(part, replace, same)  # type: ignore[index]  # mappings that models return are dicts
        return changed
    if isinstance(value, list | tuple):
        parts = [replaced(part, replace, same) for part in value]
        if isinstance(value, list) and id(value) in same:
            value[:] = parts
            return value
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return dataclasses.replace(value, **{name: replaced(getattr(value, name), replace, same) for name in names})
    return value


def written_as(values: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Convert values to the dtype and device of another tensor, quantised if that is."""
    if not like.is_quantized:
        return values.to(like)
    return torch.quantize_per_tensor(values.float(), like.q_scale(), like.q_zero_point(), like.dtype)


def as_batch(image: torch.Tensor | np.ndarray) -> torch.Tensor:
    """Return an image, ``[C, H, W]`` or ``[1, C, H, W]`` of any numeric dtype, as a batch of one; it is not scaled.

    Anything else raises a TypeError or ValueError.
    """
    image = _as_tensor(image, "image must be a tensor [C, H, W]")
    batch = image[None] if image.ndim == 3 else image
    if batch.ndim != 4 or batch.shape[0] != 1 or 0 in batch.shape:
        raise ValueError(
            f"image must be one image [C, H, W] or [1, C, H, W], got shape {list(image.shape)}; "
            "pass one image at a time, and forward=lambda model, images: ... where the model takes another layout"
        )
    return batch


def as_images(images: torch.Tensor | np.ndarray) -> torch.Tensor:
    """Return images ``[N, C, H, W]`` of any numeric dtype as a tensor; else raise a TypeError or ValueError."""
    batch = _as_tensor(images, "images must be a tensor [N, C, H, W]")
    if batch.ndim != 4 or 0 in batch.shape[1:]:
        raise ValueError(f"images must be of shape [N, C, H, W], got {list(batch.shape)}; explain takes a single image")
    return batch


def _as_tensor(value: torch.Tensor | np.ndarray, expected: str) -> torch.Tensor:
    if isinstance(value, np.ndarray) and value.dtype.kind in "buif":
        value = torch.from_numpy(np.array(value))  # copied, so that no stride is negative and it is writable
    if not isinstance(value, torch.Tensor):
        came = f"an array of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
        raise TypeError(f"{expected}, got {came}")
    return value
