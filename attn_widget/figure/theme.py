"""The colours of every figure, on a light page and on a dark one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.colors import to_rgba, to_rgba_array


@dataclass(frozen=True)
class Theme:
    """Colours, each named after its use."""

    ground: str  # the figure's background
    ink: str
    faint: str  # text of lesser importance
    right: str
    wrong: str
    action: str  # text that can be clicked
    line: str  # a panel's frame
    chosen: str  # the frame of what is selected
    blank: str  # a missing picture
    dimmed: str  # a cell of the confusion matrix that is outside its colour scale
    mistakes: tuple[str, ...]  # the colour scale of the confusion matrix, from few mistakes to many


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
    ground="#111111",  # as on JupyterLab's dark pages
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
    """Return the theme for a dark or a light page."""
    return DARK if dark else LIGHT


def verdict(right: bool | None) -> str:
    """Name the colour of a `Theme` for what is right, wrong, or neither."""
    return {True: "right", False: "wrong", None: "ink"}[right]


def rgba_bytes(colour: str) -> np.ndarray:
    """Convert a colour to RGBA, uint8 ``[4]``."""
    return np.rint(255 * np.array(to_rgba(colour))).astype(np.uint8)


def ink_on(colour: str | Sequence[float]) -> str:
    """Return black or white, whichever has the greater WCAG contrast to a colour: at least 4.5:1 on any."""
    parts = to_rgba_array([colour])[0, :3]
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    lighter = linear @ (0.2126, 0.7152, 0.0722) + 0.05
    return "black" if lighter / 0.05 > 1.05 / lighter else "white"
