"""The part of the panel's script that silences channels."""

import textwrap

from attn_widget.explanation import Silencing
from attn_widget.words import refusals

_SHORT = 60
_WIDTH = 88


def silencing_argument(silencing: Silencing, layer: str, call: int) -> str:
    """Write the argument `silence` of `explain` for a layer, or the name that `silencing_lines` gives it."""
    numbers = repr(list(silencing.channels))
    own = (silencing.layer, silencing.call, silencing.fill, silencing.parts) == (layer, call, "zero", None)
    return numbers if own and len(numbers) <= _SHORT else "silenced"


def silencing_lines(silencing: Silencing, *, own_forward: bool) -> list[str]:
    """Write the statements that name it; the user holds the Parts that parts come from."""
    if silencing.parts is not None:
        numbers = ", ".join(map(str, silencing.channels))
        return [refusals.PARTS_OF_METHOD, f"silenced = found.without({numbers})"]
    lines, values = [], []
    if silencing.fill == "mean":
        call = "" if silencing.call == -1 else f", call={silencing.call}"
        forward = ", forward=forward" if own_forward else ""
        lines.append(f"means = channel_means(model, samples, {silencing.layer!r}{call}{forward})")
        values = ["'mean'", "tuple(means)"]
    elif silencing.values:
        values = [repr(silencing.fill), repr(silencing.values)]
    named = [f"call={silencing.call}"] if silencing.call != -1 else []
    text = ", ".join([repr(silencing.layer), repr(silencing.channels), *values, *named])
    if len(text) + len("silenced = Silencing()") <= _WIDTH:
        return [*lines, f"silenced = Silencing({text})"]
    whole = textwrap.TextWrapper(
        _WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False, break_long_words=False
    )  # as a layer's name stays on one line
    return [*lines, "silenced = Silencing(", *whole.wrap(text), ")"]
