"""Refusals in one sentence, before a pass is tried."""

import difflib
import inspect

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from attn_widget.capture.tree import named_modules, unwrapped
from attn_widget.words import refusals


def check_model(model: nn.Module) -> None:
    """Refuse, with a TypeError, what is no module and, with a ValueError, a module that cannot be hooked or run.

    That is one that is scripted or traced, on the meta device, or has parameters not yet initialised.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, got {type(model).__name__}")
    for name, module in named_modules(model):
        if isinstance(module, torch.jit.ScriptModule):
            raise ValueError(
                f"model is TorchScript ({name or 'its root'}), which takes no hooks: pass the module it was made from"
            )
        for tensor in (*module._parameters.values(), *module._buffers.values()):
            if tensor is not None and is_lazy(tensor):
                raise ValueError(f"model has a lazy module that has not run yet ({name}): run the model once first")
            if tensor is not None and tensor.is_meta:
                raise ValueError(f"model has no values on the meta device ({name}): load its weights first")


def find_module(model: nn.Module, layer: str) -> nn.Module:
    """Look up a layer by its name, with or without the prefixes of wrappers.

    Raises a TypeError if `layer` is not a string, and a ValueError, with near matches, if no module has that name.
    """
    if not isinstance(layer, str):
        raise TypeError(f"layer must be a module's name, got {type(layer).__name__}")
    plain = ".".join(part for part in layer.split(".") if part not in ("module", "_orig_mod"))
    for name in (layer, plain):
        found = _at(model, name)
        if found is not None:
            return found
    near = difflib.get_close_matches(layer, dict(named_modules(model, aliases=True)), n=3)
    meant = f"; did you mean {' or '.join(map(repr, near))}?" if near else "; find_layers(model, image) lists them"
    raise ValueError(f"layer must be one of the model's modules, got {layer!r}{meant}")


def _at(model: nn.Module, layer: str) -> nn.Module | None:
    """Follow a name without the prefixes of wrappers from child to child; None if it leads nowhere."""
    module = unwrapped(model)
    for part in layer.split(".") if layer else ():
        child = module._modules.get(part)
        if child is None:
            return None
        module = unwrapped(child)
    return module


def check_arguments(model: nn.Module) -> None:
    """Refuse a model whose ``forward`` requires more than the images, with a TypeError that suggests ``forward=``."""
    try:
        signature = inspect.signature(model.forward)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(None)
    except TypeError as error:
        raise TypeError(refusals.needs_more_than_images(error)) from None


def image_names(model: nn.Module) -> tuple[str, ...]:
    """The parameter names of a model's ``forward``, in order: data sets use the same names for their image fields.

    Empty for a ``forward`` that names none, such as ``forward(*args)``.
    """
    try:
        parameters = inspect.signature(unwrapped(model).forward).parameters.values()
    except (TypeError, ValueError):
        return ()
    return tuple(one.name for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD))
