"""What one layer gave in one forward pass."""

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.capture.checks import find_module
from attn_widget.capture.passes import Forward, Hook, hooked_pass
from attn_widget.capture.recording import Notes
from attn_widget.capture.tensors import tensors_in


@dataclass(frozen=True)
class Capture:
    """What one layer gave in one forward pass.

    Attributes
    ----------
    tensors : list of Tensor
        Clones of the tensors in the layer's output at the call asked for, as the layer gave them.
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
    call: int
    calls: int
    module: nn.Module
    size: tuple[int, int]
    output: Any


def capture(
    model: nn.Module,
    image: torch.Tensor | np.ndarray,
    layer: str,
    *,
    call: int = -1,
    forward: Forward | None = None,
    draws: bool | None = None,
    notes: Notes | None = None,
) -> Capture:
    """Run one forward pass and keep what `layer` gave at its `call`.

    Parameters
    ----------
    model : Module
        In any mode, wrapped or not; it is left exactly as it was.
    image : Tensor or ndarray
        ``[C, H, W]`` or ``[1, C, H, W]``; cast to the model's dtype and device.
    layer : str
        A name of `model.named_modules()`.
    call : int
        Which of the module's calls, as a list is indexed: 0 is the first, -1 the last.
    forward : callable, optional
        ``forward(model, batch)`` in the place of ``model(batch)``.
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
    kept: deque[list[torch.Tensor]] = deque(maxlen=max(-call, 1))
    calls = 0

    def keep(module: nn.Module, inputs: Any, output: Any) -> None:
        nonlocal calls
        if call < 0 or calls == call:
            kept.append([tensor.detach().clone() for tensor in tensors_in(output)])
        calls += 1

    def hooks(tree: nn.Module) -> list[tuple[nn.Module, Hook]]:
        others = [] if notes is None else notes.hooks(tree)
        return [(find_module(tree, layer), keep), *others]

    done = hooked_pass(model, image, forward, hooks, draws)
    if calls == 0:
        raise ValueError(f"layer {layer!r} was not called in this pass{_hint(forward)}")
    position = int(calls + call if call < 0 else call)
    if not 0 <= position < calls:
        raise ValueError(f"call must lie in {-calls}..{calls - 1} for layer {layer!r}, got {call}")
    return Capture(kept[0], position, calls, find_module(model, layer), done.size, done.output)


def _hint(forward: Forward | None) -> str:
    return "" if forward is None else "; forward= must call the model that it is given, not another one"
