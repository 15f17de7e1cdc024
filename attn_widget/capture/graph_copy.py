"""A whole graph of objects copied with one memo, so that what was shared is shared in the copy too."""

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
from typing import Any, ClassVar, NoReturn

import numpy as np
import torch
from torch import nn

from attn_widget.capture.reach import ATOMS, PROXIES, TOOL_MODULES, TOOLS, referent
from attn_widget.capture.storages import StorageCopies
from attn_widget.capture.tree import unwrapped
from attn_widget.capture.weight_writes import may_write
from attn_widget.randomness import everybodys, is_generator
from attn_widget.snapshots import iterator_like, same_objects
from attn_widget.user_code import contents_of, held_by_function, is_users, is_users_class

_OWN = frozenset(nn.Module().__dict__)  # the attributes of every module, mostly empty
_OF_STATE_DICTS = frozenset(name for name in _OWN if "state_dict" in name)  # hooks that no pass runs or adds
_OF_TENSORS = frozenset({"_parameters", "_buffers"})
_BACKWARD = frozenset({"_backward_hooks", "_backward_pre_hooks"})  # of the user: not for our gradients
_FIXED = (
    *(types.ModuleType, types.CodeType, property, Enum, re.Pattern, PurePath, range, slice, *TOOLS),
    *(torch.dtype, torch.device, torch.layout, torch.memory_format, torch.Size, np.generic, np.dtype),
)
_OF_TORCH = ("torch._C", "torch._ops", "torch.fx.graph", "torch._dynamo", "torch.distributed", "torch.jit")
"""Modules of torch whose objects no forward pass changes, and that cannot be copied, or only at great length."""

_UNKNOWN = object()
_Way = Callable[[Any, Any], Any]  # a method of `GraphCopy` that copies objects of some types


class Uncopied(Exception):
    """No copy can be made, as of an open file, a thread, or a generator that has started."""


class GraphCopy:
    """Copies a model and everything it refers to, except for the `shared` objects, given by `id`.

    The parameters of a `frozen` copy take no part in gradients. Those of modules whose code may write to them get
    values of their own; with `owning`, all do.
    """

    def __init__(self, shared: dict[int, Any], *, frozen: bool, owning: bool) -> None:
        self._frozen, self._owning = frozen, owning
        self._memo: dict[int, Any] = dict(shared)  # the copies by `id`, as `copy.deepcopy` keeps them
        self._held: list[Any] = [shared]  # the originals, so that no id is used again
        self._storages = StorageCopies()
        self._owned: set[int] = set()
        self._kinds: set[type] = set()
        self.code: list[Any] = []  # the user's functions and classes that were met
        self.modules: list[nn.Module] = []  # all copies of modules, also those outside the tree
        self.parameters: list[nn.Parameter] = []  # copies that share their values with the originals
        self.is_tangled = False
        """Whether more than the tree, its tensors and plain containers was copied: there may be reference cycles."""

    def copy_modules(self, originals: list[nn.Module]) -> nn.Module:
        """Copy the modules of a tree, in evaluation mode, and return the first; raises `Uncopied`."""
        copies = [self._new_module(module) for module in originals]
        for module in originals:
            if may_write(module):
                self._owned.update(id(parameter) for parameter in module.parameters())
        for module, twin in zip(originals, copies, strict=True):
            self._fill(module, twin)
            twin.__dict__["training"] = False  # in a third of the time of an assignment
        return copies[0]

    def copy(self, value: Any) -> Any:
        """Copy an object if it can change in place or leads to one that can."""
        kind = type(value)
        if kind in ATOMS:
            return value
        twin = self._memo.get(id(value), _UNKNOWN)
        if twin is not _UNKNOWN:
            return twin
        way = self._ways.get(kind)
        return (self._way_for(kind) if way is None else way)(self, value)

    def _recorded(self, value: Any, twin: Any) -> Any:
        """Record the copy of an object, and return it."""
        self._held.append(value)
        self._memo[id(value)] = twin
        return twin

    def _note_class(self, kind: type) -> None:
        """Record a class, if it is the user's."""
        if kind not in self._kinds:
            self._kinds.add(kind)
            if hasattr(kind, "__del__"):  # the end of a copy would run it
                raise Uncopied(kind)
            if is_users_class(kind):
                self.code.append(kind)

    # --- modules and tensors

    def _new_module(self, module: nn.Module) -> nn.Module:
        self._note_class(type(module))
        twin: nn.Module = self._recorded(module, object.__new__(type(module)))
        self.modules.append(twin)
        return twin

    def _hidden_module(self, value: nn.Module) -> nn.Module:
        """Copy a module that is not in the tree, but referred to in another way; it keeps its mode."""
        module = unwrapped(value)
        if module is not value:
            return self._recorded(value, self.copy(module))
        self.is_tangled = True
        twin = self._new_module(module)
        self._fill(module, twin)
        return twin

    def _fill(self, module: nn.Module, twin: nn.Module) -> None:
        """Copy a module's ``__dict__``, and what it refers to."""
        state = twin.__dict__
        state.update(module.__dict__)
        for name, value in state.items():  # values are replaced on the way, but no names
            kind = type(value)
            if kind in ATOMS:
                continue
            if name not in _OWN:
                state[name] = self.copy(value)
            elif not value or name in _BACKWARD:
                state[name] = kind()
            elif name in _OF_TENSORS:
                state[name] = self._recorded(value, {own: self.copy(part) for own, part in list(value.items())})
            elif name == "_modules":
                children = {own: None if part is None else self.copy(unwrapped(part)) for own, part in value.items()}
                state[name] = self._recorded(value, children)
            elif name not in _OF_STATE_DICTS:
                state[name] = self.copy(value)
        state["_compiled_call_impl"] = None

    def _parameter(self, value: nn.Parameter) -> nn.Parameter:
        """Make a new parameter that usually shares the values, but has a version counter of its own."""
        owned = self._owning or id(value) in self._owned
        data = self._storages.copy(value.data) if owned else value.data
        if data.is_inference():
            data, owned = data.clone(), True
        twin = torch.Tensor._make_subclass(nn.Parameter, data, value.requires_grad and not self._frozen)
        self._recorded(value, twin)
        if not owned:
            self.parameters.append(twin)
        return self._with_attributes(value, twin) if value.__dict__ else twin

    def _tensor(self, value: torch.Tensor) -> torch.Tensor:
        twin = self._recorded(value, self._storages.copy(value))
        return self._with_attributes(value, twin) if value.__dict__ else twin

    def _tensor_of_subclass(self, value: torch.Tensor) -> torch.Tensor:
        """Copy a tensor of a subclass, but share a parameter of one, whose behaviour may be in its class."""
        return value if isinstance(value, nn.Parameter) else self._tensor(value)

    def _with_attributes(self, value: Any, twin: Any) -> Any:
        twin.__dict__.update(self.copy(value.__dict__))
        return twin

    def _array(self, value: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """Copy an array, unless it is read-only."""
        if not value.flags.writeable and not value.dtype.hasobject:
            return value
        twin = self._recorded(value, value.copy())
        if value.dtype == object:
            for place, part in enumerate(value.flat):
                twin.flat[place] = self.copy(part)
        return twin

    # --- containers

    def _dict(self, value: dict[Any, Any]) -> dict[Any, Any]:
        twin = self._recorded(value, type(value)())
        if ATOMS.issuperset(map(type, value)):
            copy = self.copy
            twin.update([(key, part if type(part) in ATOMS else copy(part)) for key, part in list(value.items())])
        else:
            twin.update([(self.copy(key), self.copy(part)) for key, part in list(value.items())])
        return twin

    def _list(self, value: list[Any]) -> list[Any]:
        twin = self._recorded(value, [])
        twin += value if ATOMS.issuperset(map(type, value)) else map(self.copy, list(value))
        return twin

    def _tuple_or_frozenset(self, value: Any) -> Any:
        """Copy a tuple or frozenset if anything in it is copied."""
        parts = list(value)
        if ATOMS.issuperset(map(type, parts)):
            return value
        twins = list(map(self.copy, parts))
        if all(twin is part for twin, part in zip(twins, parts, strict=True)):
            return value
        if id(value) in self._memo:  # something in it refers to it
            return self._memo[id(value)]
        return self._recorded(value, type(value)(twins))

    def _set(self, value: set[Any]) -> set[Any]:
        twin = self._recorded(value, set())
        twin.update(value if ATOMS.issuperset(map(type, value)) else map(self.copy, list(value)))
        return twin

    def _mapping_proxy(self, value: Any) -> Any:
        """Make a read-only view of a copy of the dict behind it."""
        (mapping,) = gc.get_referents(value)
        return self._recorded(value, types.MappingProxyType(self.copy(mapping)))

    # --- code

    def _function(self, value: types.FunctionType) -> Any:
        """Rebuild a function with copied cells, defaults and attributes; an installed one only if those differ."""
        compiled = value.__dict__.get("_torchdynamo_orig_callable")
        if compiled is not None:
            return self._recorded(value, self.copy(compiled))
        users = is_users(value.__globals__.get("__name__", "__main__"))
        if users:
            self.code.append(value)
        if not (value.__closure__ or value.__defaults__ or value.__kwdefaults__ or value.__dict__):
            return self._recorded(value, value)
        closure = value.__closure__ or ()
        cells = [self._memo.get(id(cell), _UNKNOWN) for cell in closure]
        new = [place for place, cell in enumerate(cells) if cell is _UNKNOWN]
        for place in new:
            cells[place] = self._recorded(closure[place], types.CellType())
        twin = types.FunctionType(value.__code__, value.__globals__, value.__name__, None, tuple(cells) or None)
        self._recorded(value, twin)
        for place in new:
            for content in contents_of(closure[place]):
                cells[place].cell_contents = self.copy(content)
        twin.__defaults__, twin.__kwdefaults__ = self.copy(value.__defaults__), self.copy(value.__kwdefaults__)
        twin.__dict__.update(self.copy(value.__dict__))
        if not users and same_objects(held_by_function(twin), held_by_function(value)):
            return self._recorded(value, value)
        twin.__qualname__, twin.__module__, twin.__doc__ = value.__qualname__, value.__module__, value.__doc__
        self.is_tangled = True
        return twin

    def _method(self, value: types.MethodType) -> types.MethodType:
        """Bind the copied function to the copied owner."""
        self.is_tangled = True
        return self._recorded(value, types.MethodType(self.copy(value.__func__), self.copy(value.__self__)))

    def _builtin_method(self, value: Any) -> Any:
        """Bind a method written in C to the copied owner."""
        owner = value.__self__
        if owner is None or isinstance(owner, types.ModuleType | type):
            return value
        twin = self.copy(owner)
        return value if twin is owner else self._recorded(value, getattr(twin, value.__name__))

    def _lru_cached_function(self, value: Any) -> Any:
        """Give a function with an LRU cache an empty cache if it was copied, as its results may differ."""
        twin = self.copy(value.__wrapped__)
        if twin is value.__wrapped__:
            return value
        return self._recorded(value, functools.lru_cache(**value.cache_parameters())(twin))

    def _class(self, value: type) -> type:
        """Record a class, which is not copied."""
        if is_users(value.__module__):
            self.code.append(value)
        return self._recorded(value, value)

    def _weak_reference(self, value: Any) -> Any:
        """Refer to the copy, and keep it alive: nothing else in the copy may do so."""
        target = value()
        twin = self.copy(target)
        if twin is target:
            return value
        kept = self._recorded(value, _Reference(twin))
        kept.kept = twin
        return kept

    def _weak_proxy(self, value: Any) -> Any:
        """Replace a weak proxy by the copy of its referent."""
        return self._recorded(value, self.copy(referent(value)))

    # --- other objects

    def _object(self, value: Any) -> Any:
        """Copy an object as `copy.deepcopy` does, without calling ``__init__``."""
        kind = type(value)
        self._note_class(kind)
        if is_generator(value) and id(value) in everybodys():
            return value
        self.is_tangled = True
        try:
            if hasattr(kind, "__deepcopy__"):
                return self._recorded(value, value.__deepcopy__(self._memo))
            reduce = copyreg.dispatch_table.get(kind)
            reduced = value.__reduce_ex__(4) if reduce is None else reduce(value)
            return value if isinstance(reduced, str) else self._rebuilt(value, *reduced)
        except (Uncopied, RecursionError):
            raise
        except Exception as error:  # for whatever reason it cannot be copied
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
        """Follow the recipe that an object gives `pickle` for itself."""
        twin = self._recorded(value, make(*map(self.copy, given)))
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

    def _torch_generator(self, value: torch.Generator) -> torch.Generator:
        """Make a generator in the same state, unless it is one of the whole process."""
        if id(value) in everybodys():
            return value
        return self._recorded(value, torch.Generator(value.device).set_state(value.get_state()))

    def _iterator(self, value: Any) -> Any:
        twin = iterator_like(value)
        return self._uncopied(value) if twin is value else self._recorded(value, twin)

    def _lock(self, value: Any) -> Any:
        """Make a new lock, which nobody holds."""
        is_reentrant = isinstance(value, type(threading.RLock()))
        return self._recorded(value, threading.RLock() if is_reentrant else threading.Lock())

    def _itself(self, value: Any) -> Any:
        return value

    def _uncopied(self, value: Any) -> NoReturn:
        raise Uncopied(type(value))

    # --- the choice between these

    _ways: ClassVar[dict[type, _Way]] = {
        torch.Tensor: _tensor,
        nn.Parameter: _parameter,
        dict: _dict,
        OrderedDict: _dict,
        list: _list,
        tuple: _tuple_or_frozenset,
        frozenset: _tuple_or_frozenset,
        set: _set,
        np.ndarray: _array,
        types.MappingProxyType: _mapping_proxy,
        types.FunctionType: _function,
        types.MethodType: _method,
        types.BuiltinMethodType: _builtin_method,
        types.MethodWrapperType: _builtin_method,
        functools._lru_cache_wrapper: _lru_cached_function,
        weakref.ReferenceType: _weak_reference,
        torch.Generator: _torch_generator,
        itertools.count: _iterator,
        **dict.fromkeys(PROXIES, _weak_proxy),
        **dict.fromkeys((type(threading.Lock()), type(threading.RLock())), _lock),
        **dict.fromkeys((type(Ellipsis), type(NotImplemented)), _itself),
        type: _class,
    }
    _ways_of_subclasses: ClassVar[tuple[tuple[Any, _Way], ...]] = (
        (nn.Module, _hidden_module),
        (torch.Tensor, _tensor_of_subclass),
        (np.ndarray, _array),
        (type, _class),
        (threading.Thread, _uncopied),
        (_FIXED, _itself),
    )
    _found: ClassVar["weakref.WeakKeyDictionary[type, _Way]"] = weakref.WeakKeyDictionary()

    def _way_for(self, kind: type) -> _Way:
        """How to copy objects of a type that is not among the usual ones."""
        if kind not in self._found:
            of_bases = (way for bases, way in self._ways_of_subclasses if issubclass(kind, bases))
            fixed = kind.__module__.startswith((*_OF_TORCH, *TOOL_MODULES))
            self._found[kind] = next(of_bases, GraphCopy._itself if fixed else GraphCopy._object)
        return self._found[kind]


class _Reference(weakref.ref[Any]):
    """A weak reference that keeps its referent alive."""

    kept: Any
