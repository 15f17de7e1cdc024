"""Whether code may write to the values of parameters, which a copy otherwise shares with the model."""

import types
import weakref

import torch
from torch import nn

from attn_widget.user_code import Uses, methods_run_by, uses_of

_IN_PLACE = frozenset(
    name for name in dir(torch.Tensor) if name.endswith("_") and not name.endswith("__") and name != "requires_grad_"
)
_STORED = frozenset({"data", "weight", "bias"})  # set also where they are multiplied in place
_PARAMETERS = frozenset({"weight", "bias", "parameters", "named_parameters", "_parameters", "state_dict"})
_FOUND: "weakref.WeakKeyDictionary[type, frozenset[str]]" = weakref.WeakKeyDictionary()

WRITERS: "weakref.WeakSet[nn.Module]" = weakref.WeakSet()
"""Models whose parameters were written to by a pass, although their code gave no sign of it."""


def may_write(module: nn.Module) -> bool:
    """Whether a module's class may write to parameters of the module or its children: torch's own classes do not."""
    kind = type(module)
    names = _FOUND.get(kind)
    if names is None:
        names = _FOUND[kind] = _names_beside_writes(kind)
    return bool(names) and not (names.isdisjoint(_PARAMETERS) and names.isdisjoint(module._parameters))


def writes(function: types.FunctionType) -> bool:
    """Whether a function's code both names parameters and writes to tensors."""
    uses = uses_of(function.__code__)
    return _writes(uses) and not uses.attributes.isdisjoint(_PARAMETERS)


def _names_beside_writes(kind: type) -> frozenset[str]:
    """All attributes that a class's forward and the methods it runs name, if any of them writes to tensors.

    Otherwise only the attributes that they set.
    """
    bases = [base for base in kind.__mro__ if base is not object and not base.__module__.startswith("torch.nn.modules")]
    used = [uses_of(method.__code__) for base in bases for method in methods_run_by(base, "forward", "__call__")]
    any_writes = any(map(_writes, used))
    return frozenset(name for uses in used for name in (uses.attributes if any_writes else uses.stored))


def _writes(uses: Uses) -> bool:
    return uses.writes_elements or bool(uses.stored & _STORED) or bool(uses.attributes & _IN_PLACE)
