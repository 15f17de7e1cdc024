"""What a pass changes, restored: on the model itself if it cannot be copied, and on what a copy shares with it."""

import operator
import threading
import warnings
from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from weakref import WeakSet

import torch
from torch import nn

from attn_widget.capture.reach import MISSING, Reach, modules_beside
from attn_widget.capture.shadow import Shadow, copy_of, shadow_of
from attn_widget.capture.tree import modules_of, unwrapped
from attn_widget.capture.weight_writes import WRITERS, may_write, writes
from attn_widget.cleanup import do_and_undo
from attn_widget.randomness import restore, states_of
from attn_widget.snapshots import ITERATORS, copied, iterator_like, put_back
from attn_widget.user_code import contents_of

T = TypeVar("T")

_ONE_AT_A_TIME = threading.RLock()
_OURS: WeakSet[nn.Module] = WeakSet()  # shadows for many passes


def harmless(
    model: nn.Module,
    work: Callable[[nn.Module], T],
    *,
    frozen: bool = False,
    forward: Callable[..., Any] | None = None,
) -> T:
    """Run `work` on a module tree in evaluation mode, which it may hook and run without leaving a trace on `model`.

    The tree is a shadow of the model if one can be made; what its code reaches by name and a pass may change is
    restored afterwards. Otherwise it is the model itself, whose modes, buffers and attributes are restored, also if
    `work` raises, and so are modules that the user's `forward` reaches by itself. Whenever something has to be
    restored, only one pass runs at a time in the whole process. The parameters of a `frozen` shadow take no part in
    gradients. A `lasting_shadow` is its own.
    """
    if model in _OURS:
        return work(model)
    beside = modules_beside(forward)
    shadow = None if beside else copy_of(model, frozen=frozen)
    if shadow is None:
        with _ONE_AT_A_TIME:
            return _restored(model, beside, work)
    if shadow.shared is None:
        return do_and_undo(lambda: work(shadow.tree), lambda: _let_go(shadow, model))
    with _ONE_AT_A_TIME:
        return _put_back_after(shadow.shared, (), lambda: work(shadow.tree), lambda: _let_go(shadow, model))


def lasting_shadow(model: nn.Module, forward: Callable[..., Any] | None) -> nn.Module | None:
    """Make a frozen shadow on which any number of passes run without copying it again; None where there can be none."""
    shadow = shadow_of(model, frozen=True, forward=forward)
    if shadow is not None:
        _OURS.add(shadow)
    return shadow


def _let_go(shadow: Shadow, model: nn.Module) -> None:
    """Break the shadow's reference cycles, so that its memory is freed now, not at the next garbage collection."""
    _check(shadow, model)
    if shadow.is_tangled:
        for module in shadow.modules:
            module.__dict__.clear()
    else:
        for module in shadow.modules:
            module.__dict__.pop("forward", None)


def _check(shadow: Shadow, model: nn.Module) -> None:
    """Warn if the pass changed values that the shadow shares with the model, and have later shadows share none."""
    try:
        is_changed = any(map(operator.attrgetter("_version"), shadow.parameters))
    except RuntimeError:  # parameters made in inference mode have no version counter
        return
    if is_changed:
        WRITERS.add(model)
        warnings.warn(
            "the model changed values of its own parameters in this pass, which could not be foreseen from its code; "
            "they stay changed, but later passes run on copies of them",
            stacklevel=2,
        )


def _restored(model: nn.Module, beside: list[nn.Module], work: Callable[[nn.Module], T]) -> T:
    """Run `work` on the model itself, with it and all modules that code reaches by name in evaluation mode."""
    reach, held = Reach(), Reach(by_name=False)
    reach.add([model, *beside])
    held.add([model])
    evaluated = [*modules_of(model), *(module for module in reach.modules if id(module) not in held.seen)]

    def evaluating() -> T:
        for module in evaluated:
            module.training = False
            module.__dict__["_compiled_call_impl"] = None
        return work(unwrapped(model))

    return _put_back_after(reach, _written(reach), evaluating, lambda: None)


def _written(reach: Reach) -> Iterable[nn.Parameter]:
    """The parameters to whose values the code may write."""
    if any(map(writes, reach.functions)):
        return [tensor for tensor in reach.tensors if isinstance(tensor, nn.Parameter)]
    return [parameter for module in reach.modules if may_write(module) for parameter in module.parameters()]


def _put_back_after(
    reach: Reach, written: Iterable[nn.Parameter], work: Callable[[], T], then: Callable[[], object]
) -> T:
    """Run `work`, restore what was reached, and call `then`; of parameters, only `written` get their values back."""
    owned = set(map(id, written))
    writable = [each for each in reach.tensors if not isinstance(each, nn.Parameter) or id(each) in owned]
    values = [(value, copied(value)) for value in (*reach.changeable, *writable)]
    tensors = [(tensor, tensor.data, tensor.requires_grad) for tensor in reach.tensors]
    states = states_of(reach.generators)
    cells = [(cell, contents_of(cell)) for cell in reach.cells]

    def with_fresh_iterators() -> T:
        for place, key, iterator in _iterators(reach):
            _bind(place, key, iterator_like(iterator))
        return work()

    def undo() -> None:
        for tensor, data, requires_grad in tensors:
            _put_back_memory(tensor, data, requires_grad)
        for value, before in values:
            put_back(value, before)
        restore(states)
        for cell, contents in cells:
            for content in contents:
                cell.cell_contents = content
        for owner, member, part in reach.slots:
            member.__set__(owner, part)
        for owner, name, value in reach.bindings.values():
            _bind(owner, name, value)
        then()

    return do_and_undo(with_fresh_iterators, undo)


def _put_back_memory(tensor: torch.Tensor, data: torch.Tensor, requires_grad: bool) -> None:
    """Let a tensor have its own memory again, whatever its values now, and its own `requires_grad`."""
    if tensor.layout is torch.strided and _memory(tensor) != _memory(data):
        tensor.data = data
    if tensor.is_leaf and tensor.requires_grad != requires_grad:
        tensor.requires_grad_(requires_grad)


def _memory(tensor: torch.Tensor) -> tuple[Any, ...]:
    return tensor.untyped_storage()._cdata, tensor.shape, tensor.stride(), tensor.storage_offset()


def _iterators(reach: Reach) -> list[tuple[Any, Any, Any]]:
    """List the iterators in mappings and under names, as (owner, key, iterator)."""
    mappings = [value for value in reach.changeable if isinstance(value, dict)]
    held = [(place, key, part) for place in mappings for key, part in dict.items(place)]
    return [(place, key, part) for place, key, part in (*held, *reach.bindings.values()) if isinstance(part, ITERATORS)]


def _bind(owner: Any, name: Any, value: Any) -> None:
    """Set a global, an attribute of a class or module, or an entry of a mapping, unless it has that value already."""
    now = owner if isinstance(owner, dict) else vars(owner)
    if value is MISSING:
        if name in now:
            dict.__delitem__(owner, name) if isinstance(owner, dict) else delattr(owner, name)
    elif name not in now or now[name] is not value:
        dict.__setitem__(owner, name, value) if isinstance(owner, dict) else setattr(owner, name, value)
