"""What layers gave in one forward pass, and the gradients of a score with respect to it."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.capture.checks import find_module
from attn_widget.capture.passes import Forward, Hook, hooked_pass
from attn_widget.capture.recording import Notes
from attn_widget.capture.tensors import as_batch, replaced, tensors_in
from attn_widget.refusal import Refusal

Score = Callable[[Any], torch.Tensor]
"""Gives a scalar for the model's output."""


@dataclass(frozen=True)
class Capture:
    """What one layer gave in one forward pass.

    Attributes
    ----------
    tensors : list of Tensor
        Clones of the tensors in the layer's output at the call asked for, as the layer gave them.
    gradients : list of Tensor or None
        Those of the score with respect to `tensors`, in the same order, None for a tensor that it does not
        reach; empty where no score was given.
    call, calls : int
        Which call that was, from 0, and how many the pass made.
    module : Module
        The layer, of the user's model: its kind helps to read the tensors.
    size : tuple of int
        ``(H, W)`` of the image.
    output
        What the model returned.
    """

    tensors: list[torch.Tensor]
    gradients: list[torch.Tensor | None]
    call: int
    calls: int
    module: nn.Module
    size: tuple[int, int]
    output: Any


def capture(
    model: nn.Module,
    image: torch.Tensor | np.ndarray,
    layers: Sequence[str],
    *,
    call: int = -1,
    forward: Forward | None = None,
    score: Score | None = None,
    draws: bool | None = None,
    notes: Notes | None = None,
) -> list[Capture]:
    """Run one forward pass and keep what each of `layers` gave at its `call`.

    With a score, one backward pass follows, from the score to those outputs and no further: no parameter and
    no ``.grad`` takes part, and what lies before the first of the layers runs without a graph.

    Parameters
    ----------
    model : Module
        In any mode, wrapped or not; it is left exactly as it was.
    image : Tensor or ndarray
        ``[C, H, W]`` or ``[1, C, H, W]``; cast to the model's dtype and device.
    layers : sequence of str
        Names of `model.named_modules()`.
    call : int
        Which of a module's calls, as a list is indexed: 0 is the first, -1 the last.
    forward : callable, optional
        ``forward(model, batch)`` in the place of ``model(batch)``.
    score : callable, optional
        Gives the scalar whose gradients are wanted, for the model's output.
    draws : bool, optional
        Whether the pass draws from the global random states (`random_states_kept`).
    notes : Notes, optional
        Takes note of every module that runs in the same pass.

    Raises
    ------
    ValueError
        Where there is no such layer, it was not called, or not as often.
    """
    if isinstance(call, bool) or not isinstance(call, int | np.integer):
        raise TypeError(f"call must be a whole number, got {call!r}")
    keepers = [_Keeper(layer, int(call), leaves=score is not None) for layer in layers]
    gradients: dict[int, torch.Tensor | None] = {}

    def hooks(tree: nn.Module) -> list[tuple[nn.Module, Hook]]:
        own: list[tuple[nn.Module, Hook]] = [(find_module(tree, keeper.layer), keeper.keep) for keeper in keepers]
        return own if notes is None else [*own, *notes.hooks(tree)]

    def differentiate(output: Any) -> None:
        for keeper in keepers:
            keeper.check(forward)
        if score is not None:
            gradients.update(_gradients(output, score, [tensor for keeper in keepers for tensor in keeper.tensors]))

    then = None if score is None else differentiate
    done = hooked_pass(model, as_batch(image), forward, hooks, draws, then)
    return [keeper.captured(model, gradients, done.size, done.output, forward) for keeper in keepers]


class _Keeper:
    """A hook that keeps one layer's output.

    Where gradients are wanted, it makes the output a leaf of the graph and hands on a clone; where an earlier
    layer's leaf has reached it already, it keeps the output itself, so that both gradients are whole.
    """

    def __init__(self, layer: str, call: int, *, leaves: bool) -> None:
        self.layer = layer
        self._call, self._leaves, self._calls = call, leaves, 0
        self._kept: deque[list[torch.Tensor]] = deque(maxlen=max(-call, 1))

    @property
    def tensors(self) -> list[torch.Tensor]:
        """What was kept; `check` first."""
        return self._kept[0]

    def keep(self, module: nn.Module, inputs: Any, output: Any) -> Any:
        """Keep the output where this is the call asked for, or may be."""
        wanted = self._call < 0 or self._calls == self._call
        self._calls += 1
        if not wanted:
            return None
        if not self._leaves:
            self._kept.append([tensor.detach().clone() for tensor in tensors_in(output)])
            return None
        kept: list[torch.Tensor] = []
        torch.set_grad_enabled(True)  # from here to the end of the pass, which runs under no_grad
        handed_on = replaced(output, lambda tensor: _held(tensor, kept))
        self._kept.append(kept)
        return handed_on

    def check(self, forward: Forward | None) -> int:
        """Give the position of the call that was kept, or say that there was none."""
        if self._calls == 0:
            hint = "" if forward is None else "; forward= must call the model that it is given, not another one"
            raise Refusal(f"layer {self.layer!r} was not called in this pass{hint}")
        position = self._calls + self._call if self._call < 0 else self._call
        if not 0 <= position < self._calls:
            extent = f"{-self._calls}..{self._calls - 1}"
            raise Refusal(f"call must lie in {extent} for layer {self.layer!r}, got {self._call}")
        return position

    def captured(
        self,
        model: nn.Module,
        gradients: dict[int, torch.Tensor | None],
        size: tuple[int, int],
        output: Any,
        forward: Forward | None,
    ) -> Capture:
        """Sum up, once the pass has ended."""
        position = self.check(forward)
        own = [gradients.get(id(tensor)) for tensor in self.tensors] if self._leaves else []
        tensors = [tensor.detach() for tensor in self.tensors]
        return Capture(tensors, own, position, self._calls, find_module(model, self.layer), size, output)


def _held(tensor: torch.Tensor, kept: list[torch.Tensor]) -> torch.Tensor:
    """Keep a tensor as a leaf, or as it is where it has a graph; give a clone that may be changed in place."""
    if not (tensor.is_floating_point() or tensor.is_complex()):
        kept.append(tensor.detach().clone())
        return tensor
    held = tensor if tensor.requires_grad else tensor.detach().clone().requires_grad_()
    kept.append(held)
    return held.clone()


def _gradients(output: Any, score: Score, tensors: list[torch.Tensor]) -> dict[int, torch.Tensor | None]:
    """Differentiate the score with respect to each tensor, by the tensor's identity."""
    differentiable = [tensor for tensor in tensors if tensor.requires_grad]
    with torch.enable_grad():
        value = score(output)
        if not value.requires_grad or not differentiable:
            return {}
        found = torch.autograd.grad(value, differentiable, allow_unused=True)
    return {id(tensor): gradient for tensor, gradient in zip(differentiable, found, strict=True)}
