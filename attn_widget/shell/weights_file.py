"""Weights from a file, loaded into a model."""

import pickle
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from attn_widget.shell.outcome import WrongUse, one_line
from attn_widget.words import forms

_PLACES = ("state_dict", "model_state_dict", "model", "net", "weights")
"""Where training loops keep the weights in a checkpoint."""
_WRAPPERS = ("module.", "_orig_mod.")
"""What wrappers, for several GPUs or compiled, put before all names."""


def load_weights(model: nn.Module, path: Path) -> None:
    """Load a state dict, or a checkpoint that holds one, into a model.

    Raises
    ------
    WrongUse
        Where the file cannot be read as weights alone, or they are not those of this model.
    """
    state = _unwrapped(_state_in(path, _read(path)), model.state_dict().keys())
    try:
        found = model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        _, _, first = str(error).partition("\n\t")
        raise WrongUse(f"--weights {path} is not of this model: {one_line(first or str(error)).rstrip('.')}") from None
    if found.missing_keys or found.unexpected_keys:
        lacks = [f"it lacks {_some(found.missing_keys)}"] if found.missing_keys else []
        has = [f"the model has no {_some(found.unexpected_keys)}"] if found.unexpected_keys else []
        raise WrongUse(f"--weights {path} is not of this model: {'; '.join(lacks + has)}")


def _read(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise WrongUse(
            f"--weights {path} is no file of weights alone: save it with torch.save(model.state_dict(), path)"
        ) from None
    except OSError as error:
        raise WrongUse(f"--weights {path} cannot be read: {error.strerror or one_line(str(error))}") from None
    except Exception as error:
        raise WrongUse(f"--weights {path} cannot be read: {one_line(forms.error_text(error))}") from None


def _state_in(path: Path, saved: Any) -> Mapping[str, Tensor]:
    within = [saved.get(place) for place in _PLACES] if isinstance(saved, Mapping) else []
    for state in (saved, *within):
        if isinstance(state, Mapping) and state and all(isinstance(value, Tensor) for value in state.values()):
            return state
    raise WrongUse(
        f"--weights {path} holds no weights: expected a state dict, or a checkpoint with one as 'state_dict'"
    )


def _unwrapped(state: Mapping[str, Tensor], own: Set[str]) -> Mapping[str, Tensor]:
    """Take wrappers off all names, unless some of them are the model's `own` ones as they are."""
    for wrapper in _WRAPPERS:
        if own.isdisjoint(state) and all(name.startswith(wrapper) for name in state):
            return _unwrapped({name.removeprefix(wrapper): value for name, value in state.items()}, own)
    return state


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    return f"{names[0]}{more}"
