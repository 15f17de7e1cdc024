"""Lines of text on a figure, each no broader than its room; and figures as empty and plain as they begin."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, TypeVar

from matplotlib.artist import Artist
from matplotlib.figure import Figure

from attn_widget.figure.fast.fast_text import Line, add_line
from attn_widget.figure.fonts import BASE, readable
from attn_widget.figure.theme import Theme
from attn_widget.words.forms import shortened

DPI = 100  # dots an inch at device pixel ratio 1: a CSS pixel is a dot
_LONGEST = 500  # nothing has room for more characters

F = TypeVar("F", bound=Figure)


def empty_figure(kind: type[F], width: float, theme: Theme) -> F:
    """Make a square figure of a width in CSS pixels, which no setting of the user's changes."""
    figure = kind(figsize=(inches(width), inches(width)), dpi=DPI, facecolor=theme.ground, frameon=True)
    figure.set_layout_engine("none")
    plain(figure.patch)
    return figure


def plain(*artists: Artist) -> None:
    """Undo what the user's settings add to every artist, as `pyplot.xkcd` does."""
    for artist in artists:
        artist.set(sketch_params=None, path_effects=[])


def inches(pixels: float) -> float:
    """Turn CSS pixels into inches that are no less: Matplotlib 3.10 cuts 229.9999 dots down to 229."""
    return math.nextafter(pixels / DPI, math.inf)


def write(figure: Figure, color: str, **properties: Any) -> Line:
    """Add an empty text that no setting of the user's turns into mathematics."""
    upright = {"weight": "normal", "style": "normal", "variant": "normal", "stretch": "normal", "antialiased": True}
    defaults = {"fontfamily": BASE, "fontsize": 9, "va": "baseline", "ha": "left", **upright}
    defaults |= {"transform": figure.transFigure, "parse_math": False, "usetex": False}
    line = Line(0, 0, "", **{**defaults, "color": color, **properties})
    add_line(figure, line)
    plain(line)
    return line


def set_text(artist: Line, text: str, weight: str = "normal") -> None:
    """Set a text in fonts that have its characters."""
    drawn, families, weight = readable(text, weight)
    artist.set_text(drawn)
    if artist.get_fontfamily() != families:
        artist.set_fontfamily(families)
    if artist.get_fontweight() != weight:
        artist.set_fontweight(weight)


def breadth(artist: Line) -> float:
    """Give a line's width in CSS pixels."""
    return artist.breadth(DPI)


def write_in(artist: Line, room: float, wordings: Sequence[str], weight: str = "normal") -> None:
    """Write the first wording that is no broader than `room` CSS pixels, or the last one without its middle."""

    def breadth_of(text: str) -> float:
        set_text(artist, text, weight)
        return breadth(artist)

    if any(breadth_of(text) <= room for text in wordings):
        return
    text = wordings[-1]
    lengths = range(2, min(len(text), _LONGEST))
    fitting = bisect_right(lengths, room, key=lambda most: breadth_of(shortened(text, most)))
    set_text(artist, shortened(text, max(fitting + 1, 2)), weight)


def wrapped(artist: Line, room: float, text: str) -> list[str]:
    """Break a text into lines no broader than `room` CSS pixels where words end; a word that is broader is cut."""
    lines = [""]
    for word in text.split():
        set_text(artist, f"{lines[-1]} {word}".strip())
        if breadth(artist) > room and lines[-1]:
            lines.append("")
            set_text(artist, word)
        if breadth(artist) > room:
            write_in(artist, room, [word])
        lines[-1] = artist.get_text()
    return lines
