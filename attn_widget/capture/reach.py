"""What a model reaches: by its attributes, and by the names that its code looks up in globals and classes.

Nothing is run. Code that is installed is not read: it keeps what it changes on its objects.
"""

import functools
import gc
import types
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, Sampler

from attn_widget.randomness import everybodys, is_generator
from attn_widget.snapshots import CHANGEABLE, ITERATORS
from attn_widget.user_code import Uses, contents_of, functions_in, is_users, named, slots_of, uses_of

MOST_OBJECTS = 20_000
"""Where looking stops."""

_BESIDE = 500
"""The same for what hangs on a user's way to call the model, which is mostly a short function."""

ATOMS: frozenset[type] = frozenset({bool, int, float, complex, str, bytes, type(None)})
"""What nothing hangs on, and most attributes are."""

TOOLS: tuple[type, ...] = (Dataset, DataLoader, Sampler, torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler)
"""What trains or feeds a model, and is not used in its forward pass."""

TOOL_MODULES = ("lightning.pytorch.trainer", "pytorch_lightning.trainer", "transformers.trainer")
"""Where there are more of them, which need not be installed."""

_INERT = (*ATOMS, types.ModuleType, torch.dtype, torch.device, np.generic, np.dtype, Enum, *TOOLS)
_NOT_IN_A_PASS = frozenset({
    *("__init__", "__new__", "__del__", "__repr__", "__str__", "__copy__", "__deepcopy__", "__reduce__"),
    *("__reduce_ex__", "__getstate__", "__setstate__", "__init_subclass__", "__post_init__", "__set_name__"),
})  # fmt: skip
_MAKING = frozenset({"__init__", "__new__", "__post_init__"})
_OF_ITSELF = frozenset({"__class__", "type"})
_MISSING = object()
_SEQUENCES: tuple[Any, ...] = (list, tuple, set, frozenset, deque)

PROXIES = (weakref.ProxyType, weakref.CallableProxyType)


class Reach:
    """What can be reached from some objects, each once.

    Parameters
    ----------
    by_name : bool
        Whether what code looks up is reached, and not only what hangs on the objects.
    most : int
        After how many objects looking stops.

    Attributes
    ----------
    seen : dict
        By `id`, all objects that were met.
    modules : list of Module
        Those among them.
    tensors : list of Tensor
        Those among them, parameters too.
    changeable : list
        Containers and arrays among them, attributes of objects included.
    cells : list of CellType
        Variables that functions close over and bind anew.
    slots : list of (object, member, value)
        Attributes in ``__slots__``.
    generators : list
        Generators of random numbers.
    functions : list of FunctionType
        The user's, whose code was read, but for methods of modules.
    bindings : dict
        By owner and name: globals, attributes of modules and of classes that code binds anew, and what they are;
        `is_missing` tells those that are not.
    """

    def __init__(self, *, by_name: bool = True, most: int = MOST_OBJECTS) -> None:
        self._by_name, self._most = by_name, most
        self.seen: dict[int, Any] = {}
        self.modules: list[nn.Module] = []
        self.tensors: list[torch.Tensor] = []
        self.changeable: list[Any] = []
        self.cells: list[types.CellType] = []
        self.slots: list[tuple[Any, Any, Any]] = []
        self.generators: list[Any] = []
        self.bindings: dict[tuple[int, str], tuple[Any, str, Any]] = {}
        self._names = {"forward"}
        self._unnamed: dict[str, list[Any]] = {}
        self.functions: list[types.FunctionType] = []
        self._methods: set[int] = set()
        self._read: dict[int, Any] = {}
        self._waiting: deque[Any] = deque()

    def is_state(self) -> bool:
        """Whether anything was reached that a pass could change."""
        return bool(
            self.modules or self.tensors or self.changeable or self.cells or self.slots or self.generators
        ) or bool(self.bindings)

    def add(self, values: Iterable[Any]) -> None:
        """Go on from these objects."""
        self._waiting.extend(values)
        while self._waiting and len(self.seen) < self._most:
            value = self._waiting.popleft()
            if type(value) in ATOMS or id(value) in self.seen or isinstance(value, _INERT):
                continue
            if type(value).__module__.startswith(TOOL_MODULES):
                continue
            self.seen[id(value)] = value
            self._waiting.extend(self._parts(value))

    def add_code(self, values: Iterable[Any]) -> None:
        """Go on from what functions and classes find by name, but not from what functions hold."""
        for value in values:
            if isinstance(value, type):
                self._read_class(value, made=False)
            else:
                self._read_function(value)
        self.add(())

    def _parts(self, value: Any) -> Iterable[Any]:
        """What hangs on an object, which is noted where it can change."""
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
        return [*held_by(value), *self._attributes(value), *self._slots(value)]

    def _attributes(self, value: Any) -> Iterable[Any]:
        """An object's attributes, and the code of its class."""
        self._read_class(type(value), made=False)
        try:
            attributes = object.__getattribute__(value, "__dict__")
        except AttributeError:
            return ()
        if not isinstance(attributes, dict) or (not attributes and isinstance(value, torch.Tensor)):
            return ()
        return (attributes,)

    def _slots(self, value: Any) -> Iterator[Any]:
        for member, part in slots_of(value):
            self.slots.append((value, member, part))
            yield part

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
        """Look up the names that a function of the user's uses."""
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
        """Go on from what a class of the user's has and code names; `made` where code may make instances of it."""
        key = id(kind) if made else -id(kind)
        if key in self._read or id(kind) in self._read or not self._by_name:
            return
        self._read[key] = kind
        for base in kind.__bases__:
            self._read_class(base, made=made)
        if not is_users(kind.__module__):
            if kind is not nn.Module and issubclass(kind, nn.Module):
                self._name(names_of_installed(kind))
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

    def _bind_by_itself(self, kind: type, functions: list[Any]) -> None:
        """Note attributes of a class that its own methods bind, as ``type(self).count += 1`` does."""
        for function in functions:
            uses: Uses = uses_of(function.__code__)
            if uses.stored and not _OF_ITSELF.isdisjoint(uses.attributes):
                for name in uses.stored:
                    if name in vars(kind):
                        self._bind(kind, name)

    def _bind(self, owner: Any, name: str) -> None:
        value = (owner if isinstance(owner, dict) else vars(owner)).get(name, _MISSING)
        self.bindings.setdefault((id(owner), name), (owner, name, value))

    def _name(self, names: frozenset[str]) -> None:
        """Go on from the methods that have been met and are named now."""
        for name in names - self._names:
            self._waiting.extend(self._unnamed.pop(name, ()))
        self._names |= names


def modules_beside(forward: Callable[..., Any] | None) -> list[nn.Module]:
    """The modules that a user's way to call the model reaches by itself: it closes over them or finds them by name."""
    if forward is None:
        return []
    reach = Reach(most=_BESIDE)
    reach.add([forward])
    return reach.modules


def is_missing(value: Any) -> bool:
    """Whether there was no variable of that name."""
    return value is _MISSING


def held_by(value: Any) -> list[Any]:
    """What an object holds, but for its attributes."""
    if isinstance(value, dict):
        return [*dict.keys(value), *dict.values(value)] if not _is_plain(value) else []
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
"""How to list what an object of some kinds holds."""


def _is_plain(value: dict[Any, Any]) -> bool:
    return ATOMS.issuperset(map(type, dict.values(value))) and ATOMS.issuperset(map(type, dict.keys(value)))


def referent(proxy: Any) -> Any:
    """The object behind a weak proxy, or None where it is gone."""
    try:
        return proxy.__repr__.__self__
    except ReferenceError:
        return None


_installed: "weakref.WeakKeyDictionary[type, frozenset[str]]" = weakref.WeakKeyDictionary()


def names_of_installed(kind: type) -> frozenset[str]:
    """The names by which the forward of an installed class may call what a class of the user's overrides."""
    if kind not in _installed:
        names, waiting = set[str](), ["forward"]
        while waiting:
            for function in functions_in(vars(kind).get(waiting.pop())):
                new = uses_of(function.__code__).attributes - names
                names |= new
                waiting += new
        _installed[kind] = frozenset(names)
    return _installed[kind]
