"""A copy of the module tree that shares the parameters, so that a pass never writes to the user's modules."""

import functools
import types
import weakref
from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

_MAPPINGS, _SEQUENCES = (dict, OrderedDict, defaultdict), (list, deque)
_CONSTANT = {bool, int, float, str, type(None), nn.Parameter, types.FunctionType}
_ATOMS = frozenset({bool, int, float, complex, str, bytes, type(None)})  # which most attributes are
_PLAIN: tuple[Any, ...] = (*_ATOMS, type, types.ModuleType, torch.Tensor, torch.dtype, torch.device)
_WRAPPERS = (nn.DataParallel, nn.parallel.DistributedDataParallel)
_DEPTH = 3
_SEEN_ANYWAY = ("_modules", "_parameters", "_buffers")
_TORCH_OWN = frozenset(nn.Module().__dict__)  # what every module has: mostly empty, and never shared


def unwrapped(module: nn.Module) -> nn.Module:
    """Give the module inside `DataParallel`, `DistributedDataParallel` and `torch.compile` wrappers."""
    while True:
        children = module._modules
        if "module" in children and isinstance(module, _WRAPPERS):
            module = module.module
        elif "_orig_mod" in children and type(module).__name__ == "OptimizedModule":
            module = children["_orig_mod"]  # type: ignore[assignment]  # never None in the wrapper
        else:
            return module


def named_modules(model: nn.Module, *, aliases: bool = False) -> list[tuple[str, nn.Module]]:
    """Walk the tree as `model.named_modules()` does, with wrappers unwrapped and out of the names.

    Parameters
    ----------
    model : Module
        The root, wrapped or not; its own name is ``""``.
    aliases : bool
        Whether a module that stands in several places is given once for each.
    """
    seen: set[int] = set()
    found: list[tuple[str, nn.Module]] = []
    waiting = [("", model)]  # no function that calls itself: its cycle would keep the tree until the next collection
    while waiting:
        name, module = waiting.pop()
        module = unwrapped(module)
        if id(module) in seen:
            continue
        if not aliases:
            seen.add(id(module))
        found.append((name, module))
        children = [
            (f"{name}.{own}" if name else own, child) for own, child in module._modules.items() if child is not None
        ]
        waiting += reversed(children)
    return found


def modules_of(model: nn.Module) -> list[nn.Module]:
    """List the modules that `named_modules` gives, without their names, which takes half the time."""
    found: dict[int, nn.Module] = {}
    waiting = [model]
    while waiting:
        module = unwrapped(waiting.pop())
        if id(module) not in found:
            found[id(module)] = module
            waiting += [child for child in reversed(module._modules.values()) if child is not None]
    return list(found.values())


def shadow_of(model: nn.Module, *, frozen: bool = False) -> nn.Module | None:
    """Copy the module tree of `model`: shared parameters, cloned buffers, evaluation mode.

    Parameters
    ----------
    model : Module
        The root, wrapped or not.
    frozen : bool
        Whether the copy's parameters take no part in gradients. They share their values with the model's, but
        not the count of their changes: an optimizer that steps meanwhile does not make a backward pass fail.

    Returns
    -------
    Module or None
        The unwrapped root of the copy. None where a module reaches another one outside ``_modules`` (in a
        list, by a bound method, by an instance-level ``forward``): the copy would run the original.
    """
    originals = modules_of(model)
    if any(True for module in originals for _ in _reached_by(module)):
        return None
    copies = {id(module): object.__new__(type(module)) for module in originals}
    memo: _Memo = {}
    for module in originals:
        copies[id(module)].__dict__.update(_copied_state(module, copies, memo))
        if frozen:
            parameters = copies[id(module)]._parameters
            parameters.update({name: _frozen(parameter) for name, parameter in parameters.items()})
    return copies[id(originals[0])]


def reachable_modules(model: nn.Module) -> list[nn.Module]:
    """List the modules of the tree, wrappers too, and those that they reach outside ``_modules``."""
    found: dict[int, nn.Module] = {}
    waiting = [model]
    while waiting:
        module = waiting.pop()
        if id(module) not in found:
            found[id(module)] = module
            waiting += [child for child in module._modules.values() if child is not None]
            waiting += _reached_by(module)
    return list(found.values())


def _copied_state(module: nn.Module, copies: dict[int, nn.Module], memo: "_Memo") -> dict[str, Any]:
    """Copy a module's ``__dict__`` so that nothing which the pass writes is seen by the original."""
    state = dict(module.__dict__)
    for name, value in state.items():
        if type(value) in _ATOMS:
            continue
        if name not in _TORCH_OWN:
            state[name] = _own(value, memo)
        elif hasattr(value, "copy"):
            state[name] = value.copy()
    for name, buffer in state["_buffers"].items():
        state["_buffers"][name] = _own(buffer, memo)
    for name, child in state["_modules"].items():
        state["_modules"][name] = None if child is None else copies[id(unwrapped(child))]
    state["_backward_hooks"].clear()  # the user's: they would hear of our gradients
    state["_backward_pre_hooks"].clear()
    state["training"] = False
    state["_compiled_call_impl"] = None
    return state


def _frozen(parameter: Any) -> Any:
    if type(parameter) is not nn.Parameter:
        return parameter  # a kind of its own: its behaviour may be in its class
    return parameter.detach().clone() if parameter.is_inference() else parameter.data


_Memo = dict[int, tuple[Any, Any]]
"""By `id`: a value, held so that its id is not given away, and its copy."""


def _own(value: Any, memo: _Memo) -> Any:
    """Copy what can change in place; what two modules share, their copies share."""
    kind = type(value)
    if kind in _CONSTANT:
        return value
    if id(value) in memo:
        return memo[id(value)][1]
    if kind is tuple:
        return value if _CONSTANT.issuperset(map(type, value)) else tuple([_own(part, memo) for part in value])
    if kind in _MAPPINGS or kind in _SEQUENCES or kind is set or kind is np.ndarray:
        own = value.copy()
    elif isinstance(value, torch.Tensor) and not isinstance(value, nn.Parameter):
        own = value.detach().clone()
    else:
        return value
    memo[id(value)] = value, own
    if kind in _MAPPINGS:
        own.update([(name, _own(part, memo)) for name, part in own.items()])
    elif kind in _SEQUENCES:
        parts = list(own)
        own.clear()
        own.extend([_own(part, memo) for part in parts])
    return own


def _reached_by(module: nn.Module) -> Iterator[nn.Module]:
    """Walk the modules that hang on `module` and are not its registered children."""
    for name, value in dict(module.__dict__).items():
        if type(value) in _ATOMS or name in _SEEN_ANYWAY or (name in _TORCH_OWN and not value):
            continue
        if type(value) is not tuple or not _ATOMS.issuperset(map(type, value)):
            yield from _modules_in(value, _DEPTH)


def _modules_in(value: Any, depth: int) -> Iterator[nn.Module]:
    if isinstance(value, nn.Module):
        yield value
    elif depth > 0 and not isinstance(value, _PLAIN):
        for part in _parts(value):
            yield from _modules_in(part, depth - 1)


def _parts(value: Any) -> list[Any]:
    """List what can be reached from `value` in one step."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    if isinstance(value, functools.partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, types.MethodType):
        return [value.__self__, value.__func__]
    if isinstance(value, types.FunctionType):
        closed_over = [cell.cell_contents for cell in value.__closure__ or () if _is_filled(cell)]
        return [*closed_over, *(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
    if isinstance(value, weakref.ReferenceType):
        return [value()]
    return list(getattr(value, "__dict__", {}).values())


def _is_filled(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018  # an empty cell can only be told by reading it
    except ValueError:
        return False
    return True
