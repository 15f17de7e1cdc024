"""What the user's functions and classes refer to: globals, attributes of modules, class attributes, defaults.

Nothing is run, and the only attributes looked up are those that Python itself gives to functions and classes.
"""

import dis
import functools
import sys
import types
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, TypeVar

T = TypeVar("T")

_INSTALLED = {"site-packages", "dist-packages"}
_ours: dict[str, bool] = {}

_MOST_CODES = 4096


@dataclass(frozen=True)
class Uses:
    """What a function's code, and that of the functions defined in it, uses."""

    variables: tuple[str, ...]  # globals, and modules that it imports
    bound: frozenset[str]  # globals that it rebinds or deletes
    attributes: frozenset[str]
    """All names of attributes and globals, and strings that could be such names, as ``getattr`` takes them."""
    stored: frozenset[str]  # attributes that it sets or deletes
    placed: frozenset[tuple[str, str]]  # pairs of a global and an attribute that it sets on that
    rebound: frozenset[str]  # variables of enclosing functions that it rebinds
    writes_elements: bool  # as `x[0] = 1` does


def is_users(module: object) -> bool:
    """Whether a module of this name is the user's own: not Python's, not an installed one, and not ours."""
    if not isinstance(module, str):
        return False
    root = module.partition(".")[0]
    if root == "__main__":  # of a notebook or a script, whatever started Python
        return True
    if root not in _ours:
        origin = getattr(getattr(sys.modules.get(root), "__spec__", None), "origin", None)
        installed = isinstance(origin, str) and not _INSTALLED.isdisjoint(PurePath(origin).parts)
        _ours[root] = not installed and root not in sys.stdlib_module_names and root != __name__.partition(".")[0]
    return _ours[root]


def is_users_class(kind: type) -> bool:
    """Whether a class or any of its bases is the user's own."""
    return any(is_users(base.__module__) for base in kind.__mro__)


def held_by_function(function: types.FunctionType) -> list[Any]:
    """What a function closes over, its defaults, and its attributes, among them the function that it wraps."""
    return [
        *(part for cell in function.__closure__ or () for part in contents_of(cell)),
        *(function.__defaults__ or ()),
        *(function.__kwdefaults__ or {}).values(),
        *function.__dict__.values(),
    ]


def parts_of_function(function: types.FunctionType) -> list[Any]:
    """What a function holds and, if it is the user's, what it finds by name."""
    found = held_by_function(function)
    if is_users(function.__globals__.get("__name__")):
        names = names_in(function.__code__)
        found += named(names, function.__globals__, names)
    return found


def parts_of_class(kind: type) -> list[Any]:
    """The methods, class attributes and bases of a user's class."""
    if not is_users(kind.__module__):
        return []
    return [*map(_plain, list(vars(kind).values())), *kind.__bases__]


def dict_of(value: object) -> dict[str, Any] | None:
    """The object's own ``__dict__``, if it has one."""
    try:
        attributes = object.__getattribute__(value, "__dict__")  # runs no ``__getattr__`` of the user's
    except AttributeError:
        return None
    return attributes if isinstance(attributes, dict) else None


def own_attributes(value: object) -> dict[str, Any]:
    """A copy of the object's ``__dict__``, or an empty one."""
    return dict(dict_of(value) or {})


def slots_of(value: object) -> Iterator[tuple[Any, Any]]:
    """The members of an object's ``__slots__`` that are set, each with its value."""
    for kind in type(value).__mro__:
        if "__slots__" not in kind.__dict__:
            continue
        for member in list(kind.__dict__.values()):
            if type(member) is types.MemberDescriptorType:
                try:
                    yield member, member.__get__(value)
                except AttributeError:  # not yet set
                    continue


def named(names: Iterable[str], variables: dict[str, Any], attributes: Iterable[str]) -> Iterator[Any]:
    """Look names up where the code does; where one names a module of the user's, look `attributes` up in that."""
    seen = set()
    waiting = [variables.get(name, sys.modules.get(name)) for name in names]  # a function may import
    for value in waiting:  # which grows on the way
        if type(value) is not types.ModuleType:
            yield value
        elif is_users(value.__name__) and id(value) not in seen:
            seen.add(id(value))
            waiting += [vars(value).get(name) for name in attributes]


def _remembered(read: Callable[[types.CodeType], T]) -> Callable[[types.CodeType], T]:
    """Cache what is read from code by its `id`, since its hash takes longer; the code is kept to keep its id taken."""
    known: dict[int, tuple[types.CodeType, T]] = {}

    @functools.wraps(read)
    def recall(code: types.CodeType) -> T:
        found = known.get(id(code))
        if found is None:
            if len(known) >= _MOST_CODES:
                known.clear()
            found = known[id(code)] = code, read(code)
        return found[1]

    return recall


@_remembered
def names_in(code: types.CodeType) -> list[str]:
    """The names of globals and attributes in a function's code, and in that of the functions defined in it."""
    return list(dict.fromkeys(name for each in _codes_in(code) for name in each.co_names))


@_remembered
def uses_of(code: types.CodeType) -> Uses:
    """Read what code uses from its instructions, which tell a global from an attribute of the same name."""
    by_kind = defaultdict[str, list[str]](list)
    texts: list[str] = []
    placed = set[tuple[str, str]]()
    for each in _codes_in(code):
        loaded = None
        for instruction in dis.get_instructions(each):
            by_kind[instruction.opname].append(str(instruction.argval))
            if loaded is not None and instruction.opname == "STORE_ATTR":
                placed.add((loaded, instruction.argval))
            loaded = instruction.argval if instruction.opname == "LOAD_GLOBAL" else None
        texts += [text for text in each.co_consts if isinstance(text, str) and text.isidentifier()]
    variables = [name for kind in ("LOAD_GLOBAL", "LOAD_NAME", "IMPORT_NAME") for name in by_kind[kind]]
    bound = frozenset(by_kind["STORE_GLOBAL"] + by_kind["DELETE_GLOBAL"])
    if "globals" in variables:
        variables += texts
    return Uses(
        tuple(dict.fromkeys([*variables, *bound])),
        bound,
        frozenset([*names_in(code), *texts]),
        frozenset(by_kind["STORE_ATTR"] + by_kind["DELETE_ATTR"]),
        frozenset(placed),
        frozenset(code.co_freevars).intersection(by_kind["STORE_DEREF"]),
        "STORE_SUBSCR" in by_kind or "STORE_SLICE" in by_kind,
    )


def _codes_in(code: types.CodeType) -> Iterator[types.CodeType]:
    """A function's code, and that of the functions and classes defined in it."""
    waiting = [code]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += [constant for constant in each.co_consts if type(constant) is types.CodeType]


def methods_run_by(kind: type, *names: str) -> list[types.FunctionType]:
    """The functions in a class's own body that may run when its methods of these names do, by the names they use."""
    found: dict[str, list[types.FunctionType]] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = functions_in(vars(kind).get(name))
            waiting += [other for function in found[name] for other in uses_of(function.__code__).attributes]
    return [function for functions in found.values() for function in functions]


def functions_in(attribute: Any) -> list[types.FunctionType]:
    """The functions in a class attribute: a method of any kind, or a property."""
    if isinstance(attribute, property):
        parts = [attribute.fget, attribute.fset]
    elif isinstance(attribute, functools.cached_property):
        parts = [attribute.func]
    else:
        parts = [_plain(attribute)]
    return [part for part in parts if type(part) is types.FunctionType]


def _plain(attribute: Any) -> Any:
    """The function inside a method of any kind or a property; anything else as it is."""
    if isinstance(attribute, staticmethod | classmethod):
        return attribute.__func__
    return attribute.fget if isinstance(attribute, property) else attribute


def contents_of(cell: types.CellType) -> list[Any]:
    """The object in a variable that a function closes over, in a list; an empty list if it is not yet set."""
    try:
        return [cell.cell_contents]
    except ValueError:
        return []
