"""Generators of random numbers that a data set, its transforms, a sampler or their code have for themselves."""

import functools
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from operator import is_
from typing import Any

import numpy as np
import torch

from attn_widget.randomness import everybodys, is_generator
from attn_widget.samples.dataset_parts import MANY, MOST_OBJECTS
from attn_widget.user_code import is_users, own_attributes, parts_of_class, parts_of_function, slots_of

_ATOMS = frozenset({int, float, complex, str, bytes, bool, type(None), types.ModuleType, range, slice, torch.dtype})
_LEAVES = (torch.Tensor, np.ndarray, np.generic)
"""What leads nowhere, and may be another one at each read, as a count is."""

_SEQUENCES = (list, tuple, set, frozenset, deque)
_Parts = Callable[[Any], "list[Any]"]
Step = tuple[_Parts, Any, "list[Any]"]


def find_generators(*roots: object) -> tuple[Any, ...]:
    """The generators that can be reached from some objects, but for the global ones."""
    return Generators(*roots).find()


class Generators:
    """The generators that can be reached from some objects, and from what their code names.

    They are looked for anew whenever anything on the way to one has been bound anew: an attribute, an element of a
    list, a global that a function uses.

    Parameters
    ----------
    *roots : object
        A data set, a transform, a collate function, a sampler.
    """

    def __init__(self, *roots: object) -> None:
        self._roots = roots
        self._trail: list[Step] | None = None
        self._found: tuple[Any, ...] = ()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is looked for anew: in another process other objects are reached."""
        return {**self.__dict__, "_trail": None, "_found": ()}

    def find(self) -> tuple[Any, ...]:
        """Look for them, or see that the way to them is as it was."""
        trail = self._trail
        if trail is None or not all(_is_as_before(*step) for step in trail):
            self._look()
        return self._found

    def _look(self) -> None:
        trail = trail_from(*self._roots)
        shared = everybodys()
        found = {id(part): part for _, _, parts in trail for part in parts if is_generator(part)}
        self._found = tuple(generator for key, generator in found.items() if key not in shared)
        self._trail = trail


def trail_from(*roots: object) -> list[Step]:
    """Go from some objects to all that can be reached from them, near things first, within bounds.

    Returns
    -------
    list of (callable, object, list)
        How what hangs on an object is listed, the object, and what hung on it.
    """
    trail: list[Step] = [(list, roots, list(roots))]
    waiting, seen = deque(roots), set[int]()
    while waiting and len(trail) < MOST_OBJECTS:
        value = waiting.popleft()
        if id(value) in seen or _leads_nowhere(value) or is_generator(value):
            continue
        seen.add(id(value))
        look = _way_into(value)
        parts = look(value)
        trail.append((look, value, parts))
        waiting.extend(parts)
    return trail


def _is_as_before(look: _Parts, value: Any, before: list[Any]) -> bool:
    """Whether the same hangs on an object, but for numbers, texts and the like."""
    now = look(value)
    if len(now) != len(before):
        return False
    if all(map(is_, now, before)):
        return True
    pairs = zip(now, before, strict=True)
    return all(new is old or (_leads_nowhere(new) and _leads_nowhere(old)) for new, old in pairs)


def _leads_nowhere(value: Any) -> bool:
    kind = type(value)
    return kind in _ATOMS or issubclass(kind, _LEAVES) or (kind is type and not is_users(value.__module__))


def _way_into(value: Any) -> _Parts:
    """How to list what hangs on an object of this kind."""
    kind = type(value)
    if kind in _WAYS:
        return _WAYS[kind]
    if issubclass(kind, type):
        return parts_of_class
    if issubclass(kind, functools.partial):
        return _given
    if issubclass(kind, dict):
        return _values_and_attributes
    if issubclass(kind, _SEQUENCES):
        return _elements_and_attributes
    return _attributes if any("__slots__" in base.__dict__ for base in kind.__mro__) else _variables


def _elements(value: Any) -> list[Any]:
    return list(value) if len(value) <= MANY else []


def _values(value: Any) -> list[Any]:
    return list(value.values()) if len(value) <= MANY else []


def _elements_and_attributes(value: Any) -> list[Any]:
    """Past what a subclass makes of going through it, as that may draw."""
    base = next(base for base in _SEQUENCES if isinstance(value, base))
    elements: Any = base.__iter__(value) if base.__len__(value) <= MANY else ()
    return [*elements, *_attributes(value)]


def _values_and_attributes(value: Any) -> list[Any]:
    values: Any = dict.values(value) if dict.__len__(value) <= MANY else ()
    return [*values, *_attributes(value)]


def _variables(value: Any) -> list[Any]:
    return [*own_attributes(value).values(), type(value)]


def _attributes(value: Any) -> list[Any]:
    return [*_variables(value), *(part for _, part in slots_of(value))]


def _bound(method: Any) -> list[Any]:
    return [method.__self__, method.__func__]


def _owner(method: Any) -> list[Any]:
    return [method.__self__]


def _given(call: Any) -> list[Any]:
    return [call.func, *call.args, *call.keywords.values(), *own_attributes(call).values()]


_WAYS: dict[type, _Parts] = {
    **dict.fromkeys(_SEQUENCES, _elements),
    **dict.fromkeys((dict, OrderedDict, defaultdict, types.MappingProxyType), _values),
    types.FunctionType: parts_of_function,
    types.MethodType: _bound,
    types.BuiltinMethodType: _owner,
    functools.partial: _given,
}
