"""All the attention of one pass."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from torch import nn

from attn_widget.capture.attention_weights import Shape, Take, attends_whole, watch_attention
from attn_widget.capture.captured import Capture
from attn_widget.capture.channels import ATTENDING, Axes, Axis
from attn_widget.capture.kept_tensors import Held, Roots, keep
from attn_widget.capture.passes import Forward, Hook


class WholeKeeper:
    """Keeps the weights of every attention between all tokens of the image, in the order of the pass.

    With `roots`, the beginnings of the pass's graph, their gradients can be computed.
    """

    def __init__(self, roots: Roots | None) -> None:
        self._roots = roots
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
            if attends_whole(shape) and shape[2] == shape[3]:
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
        return Capture(call=0, calls=1, attention=len(self.held), left_out=left_out, module=model, **shared)
