"""One panel of the figure: an image under two lines of title."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from attn_widget.figure.fast.fast_image import PixelImage
from attn_widget.figure.fast.fast_text import Line
from attn_widget.figure.fast.picture_axes import PictureAxes
from attn_widget.figure.fonts import BASE, readable
from attn_widget.figure.panel_layout import Box
from attn_widget.figure.pixel_sources import Source
from attn_widget.figure.pointer_text import Pointer

DPI = 100  # dots an inch at device pixel ratio 1: a CSS pixel is a dot
INK = "#1f2328"
FAINT = "#59636e"
RIGHT = "#1a7f37"
WRONG = "#cf222e"
_LINE = "#d0d7de"
_WHITE = "#ffffff"
_LONGEST = 500  # no panel has room for more characters


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
        self.axes = figure.add_axes(
            (0, 0, 1, 1), axes_class=PictureAxes, facecolor=_WHITE, sharex=shared, sharey=shared
        )
        self.axes.xaxis.set_visible(False)
        self.axes.yaxis.set_visible(False)
        for part in (self.axes.patch, *self.axes.spines.values()):  # the figure is as white, and one frame is enough
            part.set_visible(False)
        frame = self.axes.add_artist(_frame(self.axes))
        frame.set_clip_on(False)
        self.axes.set_aspect("equal")
        self.image = PixelImage(self.axes)
        self._marks = [self.axes.add_line(mark) for mark in _rings()]
        plain(self.axes.patch, self.image, frame, *self._marks)
        self._lines = [write(figure), write(figure, color=FAINT)]
        self._wordings: tuple[Sequence[str], Sequence[str]] = ([""], [""])
        self._width = 1.0

    def place(self, box: Box, width: float, height: float) -> None:
        """Move to a box of a figure of the given size, all in CSS pixels."""
        self._width = box.width
        bounds = (box.left / width, 1 - (box.top + box.height) / height, box.width / width, box.height / height)
        self.axes.set_position(bounds)
        size = 9.0 if box.width > 150 else 8.0 if box.width > 110 else 7.0
        for line, above in zip(self._lines, (20.0, 5.0), strict=True):
            line.set(position=(box.left / width, 1 - (box.top - above) / height), fontsize=size)
        self._write_titles()

    def set_titles(self, first: Sequence[str], second: Sequence[str], second_colour: str = FAINT) -> None:
        """Write the two lines; of each the first wording that fits, or the last one shortened."""
        self._wordings = (first, second)
        self._lines[1].set_color(second_colour)
        self._write_titles()

    def _write_titles(self) -> None:
        for line, weight, wordings in zip(self._lines, ("bold", "normal"), self._wordings, strict=True):
            write_in(line, self._width, wordings, weight)

    def set_pixels(self, source: Source, size: tuple[int, int], most: tuple[float, float], *, smooth: bool) -> None:
        """Show colours stretched over an image ``(H, W)``; of very many, about `most` rows and columns are held."""
        self.image.show_source(source, most, smooth=smooth, over=size)

    def mark(self, place: tuple[int, int] | None) -> None:
        """Ring a pixel ``(row, column)``, or none."""
        for ring in self._marks:
            ring.set_visible(place is not None)
            if place is not None:
                ring.set_data([place[1]], [place[0]])

    def point(self, pointer: Pointer) -> None:
        """Say what is written for the place under the mouse."""
        self.axes.format_coord = pointer  # type: ignore[assignment]  # as Matplotlib documents it

    def set_visible(self, visible: bool) -> None:
        """Show or hide the panel with its titles."""
        self.axes.set_visible(visible)
        for line in self._lines:
            line.set_visible(visible)


class Panels:
    """Panels of one kind: made when they are first needed, hidden when they are not.

    Parameters
    ----------
    figure, shared
        As for a `Panel`.
    """

    def __init__(self, figure: Figure, shared: Axes) -> None:
        self._figure, self._shared = figure, shared
        self._made: list[Panel] = []
        self.shown: list[Panel] = []

    def stretch(self, size: tuple[int, int]) -> None:
        """Lay all of them, hidden ones too, over an image ``(H, W)``: they share their limits."""
        for panel in self._made:
            panel.image.stretch(size)

    def show(self, count: int) -> None:
        """Show so many."""
        while len(self._made) < count:
            self._made.append(Panel(self._figure, self._shared))
        for position, panel in enumerate(self._made):
            panel.set_visible(position < count)
        self.shown = self._made[:count]


def _frame(axes: Axes) -> Line2D:
    """Draw a line around the axes; Matplotlib draws one in half the time of a rectangle."""
    return Line2D(
        [0, 0, 1, 1, 0],
        [0, 1, 1, 0, 0],
        transform=axes.transAxes,
        color=_LINE,
        linewidth=0.8,
        linestyle="-",
        marker="",
        antialiased=True,
        solid_joinstyle="miter",
        solid_capstyle="projecting",  # where the line begins and ends is a corner as well
        zorder=2.5,
    )


def _rings() -> list[Line2D]:
    """Draw a white ring on a dark one, which is seen on any picture; hidden at first."""
    return [
        Line2D(
            [],
            [],
            marker="o",
            markersize=9,
            fillstyle="none",
            linestyle="none",
            visible=False,
            zorder=5,
            markeredgecolor=colour,
            markeredgewidth=width,
        )
        for colour, width in ((INK, 3.4), (_WHITE, 1.6))
    ]


def plain(*artists: Artist) -> None:
    """Undo what the user's settings add to every artist, as `pyplot.xkcd` does."""
    for artist in artists:
        artist.set(sketch_params=None, path_effects=[])


def inches(pixels: float) -> float:
    """Turn CSS pixels into inches that are no less: Matplotlib 3.10 cuts 229.9999 dots down to 229."""
    return math.nextafter(pixels / DPI, math.inf)


def write(figure: Figure, **properties: Any) -> Line:
    """Add an empty text that no setting of the user's turns into mathematics."""
    upright = {"weight": "normal", "style": "normal", "variant": "normal", "stretch": "normal", "antialiased": True}
    defaults = {"color": INK, "fontfamily": BASE, "fontsize": 9, "va": "baseline", "ha": "left", **upright}
    defaults |= {"transform": figure.transFigure, "parse_math": False, "usetex": False}
    line = Line(0, 0, "", **{**defaults, **properties})
    line.set_figure(figure)
    figure.texts.append(line)
    line._remove_method = figure.texts.remove  # type: ignore[attr-defined]  # as `Figure.text` does it
    line.stale_callback = _pass_on
    plain(line)
    return line


def _pass_on(artist: Artist, stale: bool) -> None:
    """Tell an artist's figure that it is to be drawn again."""
    figure = artist.get_figure()
    if figure is not None:
        figure.stale = stale


def set_text(artist: Line, text: str, weight: str = "normal") -> None:
    """Set a text in fonts that have its characters."""
    drawn, families, weight = readable(text, weight)
    artist.set_text(drawn)
    if artist.get_fontfamily() != families:
        artist.set_fontfamily(families)
    if artist.get_fontweight() != weight:
        artist.set_fontweight(weight)


def write_in(artist: Line, room: float, wordings: Sequence[str], weight: str = "normal") -> None:
    """Write the first wording that is no broader than `room` CSS pixels, or the last one cut, with an ellipsis."""

    def breadth(text: str) -> float:
        set_text(artist, text, weight)
        return artist.breadth(DPI)

    if any(breadth(text) <= room for text in wordings):
        return
    text = wordings[-1][:_LONGEST]
    fitting = bisect_right(range(1, len(text)), room, key=lambda kept: breadth(shortened(text, kept)))
    set_text(artist, shortened(text, max(fitting, 1)), weight)


def shortened(text: str, kept: int) -> str:
    """Keep some characters of a text, with an ellipsis."""
    return text[:kept].rstrip() + "…"
