"""Whether code may write to the values of parameters, which a copy otherwise shares."""

import types
import weakref
from collections.abc import Iterable

import torch
from torch import nn

from attn_widget.user_code import Uses, functions_in, uses_of

_IN_PLACE = frozenset(
    name for name in dir(torch.Tensor) if name.endswith("_") and not name.endswith("__") and name != "requires_grad_"
)
_STORED = frozenset({"data", "weight", "bias"})  # also where they are multiplied in place
_PARAMETERS = frozenset({"weight", "bias", "parameters", "named_parameters", "_parameters", "state_dict"})
_FOUND: "weakref.WeakKeyDictionary[type, frozenset[str]]" = weakref.WeakKeyDictionary()
_WRITERS: "weakref.WeakSet[nn.Module]" = weakref.WeakSet()


def may_write(module: nn.Module) -> bool:
    """Whether a module's class may write to parameters of it or of its children: torch's own do not."""
    kind = type(module)
    names = _FOUND.get(kind)
    if names is None:
        names = _FOUND[kind] = _names_beside_writes(kind)
    return bool(names) and not (names.isdisjoint(_PARAMETERS) and names.isdisjoint(module._parameters))


def writes(function: types.FunctionType) -> bool:
    """Whether a function's code names parameters and writes to tensors."""
    uses = uses_of(function.__code__)
    return _writes(uses) and not uses.attributes.isdisjoint(_PARAMETERS)


def always_own(model: nn.Module) -> None:
    """Remember that a pass through a model has written to its parameters."""
    _WRITERS.add(model)


def owns_always(model: nn.Module) -> bool:
    """Whether a pass through a model has written to its parameters before."""
    return model in _WRITERS


def _names_beside_writes(kind: type) -> frozenset[str]:
    """The attributes that a class's forward and its own methods name where any of them writes to tensors, else set."""
    bases = [base for base in kind.__mro__ if base is not object and not base.__module__.startswith("torch.nn.modules")]
    used = [uses_of(function.__code__) for base in bases for function in _run_by(base)]
    names = frozenset(name for uses in used for name in uses.attributes)
    return names if any(map(_writes, used)) else frozenset(name for uses in used for name in uses.stored)


def _run_by(kind: type) -> Iterable[types.FunctionType]:
    found: dict[str, list[types.FunctionType]] = {}
    waiting = ["forward", "__call__"]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = functions_in(vars(kind).get(name))
            waiting += [other for function in found[name] for other in uses_of(function.__code__).attributes]
    return [function for functions in found.values() for function in functions]


def _writes(uses: Uses) -> bool:
    return uses.writes_elements or bool(uses.stored & _STORED) or bool(uses.attributes & _IN_PLACE)
