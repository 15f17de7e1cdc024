"""Where no shadow can be had: the model itself, in evaluation mode, put back afterwards."""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import numpy as np
import torch
from torch import nn

from attn_widget.capture.shadow import modules_of, reachable_modules, shadow_of, unwrapped
from attn_widget.undoing import do_and_undo

T = TypeVar("T")

_ONE_AT_A_TIME = threading.RLock()


def harmless(model: nn.Module, work: Callable[[nn.Module], T], *, frozen: bool = False) -> T:
    """Give what `work` gives for a module tree in evaluation mode that it may hook and run without a trace on `model`.

    That is a shadow of the model where one can be made. Otherwise it is the model itself, one pass at a time
    in the whole process, and its modes, buffers and attributes are put back also when `work` raises.
    The parameters of a `frozen` shadow take no part in gradients.
    """
    shadow = shadow_of(model, frozen=frozen)
    if shadow is not None:
        return do_and_undo(lambda: work(shadow), lambda: _let_go(shadow))
    with _ONE_AT_A_TIME:
        return _restored(model, work)


def _let_go(shadow: nn.Module) -> None:
    """Take forwards off that refer to their own module, so that memory is free now, not at the next collection."""
    for module in modules_of(shadow):
        module.__dict__.pop("forward", None)


def _restored(model: nn.Module, work: Callable[[nn.Module], T]) -> T:
    before = [(value, _copied(value)) for value in _changeable(module.__dict__ for module in reachable_modules(model))]

    def evaluating() -> T:
        for module in modules_of(model):
            module.training = False
            module.__dict__["_compiled_call_impl"] = None
        return work(unwrapped(model))

    def put_back() -> None:
        for value, copied in before:
            _put_back(value, copied)

    return do_and_undo(evaluating, put_back)


def _changeable(values: Iterable[Any]) -> list[Any]:
    """List what can change in place: containers and what is in them, tensors but for parameters, arrays."""
    found: dict[int, Any] = {}

    def walk(value: Any) -> None:
        if id(value) in found or isinstance(value, nn.Parameter):
            return
        if isinstance(value, dict | list | deque | set | torch.Tensor | np.ndarray):
            found[id(value)] = value
        if isinstance(value, dict | list | deque | tuple):
            for part in list(value.values() if isinstance(value, dict) else value):
                walk(part)

    for value in values:
        walk(value)
    return list(found.values())


def _copied(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, torch.Tensor) else value.copy()


def _put_back(value: Any, before: Any) -> None:
    """Make `value` what it was; a dict or list has no moment in which it is empty for another thread."""
    if isinstance(value, torch.Tensor):
        if not torch.equal(value, before):
            with torch.inference_mode(value.is_inference()), torch.no_grad():
                value.copy_(before)
    elif isinstance(value, np.ndarray):
        if not np.array_equal(value, before):
            value[...] = before
    elif isinstance(value, dict):
        for name in value.keys() - before.keys():
            del value[name]
        value.update(before)
    elif isinstance(value, list):
        value[:] = before
    else:
        value.clear()
        value.update(before) if isinstance(value, set) else value.extend(before)
