"""Further passes: with a layer's output replaced, or on images that are differentiated."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import torch
from torch import nn

from attn_widget.capture.attention_weights import Shape, Take, attends_whole, watch_attention
from attn_widget.capture.call_outputs import CallHook, CallInputs
from attn_widget.capture.checks import find_module
from attn_widget.capture.differentiation import make_differentiable, with_graph
from attn_widget.capture.image_fit import on_device_of
from attn_widget.capture.modes import in_mode
from attn_widget.capture.passes import Forward, Hook, Pass, hooked_pass, own_generators, pass_of, run
from attn_widget.capture.state import harmless
from attn_widget.capture.tensors import as_batch, written_as
from attn_widget.cleanup import do_and_undo
from attn_widget.randomness import watched

T = TypeVar("T")


def run_with_outputs(
    model: nn.Module,
    image: torch.Tensor,
    layer: str,
    outputs: torch.Tensor,
    count: int,
    *,
    place: int = 0,
    attention: int = 0,
    call: int = 0,
    wide: bool = False,
    forward: Forward | None = None,
) -> Pass:
    """Run one image with a layer's output replaced by a batch of `n` others, and return the pass of that batch.

    What comes before the layer runs once; what comes after it runs for the batch, and residual branches that bypass
    the layer are broadcast.

    Parameters
    ----------
    image : Tensor ``[C, H, W]`` or ``[1, C, H, W]``
        Of a dtype that the model takes.
    outputs : Tensor ``[n, ...]``, or ``[N, n, K]`` for tokens whose axis comes before the batch
        Replaces the layer's tensor of batch size one.
    count : int
        The batch size, `n`.
    place, attention : int
        Which of the layer's tensors, as an index into `Capture.tensors`, and how many of those are attention weights.
    call : int
        Which of the layer's calls, from 0.
    wide : bool
        Run the whole pass on a batch of `n` copies of the image: for models whose branches cannot be broadcast,
        such as those that concatenate them.
    """
    calls = 0
    seen = 0  # how many of the layer's attention weights in this call
    exchanged: list[tuple[torch.Tensor, torch.Tensor]] = []

    def replace_weights(weights: torch.Tensor) -> torch.Tensor:
        nonlocal seen
        seen += 1
        return written_as(outputs, weights) if calls == call and seen - 1 == place else weights

    def replace(_module: nn.Module, given: CallInputs, output: Any) -> Any:
        nonlocal calls, seen
        found = given.tensors(output)[place - attention :] if calls == call and place >= attention else []
        calls, seen = calls + 1, 0
        if not found:
            return None
        new = written_as(outputs, found[0])
        if not given.is_untouched(found[0]) and _exchange(found[0], new, exchanged):
            return None
        return given.replaced(output, {id(found[0]): new})

    def hooks(tree: nn.Module) -> list[tuple[nn.Module, Hook]]:
        return [(find_module(tree, layer), CallHook(replace))]

    def watch(tree: nn.Module) -> None:
        attending = find_module(tree, layer)

        def see(module: nn.Module, shape: Shape) -> Take | None:
            return replace_weights if module is attending and attends_whole(shape, count if wide else 1) else None

        if attention:
            watch_attention(attending, see)

    batch = as_batch(image).expand(count if wide else 1, -1, -1, -1)
    return do_and_undo(lambda: hooked_pass(model, batch, forward, hooks, watch=watch), lambda: _put_back(exchanged))


def _exchange(tensor: torch.Tensor, new: torch.Tensor, exchanged: list[tuple[torch.Tensor, torch.Tensor]]) -> bool:
    """Give a tensor other values and another shape, seen by everyone who holds it; False if that is impossible."""
    if isinstance(tensor, nn.Parameter) or tensor.requires_grad or tensor.is_inference():
        return False
    exchanged.append((tensor, tensor.detach()))
    with suppress(RuntimeError):
        _set(tensor, new.clone())  # a clone, as the model may change it in place
        return True
    return False


def _put_back(exchanged: list[tuple[torch.Tensor, torch.Tensor]]) -> None:
    """Give tensors their own values again: a model may have them from elsewhere."""
    for tensor, own in exchanged:
        if not tensor.is_set_to(own):
            _set(tensor, own)


def _set(tensor: torch.Tensor, other: torch.Tensor) -> None:
    """Give a tensor the storage and shape of another."""
    tensor.set_(other.untyped_storage(), other.storage_offset(), other.shape, other.stride())


def differentiable(
    model: nn.Module,
    image: torch.Tensor,
    work: Callable[[torch.Tensor, Callable[[torch.Tensor], Pass]], T],
    *,
    forward: Forward | None = None,
) -> T:
    """Return what `work` returns for an image that requires gradients and a function that runs the model on a batch.

    `image`, ``[C, H, W]`` or ``[1, C, H, W]``, has a dtype that the model takes. `work` is given it as ``[1, C, H, W]``
    on the model's device, with whole numbers as float32. The graph of the function's result leads to the batch alone.
    """

    def on(tree: nn.Module) -> T:
        own = own_generators(tree)  # this tree runs more than once

        # Copies go in: the model's first operation may be in place.
        def run_on(batch: torch.Tensor) -> Pass:
            enabled = torch.is_grad_enabled()
            once = partial(run, tree, batch.clone(), forward, gradients=enabled)
            return pass_of(batch, watched(lambda: with_graph(once) if enabled else once(), own))

        make_differentiable(tree)
        with torch.enable_grad():
            given = on_device_of(tree, as_batch(image))
            return work((given if given.is_floating_point() else given.float()).requires_grad_(), run_on)

    return in_mode(lambda: harmless(model, on, frozen=True, forward=forward), inference=False)
