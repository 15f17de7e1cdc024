"""What a model reaches: through its attributes, and through names that its code looks up in globals and classes.

Nothing is run. Installed code is not read, as it keeps its state on its objects.
"""

import functools
import gc
import types
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, Sampler

from attn_widget.randomness import everybodys, is_generator
from attn_widget.snapshots import CHANGEABLE, ITERATORS
from attn_widget.user_code import contents_of, dict_of, functions_in, is_users, methods_run_by, named, slots_of, uses_of

MOST_OBJECTS = 20_000
"""After how many objects the search stops."""

_BESIDE = 500
"""The same for the objects that a user's ``forward`` reaches, which is usually a short function."""

ATOMS: frozenset[type] = frozenset({bool, int, float, complex, str, bytes, type(None)})
"""Types that refer to nothing else; most attributes are of these."""

TOOLS: tuple[type, ...] = (Dataset, DataLoader, Sampler, torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler)
"""Objects that train or feed a model, and are not used in its forward pass."""

TOOL_MODULES = ("lightning.pytorch.trainer", "pytorch_lightning.trainer", "transformers.trainer")
"""Modules with more of them, which may not be installed."""

_INERT = (*ATOMS, types.ModuleType, torch.dtype, torch.device, np.generic, np.dtype, Enum, *TOOLS)
_NOT_IN_A_PASS = frozenset({
    *("__init__", "__new__", "__del__", "__repr__", "__str__", "__copy__", "__deepcopy__", "__reduce__"),
    *("__reduce_ex__", "__getstate__", "__setstate__", "__init_subclass__", "__post_init__", "__set_name__"),
})  # fmt: skip
_MAKING = frozenset({"__init__", "__new__", "__post_init__"})
_OF_ITSELF = frozenset({"__class__", "type"})
MISSING = object()
"""Stands in `Reach.bindings` for the value of a variable that does not exist."""

_SEQUENCES: tuple[Any, ...] = (list, tuple, set, frozenset, deque)

PROXIES = (weakref.ProxyType, weakref.CallableProxyType)


class Reach:
    """Everything that can be reached from some objects, each once, up to `most` of them.

    With `by_name`, that includes what their code looks up, otherwise only what the objects refer to.
    """

    def __init__(self, *, by_name: bool = True, most: int = MOST_OBJECTS) -> None:
        self._by_name, self._most = by_name, most
        self.seen: dict[int, Any] = {}  # all objects that were met, by `id`
        self.modules: list[nn.Module] = []
        self.tensors: list[torch.Tensor] = []  # parameters included
        self.changeable: list[Any] = []  # containers and arrays, the `__dict__` of objects included
        self.cells: list[types.CellType] = []  # variables that functions close over and rebind
        self.slots: list[tuple[Any, Any, Any]] = []  # attributes in `__slots__`: (object, member, value)
        self.generators: list[Any] = []  # of random numbers
        self.functions: list[types.FunctionType] = []  # of the user, whose code was read; without methods of modules
        self.bindings: dict[tuple[int, str], tuple[Any, str, Any]] = {}
        """Globals and attributes of modules and classes that code rebinds: (owner, name, value or `MISSING`)."""
        self._names = {"forward"}  # by which code may call a method
        self._unnamed: dict[str, list[Any]] = {}  # methods that were met, but not yet named
        self._methods: set[int] = set()
        self._read: dict[int, Any] = {}
        self._waiting: deque[Any] = deque()

    def is_state(self) -> bool:
        """Whether anything was reached that a pass could change."""
        state = (self.modules, self.tensors, self.changeable, self.cells, self.slots, self.generators, self.bindings)
        return any(state)

    def add(self, values: Iterable[Any]) -> None:
        """Continue from these objects."""
        self._waiting.extend(values)
        while self._waiting and len(self.seen) < self._most:
            value = self._waiting.popleft()
            if type(value) in ATOMS or id(value) in self.seen or isinstance(value, _INERT):
                continue
            if not type(value).__module__.startswith(TOOL_MODULES):
                self.seen[id(value)] = value
                self._waiting.extend(self._parts(value))

    def add_code(self, values: Iterable[Any]) -> None:
        """Continue from what functions and classes find by name, but not from what the functions hold."""
        for value in values:
            if isinstance(value, type):
                self._read_class(value, made=False)
            else:
                self._read_function(value)
        self.add(())

    def _parts(self, value: Any) -> Iterable[Any]:
        """What an object refers to; the object itself is recorded if it can change."""
        kind = type(value)
        if isinstance(value, type):
            self._read_class(value, made=True)
            return ()
        if kind is types.FunctionType:
            return self._parts_of_function(value)
        if kind in PROXIES:
            return [referent(value)]
        if isinstance(value, torch.Tensor):
            self.tensors.append(value)
            return self._attributes(value)
        if isinstance(value, nn.Module):
            self.modules.append(value)
        elif isinstance(value, CHANGEABLE):
            self.changeable.append(value)
        elif is_generator(value):
            if id(value) not in everybodys():
                self.generators.append(value)
            return ()
        slots = [(value, member, part) for member, part in slots_of(value)]
        self.slots += slots
        return [*held_by(value), *self._attributes(value), *(part for _, _, part in slots)]

    def _attributes(self, value: Any) -> Iterable[Any]:
        """An object's ``__dict__``, in a tuple; reads the code of its class on the way."""
        self._read_class(type(value), made=False)
        attributes = dict_of(value)
        return () if attributes is None or (not attributes and isinstance(value, torch.Tensor)) else (attributes,)

    def _parts_of_function(self, function: types.FunctionType) -> Iterator[Any]:
        self._read_function(function)
        rebound = uses_of(function.__code__).rebound if function.__closure__ else ()
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            if name in rebound:
                self.cells.append(cell)
            if name != "__class__":  # where ``super()`` looks
                yield from contents_of(cell)
        yield from function.__defaults__ or ()
        yield from (function.__kwdefaults__ or {}).values()
        if function.__dict__:
            yield function.__dict__

    def _read_function(self, function: types.FunctionType) -> None:
        """Look up the names that a user's function uses."""
        users = self._by_name and is_users(function.__globals__.get("__name__", "__main__"))
        if id(function) in self._read or not users:
            return
        self._read[id(function)] = function
        if id(function) not in self._methods:
            self.functions.append(function)
        uses, variables = uses_of(function.__code__), function.__globals__
        self._name(uses.attributes)
        for name in uses.variables:
            if name in uses.bound or isinstance(variables.get(name), ITERATORS):
                self._bind(variables, name)
        self._waiting.extend(named(uses.variables, variables, uses.attributes))
        for owner_name in uses.variables if uses.stored else ():
            owner = variables.get(owner_name)
            if isinstance(owner, type | types.ModuleType) and is_users(getattr(owner, "__module__", owner.__name__)):
                for name in uses.stored:
                    if name in vars(owner) or (owner_name, name) in uses.placed:
                        self._bind(owner, name)

    def _read_class(self, kind: type, *, made: bool) -> None:
        """Continue from those parts of a user's class that code names; `made` if code may create instances of it."""
        key = id(kind) if made else -id(kind)
        if key in self._read or id(kind) in self._read or not self._by_name:
            return
        self._read[key] = kind
        for base in kind.__bases__:
            self._read_class(base, made=made)
        if not is_users(kind.__module__):
            if kind is not nn.Module and issubclass(kind, nn.Module):
                self._name(_names_of_installed(kind))
            return
        for name, attribute in list(vars(kind).items()):
            functions = functions_in(attribute)
            if not functions and (name.startswith("__") or isinstance(attribute, types.MemberDescriptorType)):
                continue
            self._bind_by_itself(kind, functions)
            if issubclass(kind, nn.Module):
                self._methods.update(map(id, functions))
            runs = name.startswith("__") and (name not in _NOT_IN_A_PASS or (made and name in _MAKING))
            for part in functions or [attribute]:
                if runs or name in self._names:
                    self._waiting.append(part)
                else:
                    self._unnamed.setdefault(name, []).append(part)

    def _bind_by_itself(self, kind: type, functions: list[types.FunctionType]) -> None:
        """Record attributes of a class that its own methods set, as ``type(self).count += 1`` does."""
        for function in functions:
            uses = uses_of(function.__code__)
            if uses.stored and not _OF_ITSELF.isdisjoint(uses.attributes):
                for name in uses.stored:
                    if name in vars(kind):
                        self._bind(kind, name)

    def _bind(self, owner: Any, name: str) -> None:
        value = (owner if isinstance(owner, dict) else vars(owner)).get(name, MISSING)
        self.bindings.setdefault((id(owner), name), (owner, name, value))

    def _name(self, names: frozenset[str]) -> None:
        """Continue from methods that were met earlier and are named only now."""
        for name in names - self._names:
            self._waiting.extend(self._unnamed.pop(name, ()))
        self._names |= names


def modules_beside(forward: Callable[..., Any] | None) -> list[nn.Module]:
    """The modules that a user's ``forward`` reaches by itself, because it closes over them or finds them by name."""
    if forward is None:
        return []
    reach = Reach(most=_BESIDE)
    reach.add([forward])
    return reach.modules


def held_by(value: Any) -> list[Any]:
    """What an object contains or wraps, its attributes aside."""
    if isinstance(value, dict):
        parts = chain(dict.values(value), dict.keys(value))
        return [] if ATOMS.issuperset(map(type, parts)) else [*dict.keys(value), *dict.values(value)]
    for kind in _SEQUENCES:
        if isinstance(value, kind):
            return [] if ATOMS.issuperset(map(type, kind.__iter__(value))) else list(kind.__iter__(value))
    return next((look(value) for kinds, look in _WAYS if isinstance(value, kinds)), [])


_WAYS: tuple[tuple[Any, Callable[[Any], list[Any]]], ...] = (
    (functools.partial, lambda value: [value.func, *value.args, *value.keywords.values()]),
    (types.MethodType, lambda value: [value.__self__, value.__func__]),
    ((types.BuiltinMethodType, types.MethodWrapperType), lambda value: [value.__self__]),
    (weakref.ReferenceType, lambda value: [value()]),
    (types.MappingProxyType, gc.get_referents),
    ((staticmethod, classmethod, property), functions_in),
    (np.ndarray, lambda value: list(value.flat) if value.dtype.hasobject else []),
    (functools._lru_cache_wrapper, lambda value: [getattr(value, "__wrapped__", None)]),
)
"""How to list what objects of further kinds contain."""


def referent(proxy: Any) -> Any:
    """The object behind a weak proxy, or None if it is gone."""
    try:
        return proxy.__repr__.__self__
    except ReferenceError:
        return None


_installed: "weakref.WeakKeyDictionary[type, frozenset[str]]" = weakref.WeakKeyDictionary()


def _names_of_installed(kind: type) -> frozenset[str]:
    """The names by which the forward of an installed class may call what a user's class overrides."""
    if kind not in _installed:
        used = (uses_of(method.__code__).attributes for method in methods_run_by(kind, "forward"))
        _installed[kind] = frozenset().union(*used)
    return _installed[kind]
