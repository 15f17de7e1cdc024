"""Calling the model, with hooks that live for one pass only."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

from attn_widget.capture.call_outputs import CallHook
from attn_widget.capture.checks import check_arguments
from attn_widget.capture.differentiation import make_differentiable, with_graph
from attn_widget.capture.image_fit import on_device_of
from attn_widget.capture.modes import in_mode
from attn_widget.capture.state import harmless
from attn_widget.capture.tree import modules_of
from attn_widget.randomness import Watched, is_generator, watched

Forward = Callable[[nn.Module, torch.Tensor], Any]
"""How the model is called: ``forward(model, batch)``, for models that need more than the batch."""

Hook = Callable[[nn.Module, Any, Any], Any]
"""A forward hook; what it returns, unless None, replaces the module's output."""


_PLAIN = frozenset({bool, int, float, str, type(None), tuple, dict, set, OrderedDict})  # what most attributes are


@dataclass(frozen=True)
class Pass:
    """The outcome of a pass."""

    output: Any  # of the model
    size: tuple[int, int]  # (H, W) of the images
    dtype: torch.dtype  # of the images as the model took them
    drew: bool  # the model drew random numbers, so that each image of a batch saw different ones


def run(model: nn.Module, batch: torch.Tensor, forward: Forward | None = None, *, gradients: bool = False) -> Any:
    """Call the model, by default without gradients; without `forward` it must take the batch as its only argument."""
    if forward is None:
        check_arguments(model)
    with torch.set_grad_enabled(gradients and torch.is_grad_enabled()):
        try:
            return model(batch) if forward is None else forward(model, batch)
        except Exception as error:
            if forward is None:
                error.add_note(
                    f"The model was given images of shape {list(batch.shape)}. If it expects another layout, pass "
                    "forward=lambda model, images: model(...) that converts images [B, C, H, W] to it."
                )
            raise


def hooked_pass(
    model: nn.Module,
    batch: torch.Tensor,
    forward: Forward | None,
    hooks: Callable[[nn.Module], Iterable[tuple[nn.Module, Hook]]] | None = None,
    then: Callable[[Any], None] | None = None,
    watch: Callable[[nn.Module], None] | None = None,
    within: Callable[[torch.Tensor, Callable[[], Any]], Any] | None = None,
) -> Pass:
    """Run one forward pass with hooks, and leave the model and the random states as they were.

    Parameters
    ----------
    model : Module
        In any mode, wrapped or not, and checked (`check_model`).
    batch : Tensor ``[B, C, H, W]``
        Of a dtype that the model takes (see `fitted`); copied to its device.
    hooks, watch : callable, optional
        Are given the module tree on which the pass will run: the first returns modules and their hooks, the second
        may watch its attention (`watch_attention`).
    then : callable, optional
        Is given the output before anything is restored. With it, the pass records a graph, in which the model's
        parameters are frozen.
    within : callable, optional
        Is given the batch as the model will see it and a function that calls the model; returns what that returns.
    """
    unheard = hooks is None and then is None and watch is None

    def on(tree: nn.Module) -> Any:
        if watch is not None:
            watch(tree)
        # the hooks are removed before `then`, whose backward pass may run modules again
        with hooked(() if hooks is None else hooks(tree)):
            images = on_device_of(tree, batch)
            call = partial(run, tree, images, forward, gradients=then is not None)
            followed = call if within is None else partial(within, images, call)
            if then is None:
                return followed()
            make_differentiable(tree)
            output = with_graph(followed)
        then(output)
        return output

    def undrawn_on(tree: nn.Module) -> Watched[Any]:
        own = own_generators(tree) if len(batch) > 1 else ()
        return watched(lambda: on(tree), own, repeatable=unheard)

    done = in_mode(lambda: harmless(model, undrawn_on, frozen=then is not None, forward=forward), inference=False)
    return pass_of(batch, done)


def pass_of(batch: torch.Tensor, done: Watched[Any]) -> Pass:
    """Sum up a run of the model on a batch."""
    height, width = batch.shape[-2:]
    return Pass(done.result, (height, width), batch.dtype, done.drew)


def own_generators(tree: nn.Module) -> list[Any]:
    """List the random number generators that are attributes of modules."""
    return [
        value
        for module in modules_of(tree)
        for value in vars(module).values()
        if type(value) not in _PLAIN and is_generator(value)
    ]


@contextmanager
def hooked(hooks: Iterable[tuple[nn.Module, Hook]], *, of_pass: bool = False) -> Iterator[None]:
    """Set the hooks for this block only; they ignore calls on other threads.

    With `of_pass`, what they compute is part of the pass, and all other hooks, also the model's own, run after them.
    """
    owner = threading.get_ident()

    def heard(hook: Callable[..., Any]) -> Callable[..., Any]:
        def on_own_thread(*arguments: Any) -> Any:
            if threading.get_ident() != owner:
                return None
            with nullcontext() if of_pass else torch._C.DisableTorchFunction():
                return hook(*arguments)

        return on_own_thread

    with ExitStack() as stack:
        for module, hook in hooks:
            if isinstance(hook, CallHook):
                before = module.register_forward_pre_hook(heard(hook.before), with_kwargs=True)
                stack.callback(before.remove)
            stack.callback(module.register_forward_hook(heard(hook), prepend=of_pass).remove)
        yield
