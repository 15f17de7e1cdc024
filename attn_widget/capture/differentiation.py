"""Passes with a complete graph: whatever a model does to prevent differentiation is disabled meanwhile."""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, TypeVar

import torch
from torch import nn
from torch.utils import checkpoint

from attn_widget.capture.modes import within
from attn_widget.capture.tree import modules_of
from attn_widget.cleanup import do_and_undo

T = TypeVar("T")


def with_graph(work: Callable[[], T]) -> T:
    """Run `work` with gradients enabled on this thread, even where parts of a model disable them.

    Parts may run under ``torch.no_grad`` or ``torch.inference_mode``, as frozen backbones do. Or they may save nothing
    for the backward pass and run again in it (`torch.utils.checkpoint`), and tensors kept from them would then not be
    in the graph.
    """
    enabled = torch.is_grad_enabled()
    token = object()

    def inside() -> T:
        _bypass(token)
        torch.set_grad_enabled(True)
        return within(_Switches().hear, work)

    def undo() -> None:
        torch.set_grad_enabled(enabled)
        _bypass_no_more(token)

    return do_and_undo(inside, undo)


def make_differentiable(tree: nn.Module) -> None:
    """Prepare a disposable tree's recurrent modules for a backward pass, which cuDNN offers in training mode only.

    Without dropout, they compute the same in that mode as in evaluation mode.
    """
    for module in modules_of(tree):
        if isinstance(module, nn.RNNBase) and _runs_on_cudnn(module):
            module.training, module.dropout = True, 0.0


def _runs_on_cudnn(module: nn.RNNBase) -> bool:
    return any(parameter is not None and parameter.is_cuda for parameter in module._parameters.values())


# --- no_grad, enable_grad, set_grad_enabled


class _Switches:
    """Keeps gradients enabled on this thread although Python code disables them."""

    def __init__(self) -> None:
        self._enabled_within = False
        self._disabled = 0  # how often the model has disabled gradients without enabling them again

    def hear(self, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Call a function, but do not let it switch gradients off."""
        if func is _SWITCH:
            return self._switch(*args)
        if func in _OUT_OF_TORCH:
            args = (args[0].detach(), *args[1:])
        try:
            return func(*args, **kwargs)
        except RuntimeError as error:
            if not self._disabled or "leaf Variable that requires grad" not in str(error):
                raise
            _SWITCH(False)  # as the model had asked, to write to its own parameters
            try:
                return func(*args, **kwargs)
            finally:
                _SWITCH(True)

    def _switch(self, enabled: bool) -> None:
        """Obey only inside what torch itself runs without gradients, such as the forward of an `autograd.Function`."""
        self._disabled = max(self._disabled - 1, 0) if enabled else self._disabled + 1
        if enabled and not torch.is_grad_enabled():
            self._enabled_within = True
            _SWITCH(True)
        elif not enabled and self._enabled_within:
            self._enabled_within = False
            _SWITCH(False)


_SWITCH: Any = torch._C._set_grad_enabled
_OUT_OF_TORCH: set[Any] = {torch.Tensor.numpy, torch.Tensor.__array__, torch.Tensor.item, torch.Tensor.__float__}
"""These refuse a tensor with a graph, or warn about it, but a model may call them under ``no_grad``."""


# --- inference_mode and checkpoints: no mode hears of these, so they are patched for all threads while one asks for it

_lock = threading.Lock()
_asking: dict[object, int] = {}  # the thread of each token
_originals: list[tuple[Any, str, Any]] = []


def _bypass(token: object) -> None:
    with _lock:
        _asking[token] = threading.get_ident()
        if not _originals:
            replacements = [
                (torch.inference_mode, "__enter__", _entering(torch.inference_mode.__enter__)),
                (checkpoint, "CheckpointFunction", _calling(checkpoint.CheckpointFunction)),
                (checkpoint, "_checkpoint_hook", _keeping(checkpoint._checkpoint_hook)),
            ]
            _originals.extend((owner, name, getattr(owner, name)) for owner, name, _ in replacements)
            for owner, name, replacement in replacements:
                setattr(owner, name, replacement)


def _bypass_no_more(token: object) -> None:
    with _lock:
        _asking.pop(token, None)
        if not _asking:
            for owner, name, original in _originals:
                setattr(owner, name, original)
            _originals.clear()


def _is_asked_for() -> bool:
    return threading.get_ident() in _asking.values()


def _entering(original: Callable[[Any], None]) -> Callable[[Any], None]:
    """Wrap the method that enters inference mode."""

    def enter(mode: Any) -> None:
        if _is_asked_for():
            mode._inference_mode_context = nullcontext()
        else:
            original(mode)

    return enter


def _calling(original: Any) -> Any:
    """Wrap the function that runs a checkpoint with ``use_reentrant=True``."""

    def apply(function: Callable[..., Any], preserve: bool, *inputs: Any) -> Any:
        return function(*inputs) if _is_asked_for() else original.apply(function, preserve, *inputs)

    return SimpleNamespace(apply=apply)


def _keeping(original: Any) -> Any:
    """Wrap the hook by which a checkpoint with ``use_reentrant=False`` avoids saving tensors."""
    return lambda *frame: nullcontext() if _is_asked_for() else original(*frame)


if hasattr(os, "register_at_fork"):  # free the lock in a process forked while another thread held it
    os.register_at_fork(after_in_child=lambda: globals().update(_lock=threading.Lock()))
