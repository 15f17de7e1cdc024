"""What hangs on a data set: its transforms, the sets that it wraps, what its functions close over, and its code.

Only ``__dict__`` and slots are read, never an attribute by name, so that no property of the user's runs.
"""

import functools
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from attn_widget.randomness import is_generator
from attn_widget.user_code import is_users, own_attributes, parts_of_class, parts_of_function, slots_of

MANY = 64
"""Longer lists hold data, not transforms."""

MOST_OBJECTS = 2_000
"""How many objects are looked at."""

_ATOMS = frozenset({int, float, complex, str, bytes, bool, type(None), types.ModuleType, range, slice, torch.dtype})
_LEAVES = (torch.Tensor, np.ndarray, np.generic)
"""What leads nowhere, and may be a different object at each read, as a count is."""

_SEQUENCES = (list, tuple, set, frozenset, deque)
_MAPPINGS = (dict, OrderedDict, defaultdict, types.MappingProxyType)
Parts = Callable[[Any], "list[Any]"]
Step = tuple[Parts, Any, "list[Any]"]
"""How to list what hangs on an object, the object, and what hung on it."""


def reachable(root: object) -> Iterator[Any]:
    """Give `root` and what hangs on it, each once, in the order in which it is written there.

    The root is a data set, a transform, a collate function or a sampler. Data sets that it wraps are left out.
    """
    seen: dict[int, object] = {}
    waiting = [root]
    while waiting and len(seen) < MOST_OBJECTS:
        value = waiting.pop()
        if id(value) in seen or leads_nowhere(value):
            continue
        seen[id(value)] = value
        if isinstance(value, Dataset) and value is not root:
            continue
        yield value
        waiting += reversed([part for part in _lister_of(value)(value) if not isinstance(part, type)])


def trail_from(*roots: object) -> list[Step]:
    """Find all that can be reached from some objects, nearest first, up to a bound."""
    trail: list[Step] = [(list, roots, list(roots))]
    waiting, seen = deque(roots), set[int]()
    while waiting and len(trail) < MOST_OBJECTS:
        value = waiting.popleft()
        if id(value) in seen or leads_nowhere(value) or is_generator(value):
            continue
        seen.add(id(value))
        look = _lister_of(value)
        parts = look(value)
        trail.append((look, value, parts))
        waiting.extend(parts)
    return trail


def leads_nowhere(value: Any) -> bool:
    """Whether nothing of interest hangs on an object."""
    kind = type(value)
    return kind in _ATOMS or issubclass(kind, _LEAVES) or (kind is type and not is_users(value.__module__))


def _lister_of(value: Any) -> Parts:
    """Choose how to list what hangs on an object of this kind."""
    kind = type(value)
    if kind in _LISTERS:
        return _LISTERS[kind]
    if issubclass(kind, type):
        return parts_of_class
    if issubclass(kind, functools.partial):
        return _arguments
    if issubclass(kind, (dict, *_SEQUENCES)):
        return _content_and_attributes
    return _attributes if any("__slots__" in base.__dict__ for base in kind.__mro__) else _variables


def _content_and_attributes(value: Any) -> list[Any]:
    """Without running what a subclass makes of ``__iter__`` or ``values``, which may draw."""
    base: Any = next(base for base in (dict, *_SEQUENCES) if isinstance(value, base))
    content = dict.values if base is dict else base.__iter__
    return [*(content(value) if base.__len__(value) <= MANY else ()), *_attributes(value)]


def _variables(value: Any) -> list[Any]:
    return [*own_attributes(value).values(), type(value)]


def _attributes(value: Any) -> list[Any]:
    return [*_variables(value), *(part for _, part in slots_of(value))]


def _arguments(call: Any) -> list[Any]:
    return [call.func, *call.args, *call.keywords.values(), *own_attributes(call).values()]


_LISTERS: dict[type, Parts] = {
    **dict.fromkeys(_SEQUENCES, lambda value: list(value) if len(value) <= MANY else []),
    **dict.fromkeys(_MAPPINGS, lambda value: list(value.values()) if len(value) <= MANY else []),
    types.FunctionType: parts_of_function,
    types.MethodType: lambda method: [method.__self__, method.__func__],
    types.BuiltinMethodType: lambda method: [method.__self__],
    functools.partial: _arguments,
}
