"""The methods by name."""

import difflib
from collections.abc import Callable

from attn_widget.methods.activation import Activation, Weighing

Method = Callable[[Activation], Weighing]

METHODS: dict[str, Method] = {}
"""Every method that can be chosen, by its name."""


def register(name: str, method: Method) -> None:
    """Add a method under a name, or put it in the place of the one that has that name."""
    METHODS[name] = method


def method_named(name: str) -> Method:
    """Look a method up.

    Raises
    ------
    ValueError
        Where no method has that name.
    """
    if name in METHODS:
        return METHODS[name]
    near = difflib.get_close_matches(str(name), METHODS, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"method must be one of {', '.join(map(repr, METHODS))}, got {name!r}{hint}")
