"""A whole graph of objects copied with one memo: what belonged together does so in the copy."""

import copyreg
import functools
import gc
import itertools
import re
import threading
import types
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import PurePath
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.capture.reach import ATOMS, PROXIES, TOOL_MODULES, TOOLS, referent
from attn_widget.capture.storages import StorageCopies
from attn_widget.capture.tree import unwrapped
from attn_widget.capture.weight_writes import may_write
from attn_widget.randomness import everybodys, is_generator
from attn_widget.snapshots import iterator_like
from attn_widget.user_code import contents_of, is_users, is_users_class

_OWN = frozenset(nn.Module().__dict__)  # what every module has: mostly empty
_OF_STATE_DICTS = frozenset(name for name in _OWN if "state_dict" in name)  # hooks that no pass runs or adds
_OF_TENSORS = frozenset({"_parameters", "_buffers"})
_BACKWARD = frozenset({"_backward_hooks", "_backward_pre_hooks"})  # the user's: they would hear of our gradients
_FIXED = (
    *(types.ModuleType, types.CodeType, property, Enum, re.Pattern, PurePath, range, slice, *TOOLS),
    *(torch.dtype, torch.device, torch.layout, torch.memory_format, torch.Size, np.generic, np.dtype),
)
_OF_TORCH = ("torch._C", "torch._ops", "torch.fx.graph", "torch._dynamo", "torch.distributed", "torch.jit")
"""Where torch has objects that no forward pass changes, and that cannot be copied, or only at length."""

_UNKNOWN = object()


class Uncopied(Exception):
    """No copy can be made: of an open file, a thread, an iterator in the midst of its work."""


class GraphCopy:
    """Copies a model and all that hangs on it.

    Parameters
    ----------
    shared : dict
        By `id`, what the copy shares with the original.
    frozen : bool
        Whether the copied parameters take no part in gradients.
    owning : bool
        Whether all parameters have values of their own, and not only those of modules whose code may write them.

    Attributes
    ----------
    code : list
        The functions and classes of the user's that were met.
    modules : list of Module
        The copies of modules, those that hang on others outside ``_modules`` too.
    parameters : list of Parameter
        Copies that share their values with the originals.
    is_tangled : bool
        Whether more was copied than the tree, its tensors, and containers of such: it may refer to itself.
    """

    def __init__(self, shared: dict[int, Any], *, frozen: bool, owning: bool) -> None:
        self._frozen, self._owning = frozen, owning
        self._memo: dict[int, Any] = dict(shared)  # by `id`, the copies, as `copy.deepcopy` keeps them
        self._held: list[Any] = [shared]  # the originals, so that no id is given away
        self._storages = StorageCopies()
        self._owned: set[int] = set()
        self._kinds: set[type] = set()
        self.code: list[Any] = []
        self.modules: list[nn.Module] = []
        self.parameters: list[nn.Parameter] = []
        self.is_tangled = False

    def copy_modules(self, originals: list[nn.Module]) -> nn.Module:
        """Copy the modules of a tree, in evaluation mode, and give the first.

        Raises
        ------
        Uncopied
            Where something on it cannot be copied.
        """
        copies = [self._begun(module) for module in originals]
        for module in originals:
            if may_write(module):
                self._owned.update(id(parameter) for parameter in module.parameters())
        for module, twin in zip(originals, copies, strict=True):
            self._fill(module, twin)
            twin.__dict__["training"] = False  # with a third of the time of an assignment
        return copies[0]

    def copy(self, value: Any) -> Any:
        """Copy what can change in place, and what leads to it."""
        kind = type(value)
        if kind in ATOMS:
            return value
        twin = self._memo.get(id(value), _UNKNOWN)
        if twin is not _UNKNOWN:
            return twin
        way = _WAYS.get(kind)
        return (_way_for(kind) if way is None else way)(self, value)

    def know(self, value: Any, twin: Any) -> Any:
        """Note the copy of an object, and give it."""
        self._held.append(value)
        self._memo[id(value)] = twin
        return twin

    def _meet(self, kind: type) -> None:
        """Take note of a class of the user's."""
        if kind not in self._kinds:
            self._kinds.add(kind)
            if hasattr(kind, "__del__"):  # which the end of a copy would run
                raise Uncopied(kind)
            if is_users_class(kind):
                self.code.append(kind)

    # --- modules and tensors

    def _begun(self, module: nn.Module) -> nn.Module:
        self._meet(type(module))
        twin: nn.Module = self.know(module, object.__new__(type(module)))
        self.modules.append(twin)
        return twin

    def hidden_module(self, value: nn.Module) -> nn.Module:
        """Copy a module that hangs on another one outside ``_modules``; it keeps its mode."""
        module = unwrapped(value)
        if module is value:
            self.is_tangled = True
            self._fill(module, self._begun(module))
        else:
            self.know(value, self.copy(module))
        twin: nn.Module = self._memo[id(value)]
        return twin

    def _fill(self, module: nn.Module, twin: nn.Module) -> None:
        """Copy a module's ``__dict__``, and what hangs on it."""
        state = twin.__dict__
        state.update(module.__dict__)
        for name, value in state.items():  # whose values change meanwhile, but not its names
            kind = type(value)
            if kind in ATOMS:
                continue
            if name not in _OWN:
                state[name] = self.copy(value)
            elif not value or name in _BACKWARD:
                state[name] = kind()
            elif name in _OF_TENSORS:
                parts = {own: None if part is None else self.copy(part) for own, part in list(value.items())}
                state[name] = self.know(value, parts)
            elif name == "_modules":
                children = {own: None if part is None else self.copy(unwrapped(part)) for own, part in value.items()}
                state[name] = self.know(value, children)
            elif name not in _OF_STATE_DICTS:
                state[name] = self.copy(value)
        state["_compiled_call_impl"] = None

    def parameter(self, value: nn.Parameter) -> nn.Parameter:
        """Give a parameter of the copy's own, which mostly shares its values; the count of its changes is another."""
        owned = self._owning or id(value) in self._owned
        data = self._storages.copy(value.data) if owned else value.data
        if data.is_inference():
            data, owned = data.clone(), True
        twin = torch.Tensor._make_subclass(nn.Parameter, data, value.requires_grad and not self._frozen)
        self.know(value, twin)
        if not owned:
            self.parameters.append(twin)
        return self._with_attributes(value, twin) if value.__dict__ else twin

    def tensor(self, value: torch.Tensor) -> torch.Tensor:
        """Copy a tensor."""
        twin = self.know(value, self._storages.copy(value))
        return self._with_attributes(value, twin) if value.__dict__ else twin

    def special_tensor(self, value: torch.Tensor) -> torch.Tensor:
        """Copy a tensor of a class of its own, but for a parameter: its behaviour may be in its class."""
        return value if isinstance(value, nn.Parameter) else self.tensor(value)

    def _with_attributes(self, value: Any, twin: Any) -> Any:
        twin.__dict__.update(self.copy(value.__dict__))
        return twin

    def array(self, value: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """Copy an array; one that cannot be written to is not."""
        if not value.flags.writeable and not value.dtype.hasobject:
            return value
        twin = self.know(value, value.copy())
        if value.dtype == object:
            for place, part in enumerate(value.flat):
                twin.flat[place] = self.copy(part)
        return twin

    # --- containers

    def dictionary(self, value: dict[Any, Any]) -> dict[Any, Any]:
        """Copy a dict, its keys too."""
        twin = self.know(value, type(value)())
        if ATOMS.issuperset(map(type, value)):
            copy = self.copy
            twin.update([(key, part if type(part) in ATOMS else copy(part)) for key, part in list(value.items())])
        else:
            twin.update([(self.copy(key), self.copy(part)) for key, part in list(value.items())])
        return twin

    def of_list(self, value: list[Any]) -> list[Any]:
        """Copy a list."""
        twin = self.know(value, [])
        twin += value if ATOMS.issuperset(map(type, value)) else map(self.copy, list(value))
        return twin

    def constant(self, value: Any) -> Any:
        """Copy a tuple or a frozenset where anything in it is copied."""
        parts = list(value)
        if ATOMS.issuperset(map(type, parts)):
            return value
        twins = list(map(self.copy, parts))
        if all(twin is part for twin, part in zip(twins, parts, strict=True)):
            return value
        if id(value) in self._memo:  # it holds something that refers to it
            return self._memo[id(value)]
        return self.know(value, type(value)(twins))

    def of_set(self, value: set[Any]) -> set[Any]:
        """Copy a set."""
        twin = self.know(value, set())
        twin.update(value if ATOMS.issuperset(map(type, value)) else map(self.copy, list(value)))
        return twin

    def proxy_of_mapping(self, value: Any) -> Any:
        """Give a read-only view of the copy of the dict behind it."""
        (mapping,) = gc.get_referents(value)
        return self.know(value, types.MappingProxyType(self.copy(mapping)))

    # --- code

    def function(self, value: types.FunctionType) -> Any:
        """Rebuild a function with cells, defaults and attributes of its own; an installed one where they differ."""
        compiled = value.__dict__.get("_torchdynamo_orig_callable")
        if compiled is not None:
            return self.know(value, self.copy(compiled))
        users = is_users(value.__globals__.get("__name__", "__main__"))
        if users:
            self.code.append(value)
        if not (value.__closure__ or value.__defaults__ or value.__kwdefaults__ or value.__dict__):
            return self.know(value, value)
        closure = value.__closure__ or ()
        cells = [self._memo.get(id(cell), _UNKNOWN) for cell in closure]
        new = [place for place, cell in enumerate(cells) if cell is _UNKNOWN]
        for place in new:
            cells[place] = self.know(closure[place], types.CellType())
        twin = types.FunctionType(value.__code__, value.__globals__, value.__name__, None, tuple(cells) or None)
        self.know(value, twin)
        for place in new:
            for content in contents_of(closure[place]):
                cells[place].cell_contents = self.copy(content)
        twin.__defaults__, twin.__kwdefaults__ = self.copy(value.__defaults__), self.copy(value.__kwdefaults__)
        twin.__dict__.update(self.copy(value.__dict__))
        if not users and _holds_the_same(twin, value):
            return self.know(value, value)
        twin.__qualname__, twin.__module__, twin.__doc__ = value.__qualname__, value.__module__, value.__doc__
        self.is_tangled = True
        return twin

    def method(self, value: types.MethodType) -> types.MethodType:
        """Bind the copied function to the copied owner."""
        self.is_tangled = True
        return self.know(value, types.MethodType(self.copy(value.__func__), self.copy(value.__self__)))

    def built_in(self, value: Any) -> Any:
        """Bind a method that is not written in Python to the copied owner."""
        owner = value.__self__
        if owner is None or isinstance(owner, types.ModuleType | type):
            return value
        twin = self.copy(owner)
        return value if twin is owner else self.know(value, getattr(twin, value.__name__))

    def cached_function(self, value: Any) -> Any:
        """Give a function that remembers its results an empty memory, where the copy's results may be others."""
        twin = self.copy(value.__wrapped__)
        if twin is value.__wrapped__:
            return value
        return self.know(value, functools.lru_cache(**value.cache_parameters())(twin))

    def class_(self, value: type) -> type:
        """Take note of a class; it is not copied."""
        if is_users(value.__module__):
            self.code.append(value)
        return self.know(value, value)

    def reference(self, value: Any) -> Any:
        """Refer to the copy, which lives as long: the copy may hold nothing else that keeps it."""
        target = value()
        twin = self.copy(target)
        if twin is target:
            return value
        kept = self.know(value, _Reference(twin))
        kept.kept = twin
        return kept

    def proxy(self, value: Any) -> Any:
        """Give the copy itself in the place of a weak proxy."""
        return self.know(value, self.copy(referent(value)))

    # --- other objects

    def of_object(self, value: Any) -> Any:
        """Copy an object as `copy.deepcopy` does, without a call of ``__init__``."""
        kind = type(value)
        self._meet(kind)
        if is_generator(value) and id(value) in everybodys():
            return value
        self.is_tangled = True
        try:
            if hasattr(kind, "__deepcopy__"):
                return self.know(value, value.__deepcopy__(self._memo))
            reduce = copyreg.dispatch_table.get(kind)
            reduced = value.__reduce_ex__(4) if reduce is None else reduce(value)
            return value if isinstance(reduced, str) else self._rebuilt(value, *reduced)
        except (Uncopied, RecursionError):
            raise
        except Exception as error:  # whatever it is that keeps it from being copied
            raise Uncopied(kind) from error

    def _rebuilt(
        self,
        value: Any,
        make: Callable[..., Any],
        given: Iterable[Any],
        state: Any = None,
        elements: Iterable[Any] | None = None,
        items: Iterable[tuple[Any, Any]] | None = None,
        set_state: Callable[[Any, Any], object] | None = None,
    ) -> Any:
        """Follow the recipe that an object gives for itself to `pickle`."""
        twin = self.know(value, make(*map(self.copy, given)))
        if state is not None:
            own = self.copy(state)
            if set_state is not None:
                set_state(twin, own)
            elif hasattr(twin, "__setstate__"):
                twin.__setstate__(own)
            else:
                attributes, slots = own if isinstance(own, tuple) and len(own) == 2 else (own, None)
                twin.__dict__.update(attributes or {})
                for name, part in (slots or {}).items():
                    object.__setattr__(twin, name, part)
        for element in elements or ():
            twin.append(self.copy(element))
        for key, part in items or ():
            twin[self.copy(key)] = self.copy(part)
        return twin

    def torch_generator(self, value: torch.Generator) -> torch.Generator:
        """Give a generator in the same state, but for those of the whole process."""
        if id(value) in everybodys():
            return value
        return self.know(value, torch.Generator(value.device).set_state(value.get_state()))


class _Reference(weakref.ref[Any]):
    """A weak reference that keeps what it refers to."""

    kept: Any


def _holds_the_same(twin: types.FunctionType, value: types.FunctionType) -> bool:
    """Whether two functions close over the same objects and have the same defaults and attributes."""
    now, before = (
        [
            *(part for cell in function.__closure__ or () for part in contents_of(cell)),
            *(function.__defaults__ or ()),
            *(function.__kwdefaults__ or {}).values(),
            *function.__dict__.values(),
        ]
        for function in (twin, value)
    )
    return len(now) == len(before) and all(new is old for new, old in zip(now, before, strict=True))


def _iterator(copier: GraphCopy, value: Any) -> Any:
    twin = iterator_like(value)
    if twin is value:
        raise Uncopied(type(value))
    return copier.know(value, twin)


def _itself(_copier: GraphCopy, value: Any) -> Any:
    return value


def _uncopied(_copier: GraphCopy, value: Any) -> Any:
    raise Uncopied(type(value))


def _fresh(copier: GraphCopy, value: Any) -> Any:
    """A lock of the copy's own, which nobody holds."""
    return copier.know(value, threading.RLock() if isinstance(value, type(threading.RLock())) else threading.Lock())


_Way = Callable[[GraphCopy, Any], Any]
_WAYS: dict[type, _Way] = {
    torch.Tensor: GraphCopy.tensor,
    nn.Parameter: GraphCopy.parameter,
    dict: GraphCopy.dictionary,
    OrderedDict: GraphCopy.dictionary,
    list: GraphCopy.of_list,
    tuple: GraphCopy.constant,
    frozenset: GraphCopy.constant,
    set: GraphCopy.of_set,
    np.ndarray: GraphCopy.array,
    types.MappingProxyType: GraphCopy.proxy_of_mapping,
    types.FunctionType: GraphCopy.function,
    types.MethodType: GraphCopy.method,
    types.BuiltinMethodType: GraphCopy.built_in,
    types.MethodWrapperType: GraphCopy.built_in,
    functools._lru_cache_wrapper: GraphCopy.cached_function,
    weakref.ReferenceType: GraphCopy.reference,
    torch.Generator: GraphCopy.torch_generator,
    itertools.count: _iterator,
    **dict.fromkeys(PROXIES, GraphCopy.proxy),
    **dict.fromkeys((type(threading.Lock()), type(threading.RLock())), _fresh),
    **dict.fromkeys((type, type(Ellipsis), type(NotImplemented)), _itself),
}
_found: "weakref.WeakKeyDictionary[type, _Way]" = weakref.WeakKeyDictionary()


def _way_for(kind: type) -> _Way:
    """How to copy an object of a kind that is not among the usual ones."""
    way = _found.get(kind)
    if way is None:
        way = _found[kind] = _new_way_for(kind)
    return way


def _new_way_for(kind: type) -> _Way:
    if issubclass(kind, nn.Module):
        return GraphCopy.hidden_module
    if issubclass(kind, torch.Tensor):
        return GraphCopy.special_tensor
    if issubclass(kind, np.ndarray):
        return GraphCopy.array
    if issubclass(kind, type):
        return GraphCopy.class_
    if issubclass(kind, threading.Thread):
        return _uncopied
    if issubclass(kind, _FIXED) or kind.__module__.startswith((*_OF_TORCH, *TOOL_MODULES)):
        return _itself
    return GraphCopy.of_object
