"""Where no shadow can be had: the model itself, in evaluation mode, put back afterwards."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from attn_widget.capture.shadow import named_modules, shadow_of, unwrapped

_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def harmless(model: nn.Module, *, frozen: bool = False) -> Iterator[nn.Module]:
    """Give a module tree in evaluation mode that can be hooked and run without a trace on `model`.

    It is a shadow of the model where one can be made. Otherwise it is the model itself, one pass at a time
    in the whole process, and its modes, buffers and attributes are put back also when the block raises.
    The parameters of a `frozen` shadow take no part in gradients.
    """
    shadow = shadow_of(model, frozen=frozen)
    if shadow is not None:
        yield shadow
        return
    with _ONE_AT_A_TIME, _restored(model):
        yield unwrapped(model)


@contextmanager
def _restored(model: nn.Module) -> Iterator[None]:
    modules = [module for _, module in named_modules(model)]
    attributes = [dict(module.__dict__) for module in modules]
    buffers = [dict(module._buffers) for module in modules]
    values = [{name: _cloned(buffer) for name, buffer in group.items()} for group in buffers]
    try:
        for module in modules:
            module.training = False
            module.__dict__["_compiled_call_impl"] = None
        yield
    finally:
        for module, attribute, group, value in zip(modules, attributes, buffers, values, strict=True):
            _put_back(module.__dict__, attribute)
            _put_back(module._buffers, group)
            _refill(group, value)


def _cloned(buffer: torch.Tensor | None) -> torch.Tensor | None:
    return None if buffer is None else buffer.detach().clone()


def _put_back(present: dict[str, Any], before: dict[str, Any]) -> None:
    """Make `present` what it was, without a moment in which it is empty for another thread."""
    for name in present.keys() - before.keys():
        del present[name]
    present.update(before)


def _refill(buffers: dict[str, torch.Tensor | None], values: dict[str, torch.Tensor | None]) -> None:
    for name, buffer in buffers.items():
        value = values[name]
        if buffer is not None and value is not None and not torch.equal(buffer, value):
            with torch.inference_mode(buffer.is_inference()), torch.no_grad():
                buffer.copy_(value)
