"""What can change in place - containers, arrays, tensors - noted, and put back."""

from collections import deque
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import nn


def changeable(values: Iterable[Any]) -> list[Any]:
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


def copied(value: Any) -> Any:
    """Copy a container, an array or a tensor, but not what is in it."""
    return value.detach().clone() if isinstance(value, torch.Tensor) else value.copy()


def put_back(value: Any, before: Any) -> None:
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
