"""What is said about shortcuts: which region is enough for a class, beside its controls."""

from collections.abc import Mapping
from typing import Protocol

from attn_widget.words import forms


class Measured(Protocol):
    """A share with its interval."""

    @property
    def share(self) -> float: ...  # noqa: D102  # as in `Rate`
    @property
    def low(self) -> float: ...  # noqa: D102
    @property
    def high(self) -> float: ...  # noqa: D102


KINDS = {
    "patch": "A patch",
    "rows": "A strip of rows",
    "columns": "A strip of columns",
    "frame": "A frame",
    "colours": "The colours",
}
CONTROLS = {
    "coldest": "the coldest region",
    "random": "one at a random place",
    "another class": "another class's hottest",
    "edge": "the edge alone, around another picture's content",
}


def no_sure_samples(least: int) -> str:
    return f"No class has {least} right samples that can be read again, so there is nothing to transplant."


def region(kind: str, area: float) -> str:
    return KINDS[kind] if kind == "colours" else f"{KINDS[kind]} of {forms.percent(area)} of the picture"


def rate(measured: Measured) -> str:
    return f"{forms.percent(measured.share)} ({forms.percent(measured.low)} to {forms.percent(measured.high)})"


def found(
    name: str,
    kind: str,
    area: float,
    enough: bool,
    flips: Measured,
    controls: Mapping[str, Measured],
    lost: Measured,
) -> str:
    """Say what was measured for a class."""
    verb = "are" if kind == "colours" else "is"
    judged = f"{verb} enough" if enough else f"{verb} not enough"
    pasted = "With it" if kind != "colours" else "With them"
    beside = forms.listed(
        [f"{forms.percent(one.share)} by {CONTROLS[which]}" for which, one in controls.items()] or [""]
    )
    return (
        f"{region(kind, area)} {judged} for {name}. {pasted}, {rate(flips)} of other pictures become {name}"
        f"{f'; {beside}' if controls else ''}. Without, {forms.percent(lost.share)} of its surest samples are lost."
    )
