"""Which modules ran in a forward pass, in which order, and what they gave."""

import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.capture.attention_rows import rows_sum_to_one
from attn_widget.capture.attention_weights import Shape, watch_attention
from attn_widget.capture.call_outputs import CallHook, CallInputs
from attn_widget.capture.channels import ATTENDING, Axes, Axis
from attn_widget.capture.grids import Grid, Grids
from attn_widget.capture.image_fit import fitted
from attn_widget.capture.origins import Origins, Output, Way
from attn_widget.capture.passes import Forward, Hook, hooked_pass
from attn_widget.capture.tensors import as_batch
from attn_widget.capture.tree import named_modules

Calls = Mapping[str, tuple[int, int]]
"""By module name: which of its calls is the last that saw the image, or the last where none did; of how many."""


@dataclass
class Ran:
    """How a module ran in a recorded pass: the calls, and what the last of them that saw the image gave.

    Attributes
    ----------
    order : int
        When that call completed, counted over all calls of the pass.
    shapes : list of tuple of int
        Shapes of the tensors in that output.
    identity : int or None
        The same number for two modules whose first tensor was the same: one handed on the other's.
    attention : tuple of Shape
        Shapes of the attention weights that its own forward computed in that call.
    call : int
        Which call that was, from 0: where none saw the image, the last.
    outputs : tuple of Output
        Where the tensors in that output come from.
    only_pools : bool
        Whether the first of them is an input of the module, but for pooling, size and shape.
    untouched : bool
        Whether the first of them is an input itself, not even changed in place.
    attention_axes : tuple of Axis or None
        For each of those, as of ``[1, heads, queries, keys]``: ``"pairs"`` where they are known to lie between tokens,
        the second last axis where that holds channels, None where nothing is known.
    weights : tuple of bool
        For each of the output's tensors, whether its values are attention weights (`rows_sum_to_one`).
    axes : tuple of Axis or None
        Which axis of each of the output's tensors holds channels, as the functions that made it show.
    """

    order: int
    calls: int
    shapes: list[tuple[int, ...]]
    identity: int | None
    attention: tuple[Shape, ...]
    attention_axes: tuple[Axis | None, ...]
    weights: tuple[bool, ...]
    axes: tuple[Axis | None, ...]
    call: int
    outputs: tuple[Output, ...]
    only_pools: bool
    untouched: bool

    @property
    def saw_image(self) -> bool:
        """Whether the image flowed into that output."""
        return any(one.saw_image for one in self.outputs)


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
        Those on which the image was seen to lie (`Grids.seen`).
    further_grids : tuple of (int, int)
        Those on which functions laid it that no module stands for; only a recorded pass sees them.
    output
        What the model returned.
    origins : Origins
        Where it comes from.
    """

    ran: dict[str, Ran]
    size: tuple[int, int]
    grids: tuple[Grid, ...]
    further_grids: tuple[Grid, ...]
    output: Any
    origins: Origins = field(repr=False)

    @property
    def calls(self) -> Calls:
        """Which calls saw the image."""
        return _calls(self.ran)

    def way_to(self, *explained: Callable[[Any], Any]) -> Way:
        """Follow what is explained, as each of `explained` takes it from the output, to the image: `Origins.way_to`."""
        return self.origins.way_to(self.output, *explained)


def record(model: nn.Module, image: torch.Tensor | np.ndarray, *, forward: Forward | None = None) -> Recording:
    """Run one forward pass and note which modules ran, in which order, and what shapes they gave."""

    def attempt(batch: torch.Tensor) -> Recording:
        notes = Notes()
        done = hooked_pass(model, batch, forward, notes.hooks, watch=notes.watch, within=notes.follow)
        return notes.recording(done.size)

    return fitted(model, as_batch(image), attempt)


@dataclass
class Notes:
    """The hooks of a recorded pass, its eye on attention, and what they saw."""

    _ran: dict[str, Ran] = field(default_factory=dict)
    _completed: int = 0
    _seen: list[weakref.ref[torch.Tensor]] = field(default_factory=list)
    _numbers: dict[tuple[int, int], int] = field(default_factory=dict)
    _attending: dict[int, list[Shape]] = field(default_factory=dict)
    _attention_axes: dict[int, list[Axis | None]] = field(default_factory=dict)
    _latest: int = 0  # the module that attended last, by its identity
    _grids: Grids = field(default_factory=Grids)
    _axes: Axes = field(default_factory=Axes)
    _origins: Origins = field(default_factory=Origins)
    _output: Any = None

    def begin(self) -> None:
        """Forget what was seen: the pass is tried from the start."""
        vars(self).update(vars(Notes()))

    def hooks(self, tree: nn.Module) -> list[tuple[nn.Module, Hook]]:
        """Give a hook for each module of the tree on which the pass will run."""
        own = ((module, CallHook(self._hook(name))) for name, module in named_modules(tree))
        return [*self._grids.hooks(tree), *own]

    def watch(self, tree: nn.Module) -> None:
        """Note which modules of the tree attend, and the weights' shapes; none are computed."""

        def see(module: nn.Module, shape: Shape) -> None:
            self._latest = id(module)
            self._attending.setdefault(id(module), []).append(shape)
            self._attention_axes.setdefault(id(module), []).append(None)

        watch_attention(tree, see, self._hear)

    def follow(self, images: torch.Tensor, work: Callable[[], Any]) -> Any:
        """Give what `work` makes of the images, and note where each tensor comes from."""
        self._output = self._origins.followed(images, work)
        return self._output

    def last_seen(self, name: str) -> bool:
        """Whether what is noted of a module is its last call so far, not an earlier one that alone saw the image."""
        ran = self._ran[name]
        return ran.call == ran.calls - 1

    @property
    def calls(self) -> Calls:
        """Which calls saw the image."""
        return _calls(self._ran)

    def recording(self, size: tuple[int, int]) -> Recording:
        """Sum up what was seen, once the pass has ended."""
        return Recording(
            self._ran, size, self._grids.seen, tuple(dict.fromkeys(self._axes.grids)), self._output, self._origins
        )

    def _hook(self, name: str) -> Callable[[nn.Module, CallInputs, Any], None]:
        def note(module: nn.Module, given: CallInputs, output: Any) -> None:
            before = self._ran.get(name)
            calls = 0 if before is None else before.calls
            tensors = given.tensors(output)
            inputs = given.inputs
            outputs = self._origins.given(inputs, tensors)
            attention = tuple(self._attending.pop(id(module), ()))
            attention_axes = tuple(self._attention_axes.pop(id(module), ()))
            self._axes.see(module, inputs, output)
            if before is not None and before.saw_image and not any(one.saw_image for one in outputs):
                before.calls += 1
            else:
                shapes = [tuple(tensor.shape) for tensor in tensors]
                identity = self._identity(tensors[0] if tensors else None)
                pools = self._origins.only_pooled(inputs, tensors)
                self._ran[name] = Ran(
                    self._completed,
                    calls + 1,
                    shapes,
                    identity,
                    attention,
                    attention_axes,
                    weights=tuple(map(rows_sum_to_one, tensors)),
                    axes=tuple(map(self._axes.of, tensors)),
                    call=calls,
                    outputs=outputs,
                    only_pools=pools,
                    untouched=bool(tensors) and given.is_untouched(tensors[0]),
                )
            self._completed += 1

        return note

    def _hear(self, func: Any, args: Sequence[Any], output: Any) -> None:
        """Follow a function; of one with which a module was seen to attend, note between what."""
        self._axes.hear(func, args, output)
        seen, name = self._attention_axes.get(self._latest), getattr(func, "__name__", "")
        if seen and name in ATTENDING:
            seen[-1] = self._axes.of_attention(name, args, output)

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


def _calls(ran: dict[str, Ran]) -> Calls:
    return {name: (one.call, one.calls) for name, one in ran.items()}
