"""A sampler run on a copy of all that it may change, so that the user's own is not affected."""

import copy
import functools
import sys
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar

import numpy as np
from torch import Tensor, nn
from torch.utils.data import Dataset

from attn_widget.cleanup import do_and_undo
from attn_widget.randomness import is_generator
from attn_widget.samples.dataset_parts import trail_from
from attn_widget.snapshots import changeable, copied, put_back
from attn_widget.user_code import contents_of, is_users, names_in, own_attributes, slots_of

T = TypeVar("T")

MOST_OBJECTS = 20_000
MOST_BYTES = 64 * 2**20
"""How many objects are copied for one sampler, and how many bytes of arrays and lists."""

LARGE = 2**20
"""An array, tensor or list of a data set with so many bytes is not copied."""

_NUMBERS = frozenset({int, float, complex, bool, str, bytes, type(None)})
_FIXED = (type, types.ModuleType, types.BuiltinFunctionType, np.generic, np.dtype, Enum)
_MAPPINGS, _SEQUENCES = (dict, OrderedDict, defaultdict), (list, deque)


class Uncopied(Exception):
    """No copy can be made: of a lock, an open file, an iterator, or of too much."""


def on_stand_in(sampler: Any, work: Callable[[Any], T], dataset: object) -> T:
    """Give what `work` gives for a copy of a sampler, then put back what the sampler's code reaches by name.

    All that hangs on the sampler is copied, except, in a data set that it holds (torch's, or `dataset`), what cannot be
    copied and what is large: such arrays are made read-only, and such lists are new ones of the same elements. Raises
    `Uncopied` if no copy can be made; then nothing has been run.
    """
    copier = _Copier(dataset)
    twin = copier.copy(sampler)
    return do_and_undo(lambda: work(twin), _noted(sampler, copier))


def _noted(sampler: Any, copier: "_Copier") -> Callable[[], None]:
    """Note the globals that a sampler's code names, their content, and class attributes; return what restores them."""
    places: dict[int, Any] = {}
    variables: list[tuple[Any, dict[str, Any]]] = []
    for _, value, parts in trail_from(sampler):
        if isinstance(value, types.FunctionType) and is_users(value.__module__):
            known = value.__globals__
            variables.append((value, {name: known[name] for name in names_in(value.__code__) if name in known}))
        elif isinstance(value, type):
            variables.append((value, dict(vars(value))))
        elif id(value) not in copier.memo and is_users(type(value).__module__):
            places[id(value)] = _variables_of(value)
        places.update((id(part), part) for part in parts)
    before = []
    for place in changeable(place for key, place in places.items() if key not in copier.memo):
        if id(place) not in copier.memo:
            copier.count(place)
            before.append((place, copied(place)))

    def undo() -> None:
        for place, content in before:
            put_back(place, content)
        for owner, values in variables:
            _bind(owner, values)

    return undo


def _variables_of(value: Any) -> Any:
    try:
        return object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None


def _bind(owner: Any, values: dict[str, Any]) -> None:
    """Rebind a function's globals, or a class's attributes, to their former values."""
    if isinstance(owner, types.FunctionType):
        owner.__globals__.update(values)
        return
    now = dict(vars(owner))
    for name in now.keys() - values.keys():
        type.__delattr__(owner, name)
    for name, value in values.items():
        if now.get(name) is not value:
            type.__setattr__(owner, name, value)


class _Copier:
    """Copies all that can change, as `copy.deepcopy` does, within bounds.

    `memo` holds, by `id`, each object that was met, so that its id is not reused, and its copy.
    """

    def __init__(self, dataset: object) -> None:
        self._dataset = dataset
        self._in_dataset = False
        self._objects = self._bytes = 0
        self.memo: dict[int, tuple[Any, Any]] = {}

    def copy(self, value: Any) -> Any:
        """Copy an object and what hangs on it; raises `Uncopied` if that is too much, or cannot be done."""
        if type(value) in _NUMBERS or isinstance(value, _FIXED) or is_generator(value):
            return value
        if id(value) not in self.memo:
            self._know(value, value)
            around = self._in_dataset
            self._in_dataset = around or isinstance(value, Dataset) or value is self._dataset
            self._copy_new(value)
            self._in_dataset = around
        return self.memo[id(value)][1]

    def count(self, value: Any) -> None:
        """Count an object that is copied; raises `Uncopied` if there are too many."""
        self._objects += 1
        self._bytes += _size(value)
        if self._objects > MOST_OBJECTS or self._bytes > MOST_BYTES:
            raise Uncopied

    def _copy_new(self, value: Any) -> None:
        half_full = self._objects > MOST_OBJECTS / 2 or self._bytes > MOST_BYTES / 2
        if self._in_dataset and (_size(value) >= LARGE or half_full):
            self._know(value, _guarded(value))
            return
        self.count(value)
        kind = type(value)
        if isinstance(value, Tensor):
            self._know(value, value if isinstance(value, nn.Parameter) else value.detach().clone())
        elif kind is np.ndarray:
            self._copy_array(value)
        elif kind in (*_MAPPINGS, *_SEQUENCES):
            self._copy_container(value)
        elif kind in (set, frozenset):
            self._know(value, kind(map(self.copy, value)))
        elif issubclass(kind, tuple):
            self._know(value, tuple.__new__(kind, map(self.copy, value)))
        elif kind is types.FunctionType:
            self._copy_function(value)
        elif kind is types.MethodType:
            self._know(value, types.MethodType(value.__func__, self.copy(value.__self__)))
        elif kind is functools.partial:
            words = {name: self.copy(part) for name, part in value.keywords.items()}
            self._know(value, functools.partial(self.copy(value.func), *map(self.copy, value.args), **words))
        else:
            self._copy_object(value)

    def _know(self, value: Any, twin: Any) -> Any:
        self.memo[id(value)] = value, twin
        return twin

    def _copy_array(self, value: Any) -> None:
        twin = self._know(value, value.copy())
        if value.dtype.hasobject:
            if value.dtype != object:
                raise Uncopied
            for place, part in enumerate(value.flat):
                twin.flat[place] = self.copy(part)

    def _copy_container(self, value: Any) -> None:
        twin = self._know(value, value.copy())
        mapping = isinstance(value, dict)
        if _NUMBERS.issuperset(map(type, value.values() if mapping else value)):
            return  # and keys do not change
        for place, part in list(value.items() if mapping else enumerate(value)):
            twin[place] = self.copy(part)

    def _copy_function(self, value: Any) -> None:
        """Copy a function with its closure and defaults; one without either is shared."""
        if not (value.__closure__ or value.__defaults__ or value.__kwdefaults__):
            return
        cells = tuple(types.CellType() for _ in value.__closure__ or ())
        twin = types.FunctionType(value.__code__, value.__globals__, value.__name__, None, cells or None)
        self._know(value, twin)
        twin.__defaults__ = self.copy(value.__defaults__)
        twin.__kwdefaults__ = self.copy(value.__kwdefaults__)
        twin.__dict__.update(value.__dict__)
        for cell, own in zip(value.__closure__ or (), cells, strict=True):
            for content in contents_of(cell):
                own.cell_contents = self.copy(content)

    def _copy_object(self, value: Any) -> None:
        """Copy an object of a class that is written in Python; leave others to `copy`."""
        kind = type(value)
        if hasattr(kind, "__del__"):  # which would run when the copy is dropped
            self._refuse()
            return
        try:
            twin: Any = object.__new__(kind)  # fails for what holds more than Python sees
        except TypeError:
            self._leave_to_copy(value)
            return
        self._know(value, twin)
        for name, part in own_attributes(value).items():
            object.__getattribute__(twin, "__dict__")[name] = self.copy(part)
        for member, part in slots_of(value):
            member.__set__(twin, self.copy(part))

    def _leave_to_copy(self, value: Any) -> None:
        try:
            self._know(value, copy.deepcopy(value))
        except Exception:  # whatever keeps it from being copied
            self._refuse()

    def _refuse(self) -> None:
        """Share what cannot be copied if a data set holds it; raise `Uncopied` otherwise."""
        if not self._in_dataset:
            raise Uncopied


def _guarded(value: Any) -> Any:
    """Stand in for something of a data set that is too large to be copied."""
    if isinstance(value, np.ndarray):
        view = value.view()
        view.flags.writeable = False
        return view
    return value.copy() if type(value) in (*_MAPPINGS, *_SEQUENCES, set) else value


def _size(value: Any) -> int:
    """The bytes of an array, a tensor, or a container without its elements."""
    if isinstance(value, Tensor | np.ndarray):
        return int(value.nbytes)
    return sys.getsizeof(value) if isinstance(value, list | tuple | dict | set | frozenset | deque) else 0
