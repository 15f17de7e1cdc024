"""Torch's modes, set for the duration of some work: inference mode, and modes that hear each torch function called."""

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


class Hearing(TorchFunctionMode):
    """A mode that hears each torch function called on its thread while work runs `within` it."""

    def __init__(self) -> None:
        super().__init__()
        self.is_over = True

    def hear(self, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Call a function and return its result."""
        raise NotImplementedError

    def __torch_function__(
        self, func: Any, types: Iterable[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        return func(*args, **(kwargs or {})) if self.is_over else self.hear(func, args, kwargs or {})


def within(mode: Hearing, work: Callable[[], T]) -> T:
    """Run `work` with a mode listening; the stack of modes is restored whatever happens.

    An interrupt inside torch can take a mode off the stack, and put it back when its traceback is freed. Such a
    leftover mode hears nothing, and the next call removes it.
    """
    before = [other for other in _stack() if not (isinstance(other, Hearing) and other.is_over)]

    def inside() -> T:
        mode.is_over = False
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
