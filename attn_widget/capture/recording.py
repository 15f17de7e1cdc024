"""Which modules ran in a forward pass, in which order, and what they gave."""

import weakref
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.capture.attention import Shape, watch_attention
from attn_widget.capture.fitting import fitted
from attn_widget.capture.grids import Grid, Grids
from attn_widget.capture.passes import Forward, Hook, hooked_pass
from attn_widget.capture.tensors import as_batch, tensors_in
from attn_widget.capture.tree import named_modules


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
        The same number for two modules whose first tensor was the same: one handed on the other's.
    attention : tuple of Shape
        Shapes of the attention weights that its own forward computed in that call.
    """

    order: int
    calls: int
    shapes: list[tuple[int, ...]]
    identity: int | None
    attention: tuple[Shape, ...]


@dataclass(frozen=True)
class Recording:
    """Which modules ran in a forward pass.

    Attributes
    ----------
    ran : dict of str to Ran
        By module name; modules that did not run are not in it.
    size : tuple of int
        ``(H, W)`` of the image.
    grids : tuple of (int, int)
        Those that strided convolutions made of the image (`Grids.seen`).
    output_identity : int or None
        `Ran.identity` of the model's output.
    """

    ran: dict[str, Ran]
    size: tuple[int, int]
    grids: tuple[Grid, ...]
    output_identity: int | None


def record(model: nn.Module, image: torch.Tensor | np.ndarray, *, forward: Forward | None = None) -> Recording:
    """Run one forward pass and note which modules ran, in which order, and what shapes they gave."""

    def attempt(batch: torch.Tensor) -> Recording:
        notes = Notes()
        done = hooked_pass(model, batch, forward, notes.hooks, watch=notes.watch)
        return notes.recording(done.output, done.size)

    return fitted(model, as_batch(image), attempt)


@dataclass
class Notes:
    """The hooks of a recorded pass, its eye on attention, and what they saw."""

    _ran: dict[str, Ran] = field(default_factory=dict)
    _completed: int = 0
    _seen: list[weakref.ref[torch.Tensor]] = field(default_factory=list)
    _numbers: dict[tuple[int, int], int] = field(default_factory=dict)
    _attending: dict[int, list[Shape]] = field(default_factory=dict)
    _grids: Grids = field(default_factory=Grids)

    def begin(self) -> None:
        """Forget what was seen: the pass is tried from the start."""
        vars(self).update(vars(Notes()))

    def hooks(self, tree: nn.Module) -> list[tuple[nn.Module, Hook]]:
        """Give a hook for each module of the tree on which the pass will run."""
        return [*self._grids.hooks(tree), *((module, self._hook(name)) for name, module in named_modules(tree))]

    def watch(self, tree: nn.Module) -> None:
        """Note which modules of the tree attend, and the weights' shapes; none are computed."""

        def see(module: nn.Module, shape: Shape) -> None:
            self._attending.setdefault(id(module), []).append(shape)

        watch_attention(tree, see)

    def recording(self, output: Any, size: tuple[int, int]) -> Recording:
        """Sum up what was seen, once the pass has ended with `output`."""
        identity = self._identity(next(tensors_in(output), None))
        return Recording(self._ran, size, self._grids.seen, identity)

    def _hook(self, name: str) -> Hook:
        def note(module: nn.Module, inputs: Any, output: Any) -> None:
            before = self._ran[name].calls if name in self._ran else 0
            tensors = list(tensors_in(output))
            shapes = [tuple(tensor.shape) for tensor in tensors]
            identity = self._identity(tensors[0] if tensors else None)
            attention = tuple(self._attending.pop(id(module), ()))
            self._ran[name] = Ran(self._completed, before + 1, shapes, identity, attention)
            self._completed += 1

        return note

    def _identity(self, tensor: torch.Tensor | None) -> int | None:
        """Number the tensors; one changed in place, or at an address that is used again, counts as new."""
        if tensor is None:
            return None
        key = (id(tensor), 0 if tensor.is_inference() else tensor._version)
        number = self._numbers.get(key)
        if number is None or self._seen[number]() is not tensor:
            number = self._numbers[key] = len(self._seen)
            self._seen.append(weakref.ref(tensor))
        return number
