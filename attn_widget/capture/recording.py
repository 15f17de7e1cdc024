"""Which modules ran in a forward pass, in which order, and what they gave."""

import weakref
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.capture.checks import check_model
from attn_widget.capture.passes import Forward, Hook, hooked, run
from attn_widget.capture.shadow import named_modules
from attn_widget.capture.state import harmless
from attn_widget.capture.tensors import as_batch, tensors_in
from attn_widget.randomness import random_states_kept


@dataclass
class Ran:
    """How a module ran in a recorded pass: the calls, and its last output.

    Attributes
    ----------
    order : int
        When the module's last call completed, counted over all calls of the pass.
    shapes : list of tuple of int
        Shapes of the tensors in that output.
    identity : int or None
        The same number for two modules whose first tensor was the same object: one handed on the other's.
    """

    order: int
    calls: int
    shapes: list[tuple[int, ...]]
    identity: int | None


@dataclass(frozen=True)
class Recording:
    """Which modules ran in a forward pass.

    Attributes
    ----------
    ran : dict of str to Ran
        By module name; modules that did not run are not in it.
    size : tuple of int
        ``(H, W)`` of the image.
    output
        What the model returned.
    output_identity : int or None
        `Ran.identity` of the model's output.
    draws : bool
        Whether the pass moved a global random state (which was put back).
    """

    ran: dict[str, Ran]
    size: tuple[int, int]
    output: Any
    output_identity: int | None
    draws: bool


def record(model: nn.Module, image: torch.Tensor | np.ndarray, *, forward: Forward | None = None) -> Recording:
    """Run one forward pass and note which modules ran, in which order, and what shapes they gave."""
    check_model(model)
    notes = _Notes()
    with harmless(model) as tree:
        hooks = {module: notes.hook(name) for name, module in named_modules(tree)}
        batch = as_batch(tree, image)
        with hooked(hooks), random_states_kept() as random:
            output = run(tree, batch, forward)
    height, width = batch.shape[-2:]
    identity = notes.identity(next(tensors_in(output), None))
    return Recording(notes.ran, (height, width), output, identity, random.moved)


@dataclass
class _Notes:
    """The hooks of a recorded pass, and what they saw."""

    ran: dict[str, Ran] = field(default_factory=dict)
    _completed: int = 0
    _seen: list[weakref.ref[torch.Tensor]] = field(default_factory=list)
    _numbers: dict[int, int] = field(default_factory=dict)

    def hook(self, name: str) -> Hook:
        def note(module: nn.Module, inputs: Any, output: Any) -> None:
            before = self.ran[name].calls if name in self.ran else 0
            tensors = list(tensors_in(output))
            shapes = [tuple(tensor.shape) for tensor in tensors]
            identity = self.identity(tensors[0] if tensors else None)
            self.ran[name] = Ran(self._completed, before + 1, shapes, identity)
            self._completed += 1

        return note

    def identity(self, tensor: torch.Tensor | None) -> int | None:
        """Number the tensor objects; an address that is used again counts as new."""
        if tensor is None:
            return None
        number = self._numbers.get(id(tensor))
        if number is None or self._seen[number]() is not tensor:
            number = self._numbers[id(tensor)] = len(self._seen)
            self._seen.append(weakref.ref(tensor))
        return number
