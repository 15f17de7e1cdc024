"""Torch's inference mode and gradient mode, for some work."""

from collections.abc import Callable
from typing import TypeVar

import torch

from attn_widget.undoing import do_and_undo

T = TypeVar("T")


def in_mode(work: Callable[[], T], *, inference: bool) -> T:
    """Give what `work` gives in or out of inference mode; both modes are afterwards as before, whatever happens.

    That holds also where an interrupt keeps one of torch's own context managers in `work` from putting its mode back.
    """
    mode = torch.inference_mode(inference)

    def inside() -> T:
        mode.__enter__()
        return work()

    def leave() -> None:
        if hasattr(mode, "_inference_mode_context"):  # else an interrupt came before it was entered
            mode.__exit__(None, None, None)

    return do_and_undo(inside, leave)
