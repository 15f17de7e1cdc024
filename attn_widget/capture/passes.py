"""Calling the model, with hooks that live for one pass only."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn

from attn_widget.capture.checks import check_arguments

Forward = Callable[[nn.Module, torch.Tensor], Any]
"""How the model is called: ``forward(model, batch)``, for models that need more than the batch."""

Hook = Callable[[nn.Module, Any, Any], None]


def run(model: nn.Module, batch: torch.Tensor, forward: Forward | None = None) -> Any:
    """Call the model without gradients, after a look at whether it can be called with the batch alone."""
    if forward is None:
        check_arguments(model)
    with torch.no_grad():
        return model(batch) if forward is None else forward(model, batch)


@contextmanager
def hooked(hooks: dict[nn.Module, Hook]) -> Iterator[None]:
    """Set the hooks for the block alone; they hear this thread's calls only."""
    owner = threading.get_ident()

    def heard(hook: Hook) -> Hook:
        def on_own_thread(module: nn.Module, inputs: Any, output: Any) -> None:
            if threading.get_ident() == owner:
                hook(module, inputs, output)

        return on_own_thread

    with ExitStack() as stack:
        for module, hook in hooks.items():
            stack.callback(module.register_forward_hook(heard(hook)).remove)
        yield
