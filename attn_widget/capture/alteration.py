"""A model altered for all its passes: some channels of one layer have other values while it runs."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.capture.attention_weights import Shape, Take, watching_attention
from attn_widget.capture.call_outputs import CallHook, CallInputs
from attn_widget.capture.checks import find_module
from attn_widget.capture.passes import Forward, hooked, run
from attn_widget.capture.tensors import written_as
from attn_widget.words import refusals

Mixture = Callable[[np.ndarray], np.ndarray]
"""Tells what of a layer's values ``[..., K]``, float64, is taken out."""


@dataclass(frozen=True)
class Altered:
    """A `Forward` that calls the model, or the user's `forward`, with some channels of a layer given other values.

    The layer's tensor is not written to: what runs after the layer gets a changed copy of it, as do all hooks on the
    layer. A pass in which that call of the layer does not happen raises a RuntimeError, so none is silently unaltered.

    Attributes
    ----------
    forward : callable or None
        The user's; None for ``model(batch)``.
    layer, call
        The layer's name, and which of its calls in a pass, from 0.
    place : int
        Which tensor of its output; which of `weights` if there are any.
    axis : int
        The axis of that tensor which holds the channels, counted from the last.
    channels, values : tuple
        Their numbers, and the value of each.
    weights : tuple of Shape
        The shapes of the attention weights that the layer's own forward computes for one image, if it is these whose
        heads are altered: in a batch, they are recognised by all but the first side.
    mixture : callable or None
        What is taken out of the layer's values instead.
    """

    forward: Forward | None
    layer: str
    call: int
    place: int
    axis: int
    channels: tuple[int, ...]
    values: tuple[float, ...]
    weights: tuple[Shape, ...] = ()
    mixture: Mixture | None = None

    def __call__(self, model: nn.Module, images: torch.Tensor) -> Any:
        """Call the model on a batch of images."""
        module = find_module(model, self.layer)
        altering = _Altering(self, module)
        with ExitStack() as stack:
            if self.weights:
                stack.enter_context(watching_attention(module, altering.see))
            # a hook also where only attention is altered: fused blocks of torch do not call a module without one
            stack.enter_context(hooked([(module, CallHook(altering.after))], of_pass=True))
            output = run(model, images, self.forward, gradients=True)
        if not altering.done:
            raise RuntimeError(refusals.call_did_not_happen(self.layer, self.call))
        return output


def set_channels(tensor: torch.Tensor, axis: int, channels: Sequence[int], values: Sequence[float]) -> None:
    """Set channels along an axis, counted from the last, each to a value of its own."""
    if channels:
        behind = -axis - 1
        places: Any = (..., list(channels), *[slice(None)] * behind)
        tensor[places] = tensor.new_tensor(values).reshape(-1, *[1] * behind)


def take_out(tensor: torch.Tensor, axis: int, mixture: Mixture) -> None:
    """Take a mixture of channels, which lie along an axis counted from the last, out of a tensor."""
    values = tensor.movedim(axis, -1)
    values -= torch.from_numpy(mixture(values.detach().cpu().double().numpy())).to(values)


class _Altering:
    """One pass of an altered model: counts the layer's calls, and changes the tensor of one."""

    def __init__(self, altered: Altered, module: nn.Module) -> None:
        self._altered, self._module = altered, module
        self._calls = 0
        self._attended = 0  # how many weights of the shape in question, in this call
        self.done = False

    def see(self, module: nn.Module, shape: Shape) -> Take | None:
        """Change the weights in question when they are computed."""
        weights, place = self._altered.weights, self._altered.place
        wanted = weights[place][1:]
        if module is not self._module or self._calls != self._altered.call or shape[1:] != wanted:
            return None
        self._attended += 1
        alike = sum(one[1:] == wanted for one in weights[:place])
        return self._changed if self._attended == alike + 1 else None

    def after(self, _module: nn.Module, given: CallInputs, output: Any) -> Any:
        """Change a tensor in the output of the call in question."""
        calls, self._calls = self._calls, self._calls + 1
        if calls != self._altered.call or self._altered.weights:
            return None
        found = given.tensors(output)[self._altered.place :]
        if not found:
            return None
        changed = self._changed(found[0])
        if output is None:  # the layer itself wrote to what it was given
            found[0].copy_(changed)
        return given.replaced(output, {id(found[0]): changed})

    def _changed(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return a copy of the tensor with the channels' values; gradients flow through the other channels."""
        altered = self._altered
        changed = tensor.dequantize() if tensor.is_quantized else tensor.clone()
        if altered.mixture is None:
            set_channels(changed, altered.axis, altered.channels, altered.values)
        else:
            take_out(changed, altered.axis, altered.mixture)
        self.done = True
        return written_as(changed, tensor)
