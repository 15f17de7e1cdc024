"""The colours that figures are made of, on a light page and on a dark one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.colors import to_rgba_array


@dataclass(frozen=True)
class Theme:
    """Colours by what they are for.

    Attributes
    ----------
    ground : str
        What everything stands on.
    ink, faint, right, wrong, action : str
        What is written: words, lesser words, what is right, what is wrong, and what can be clicked.
    line, chosen : str
        The frame of a panel, and of what is chosen.
    blank : str
        Where a picture is missing.
    dimmed : str
        A cell of the confusion matrix that is left out of its colours.
    mistakes : tuple of str
        From few mistakes to many.
    """

    ground: str
    ink: str
    faint: str
    right: str
    wrong: str
    action: str
    line: str
    chosen: str
    blank: str
    dimmed: str
    mistakes: tuple[str, ...]

    def verdict(self, right: bool | None) -> str:
        """Give the colour of what is right, wrong or neither."""
        return self.ink if right is None else self.right if right else self.wrong


LIGHT = Theme(
    ground="#ffffff",
    ink="#1f2328",
    faint="#59636e",
    right="#1a7f37",
    wrong="#cf222e",
    action="#0969da",
    line="#d0d7de",
    chosen="#0969da",
    blank="#ebebeb",
    dimmed="#eef0f3",
    mistakes=("#fdeee3", "#f9b27c", "#e5662d", "#a32a12", "#5c0f0a"),
)
DARK = Theme(
    ground="#111111",  # of JupyterLab's dark pages
    ink="#e6edf3",
    faint="#9da7b3",
    right="#3fb950",
    wrong="#ff7b72",
    action="#6cb6ff",
    line="#3d444d",
    chosen="#4c9dff",
    blank="#2a2d31",
    dimmed="#22262b",
    mistakes=("#351a10", "#7c2a14", "#d1521f", "#f7a164", "#fde3cf"),
)


def theme_for(dark: bool) -> Theme:
    """Give the theme of a page."""
    return DARK if dark else LIGHT


def ink_on(colour: str | Sequence[float]) -> str:
    """Give black or white, whichever is read more easily on a colour: at least 4.5:1 on any."""
    return "black" if contrast("black", colour) > contrast("white", colour) else "white"


def contrast(one: str | Sequence[float], other: str | Sequence[float]) -> float:
    """Give the ratio of two colours' luminances as the WCAG define it, from 1 to 21."""
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str | Sequence[float]) -> float:
    parts = to_rgba_array([colour])[0, :3]
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))
