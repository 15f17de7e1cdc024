"""The image made fit for a model: as it was given, and cast only where the model cannot take it so."""

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
"""What torch, torchvision and people's own checks write where a tensor is of the wrong dtype."""


def fitted(model: nn.Module, batch: torch.Tensor, attempt: Callable[[torch.Tensor], T]) -> T:
    """Give what `attempt` gives for a batch of the dtype that it came in, or else of one of the model's.

    A model that scales bytes itself, looks pixels up, or casts them, must get them as the loader gives them. Most
    models only take floats of their weights' dtype: they raise, and are tried again.

    Parameters
    ----------
    model : Module
        The first of its parameters and buffers that are floating gives the dtype that is tried next, after that their
        other ones; float32 for whole numbers where it has none.
    batch : Tensor ``[B, C, H, W]``
        Of any dtype; it is not changed.
    attempt : callable
        Runs the model on a batch, from the start: it is called again, with the batch cast, where it raises an error
        of dtypes.

    Raises
    ------
    TypeError, ValueError
        Where the model cannot be run at all (see `check_model`).
    Exception
        What the last attempt raises, with the ones before as its context.
    """
    check_model(model)
    try:
        return attempt(batch)
    except Exception as error:
        others = list(_other_dtypes(model, batch)) if _is_of_dtypes(error) else []
        if not others:
            raise
        return _cast(batch, others, attempt)


def _cast(batch: torch.Tensor, dtypes: list[torch.dtype], attempt: Callable[[torch.Tensor], T]) -> T:
    """Try a batch in each of some dtypes."""
    first, *others = dtypes
    try:
        return attempt(batch.to(first))
    except Exception as error:
        if not others or not _is_of_dtypes(error):
            raise
        return _cast(batch, others, attempt)


def on_device_of(model: nn.Module, batch: torch.Tensor) -> torch.Tensor:
    """Copy a batch to the device of the model's first tensor: a model may change its input in place."""
    first = next(_tensors_of(model), batch)
    return batch.detach().to(device=first.device, copy=True)


def written_in(values: torch.Tensor, dtype: torch.dtype, like: torch.Tensor) -> torch.Tensor:
    """Write what was made of an image, masked or with noise, in a dtype in which the model takes it.

    In one of whole numbers, values are rounded and kept between those that an image can have: the limits of bytes, else
    those of the image itself (`like`), with zero.
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
    """Whether a model may have raised this since it cannot take a batch's dtype; a bare assertion may say just that."""
    if isinstance(error, Refusal):
        return False
    words = str(error)
    return bool(_ABOUT_TYPES.search(words)) or (isinstance(error, AssertionError) and not words)


def _other_dtypes(model: nn.Module, batch: torch.Tensor) -> Iterator[torch.dtype]:
    own = dict.fromkeys(tensor.dtype for tensor in _tensors_of(model) if tensor.is_floating_point())
    if not own and not batch.is_floating_point():
        own = {torch.float32: None}
    return (dtype for dtype in own if dtype != batch.dtype)


def _tensors_of(model: nn.Module) -> Iterator[torch.Tensor]:
    return itertools.chain(model.parameters(), model.buffers())
