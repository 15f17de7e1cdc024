"""What is said of shortcuts: which region is enough for a class, beside its controls."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from attn_widget.words.en import forms


class Measured(Protocol):
    """A share with its interval."""

    @property
    def share(self) -> float:
        """The share."""

    @property
    def low(self) -> float:
        """The lower end."""

    @property
    def high(self) -> float:
        """The upper end."""


CUES = {
    "patch": "a patch",
    "rows": "a strip of rows",
    "columns": "a strip of columns",
    "frame": "a frame",
    "colours": "the colours",
}
CUE_CONTROLS = {
    "coldest": "the coldest such region",
    "random": "one from a random place",
    "another class": "another class's",
    "edge": "the edge alone, with another picture in it",
}


def no_sure_samples(least: int) -> str:
    return f"No class has {least} right samples that can be read again, so there is nothing to transplant."


ONE_CLASS_ALONE = (
    "There are too few samples of other classes to paste onto: nearly all are of one class, or taken for it."
)


def cue_said(kind: str, area: float) -> str:
    return CUES[kind] if kind == "colours" else f"{CUES[kind]}, {forms.percent(area)} of the picture"


def cue_in_short(kind: str, area: float) -> str:
    return kind if kind == "colours" else f"{kind}, {forms.percent(area)}"


def rate_in_short(rate: Measured) -> str:
    low, high = (forms.percent(end).removesuffix(" %") for end in (rate.low, rate.high))
    return f"{forms.percent(rate.share)} ({low} to {high})"


def rate_said(rate: Measured) -> str:
    return f"{forms.percent(rate.share)} ({forms.percent(rate.low)} to {forms.percent(rate.high)})"


def shortcut_said(
    name: str,
    cue: tuple[str, float],
    enough: bool,
    flips: Measured,
    controls: Mapping[str, Measured],
    lost: Measured,
    following: tuple[str, float] | None,
) -> str:
    """Say what was measured for a class; `following` is the class of the others that gains most by its own region."""
    which = f"{forms.capitalised(cue_said(*cue))}: {'enough' if enough else 'not enough'}"
    by = [f"{CUE_CONTROLS[control]} {rate_said(rate)}" for control, rate in controls.items()]
    parts = [f"{which} for {name}. Pasted onto samples of other classes, it makes {rate_said(flips)} of them {name}"]
    parts.append(f"; {forms.listed(by)}." if by else ".")
    parts.append(f" Replaced in the surest samples of {name}, {rate_said(lost)} are no longer {name}.")
    if following is not None:
        other, share = following
        parts.append(f" Of the other classes, {other} gains most by its own region: {forms.percent(share)}.")
    return "".join(parts)


def mean_heat_said(name: str, half: float, half_of_others: float, overlap: float, apart: bool) -> str:
    """Say where the model looks for a class on average."""
    said = (
        f"On average, half of the heat of {name} lies in {forms.percent(half)} of the picture (of the other classes': "
        f"{forms.percent(half_of_others)}), and {forms.percent(overlap)} of it where theirs is"
    )
    return f"{said}: narrow, and off the others'." if apart else f"{said}."


# The page.

FIND_SHORTCUTS = "Find shortcuts"
FIND_SHORTCUTS_AGAIN = "Search again"
STOP_SHORTCUTS = "Stop"
SHORTCUT_CLASS = "Class"
SHOW_SUREST = "Show these samples"
TO_FIND_SHORTCUTS = (
    "The hottest small region of a class's surest samples is pasted onto samples of other classes: how many become "
    "that class? Beside it, the same with other regions."
)


SHORTCUTS_STOPPED = "Stopped before anything was found."
JUDGE = (
    "A true part of an object can be enough, too: whether the model should need no more than this, judge for yourself."
)
SHORTCUT_TOOLTIPS = {
    "find_shortcuts": "Search all classes for a region that is enough, in the background",
    "stop_shortcuts": "Stop the search",
    "shortcut_class": "The class whose region is shown below",
    "show_surest": "Let the slider run over the samples whose region was pasted, surest first",
}
SHORTCUT_HEADINGS = ("Class", "Region", "Become it", "Control", "Lost without")


def shortcuts_outdated(why: str) -> str:
    return f"{why} Search again."


def searching_shortcuts(done: int, total: int | None) -> str:
    return f"{done:,} of about {total:,} passes" if total else f"{done:,} passes"


def no_shortcuts(error: Exception) -> str:
    return f"The search failed with {type(error).__name__}: {error}"


def shortcuts_found(enough: Sequence[str], tried: Sequence[str], apart: Sequence[str], sizes: Sequence[float]) -> str:
    """Say for which classes a small region is enough, or what was tried; `apart` are those whose heat is so."""
    count = "one class" if len(tried) == 1 else f"{len(tried):,} classes"
    if enough:
        said = f"A region of this size is enough for {forms.listed(enough)}, of {count} searched. {JUDGE}"
    else:
        areas = forms.listed([forms.percent(size) for size in sizes])
        said = (
            f"None found in {count}. For each, the hottest patches and strips all over, of {areas} of the picture, "
            "frames, and the colours were tried. What is all over the picture, such as a blur, is not found this way."
        )
    if apart:
        said += f" On average, the heat is narrow and off the other classes' for {forms.listed(apart)}."
    return said


def surest_of(name: str) -> str:
    return f"surest {name}"


def source_said(name: str, position: int) -> list[str]:
    return [f"{name}, sample {position}", f"sample {position}"]


def became_said(before: str, after: str) -> list[str]:
    return [f"{before} \N{RIGHTWARDS ARROW} {after}"]


def source_pointed(name: str, position: int) -> str:
    return f"sample {position}, one of the surest of {name}, and its region alone"


def target_pointed(position: int, before: str, after: str) -> str:
    return f"sample {position}: {before} as it is, {after} with the region"
