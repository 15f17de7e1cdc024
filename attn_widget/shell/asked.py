"""What a command is to explain: layers, methods and a target, checked before anything is computed."""

import re
from collections.abc import Sequence

from torch import nn

from attn_widget.capture import find_module
from attn_widget.methods import method_named
from attn_widget.shell.outcome import WrongUse, one_line
from attn_widget.targets import Target


def check_names(model: nn.Module, layers: Sequence[str], methods: Sequence[str]) -> None:
    """Raise a `WrongUse`, with near matches, for a layer or a method that there is not."""
    try:
        for method in methods:
            method_named(method)
        for layer in layers:
            find_module(model, layer)
    except ValueError as error:
        raise WrongUse(one_line(str(error))) from None


def target_of(text: str, names: Sequence[str] | None) -> Target:
    """Read ``predicted``, ``true``, or the name or index of a class."""
    if text in ("predicted", "true"):
        return "predicted" if text == "predicted" else "true"
    if names and text in names:
        return list(names).index(text)
    if re.fullmatch(r"\d+", text):
        return int(text)
    known = f" such as {names[0]!r}" if names else ""
    raise WrongUse(f"--target is {text!r}; expected predicted, true, the index of a class, or its name{known}")
