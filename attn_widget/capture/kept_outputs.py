"""A recorded pass that also keeps the outputs of the model's last modules: usually the default layer is among them."""

from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.capture.attention_weights import attends_whole
from attn_widget.capture.call_outputs import CallHook, CallInputs
from attn_widget.capture.checks import find_module
from attn_widget.capture.image_fit import fitted
from attn_widget.capture.kept_tensors import Capture
from attn_widget.capture.passes import Forward, Hook, Pass, hooked_pass
from attn_widget.capture.recording import Notes, Recording
from attn_widget.capture.tensors import as_batch
from attn_widget.capture.tree import named_modules

_LAST = 24  # modules: enough for a head or a transformer's last block, and what comes before it
_NUMBERS = 2**19  # at most, in the output of each of them: 2 MB in float32


class RecentPass:
    """A recorded pass (see `record`) after which the layer can be chosen, usually without running another one.

    If the `layer` is known already, only that one is kept.
    """

    def __init__(
        self, model: nn.Module, image: torch.Tensor | np.ndarray, layer: str | None, forward: Forward | None
    ) -> None:
        self._model, self._layer = model, layer
        self._kept: dict[str, list[torch.Tensor]] = {}

        def attempt(batch: torch.Tensor) -> tuple[Pass, Recording]:
            self._kept.clear()
            self._notes = notes = Notes()

            def hooks(tree: nn.Module) -> list[tuple[nn.Module, Hook]]:
                return [*notes.hooks(tree), *self._hooks(tree)]

            done = hooked_pass(model, batch, forward, hooks, watch=notes.watch, within=notes.follow)
            return done, notes.recording(done.size)

        self._done, self.recording = fitted(model, as_batch(image), attempt)

    def capture(self, layer: str) -> Capture | None:
        """Return what a layer gave at the last call that saw the image; None if that was not kept or is attention."""
        ran, tensors = self.recording.ran.get(layer), self._kept.get(layer)
        if ran is None or tensors is None or any(map(attends_whole, ran.attention)):
            return None
        return Capture(
            tensors,
            gradients=[],
            call=ran.call,
            calls=ran.calls,
            module=find_module(self._model, layer),
            size=self.recording.size,
            grids=self.recording.grids,
            output=self._done.output,
            dtype=self._done.dtype,
        )

    def _hooks(self, tree: nn.Module) -> list[tuple[nn.Module, Hook]]:
        modules = dict(named_modules(tree))
        if self._layer is None:
            # with those around them: the name "a.b.c" accumulates from "a" and "a.b"
            wanted = {each for name in list(modules)[-_LAST:] for each in accumulate(name.split("."), "{}.{}".format)}
        else:
            wanted = {self._layer}
        return [(module, CallHook(partial(self._keep, name))) for name, module in modules.items() if name in wanted]

    def _keep(self, name: str, _module: nn.Module, given: CallInputs, output: Any) -> None:
        """Keep the output of a module's last call so far that saw the image or, if none did, of its last call."""
        if not self._notes.last_seen(name):
            return
        self._kept.pop(name, None)
        tensors = given.tensors(output)
        if self._layer is not None or sum(tensor.numel() for tensor in tensors) <= _NUMBERS:
            self._kept[name] = [tensor.detach().clone() for tensor in tensors]
