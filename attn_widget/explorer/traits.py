"""The panel's traits and arguments, made from the settings."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import traitlets

from attn_widget.explorer.life.sleep import Sleeper
from attn_widget.explorer.settings import SETTINGS, Setting


class _Checked(traitlets.Any):
    """A trait whose validator sees None too, which traitlets lets through where it is allowed."""

    allow_none = False


def _trait(setting: Setting) -> traitlets.Any:
    kind = traitlets.Any if setting.default is None else _Checked
    return kind(setting.default, allow_none=setting.default is None)


Traits: Any = type("Traits", (Sleeper,), {setting.name: _trait(setting) for setting in SETTINGS})
"""A box with a trait for each setting."""


def check_names(given: Iterable[str]) -> None:
    """Refuse arguments that are no setting's.

    Raises
    ------
    TypeError
        Names the argument, and those that there are.
    """
    known = [setting.name for setting in SETTINGS if setting.argument]
    for name in given:
        if name not in known:
            expected = ", ".join(["class_names", "mean", "std", "forward", "width", *known])
            raise TypeError(f"AttentionExplorer has no argument {name!r}; expected one of {expected}")


def signature_of(constructor: Callable[..., None]) -> inspect.Signature:
    """Give a constructor's signature with the settings by name, as a notebook shows it."""
    own = inspect.signature(constructor).parameters.values()
    kept = [one for one in own if one.name not in ("self", "settings")]
    rows = [
        inspect.Parameter(setting.name, inspect.Parameter.KEYWORD_ONLY, default=setting.default)
        for setting in SETTINGS
        if setting.argument
    ]
    return inspect.Signature([*kept, *rows])
