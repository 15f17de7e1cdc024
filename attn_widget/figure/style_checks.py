"""How a picture may be drawn: each check returns the value to keep, or raises with a sentence that says why."""

import difflib
from typing import Any

import matplotlib

from attn_widget.figure.colours import COLOUR_MAPS, VIEWS, Style
from attn_widget.figure.value_scale import checked_scale


def checked_style(view: Any, alpha: Any, cmap: Any, scale: Any, fade: Any) -> Style:
    """Make a style of arguments; raise a TypeError or ValueError for a wrong one."""
    scaled = checked_scale(scale)
    return Style(
        checked_view(view), checked_alpha(alpha), checked_colour_map(cmap), scaled, checked_switch("fade", fade)
    )


def checked_view(value: Any) -> str:
    """Check a view's name."""
    return one_of("view", value, VIEWS, VIEWS)


def checked_alpha(value: Any) -> float:
    """Check an opacity."""
    try:
        if isinstance(value, str | bytes | bool):
            raise TypeError
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"alpha must be a number from 0 to 1, got {value!r}") from None
    if not 0 <= number <= 1:
        raise ValueError(f"alpha must lie between 0 and 1, got {value!r}")
    return number


def checked_colour_map(value: Any) -> str:
    """Check the name of a Matplotlib colour map, which may be one that the panel's list does not offer."""
    return one_of("cmap", value, tuple(matplotlib.colormaps), COLOUR_MAPS, "or another name in matplotlib.colormaps, ")


def checked_switch(name: str, value: Any) -> bool:
    """Check what is either on or off."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return value


def one_of(name: str, value: Any, known: tuple[str, ...], offered: tuple[str, ...], others: str = "") -> str:
    """Check that a value is a known name; the error lists those that are `offered`, and the nearest."""
    if isinstance(value, str) and value in known:
        return value
    near = difflib.get_close_matches(str(value), known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"{name} must be one of {', '.join(map(repr, offered))}, {others}got {value!r}{hint}")
