"""Which modules ran in a forward pass, in which order, and what they gave."""

import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.capture.attention_weights import Shape, rows_sum_to_one, watch_attention
from attn_widget.capture.call_outputs import CallHook, CallInputs
from attn_widget.capture.channels import ATTENDING, Axes, Axis
from attn_widget.capture.grids import Grid, Grids
from attn_widget.capture.image_fit import fitted
from attn_widget.capture.origins import Origins, Output
from attn_widget.capture.passes import Forward, Hook, hooked_pass
from attn_widget.capture.tensors import as_batch
from attn_widget.capture.tree import named_modules

Calls = Mapping[str, tuple[int, int]]
"""By module name, the pair of `Ran.call` and `Ran.calls`."""


@dataclass
class Ran:
    """How a module ran in a recorded pass: its number of calls, and details of one of them.

    That is the last call that saw the image or, if none did, the last call.
    """

    call: int  # which call that is, from 0
    calls: int
    order: int  # when that call completed, counted over all calls of the pass
    shapes: list[tuple[int, ...]]  # of the tensors in its output
    axes: tuple[Axis | None, ...]  # of channels in each output tensor, as the functions that made it show
    weights: tuple[bool, ...]  # for each output tensor, whether its values are attention weights (`rows_sum_to_one`)
    outputs: tuple[Output, ...]  # where each output tensor comes from
    identity: int | None
    """The same number for two modules whose first tensor is the same: one passed on the other's."""
    only_pools: bool  # the first output tensor is an input of the module, except for pooling, size and shape
    untouched: bool  # the first output tensor is an input itself, not even changed in place
    attention: tuple[Shape, ...]  # shapes of the attention weights that the module's own forward computed in that call
    attention_axes: tuple[Axis | None, ...]  # what each of those relates, see `Axes.of_attention`

    @property
    def saw_image(self) -> bool:
        """Whether the image flowed into the output."""
        return any(one.saw_image for one in self.outputs)


@dataclass(frozen=True)
class Recording:
    """Which modules ran in a forward pass."""

    ran: dict[str, Ran]  # by module name, without modules that did not run
    size: tuple[int, int]  # (H, W) of the image
    grids: tuple[Grid, ...]  # see `Grids.seen`
    further_grids: tuple[Grid, ...]  # see `Axes.grids`; only a recorded pass sees them
    output: Any  # of the model
    origins: Origins = field(repr=False)

    @property
    def calls(self) -> Calls:
        """Which call of each module is the one that counts."""
        return _calls(self.ran)


def record(model: nn.Module, image: torch.Tensor | np.ndarray, *, forward: Forward | None = None) -> Recording:
    """Run one forward pass and record which modules ran, in which order, and what they gave."""

    def attempt(batch: torch.Tensor) -> Recording:
        notes = Notes()
        done = hooked_pass(model, batch, forward, notes.hooks, watch=notes.watch, within=notes.follow)
        return notes.recording(done.size)

    return fitted(model, as_batch(image), attempt)


@dataclass
class Notes:
    """What a recorded pass is observed with, and what was observed."""

    _ran: dict[str, Ran] = field(default_factory=dict)
    _completed: int = 0
    _seen: list[weakref.ref[torch.Tensor]] = field(default_factory=list)
    _numbers: dict[tuple[int, int], int] = field(default_factory=dict)
    _attention: dict[int, list[tuple[Shape, Axis | None]]] = field(default_factory=dict)  # by `id` of the module
    _latest: int = 0  # the `id` of the module that computed attention last
    _grids: Grids = field(default_factory=Grids)
    _axes: Axes = field(default_factory=Axes)
    _origins: Origins = field(default_factory=Origins)
    _output: Any = None

    def begin(self) -> None:
        """Forget what was observed, as the pass is tried again from the start."""
        vars(self).update(vars(Notes()))

    def hooks(self, tree: nn.Module) -> list[tuple[nn.Module, Hook]]:
        """Return a hook for each module of the tree on which the pass will run."""
        own = ((module, CallHook(partial(self._note, name))) for name, module in named_modules(tree))
        return [*self._grids.hooks(tree), *own]

    def watch(self, tree: nn.Module) -> None:
        """Note which modules of the tree compute attention, and the weights' shapes, without taking the weights."""

        def see(module: nn.Module, shape: Shape) -> None:
            self._latest = id(module)
            self._attention.setdefault(id(module), []).append((shape, None))

        watch_attention(tree, see, self._hear)

    def follow(self, images: torch.Tensor, work: Callable[[], Any]) -> Any:
        """Return what `work` computes from the images, noting where each tensor comes from."""
        self._output = self._origins.followed(images, work)
        return self._output

    def last_seen(self, name: str) -> bool:
        """Whether the call noted for a module is its last one so far, not an earlier one that alone saw the image."""
        ran = self._ran[name]
        return ran.call == ran.calls - 1

    @property
    def calls(self) -> Calls:
        """Which call of each module is the one that counts."""
        return _calls(self._ran)

    def recording(self, size: tuple[int, int]) -> Recording:
        """Sum up what was observed, once the pass has ended."""
        further = tuple(dict.fromkeys(self._axes.grids))
        return Recording(self._ran, size, self._grids.seen, further, self._output, self._origins)

    def _note(self, name: str, module: nn.Module, given: CallInputs, output: Any) -> None:
        """Note a call of a module, unless it did not see the image and an earlier one did."""
        before = self._ran.get(name)
        calls = 0 if before is None else before.calls
        tensors = given.tensors(output)
        outputs = self._origins.given(given.inputs, tensors)
        attention = self._attention.pop(id(module), [])
        self._axes.see(module, given.inputs, output)
        if before is not None and before.saw_image and not any(one.saw_image for one in outputs):
            before.calls += 1
        else:
            self._ran[name] = Ran(
                call=calls,
                calls=calls + 1,
                order=self._completed,
                shapes=[tuple(tensor.shape) for tensor in tensors],
                axes=tuple(map(self._axes.of, tensors)),
                weights=tuple(map(rows_sum_to_one, tensors)),
                outputs=outputs,
                identity=self._identity(tensors[0]) if tensors else None,
                only_pools=self._origins.only_pooled(given.inputs, tensors),
                untouched=bool(tensors) and given.is_untouched(tensors[0]),
                attention=tuple(shape for shape, _ in attention),
                attention_axes=tuple(axis for _, axis in attention),
            )
        self._completed += 1

    def _hear(self, func: Any, args: Sequence[Any], output: Any) -> None:
        """Follow a function; if a module was seen to compute attention with it, note what that relates."""
        self._axes.hear(func, args, output)
        seen, name = self._attention.get(self._latest), getattr(func, "__name__", "")
        if seen and name in ATTENDING:
            seen[-1] = seen[-1][0], self._axes.of_attention(name, args, output)

    def _identity(self, tensor: torch.Tensor) -> int:
        """Number a tensor; one that was changed in place, or has the address of an earlier one, counts as new."""
        key = (id(tensor), 0 if tensor.is_inference() else tensor._version)
        number = self._numbers.get(key)
        if number is None or self._seen[number]() is not tensor:
            number = self._numbers[key] = len(self._seen)
            self._seen.append(weakref.ref(tensor))
        return number


def _calls(ran: dict[str, Ran]) -> Calls:
    return {name: (one.call, one.calls) for name, one in ran.items()}
