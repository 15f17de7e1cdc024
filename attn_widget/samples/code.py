"""What the user's functions and classes name: globals, attributes of modules, class attributes, defaults.

Nothing is run, and no attribute is asked for by name but those that Python itself gives to functions and classes.
"""

import sys
import types
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

_INSTALLED = {"site-packages", "dist-packages"}
_ours: dict[str, bool] = {}

_MOST_CODES = 4096
_known: dict[int, tuple[types.CodeType, list[str]]] = {}
"""By `id`: code, held so that its id is not given away (its hash takes longer), and the names in it."""


def is_users(module: object) -> bool:
    """Whether a module of this name is the user's own: neither Python's, nor installed, nor ours."""
    if not isinstance(module, str):
        return False
    root = module.partition(".")[0]
    if root not in _ours:
        origin = getattr(getattr(sys.modules.get(root), "__spec__", None), "origin", None)
        installed = isinstance(origin, str) and not _INSTALLED.isdisjoint(PurePath(origin).parts)
        _ours[root] = not installed and root not in sys.stdlib_module_names and root != __name__.partition(".")[0]
    return _ours[root]


def parts_of_function(function: types.FunctionType) -> list[Any]:
    """What a function closes over and has as defaults and, where it is the user's, what it finds by name."""
    found = [_content(cell) for cell in function.__closure__ or ()]
    found += function.__defaults__ or ()
    found += (function.__kwdefaults__ or {}).values()
    found += function.__dict__.values()  # among them the function that it wraps
    if is_users(function.__globals__.get("__name__")):
        found += _named(names_in(function.__code__), function.__globals__)
    return found


def parts_of_class(kind: type) -> list[Any]:
    """The methods, class attributes and bases of a class of the user's."""
    if not is_users(kind.__module__):
        return []
    return [*map(_plain, list(vars(kind).values())), *kind.__bases__]


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


def _named(names: list[str], variables: dict[str, Any]) -> Iterator[Any]:
    """Look names up where the code does; those of a module that is named, in that module too."""
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
        for name in names:
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


def _plain(attribute: Any) -> Any:
    """The function in a method of whatever kind, or in a property."""
    if isinstance(attribute, staticmethod | classmethod):
        return attribute.__func__
    return attribute.fget if isinstance(attribute, property) else attribute


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a variable that is not yet set
        return None
