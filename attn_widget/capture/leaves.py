"""Tensors kept from inside a pass, and the gradients of a score with respect to them."""

from collections.abc import Callable
from typing import Any

import torch

Score = Callable[[Any], torch.Tensor]
"""Gives a scalar for the model's output."""


def held(tensor: torch.Tensor, kept: list[torch.Tensor], *, leaves: bool) -> torch.Tensor:
    """Keep what a tensor is now; give what the pass goes on with, which may be changed in place.

    Where `leaves` are wanted it is kept as a leaf of the graph, or as it is where it has a graph already: an
    earlier leaf has reached it, and so both gradients are whole.
    """
    if not leaves or not (tensor.is_floating_point() or tensor.is_complex()):
        kept.append(tensor.detach().clone())
        return tensor
    torch.set_grad_enabled(True)  # from here to the end of the pass, which runs under no_grad
    kept.append(tensor if tensor.requires_grad else tensor.detach().clone().requires_grad_())
    return kept[-1].clone()


def gradients_of(output: Any, score: Score, tensors: list[torch.Tensor]) -> dict[int, torch.Tensor | None]:
    """Differentiate the score with respect to each tensor, by the tensor's identity."""
    differentiable = [tensor for tensor in tensors if tensor.requires_grad]
    with torch.enable_grad():
        value = score(output)
        if not value.requires_grad or not differentiable:
            return {}
        found = torch.autograd.grad(value, differentiable, allow_unused=True)
    return {id(tensor): gradient for tensor, gradient in zip(differentiable, found, strict=True)}
