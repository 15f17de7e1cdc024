"""Random weights that cost little and let every layer say something, whatever the model's own initialisation."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

_DRAWN = ("normal_", "uniform_", "trunc_normal_", "erfinv_")


class _Undrawn(TorchFunctionMode):
    """Leaves parameters undrawn: whoever makes the model fills them afterwards, and drawing a billion takes minutes."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = kwargs or {}
        tensor = args[0] if args else given.get("tensor")
        own = getattr(func, "__module__", None) == "torch.nn.init" and "constant" not in func.__name__
        if isinstance(tensor, nn.Parameter) and own:
            return tensor
        if isinstance(tensor, nn.Parameter) and getattr(func, "__name__", "") in _DRAWN:
            with torch.no_grad():
                return tensor.zero_()  # within the bounds of those who draw until all lie within
        return func(*args, **given)


def lively(make: Callable[[], nn.Module], seed: int) -> nn.Module:
    """Make a model, and draw its weights by the number of values that each output sums.

    Matrices and kernels have a mean square of 1 / fan-in, other parameters lie around 1, and biases around 0: no
    branch is switched off, as zero-initialised norms, gates and layer scales do it in an untrained model.
    """
    torch.manual_seed(seed)
    with _Undrawn():
        model = make()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            _draw(name, parameter, generator)
    return model


def _draw(name: str, parameter: torch.Tensor, generator: torch.Generator) -> None:
    if not parameter.is_floating_point():
        return
    if parameter.ndim < 2 or parameter[0].numel() == 1:
        if "bias" in name.rpartition(".")[2]:
            parameter.uniform_(-0.1, 0.1, generator=generator)
        else:
            parameter.uniform_(0.6, 1.4, generator=generator)
        return
    tokens = parameter.shape[0] == 1  # such as positions, which are added and not summed over
    bound = 1.0 if tokens else math.sqrt(3 / parameter[0].numel())
    parameter.uniform_(-bound, bound, generator=generator)
