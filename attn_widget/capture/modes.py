"""Torch's modes, set for the duration of some work: inference mode, and one that hears each torch function called."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import torch
from torch.overrides import TorchFunctionMode

from attn_widget.cleanup import do_and_undo

T = TypeVar("T")


def in_mode(work: Callable[[], T], *, inference: bool) -> T:
    """Run `work` in or out of inference mode; inference and grad mode are restored whatever happens.

    That includes an interrupt that keeps one of torch's own context managers in `work` from restoring its mode.
    """
    mode = torch.inference_mode(inference)

    def inside() -> T:
        mode.__enter__()
        return work()

    def leave() -> None:
        if hasattr(mode, "_inference_mode_context"):  # else an interrupt came before it was entered
            mode.__exit__(None, None, None)

    return do_and_undo(inside, leave)


class _Hearing(TorchFunctionMode):
    """A mode that has each torch function on its thread called by `hear`, until it is over."""

    def __init__(self, hear: Callable[[Any, Sequence[Any], Mapping[str, Any]], Any]) -> None:
        super().__init__()
        self._hear = hear
        self.is_over = False

    def __torch_function__(
        self, func: Any, types: Iterable[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        return func(*args, **(kwargs or {})) if self.is_over else self._hear(func, args, kwargs or {})


def within(hear: Callable[[Any, Sequence[Any], Mapping[str, Any]], Any], work: Callable[[], T]) -> T:
    """Run `work` while ``hear(func, args, kwargs)`` calls each torch function, on this thread, and returns its result.

    The stack of modes is restored whatever happens. An interrupt inside torch can take a mode off the stack, and put it
    back when its traceback is freed. Such a leftover mode hears nothing, and the next call removes it.
    """
    before = [other for other in _stack() if not (isinstance(other, _Hearing) and other.is_over)]
    mode = _Hearing(hear)

    def inside() -> T:
        torch._C._push_on_torch_function_stack(mode)
        return work()

    def leave() -> None:
        mode.is_over = True
        while torch._C._len_torch_function_stack() > len(before):
            torch._C._pop_torch_function_stack()
        if _stack() != before:
            while torch._C._len_torch_function_stack() > 0:
                torch._C._pop_torch_function_stack()
            for other in before:
                torch._C._push_on_torch_function_stack(other)

    return do_and_undo(inside, leave)


def _stack() -> list[Any]:
    return [torch._C._get_function_stack_at(place) for place in range(torch._C._len_torch_function_stack())]
