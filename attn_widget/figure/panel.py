"""One panel of the figure: an image under two lines of title."""

import unicodedata
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from attn_widget.figure.fonts import BASE, readable
from attn_widget.figure.layout import Box

DPI = 100  # dots an inch at device pixel ratio 1: a CSS pixel is a dot
INK = "#1f2328"
FAINT = "#59636e"
RIGHT = "#1a7f37"
WRONG = "#cf222e"
_LINE = "#d0d7de"
_WHITE = "#ffffff"
_CHARACTER = 0.62  # a character's mean width in em


class Panel:
    """An image with two lines of title.

    Parameters
    ----------
    figure : Figure
        Where it is added.
    shared : Axes or None
        Axes whose limits it shares, so that zoom and pan are linked.
    """

    def __init__(self, figure: Figure, shared: Axes | None = None) -> None:
        self.axes = figure.add_axes((0, 0, 1, 1), facecolor=_WHITE, sharex=shared, sharey=shared)
        self.axes.grid(visible=False)
        self.axes.tick_params(which="both", bottom=False, left=False, labelbottom=False, labelleft=False)
        for spine in self.axes.spines.values():
            spine.set(color=_LINE, linewidth=0.8)
        self.image = self.axes.imshow(np.full((1, 1, 3), 255, np.uint8), aspect="equal", origin="upper")
        self.image.mouseover = False  # the axes' format_coord says all; the image would add its colour
        self._lines = [write(figure, weight="bold"), write(figure, color=FAINT)]
        self._width = 1.0

    def place(self, box: Box, width: float, height: float) -> None:
        """Move to a box of a figure of the given size, all in CSS pixels."""
        self._width = box.width
        bounds = (box.left / width, 1 - (box.top + box.height) / height, box.width / width, box.height / height)
        self.axes.set_position(bounds)
        size = 9.0 if box.width > 150 else 8.0 if box.width > 110 else 7.0
        for line, above in zip(self._lines, (20.0, 5.0), strict=True):
            line.set(position=(box.left / width, 1 - (box.top - above) / height), fontsize=size)

    def set_titles(self, first: str, *second: str, second_colour: str = FAINT) -> None:
        """Write the two lines; of the second the first wording that fits, or the last one shortened."""
        for line, wordings in zip(self._lines, ((first,), second), strict=True):
            room = self._width / (float(line.get_fontsize()) * DPI / 72 * _CHARACTER)
            fitting = [text for text in wordings if len(text) <= room]
            set_text(line, fitting[0] if fitting else shortened(wordings[-1], room))
        self._lines[1].set_color(second_colour)

    def set_pixels(self, pixels: np.ndarray, size: tuple[int, int], *, smooth: bool) -> None:
        """Show pixels, uint8 ``[h, w, 3]``, stretched over an image ``(H, W)``."""
        self.image.set_data(pixels)
        self.image.set_extent((-0.5, size[1] - 0.5, size[0] - 0.5, -0.5))
        self.image.set_interpolation("auto" if smooth else "nearest")

    def set_visible(self, visible: bool) -> None:
        """Show or hide the panel with its titles."""
        self.axes.set_visible(visible)
        for line in self._lines:
            line.set_visible(visible)


def write(figure: Figure, **properties: Any) -> Text:
    """Add an empty text that no setting of the user's turns into mathematics."""
    defaults = {"color": INK, "fontfamily": BASE, "fontsize": 9, "va": "baseline", "ha": "left"}
    return figure.text(0, 0, "", parse_math=False, usetex=False, **{**defaults, **properties})


def set_text(artist: Text, text: str) -> None:
    """Set a text in fonts that have its characters."""
    drawn, families = readable(text)
    artist.set_text(drawn)
    artist.set_fontfamily(families)


def shortened(text: str, room: float) -> str:
    """Cut a text that is wider than `room` characters, with an ellipsis; wide characters count double."""
    width = 0.0
    for position, character in enumerate(text):
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width > room:
            return text[: max(position - 1, 1)].rstrip() + "…"
    return text
