"""The image in a dtype that the model takes: unchanged if possible, otherwise cast."""

import itertools
import re
from collections.abc import Callable, Iterator
from typing import TypeVar

import torch
from torch import nn

from attn_widget.capture.checks import check_model
from attn_widget.refusal import Refusal

T = TypeVar("T")

_ABOUT_TYPES = re.compile(
    r"type|float|double|\bhalf\b|\bbyte\b|\bu?int\d*\b|\blong\b|\binteger|\bchar\b|\bbool|not implemented for",
    re.IGNORECASE,
)
"""What errors about a wrong dtype say, in torch, torchvision and people's own checks."""


def fitted(model: nn.Module, batch: torch.Tensor, attempt: Callable[[torch.Tensor], T]) -> T:
    """Return what `attempt` returns for a batch in its own dtype or, failing that, in one of the model's.

    A model that scales bytes itself, looks pixels up, or casts them, must get them as the loader gives them. Most
    models only take floats of their weights' dtype and raise an error about dtypes. Then `attempt`, which runs the
    model from the start, is called again with a cast copy of the batch: in the dtypes of the model's floating-point
    parameters and buffers, in their order, or in float32 for whole numbers and a model without any.

    Raises
    ------
    TypeError, ValueError
        If the model cannot be run at all (see `check_model`).
    Exception
        What the last attempt raised, with the earlier errors as its context.
    """
    check_model(model)
    return _cast(batch, batch.dtype, _other_dtypes(model, batch), attempt)


def _cast(
    batch: torch.Tensor, dtype: torch.dtype, others: Iterator[torch.dtype], attempt: Callable[[torch.Tensor], T]
) -> T:
    """Try a batch in one dtype and, while that fails, in the others."""
    try:
        return attempt(batch.to(dtype))
    except Exception as error:
        following = next(others, None) if _is_of_dtypes(error) else None
        if following is None:
            raise
        return _cast(batch, following, others, attempt)


def on_device_of(model: nn.Module, batch: torch.Tensor) -> torch.Tensor:
    """Copy a batch to the device of the model's first tensor; a copy, as a model may change its input in place."""
    first = next(_tensors_of(model), batch)
    return batch.detach().to(device=first.device, copy=True)


def written_in(values: torch.Tensor, dtype: torch.dtype, like: torch.Tensor) -> torch.Tensor:
    """Convert what was made of an image, by masking or adding noise, to a dtype that the model takes.

    For whole numbers, values are rounded and clipped to the range of an image: that of the dtype if it has one byte,
    else that of the image itself (`like`), extended to include zero.
    """
    if dtype.is_floating_point or dtype.is_complex:
        return values.to(dtype)
    if dtype == torch.bool:
        return values >= 0.5
    if dtype.itemsize == 1:
        lowest, highest = torch.iinfo(dtype).min, torch.iinfo(dtype).max
    else:
        lowest, highest = min(int(like.min()), 0), max(int(like.max()), 0)
    return values.round().clamp(lowest, highest).to(dtype)


def _is_of_dtypes(error: Exception) -> bool:
    """Whether a model may have raised this because of a batch's dtype, for which a bare assertion is enough."""
    if isinstance(error, Refusal):
        return False
    words = str(error)
    return bool(_ABOUT_TYPES.search(words)) or (isinstance(error, AssertionError) and not words)


def _other_dtypes(model: nn.Module, batch: torch.Tensor) -> Iterator[torch.dtype]:
    """Yield the dtypes of a model, which is not looked at before the first one is asked for."""
    own = dict.fromkeys(tensor.dtype for tensor in _tensors_of(model) if tensor.is_floating_point())
    if not own and not batch.is_floating_point():
        own = {torch.float32: None}
    yield from (dtype for dtype in own if dtype != batch.dtype)


def _tensors_of(model: nn.Module) -> Iterator[torch.Tensor]:
    return itertools.chain(model.parameters(), model.buffers())
