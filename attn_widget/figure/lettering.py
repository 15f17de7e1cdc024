"""Empty figures, and lines of text on them that are fitted to the room they have."""

import math
import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, TypeVar

from matplotlib.artist import Artist
from matplotlib.figure import Figure

from attn_widget.figure.fast.fast_text import Line, add_line
from attn_widget.figure.fonts import BASE, readable
from attn_widget.figure.theme import Theme
from attn_widget.words import forms

DPI = 100  # dots per inch at device pixel ratio 1, where a dot is a CSS pixel
_CLOSING = "，。、：；！？）》”’…"
_WORD = re.compile(rf"\s*(?:[\u3041-\u9fff（《“‘]|[^\s\u3041-\u9fff（《“‘{_CLOSING}]+)[{_CLOSING}]*")
_LONGEST = 500  # characters: no line has room for more

F = TypeVar("F", bound=Figure)


def empty_figure(kind: type[F], width: float, theme: Theme) -> F:
    """Make a square figure, its width in CSS pixels, that ignores the user's Matplotlib settings."""
    figure = kind(figsize=(inches(width), inches(width)), dpi=DPI, facecolor=theme.ground, frameon=True)
    figure.set_layout_engine("none")
    plain(figure.patch)
    return figure


def plain(*artists: Artist) -> None:
    """Remove what the user's settings, such as `pyplot.xkcd`, add to every artist."""
    for artist in artists:
        artist.set(sketch_params=None, path_effects=[])


def inches(pixels: float) -> float:
    """Convert CSS pixels to inches, rounded up: Matplotlib 3.10 truncates 229.9999 dots to 229."""
    return math.nextafter(pixels / DPI, math.inf)


def write(figure: Figure, color: str, **properties: Any) -> Line:
    """Add an empty line of text that ignores the user's Matplotlib settings and is never read as mathematics."""
    upright = {"weight": "normal", "style": "normal", "variant": "normal", "stretch": "normal", "antialiased": True}
    defaults = {"fontfamily": BASE, "fontsize": 9, "va": "baseline", "ha": "left", **upright}
    defaults |= {"transform": figure.transFigure, "parse_math": False, "usetex": False}
    line = Line(0, 0, "", color=color, **(defaults | properties))
    add_line(figure, line)
    plain(line)
    return line


def set_text(artist: Line, text: str, weight: str = "normal") -> None:
    """Set a line's text, in fonts that have its characters."""
    drawn, families, weight = readable(text, weight)
    artist.set_text(drawn)
    if artist.get_fontfamily() != families:
        artist.set_fontfamily(families)
    if artist.get_fontweight() != weight:
        artist.set_fontweight(weight)


def breadth(artist: Line) -> float:
    """Return a line's width in CSS pixels."""
    return artist.breadth(DPI)


def write_in(artist: Line, room: float, wordings: Sequence[str], weight: str = "normal") -> None:
    """Write the first wording that fits into `room` CSS pixels, or else the last one with its middle left out."""

    def breadth_of(text: str) -> float:
        set_text(artist, text, weight)
        return breadth(artist)

    if any(breadth_of(text) <= room for text in wordings):
        return
    text = wordings[-1]
    lengths = range(2, min(len(text), _LONGEST))
    fitting = bisect_right(lengths, room, key=lambda most: breadth_of(forms.shortened(text, most)))
    set_text(artist, forms.shortened(text, max(fitting + 1, 2)), weight)


def wrapped(artist: Line, room: float, text: str, weight: str = "normal") -> list[str]:
    """Break a text between words into lines of at most `room` CSS pixels; shorten a word that is longer.

    Chinese and Japanese have no spaces, and are broken between any two characters, but not before a closing mark.
    """
    lines = [""]
    for word in _WORD.findall(text):
        set_text(artist, (lines[-1] + word).strip(), weight)
        if breadth(artist) > room and lines[-1]:
            lines.append("")
            set_text(artist, word.strip(), weight)
        if breadth(artist) > room:
            write_in(artist, room, [word.strip()], weight)
        lines[-1] = artist.get_text()
    return lines
