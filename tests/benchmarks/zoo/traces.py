"""What a model and the process look like, to be compared before and after."""

import random
import zlib
from typing import Any

import numpy as np
import torch
from torch import nn

_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks", "_state_dict_hooks")
_PLAIN = (bool, int, float, str, bytes, type(None))

State = dict[str, Any]


def state_of(model: nn.Module, image: torch.Tensor) -> State:
    """Note everything that must not change, by a name that says what it is."""
    state: State = {
        "torch's random state": _bytes(torch.get_rng_state()),
        "NumPy's random state": repr(np.random.get_state()[1:]) + str(np.random.get_state()[1].sum()),
        "Python's random state": hash(random.getstate()),
        "grad mode": (torch.is_grad_enabled(), torch.is_inference_mode_enabled()),
        "the image": (_bytes(image), image._version, image.requires_grad, image.grad is None),
        "the keys of state_dict": tuple(model.state_dict()),
    }
    for name, module in model.named_modules():
        state[f"the mode of {name!r}"] = module.training
        state[f"the hooks of {name!r}"] = tuple(tuple(getattr(module, kind, ())) for kind in _HOOKS)
        state[f"the attributes of {name!r}"] = tuple(vars(module))
        state[f"the values of {name!r}"] = {key: one for key, one in vars(module).items() if isinstance(one, _PLAIN)}
        for kind in ("_parameters", "_buffers", "_modules"):
            state[f"{kind} of {name!r}"] = {key: id(one) for key, one in getattr(module, kind).items()}
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        about = (tensor._version, tensor.requires_grad, tensor.grad is None, tensor.data_ptr())
        state[f"the tensor {name!r}"] = (*about, _bytes(tensor))
    return state


def differences(before: State, after: State) -> list[str]:
    """Name what differs."""
    return [key for key in before | after if before.get(key) != after.get(key)]


def _bytes(tensor: torch.Tensor) -> int:
    return zlib.crc32(tensor.detach().contiguous().view(-1).view(torch.uint8).numpy()) if tensor.numel() else 0
