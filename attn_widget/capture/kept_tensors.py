"""Tensors kept from inside a pass, and the gradients of a score with respect to them."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.autograd.grad_mode import _unsafe_preserve_version_counter
from torch.autograd.graph import GradientEdge, get_gradient_edge

from attn_widget.capture.storages import address
from attn_widget.capture.tree import modules_of

Score = Callable[[Any], torch.Tensor]
"""Gives a scalar for the model's output."""


@dataclass(frozen=True, eq=False)
class Held:
    """A tensor as it was at one moment of a pass: a clone without a graph, and where the graph of a score reaches it.

    There is no such edge where no gradient was wanted, or none can be had of its dtype.
    """

    values: torch.Tensor
    edge: GradientEdge | None = None


def held(tensor: torch.Tensor) -> Held:
    """Keep what a tensor is now: it may be changed in place."""
    return Held(tensor.detach().clone())


def keep(tensor: torch.Tensor, kept: list[Held], roots: "Roots | None", tree: nn.Module) -> torch.Tensor:
    """Keep attention weights, for their gradient where there are roots; gives those with which the pass goes on."""
    one, tensor = (held(tensor), tensor) if roots is None else roots.at(tensor, tree)
    kept.append(one)
    return tensor


@dataclass(eq=False)
class Roots:
    """Where the graph of one pass begins, and what must be put back after it.

    Whoever holds a tensor goes on with it, also where a module changed it in place, a hook stored it in a dict, or a
    list has it. So a tensor without a graph is given one itself: its own values are written to it, from a leaf.

    Attributes
    ----------
    closed : bool
        Whether the forward pass has ended: what runs again in the backward pass is not kept.
    """

    closed: bool = False
    _rooted: list[torch.Tensor] = field(default_factory=list)
    _parameters: set[int] | None = None

    def at(self, tensor: torch.Tensor, tree: nn.Module, *, apart: bool = False) -> tuple[Held, torch.Tensor]:
        """Keep a tensor that a module of the tree gave in this moment, for its gradient.

        The parameters of the tree are not written to. With `apart`, the module was given this tensor itself, and only
        the uses of what it gave count. Gives the tensor as it was, and what takes its place: mostly the tensor itself.
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
        """Take the graph from the tensors that were given one: a model may have them from elsewhere."""
        for tensor in self._rooted:
            tensor.detach_()

    def _with_graph(self, tensor: torch.Tensor, leaf: torch.Tensor, tree: nn.Module) -> torch.Tensor:
        if tensor.layout == torch.strided and not tensor.is_inference() and not self._is_parameters(tensor, tree):
            base = tensor._base if tensor._base is not None else tensor
            if not base.requires_grad:
                self._rooted.append(base)
            # what cannot be written in place: expanded tensors, and the views that autograd lets nobody change
            with suppress(RuntimeError), _unsafe_preserve_version_counter(tensor):
                return tensor.copy_(leaf)  # no change: what was saved for the backward pass still holds
        return leaf.clone()

    def _is_parameters(self, tensor: torch.Tensor, tree: nn.Module) -> bool:
        """Whether a training loop in another thread may be changing the values."""
        if self._parameters is None:
            parameters = (each for module in modules_of(tree) for each in module._parameters.values())
            self._parameters = {address(each) for each in parameters if each is not None}
        return address(tensor) in self._parameters


def gradients_of(output: Any, score: Score, kept: list[Held]) -> dict[Held, torch.Tensor | None]:
    """Differentiate the score with respect to each of the tensors that were kept for that."""
    reached = [(each, each.edge) for each in kept if each.edge is not None]
    with torch.enable_grad():
        value = score(output)
        if not value.requires_grad or not reached:
            return {}
        found = torch.autograd.grad(value, [edge for _, edge in reached], allow_unused=True)
    return {each: gradient for (each, _), gradient in zip(reached, found, strict=True)}
