"""The user's models by name: the panel's argument `model` may be a mapping of several."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from attn_widget.capture import check_model
from attn_widget.methods import METHODS


class ModelName(str):
    """The name of one of the models, as the value of `compare`; equal to the same text."""

    __slots__ = ()


def named_models(given: Any) -> dict[str | None, nn.Module]:
    """Read a Module, which has the name None, or a mapping of names to Modules.

    Raises
    ------
    TypeError, ValueError
        For anything else, and for what `check_model` refuses.
    """
    if not isinstance(given, Mapping):
        check_model(given)
        return {None: given}
    if not given:
        raise ValueError("model must hold at least one model, got an empty mapping")
    for name, model in given.items():
        _check_name(name)
        _check_model(name, model)
    return dict(given)


def _check_name(name: Any) -> None:
    if not isinstance(name, str):
        raise TypeError(f"model must have texts as names, got the key {name!r}: write {str(name)!r}")
    if not name.strip() or name in ("predicted", "true", *METHODS):
        taken = "is a method or target, which compare= could mean as well" if name.strip() else "is empty"
        raise ValueError(f"model must have names of its own, but {name!r} {taken}: choose another one")


def _check_model(name: str, model: Any) -> None:
    try:
        check_model(model)
    except (TypeError, ValueError) as error:
        raise type(error)(f"model[{name!r}]{str(error).removeprefix('model')}") from None
