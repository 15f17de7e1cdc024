"""The inputs of a module's call, and which tensors the call itself produced."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import nn

from attn_widget.capture.tensors import replaced, tensors_in


class CallInputs:
    """A call's inputs as they were at its beginning, to tell at its end which tensors it produced itself."""

    def __init__(self, inputs: list[Any]) -> None:
        self.inputs = inputs
        self._before = {id(tensor): (tensor, _version(tensor)) for tensor in tensors_in(inputs)}

    def is_untouched(self, tensor: torch.Tensor) -> bool:
        """Whether the tensor is one of the inputs and has not been changed in place."""
        before = self._before.get(id(tensor))
        return before is not None and before[1] == _version(tensor)

    def tensors(self, output: Any) -> list[torch.Tensor]:
        """List the tensors that the call produced, in the order of `tensors_in`.

        These are the tensors in its output, without inputs that it passes on beside tensors of its own, as in a list
        that it appended to. For a call that returns nothing, they are those that are new in its inputs or were changed
        in place. Stand-ins for tensors inside `torch.vmap` and the like, which hold no values, are left out.
        """
        if isinstance(output, torch.Tensor):
            return [] if _is_of_a_transform(output) else [output]
        own = [tensor for tensor in tensors_in(self._where(output)) if not self.is_untouched(tensor)]
        return [tensor for tensor in own or tensors_in(output) if not _is_of_a_transform(tensor)]

    def replaced(self, output: Any, others: Mapping[int, torch.Tensor]) -> Any:
        """Put `others` in the place of the call's tensors, by `id`; returns the output that a hook is to return.

        Containers in the inputs are changed in place, as the caller may still read them.
        """
        shared = {id(container) for container in _containers_in(self.inputs)}
        changed = replaced(self._where(output), lambda each: others.get(id(each), each), shared)
        return None if output is None else changed

    def _where(self, output: Any) -> Any:
        """What contains the call's tensors: the output, or the inputs if nothing was returned."""
        return self.inputs if output is None else output


class CallHook:
    """A forward pre-hook and a forward hook that runs ``then(module, given, output)`` with the call's `CallInputs`."""

    def __init__(self, then: Callable[[nn.Module, CallInputs, Any], Any]) -> None:
        self._then = then
        self._under_way: list[CallInputs] = []  # a module may call itself

    def before(self, _module: nn.Module, inputs: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        """Record what a call is given."""
        self._under_way.append(CallInputs([*inputs, *named.values()]))

    def __call__(self, module: nn.Module, _inputs: Any, output: Any) -> Any:
        """Run `then` with what the call was given and returned."""
        return self._then(module, self._under_way.pop(), output)


_is_of_a_transform: Callable[[torch.Tensor], bool] = torch._C._functorch.is_functorch_wrapped_tensor


def _version(tensor: torch.Tensor) -> int:
    """The count of changes in place, which inference tensors do not keep."""
    return 0 if tensor.is_inference() else tensor._version


def _containers_in(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping | list | tuple):
        yield value
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _containers_in(part)
