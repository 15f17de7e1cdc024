"""What a pass may leave behind, put back: on the model itself where no copy can be had, and on what a copy shares."""

import operator
import threading
import warnings
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import torch
from torch import nn

from attn_widget.capture.reach import Reach, is_missing, modules_beside
from attn_widget.capture.shadow import Shadow, copy_of
from attn_widget.capture.tree import modules_of, unwrapped
from attn_widget.capture.weight_writes import always_own, may_write, writes
from attn_widget.cleanup import do_and_undo
from attn_widget.randomness import restore, states_of
from attn_widget.snapshots import ITERATORS, copied, iterator_like, put_back
from attn_widget.user_code import contents_of

T = TypeVar("T")

_ONE_AT_A_TIME = threading.RLock()


def harmless(
    model: nn.Module,
    work: Callable[[nn.Module], T],
    *,
    frozen: bool = False,
    forward: Callable[..., Any] | None = None,
) -> T:
    """Give what `work` gives for a module tree in evaluation mode that it may hook and run without a trace on `model`.

    That is a shadow of the model where one can be made; what its code reaches by name and a pass may change is put
    back afterwards. Otherwise it is the model itself, whose modes, buffers and attributes are put back, also when
    `work` raises. Where anything is put back, one pass runs at a time in the whole process.
    The parameters of a `frozen` shadow take no part in gradients. Modules that the user's `forward` reaches by itself
    are put back too.
    """
    beside = modules_beside(forward)
    shadow = None if beside else copy_of(model, frozen=frozen)
    if shadow is None:
        with _ONE_AT_A_TIME:
            return _restored(model, beside, work)
    if shadow.shared is None:
        return do_and_undo(lambda: work(shadow.tree), lambda: _let_go(shadow, model))
    with _ONE_AT_A_TIME:
        return _put_back_after(shadow.shared, (), lambda: work(shadow.tree), lambda: _let_go(shadow, model))


def _let_go(shadow: Shadow, model: nn.Module) -> None:
    """Take off what may refer to its own module, so that memory is free now, not at the next collection."""
    _check(shadow, model)
    if shadow.is_tangled:
        for module in shadow.modules:
            module.__dict__.clear()
    else:
        for module in shadow.modules:
            module.__dict__.pop("forward", None)


def _check(shadow: Shadow, model: nn.Module) -> None:
    """Say so where the pass has changed values that it shares with the model, and have the next one share none."""
    try:
        is_changed = any(map(operator.attrgetter("_version"), shadow.parameters))
    except RuntimeError:  # of parameters made in inference mode changes are not counted
        return
    if is_changed:
        always_own(model)
        warnings.warn(
            "the model changed values of its own parameters in this pass, in a way that could not be foreseen from its "
            "code, and they stay changed; the next passes leave them alone",
            stacklevel=2,
        )


def _restored(model: nn.Module, beside: list[nn.Module], work: Callable[[nn.Module], T]) -> T:
    """Run `work` on the model itself, with all modules that code reaches by name in evaluation mode too."""
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
    """The parameters whose values some code may write to."""
    if any(map(writes, reach.functions)):
        return [tensor for tensor in reach.tensors if isinstance(tensor, nn.Parameter)]
    return [parameter for module in reach.modules if may_write(module) for parameter in module.parameters()]


def _put_back_after(
    reach: Reach, written: Iterable[nn.Parameter], work: Callable[[], T], then: Callable[[], object]
) -> T:
    """Do `work` and put back what was reached; of parameters the values of those that are `written` alone."""
    values = [(value, copied(value)) for value in reach.changeable]
    owned = {id(parameter) for parameter in written}
    tensors = [
        (tensor, tensor.data, tensor.requires_grad, copied(tensor) if _is_noted(tensor, owned) else None)
        for tensor in reach.tensors
    ]
    states = states_of(reach.generators)
    cells = [(cell, contents_of(cell)) for cell in reach.cells]

    def with_fresh_iterators() -> T:
        for place, key, iterator in _iterators(reach):
            _bind(place, key, iterator_like(iterator))
        return work()

    def undo() -> None:
        for value, before in values:
            put_back(value, before)
        for tensor, data, requires_grad, content in tensors:
            _put_back_tensor(tensor, data, requires_grad, content)
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


def _is_noted(tensor: torch.Tensor, owned: set[int]) -> bool:
    return not isinstance(tensor, nn.Parameter) or id(tensor) in owned


def _put_back_tensor(
    tensor: torch.Tensor, data: torch.Tensor, requires_grad: bool, before: torch.Tensor | None
) -> None:
    """Put back a tensor's memory, whether it takes part in gradients, and its values where they were noted."""
    if tensor.layout is torch.strided and not _is_same_memory(tensor, data):
        tensor.data = data
    if before is not None:
        put_back(tensor, before)
    if tensor.is_leaf and tensor.requires_grad != requires_grad:
        tensor.requires_grad_(requires_grad)


def _is_same_memory(tensor: torch.Tensor, data: torch.Tensor) -> bool:
    return bool(
        tensor.untyped_storage()._cdata == data.untyped_storage()._cdata
        and tensor.shape == data.shape
        and tensor.stride() == data.stride()
        and tensor.storage_offset() == data.storage_offset()
    )


def _iterators(reach: Reach) -> list[tuple[Any, Any, Any]]:
    """Where iterators stand: in a mapping, or under a name."""
    mappings = [value for value in reach.changeable if isinstance(value, dict)]
    held = [(place, key, part) for place in mappings for key, part in dict.items(place)]
    return [(place, key, part) for place, key, part in (*held, *reach.bindings.values()) if isinstance(part, ITERATORS)]


def _bind(owner: Any, name: Any, value: Any) -> None:
    """Bind a global, an attribute of a class or module, or an entry of a mapping, where it is not bound so."""
    now = owner if isinstance(owner, dict) else vars(owner)
    if is_missing(value):
        if name in now:
            dict.__delitem__(owner, name) if isinstance(owner, dict) else delattr(owner, name)
    elif name not in now or now[name] is not value:
        dict.__setitem__(owner, name, value) if isinstance(owner, dict) else setattr(owner, name, value)
