"""Where NaN comes from: the first module of a recorded pass that gives it."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn

from attn_widget.capture import CallHook, CallInputs, Forward, fitted, hooked_pass, named_modules, tensors_in
from attn_widget.words import reasons


def nan_origin(model: nn.Module, image: torch.Tensor, forward: Forward | None) -> str:
    """Run one pass, and say in a sentence where NaN first appears; empty if it does not."""
    if _has_nan([image]):
        return reasons.NAN_IN_IMAGE
    found: list[str] = []

    def hooks(tree: nn.Module) -> list[tuple[nn.Module, _NanHook]]:
        found.clear()  # the pass may be tried again in another dtype
        return [(module, _NanHook(name, found)) for name, module in named_modules(tree)]

    fitted(model, image, lambda batch: hooked_pass(model, batch, forward, hooks))
    return found[0] if found else ""


class _NanHook(CallHook):
    """Writes a sentence into `found` when a module gives NaN, unless one stands there. Inner modules end first."""

    def __init__(self, name: str, found: list[str]) -> None:
        super().__init__(self._look)
        self._name, self._found = name, found
        self._given: list[bool] = []  # whether NaN was in what a call under way was given

    def before(self, module: nn.Module, inputs: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        """Look at what a call is given, which it may change in place."""
        super().before(module, inputs, named)
        self._given.append(not self._found and _has_nan(tensors_in([*inputs, *named.values()])))

    def _look(self, module: nn.Module, given: CallInputs, output: Any) -> None:
        given_already = self._given.pop()
        if self._found or not (given_already or _has_nan(given.tensors(output))):
            return
        own = {**module._parameters, **module._buffers}
        holders = [name for name, tensor in own.items() if tensor is not None and _has_nan([tensor])]
        self._found.append(
            reasons.nan_before(self._name)
            if given_already
            else reasons.nan_first_in(self._name, type(module).__name__, holders)
        )


def _has_nan(tensors: Iterable[torch.Tensor]) -> bool:
    return any(bool(each.isnan().any()) for each in tensors if each.is_floating_point() or each.is_complex())
