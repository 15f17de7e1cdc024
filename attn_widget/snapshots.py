"""Snapshots of what can change in place (containers, arrays, tensors), to restore it from."""

import ast
import copy
import itertools
from collections import OrderedDict, deque
from collections.abc import Iterable
from contextlib import suppress
from operator import is_
from typing import Any

import numpy as np
import torch
from torch import nn

CHANGEABLE = (dict, list, deque, set, bytearray, torch.Tensor, np.ndarray)
"""The types that `copied` and `put_back` handle, with their subclasses."""

ITERATORS: tuple[type, ...] = (itertools.count, itertools.cycle, type(iter([])), type(iter(())))
"""Iterators cannot be rewound: they can only be restored by putting another one in their place."""

_LARGE = 2**18
"""From so many elements (1 MB in float32) a copied tensor shares its memory until one of the two is written to."""


def changeable(values: Iterable[Any]) -> list[Any]:
    """List what can change in place: containers and what they contain, arrays, and tensors other than parameters."""
    found: dict[int, Any] = {}

    def walk(value: Any) -> None:
        if id(value) in found or isinstance(value, nn.Parameter):
            return
        if isinstance(value, CHANGEABLE):
            found[id(value)] = value
        if isinstance(value, dict | list | deque | tuple):
            for part in list(value.values() if isinstance(value, dict) else value):
                walk(part)

    for value in values:
        walk(value)
    return list(found.values())


def twin_of(tensor: torch.Tensor) -> torch.Tensor:
    """Copy a tensor without its graph; the memory of a large one is only copied once either of the two is written to.

    That uses torch's private copy-on-write. Small tensors are cloned at once: if the user's own tensor were written to
    during the life of the copy, it would move to other memory, away from a NumPy array that may share it.
    """
    if tensor.numel() >= _LARGE and tensor.layout is torch.strided and not (tensor.is_quantized or tensor.is_meta):
        with suppress(AttributeError, RuntimeError):  # an older torch; memory of NumPy, of a file or another process
            return torch._lazy_clone(tensor.detach())
    return tensor.detach().clone() if tensor.requires_grad else tensor.clone()


def iterator_like(iterator: Any) -> Any:
    """Return a new iterator that continues as this one would, without advancing it; the same one where that fails."""
    try:
        if isinstance(iterator, itertools.count):  # Python 3.14 no longer copies these
            given = ast.literal_eval(repr(iterator).removeprefix("count"))
            return itertools.count(*given) if isinstance(given, tuple) else itertools.count(given)
        if isinstance(iterator, itertools.cycle):  # a copy would draw from the same inner iterator
            recipe: Any = iterator.__reduce__()
            _, (inner,), (seen, ends) = recipe
            twin: Any = itertools.cycle(iterator_like(inner))
            twin.__setstate__((list(seen), ends))
            return twin if isinstance(inner, ITERATORS) else iterator
        return copy.copy(iterator)
    except (TypeError, ValueError, AttributeError):
        return iterator


def copied(value: Any) -> Any:
    """Copy the contents of a container, array or tensor, one level deep, for `put_back`."""
    if isinstance(value, torch.Tensor):
        return twin_of(value)
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return list(_kind(value).items(value))
    if isinstance(value, deque):
        return list(deque.__iter__(value))
    if isinstance(value, bytearray):
        return bytes(value)
    return list.copy(value) if isinstance(value, list) else set.copy(value)


def put_back(value: Any, before: Any) -> None:
    """Restore `value` from its copy; at no moment does another thread see a dict or list empty."""
    if isinstance(value, torch.Tensor | np.ndarray):
        _put_back_values(value, before)
    elif isinstance(value, dict):
        _put_back_items(value, before)
    elif isinstance(value, list):
        if not same_objects(list.copy(value), before):
            list.__setitem__(value, slice(None), before)
    elif isinstance(value, deque):
        if not same_objects(list(deque.__iter__(value)), before):
            deque.clear(value)
            deque.extend(value, before)
    elif isinstance(value, bytearray):
        value[:] = before
    elif set.__ne__(value, before):
        set.clear(value)
        set.update(value, before)


def _put_back_values(value: Any, before: Any) -> None:
    if isinstance(value, np.ndarray):
        if not np.array_equal(value, before):
            value[...] = before
    elif not _is_unwritten(value, before) and not torch.equal(value, before):
        with torch.inference_mode(value.is_inference()), torch.no_grad():
            value.copy_(before)


def _is_unwritten(tensor: torch.Tensor, before: torch.Tensor) -> bool:
    """Whether a large tensor and its copy still share their memory."""
    private: Any = torch._C  # the type stubs do not list these
    if tensor.numel() < _LARGE or tensor.layout is not torch.strided or not private._is_cow_tensor(before):
        return False
    return bool(private._data_address(tensor) == private._data_address(before))


def _kind(value: dict[Any, Any]) -> Any:
    """The class whose methods read and write a mapping: those of subclasses may differ, a Counter's ``update`` adds."""
    return OrderedDict if isinstance(value, OrderedDict) else dict


def same_objects(now: list[Any], before: list[Any]) -> bool:
    """Whether two lists hold the same objects in the same order."""
    return len(now) == len(before) and all(map(is_, now, before))


def _put_back_items(value: dict[Any, Any], before: list[tuple[Any, Any]]) -> None:
    kind, missing = _kind(value), object()
    known = {key for key, _ in before}
    for key in [key for key in kind.keys(value) if key not in known]:
        kind.__delitem__(value, key)
    for key, part in before:
        if kind.get(value, key, missing) is not part:
            kind.__setitem__(value, key, part)
    if not same_objects(list(kind.keys(value)), [key for key, _ in before]):
        for key, part in before:
            kind.pop(value, key, None)
            kind.__setitem__(value, key, part)
