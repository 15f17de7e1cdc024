"""What a call of a module was given, and which tensors it gave."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import nn

from attn_widget.capture.tensors import tensors_in


class CallInputs:
    """What a module was given at the beginning of a call, and so what it gave itself, once the call has ended."""

    def __init__(self, inputs: list[Any]) -> None:
        self.inputs = inputs
        self._before = {id(tensor): (tensor, _version(tensor)) for tensor in tensors_in(inputs)}

    def is_untouched(self, tensor: torch.Tensor) -> bool:
        """Whether the tensor is one of the inputs, and has not been changed in place."""
        before = self._before.get(id(tensor))
        return before is not None and before[1] == _version(tensor)

    def tensors(self, output: Any) -> list[torch.Tensor]:
        """List the tensors that the call gave, in the order of `tensors_in`.

        Those are the tensors in its output, without the inputs that it hands on among others of its own, as in a list
        that it appended to. Of a call that returns nothing they are what is new in its inputs, or changed in place.
        What stands for a tensor inside of `torch.vmap` and its like has no values outside of it, and is none of them.
        """
        if isinstance(output, torch.Tensor):
            return [] if _is_of_a_transform(output) else [output]
        own = [tensor for tensor in tensors_in(self.where(output)) if not self.is_untouched(tensor)]
        return [tensor for tensor in own or tensors_in(output) if not _is_of_a_transform(tensor)]

    def where(self, output: Any) -> Any:
        """Give what those tensors are in: the output, or the inputs."""
        return self.inputs if output is None else output

    def containers(self) -> set[int]:
        """List, by `id`, the lists and mappings in the inputs, which the caller may still read."""
        return {id(container) for container in _containers_in(self.inputs)}


class CallHook:
    """A hook before a module's calls and one behind them, ``then(module, given, output)``, with what each was given."""

    def __init__(self, then: Callable[[nn.Module, CallInputs, Any], Any]) -> None:
        self._then = then
        self._under_way: list[CallInputs] = []  # a module may call itself

    def before(self, _module: nn.Module, inputs: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        """Note what a call is given."""
        self._under_way.append(CallInputs([*inputs, *named.values()]))

    def __call__(self, module: nn.Module, _inputs: Any, output: Any) -> Any:
        """Go on with what the call was given and gave."""
        return self._then(module, self._under_way.pop(), output)


_is_of_a_transform: Callable[[torch.Tensor], bool] = torch._C._functorch.is_functorch_wrapped_tensor


def _version(tensor: torch.Tensor) -> int:
    """Count the changes in place; inference tensors do not."""
    return 0 if tensor.is_inference() else tensor._version


def _containers_in(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield value
        for part in value.values():
            yield from _containers_in(part)
    elif isinstance(value, list | tuple):
        yield value
        for part in value:
            yield from _containers_in(part)
