"""What is kept of a pass: the output of one layer with the attention in its own forward, or all the attention."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import nn

from attn_widget.capture.attention_weights import Shape, Take, attends_whole, may_attend, watch_attention
from attn_widget.capture.call_outputs import CallHook, CallInputs
from attn_widget.capture.channels import ATTENDING, Axes, Axis
from attn_widget.capture.checks import find_module
from attn_widget.capture.kept_tensors import Capture, Held, Roots, keep
from attn_widget.capture.passes import Forward, Hook
from attn_widget.refusal import Refusal
from attn_widget.words import refusals


@dataclass
class _Kept:
    """What one call of a layer gave: its attention weights, and the tensors in its output."""

    attention: list[Held] = field(default_factory=list)
    outputs: list[Held] = field(default_factory=list)


class LayerKeeper:
    """Keeps what one layer gave: its output through a hook, and the attention weights of its own forward.

    With `roots`, gradients can be computed; `layer` and `call` are those of `capture`, `images` the size of the batch.
    """

    def __init__(self, layer: str, call: int, roots: Roots | None, images: int) -> None:
        self._layer, self._call, self._roots, self._images = layer, call, roots, images
        self._calls = 0
        self._now = _Kept()
        self._kept: deque[_Kept] = deque(maxlen=max(-call, 1))

    @property
    def held(self) -> list[Held]:
        """What was kept; `check` first."""
        return [*self._kept[0].attention, *self._kept[0].outputs]

    def hooks(self, tree: nn.Module) -> list[tuple[nn.Module, Hook]]:
        """Return the hook that keeps the layer's output."""
        return [(find_module(tree, self._layer), CallHook(partial(self._keep, tree)))]

    def watch(self, tree: nn.Module) -> None:
        """Keep the attention weights that the layer's own forward computes for the image."""
        layer = find_module(tree, self._layer)

        def see(module: nn.Module, shape: Shape) -> Take | None:
            wanted = module is layer and attends_whole(shape, self._images) and self._wanted()
            return partial(keep, kept=self._now.attention, roots=self._roots, tree=tree) if wanted else None

        if may_attend(layer):
            watch_attention(layer, see)

    def _keep(self, tree: nn.Module, _module: nn.Module, given: CallInputs, output: Any) -> Any:
        """Keep what a call gave if it is, or may turn out to be, the call asked for."""
        wanted, now = self._wanted(), self._now
        self._calls, self._now = self._calls + 1, _Kept()
        if not wanted:
            return None
        self._kept.append(now)
        others: dict[int, torch.Tensor] = {}
        for tensor in given.tensors(output):
            passed = keep(tensor, now.outputs, self._roots, tree, apart=given.is_untouched(tensor))
            if passed is not tensor:
                others[id(tensor)] = passed
        return given.replaced(output, others) if others else None

    def _wanted(self) -> bool:
        ended = self._roots is not None and self._roots.closed
        return not ended and (self._call < 0 or self._calls == self._call)

    @property
    def _position(self) -> int:
        """Which call was asked for, from 0; the pass may not have made it."""
        return self._calls + self._call if self._call < 0 else self._call

    def check(self, forward: Forward | None) -> None:
        """Refuse a layer that was not called, or not that often."""
        if self._calls == 0:
            raise Refusal(refusals.layer_not_called(self._layer, own_forward=forward is not None))
        if not 0 <= self._position < self._calls:
            raise Refusal(refusals.no_such_call(self._layer, self._calls, self._call))

    def captured(self, model: nn.Module, **shared: Any) -> Capture:
        """Return what was kept, after the pass; `shared` are the fields that every kind of keeper fills alike."""
        return Capture(
            call=self._position,
            calls=self._calls,
            attention=len(self._kept[0].attention),
            module=find_module(model, self._layer),
            **shared,
        )


class AttentionKeeper:
    """Keeps the weights of every attention between all tokens of the image, in order; with `roots`, for gradients."""

    def __init__(self, roots: Roots | None, images: int) -> None:
        self._roots, self._images = roots, images
        self._left_out: list[Shape] = []
        self.held: list[Held] = []
        self._axes, self._checked = Axes(), 0

    def hooks(self, _tree: nn.Module) -> list[tuple[nn.Module, Hook]]:
        """No hooks: those do not see attention."""
        return []

    def watch(self, tree: nn.Module) -> None:
        """Keep the attention weights of all modules of the tree."""

        def see(_module: nn.Module, shape: Shape) -> Take | None:
            if self._roots is not None and self._roots.closed:
                return None
            if attends_whole(shape, self._images) and shape[2] == shape[3]:
                return partial(keep, kept=self.held, roots=self._roots, tree=tree)
            self._left_out.append(shape)
            return None

        watch_attention(tree, see, self._hear)

    def _hear(self, func: Any, args: Sequence[Any], output: Any) -> None:
        """Drop what turns out to be attention between channels."""
        self._axes.hear(func, args, output)
        name = getattr(func, "__name__", "")
        if name in ATTENDING and len(self.held) > self._checked:
            if self._axes.of_attention(name, args, output) == Axis(2, "channels"):
                heads, queries, keys = self.held.pop().values.shape[-3:]
                self._left_out.append((1, heads, queries, keys))
            self._checked = len(self.held)

    def check(self, forward: Forward | None) -> None:
        """Accept any pass: a model without attention is refused by the reader of the capture."""

    def captured(self, model: nn.Module, **shared: Any) -> Capture:
        """Return what was kept, after the pass; `shared` are the fields that every kind of keeper fills alike."""
        left_out = tuple(self._left_out)
        return Capture(call=0, calls=1, module=model, attention=len(self.held), left_out=left_out, **shared)
