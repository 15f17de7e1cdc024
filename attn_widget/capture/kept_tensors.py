"""Tensors kept from inside a pass, the gradients of a score with respect to them, and what else is known of a layer."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.autograd.grad_mode import _unsafe_preserve_version_counter
from torch.autograd.graph import GradientEdge, get_gradient_edge

from attn_widget.capture.attention_weights import Shape
from attn_widget.capture.grids import Grid
from attn_widget.capture.storages import address
from attn_widget.capture.tree import modules_of

Score = Callable[[Any], torch.Tensor]
"""Returns a scalar for the model's output."""

Gradients = list[torch.Tensor | None]
"""Of a score with respect to `Capture.tensors`; None for one that the score does not depend on."""


@dataclass(frozen=True, eq=False)
class FurtherScore:
    """A second score to differentiate in the graph of the first, where the output has it and that costs little."""

    score: Callable[[Any], torch.Tensor | None]
    """Returns another scalar for the model's output, or None if there is none."""
    affords: Callable[[float, float], bool] | None = None
    """Told how long the first backward pass took, in seconds and as a fraction of the forward pass, decides whether
    there is a second one; without it, there is.
    """


class Watch:
    """A stopwatch for one pass. On a CPU it counts this thread's own time, which others cannot lengthen."""

    def __init__(self) -> None:
        self._begun = time.thread_time(), time.perf_counter()

    def seconds(self, kept: Sequence["Held"]) -> float:
        """Give the time since it was made, once the device of the kept tensors is done with what it was given."""
        if all(each.values.device.type == "cpu" for each in kept):
            return time.thread_time() - self._begun[0]
        if any(each.values.is_cuda for each in kept):
            torch.cuda.synchronize()
        return time.perf_counter() - self._begun[1]


@dataclass(frozen=True)
class Capture:
    """What one layer, or all the attention, gave in one forward pass."""

    tensors: list[torch.Tensor]
    """Clones: first the attention weights that the layer's own forward computed at the call asked for, ``[1, heads,
    queries, keys]`` or without the leading 1; then the tensors in its output, as the layer gave them.
    """
    gradients: Gradients
    """Of the score with respect to `tensors`. Empty without a score."""
    call: int  # which call that was, from 0
    calls: int  # how many there were in the pass
    module: nn.Module  # of the user's model: the layer, or the root for all the attention
    size: tuple[int, int]  # (H, W) of the image
    grids: tuple[Grid, ...]  # see `Grids.seen`
    output: Any  # of the model
    dtype: torch.dtype  # of the image as the model took it
    attention: int = 0  # how many of `tensors` are attention weights
    left_out: tuple[Shape, ...] = ()
    """Of all the attention, the shapes of weights not kept because they do not lie between all tokens of the image."""
    further: Gradients | None = None  # of the `FurtherScore`, if it was differentiated
    drew: bool = False  # the model drew random numbers, so that each image of a batch saw different ones


@dataclass(frozen=True, eq=False)
class Held:
    """A tensor as it was at one moment of a pass: a clone without a graph, and its edge in the graph of a score.

    The edge is None if no gradient is wanted, or the dtype has none.
    """

    values: torch.Tensor
    edge: GradientEdge | None = None


def keep(
    tensor: torch.Tensor, kept: list[Held], roots: "Roots | None", tree: nn.Module, *, apart: bool = False
) -> torch.Tensor:
    """Keep a tensor, for its gradient if there are `roots` (see `Roots.at`); returns what replaces it in the pass."""
    if roots is None:
        kept.append(Held(tensor.detach().clone()))  # a clone, as the tensor may be changed in place later
        return tensor
    one, passed = roots.at(tensor, tree, apart=apart)
    kept.append(one)
    return passed


@dataclass(eq=False)
class Roots:
    """The tensors at which the graph of one pass begins, and what must be undone after it.

    Everyone who holds a tensor must continue with the one that is differentiated, even if a module changed it in
    place, a hook stored it in a dict, or a list contains it. So a tensor without a graph is not replaced, but given a
    graph itself: its own values are written to it, from a leaf.
    """

    closed: bool = False  # the forward pass has ended: what the backward pass runs again is not kept
    _rooted: list[torch.Tensor] = field(default_factory=list)
    _parameters: set[int] | None = None

    def at(self, tensor: torch.Tensor, tree: nn.Module, *, apart: bool = False) -> tuple[Held, torch.Tensor]:
        """Keep a tensor that a module of the tree has just produced, for its gradient.

        The parameters of the tree are not written to. `apart` says that the tensor is one that the module was given
        and passes on, so that only uses of the module's output count. Returns the tensor as it was, and what replaces
        it in the pass: usually the tensor itself.
        """
        kept = tensor.detach().clone()
        if not (tensor.is_floating_point() or tensor.is_complex()):
            return Held(kept), tensor
        with torch.enable_grad():
            if apart and not tensor.is_inference():
                tensor = tensor.view_as(tensor)
            if not tensor.requires_grad:
                tensor = self._with_graph(tensor, kept.detach().requires_grad_(), tree)
        return Held(kept, get_gradient_edge(tensor)), tensor

    def release(self) -> None:
        """Detach the tensors that were given a graph: a model may have them from elsewhere."""
        for tensor in self._rooted:
            tensor.detach_()

    def _with_graph(self, tensor: torch.Tensor, leaf: torch.Tensor, tree: nn.Module) -> torch.Tensor:
        if tensor.layout == torch.strided and not tensor.is_inference() and not self._is_parameters(tensor, tree):
            base = tensor._base if tensor._base is not None else tensor
            if not base.requires_grad:
                self._rooted.append(base)
            # suppressed for what cannot be written in place: expanded tensors, and views that autograd protects
            with suppress(RuntimeError), _unsafe_preserve_version_counter(tensor):
                return tensor.copy_(leaf)  # no value changes: what was saved for the backward pass still holds
        return leaf.clone()

    def _is_parameters(self, tensor: torch.Tensor, tree: nn.Module) -> bool:
        """Whether the memory is a parameter's, to which a training loop in another thread may be writing."""
        if self._parameters is None:
            parameters = (each for module in modules_of(tree) for each in module._parameters.values())
            self._parameters = {address(each) for each in parameters if each is not None}
        return address(tensor) in self._parameters


def gradients_of(
    output: Any, score: Score, kept: list[Held], *, again: bool = False
) -> dict[Held, torch.Tensor | None]:
    """Differentiate the score of the output with respect to each kept tensor that has an edge.

    If the graph is to be used `again`, it is not freed.
    """
    reached = [(each, each.edge) for each in kept if each.edge is not None]
    with torch.enable_grad():
        value = score(output)
        if not value.requires_grad or not reached:
            return {}
        found = torch.autograd.grad(value, [edge for _, edge in reached], retain_graph=again, allow_unused=True)
    return {each: gradient for (each, _), gradient in zip(reached, found, strict=True)}


def both_gradients_of(
    output: Any, score: Score, further: FurtherScore, kept: list[Held], watch: Watch
) -> tuple[dict[Held, torch.Tensor | None], dict[Held, torch.Tensor | None]]:
    """Differentiate the score and, if it is to be had, the further one; the `watch` was made before the pass.

    A graph that cannot be used twice, as a custom function may free its part, gives only the first.
    """
    forward = watch.seconds(kept)
    first = gradients_of(output, score, kept, again=True)
    backward = watch.seconds(kept) - forward
    if not first or not (further.affords is None or further.affords(backward, backward / max(forward, 1e-9))):
        return first, {}
    with suppress(Exception), torch.enable_grad():
        other = further.score(output)
        return first, {} if other is None else gradients_of(output, lambda _output: other, kept)
    return first, {}
