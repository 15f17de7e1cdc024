"""What the user's functions and classes name: globals, attributes of modules, class attributes, defaults.

Nothing is run, and no attribute is asked for by name but those that Python itself gives to functions and classes.
"""

import dis
import functools
import sys
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

_INSTALLED = {"site-packages", "dist-packages"}
_ours: dict[str, bool] = {}

_MOST_CODES = 4096
_known: dict[int, tuple[types.CodeType, list[str]]] = {}
"""By `id`: code, held so that its id is not given away (its hash takes longer), and the names in it."""

_uses: dict[int, tuple[types.CodeType, "Uses"]] = {}


@dataclass(frozen=True)
class Uses:
    """What a function's code, and that of the functions that it defines, uses.

    Attributes
    ----------
    variables : tuple of str
        Globals, and modules that it imports.
    bound : frozenset of str
        Globals that it binds anew or deletes.
    attributes : frozenset of str
        All names of attributes and globals, and texts that could be names, as ``getattr`` takes them.
    stored : frozenset of str
        Attributes that it binds anew.
    placed : frozenset of (str, str)
        Globals, and attributes that are set on them.
    rebound : frozenset of str
        Variables of functions around it that it binds anew.
    writes_elements : bool
        Whether it assigns to elements, as ``x[0] = 1`` does.
    """

    variables: tuple[str, ...]
    bound: frozenset[str]
    attributes: frozenset[str]
    stored: frozenset[str]
    placed: frozenset[tuple[str, str]]
    rebound: frozenset[str]
    writes_elements: bool


def is_users(module: object) -> bool:
    """Whether a module of this name is the user's own: neither Python's, nor installed, nor ours."""
    if not isinstance(module, str):
        return False
    root = module.partition(".")[0]
    if root == "__main__":  # a notebook's or script's, whatever it was that started Python
        return True
    if root not in _ours:
        origin = getattr(getattr(sys.modules.get(root), "__spec__", None), "origin", None)
        installed = isinstance(origin, str) and not _INSTALLED.isdisjoint(PurePath(origin).parts)
        _ours[root] = not installed and root not in sys.stdlib_module_names and root != __name__.partition(".")[0]
    return _ours[root]


def is_users_class(kind: type) -> bool:
    """Whether a class, or one that it is made from, is the user's own."""
    return any(is_users(base.__module__) for base in kind.__mro__)


def parts_of_function(function: types.FunctionType) -> list[Any]:
    """What a function closes over and has as defaults and, where it is the user's, what it finds by name."""
    found = [part for cell in function.__closure__ or () for part in contents_of(cell)]
    found += function.__defaults__ or ()
    found += (function.__kwdefaults__ or {}).values()
    found += function.__dict__.values()  # among them the function that it wraps
    if is_users(function.__globals__.get("__name__")):
        names = names_in(function.__code__)
        found += named(names, function.__globals__, names)
    return found


def parts_of_class(kind: type) -> list[Any]:
    """The methods, class attributes and bases of a class of the user's."""
    if not is_users(kind.__module__):
        return []
    return [*map(_plain, list(vars(kind).values())), *kind.__bases__]


def own_attributes(value: object) -> dict[str, Any]:
    """The object's ``__dict__``, or an empty one."""
    try:
        attributes = object.__getattribute__(value, "__dict__")  # no ``__getattr__`` of the user's runs
    except AttributeError:
        return {}
    return dict(attributes) if isinstance(attributes, dict) else {}


def slots_of(value: object) -> Iterator[tuple[Any, Any]]:
    """An object's ``__slots__`` that are set, and what stands in them."""
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
    """Look names up where the code does, and attributes in the modules that are named."""
    modules, looked_at = [], set()
    for name in names:
        value = variables.get(name, sys.modules.get(name))  # a function may import
        if type(value) is not types.ModuleType:
            yield value
        elif is_users(value.__name__):
            modules.append(value)
    while modules:
        module = modules.pop()
        if id(module) in looked_at:
            continue
        looked_at.add(id(module))
        for name in attributes:
            value = vars(module).get(name)
            if type(value) is not types.ModuleType:
                yield value
            elif is_users(value.__name__):
                modules.append(value)


def names_in(code: types.CodeType) -> list[str]:
    """The names of globals and attributes in a function's code, and in that of the functions that it defines."""
    known = _known.get(id(code))
    if known is not None:
        return known[1]
    found: dict[str, None] = {}
    waiting = [code]
    while waiting:
        each = waiting.pop()
        found.update(dict.fromkeys(each.co_names))
        waiting += [constant for constant in each.co_consts if type(constant) is types.CodeType]
    if len(_known) >= _MOST_CODES:
        _known.clear()
    _known[id(code)] = code, list(found)
    return list(found)


def uses_of(code: types.CodeType) -> Uses:
    """Read what some code uses from its instructions, which tell a global from an attribute of the same name."""
    known = _uses.get(id(code))
    if known is not None:
        return known[1]
    waiting = [code]
    by_kind: dict[str, list[str]] = {}
    texts: list[str] = []
    placed = set[tuple[str, str]]()
    while waiting:
        each = waiting.pop()
        loaded = None
        for instruction in dis.get_instructions(each):
            by_kind.setdefault(instruction.opname, []).append(str(instruction.argval))
            if loaded is not None and instruction.opname == "STORE_ATTR":
                placed.add((loaded, instruction.argval))
            loaded = instruction.argval if instruction.opname == "LOAD_GLOBAL" else None
        texts += [text for text in each.co_consts if isinstance(text, str) and text.isidentifier()]
        waiting += [constant for constant in each.co_consts if type(constant) is types.CodeType]
    variables = [name for kind in ("LOAD_GLOBAL", "LOAD_NAME", "IMPORT_NAME") for name in by_kind.get(kind, ())]
    bound = {name for kind in ("STORE_GLOBAL", "DELETE_GLOBAL") for name in by_kind.get(kind, ())}
    if "globals" in variables:
        variables += texts
    found = Uses(
        tuple(dict.fromkeys([*variables, *bound])),
        frozenset(bound),
        frozenset([*names_in(code), *texts]),
        frozenset([*by_kind.get("STORE_ATTR", ()), *by_kind.get("DELETE_ATTR", ())]),
        frozenset(placed),
        frozenset(code.co_freevars).intersection(by_kind.get("STORE_DEREF", ())),
        "STORE_SUBSCR" in by_kind or "STORE_SLICE" in by_kind,
    )
    if len(_uses) >= _MOST_CODES:
        _uses.clear()
    _uses[id(code)] = code, found
    return found


def functions_in(attribute: Any) -> list[types.FunctionType]:
    """The functions in an attribute of a class: a method of whatever kind, or a property."""
    if isinstance(attribute, property):
        parts = [attribute.fget, attribute.fset]
    elif isinstance(attribute, functools.cached_property):
        parts = [attribute.func]
    else:
        parts = [_plain(attribute)]
    return [part for part in parts if type(part) is types.FunctionType]


def _plain(attribute: Any) -> Any:
    """The function in a method of whatever kind, or in a property."""
    if isinstance(attribute, staticmethod | classmethod):
        return attribute.__func__
    return attribute.fget if isinstance(attribute, property) else attribute


def contents_of(cell: types.CellType) -> list[Any]:
    """What stands in a variable that a function closes over: one object, or none that is set yet."""
    try:
        return [cell.cell_contents]
    except ValueError:
        return []
