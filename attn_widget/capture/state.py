"""Where no shadow can be had: the model itself, in evaluation mode, put back afterwards."""

import threading
from collections.abc import Callable
from typing import TypeVar

from torch import nn

from attn_widget.capture.shadow import modules_of, reachable_modules, shadow_of, unwrapped
from attn_widget.contents import changeable, copied, put_back
from attn_widget.undoing import do_and_undo

T = TypeVar("T")

_ONE_AT_A_TIME = threading.RLock()


def harmless(model: nn.Module, work: Callable[[nn.Module], T], *, frozen: bool = False) -> T:
    """Give what `work` gives for a module tree in evaluation mode that it may hook and run without a trace on `model`.

    That is a shadow of the model where one can be made. Otherwise it is the model itself, one pass at a time
    in the whole process, and its modes, buffers and attributes are put back also when `work` raises.
    The parameters of a `frozen` shadow take no part in gradients.
    """
    shadow = shadow_of(model, frozen=frozen)
    if shadow is not None:
        return do_and_undo(lambda: work(shadow), lambda: _let_go(shadow))
    with _ONE_AT_A_TIME:
        return _restored(model, work)


def _let_go(shadow: nn.Module) -> None:
    """Take forwards off that refer to their own module, so that memory is free now, not at the next collection."""
    for module in modules_of(shadow):
        module.__dict__.pop("forward", None)


def _restored(model: nn.Module, work: Callable[[nn.Module], T]) -> T:
    before = [(value, copied(value)) for value in changeable(module.__dict__ for module in reachable_modules(model))]

    def evaluating() -> T:
        for module in modules_of(model):
            module.training = False
            module.__dict__["_compiled_call_impl"] = None
        return work(unwrapped(model))

    def undo() -> None:
        for value, content in before:
            put_back(value, content)

    return do_and_undo(evaluating, undo)
