"""One panel of the figure: an image below a title of two lines, and what is said of it below the image."""

from collections.abc import Sequence
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from attn_widget.figure.fast.fast_image import PixelImage
from attn_widget.figure.fast.fast_text import Line
from attn_widget.figure.fast.picture_axes import PictureAxes
from attn_widget.figure.lettering import breadth, plain, set_text, write, write_in
from attn_widget.figure.panel_layout import Box
from attn_widget.figure.pixel_sources import Source
from attn_widget.figure.pointer_text import Pointer
from attn_widget.figure.theme import LIGHT, Theme

_APART = 6.0  # CSS pixels, at least, between a title and the range beside it
_SPARE = 4.0  # CSS pixels: on whole pixels, letters this small can be drawn wider than they were measured


class Panel:
    """An image with a title of two lines; it shares the limits of other axes, so that zoom and pan are linked."""

    def __init__(self, figure: Figure, theme: Theme, shared: Axes | None = None) -> None:
        self._figure = figure
        self.axes = figure.add_axes((0, 0, 1, 1), axes_class=PictureAxes, sharex=shared, sharey=shared)
        self.axes.xaxis.set_visible(False)
        self.axes.yaxis.set_visible(False)
        # The figure is background enough, and one frame is enough.
        for part in (self.axes.patch, *self.axes.spines.values()):
            part.set_visible(False)
        self._frame = _frame(self.axes)
        self.axes.add_artist(self._frame)
        self._frame.set_clip_on(False)
        self.axes.set_aspect("equal")
        self.image = PixelImage(self.axes)
        self._marks = [self.axes.add_line(mark) for mark in _rings()]
        plain(self.axes.patch, self.image, self._frame, *self._marks)
        self._lines = [write(figure, theme.ink), write(figure, theme.faint)]
        self._range = write(figure, theme.faint, ha="right")
        self._ranges: Sequence[str] = ()
        self._wordings: tuple[Sequence[str], Sequence[str]] = ([""], [""])
        self._below: Line | None = None  # made when first needed, as few panels have one
        self._said: Sequence[str] = [""]
        self._width, self._place_below = 1.0, (0.0, 0.0, 8.0)
        self._second_is = "faint"
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Switch to another theme's colours."""
        self._theme = theme
        self._frame.set_color(theme.line)
        for line, name in zip(self._lines, ("ink", self._second_is), strict=True):
            line.set_color(getattr(theme, name))
        self._range.set_color(theme.faint)
        if self._below is not None:
            self._below.set_color(theme.faint)

    def place(self, box: Box, width: float, height: float) -> None:
        """Move the panel to a box in a figure of the given size, all in CSS pixels."""
        self._width = box.width
        self.axes.set_position(box.in_figure(width, height))
        size = 9.0 if box.width > 180 else 8.0 if box.width > 110 else 7.0
        for line, above in zip(self._lines, (20.0, 5.0), strict=True):
            line.set(position=(box.left / width, 1 - (box.top - above) / height), fontsize=size)
        right, first = (box.left + box.width) / width, self._lines[0].get_position()[1]
        self._range.set(position=(right, first), fontsize=size)
        self._place_below = box.left / width, 1 - (box.top + box.height + 12) / height, max(size - 1.5, 7.0)
        self._write_titles()
        self._write_below()

    def say(self, wordings: Sequence[str]) -> None:
        """Write a line below the image, in its first wording that fits; none for no wordings."""
        if wordings and self._below is None:
            self._below = write(self._figure, self._theme.faint)
        self._said = wordings or [""]
        self._write_below()

    def set_titles(self, first: Sequence[str], second: Sequence[str], second_is: str = "faint") -> None:
        """Write both lines, each in its first wording that fits; `second_is` names the second's colour in a `Theme`."""
        self._wordings, self._second_is = (first, second), second_is
        self._lines[1].set_color(getattr(self._theme, second_is))
        self._write_titles()

    def set_range(self, wordings: Sequence[str]) -> None:
        """Write from which value to which the colours run, at the right end of the first line if there is room."""
        if wordings != self._ranges:
            self._ranges = wordings
            self._write_first()

    def _write_titles(self) -> None:
        self._write_first()
        write_in(self._lines[1], self._width, self._wordings[1])

    def _write_first(self) -> None:
        """Write the first line, shortened if that makes room for the range."""
        if not any(self._fits(first, range_) for first in self._wordings[0] for range_ in self._ranges):
            set_text(self._range, "")
            write_in(self._lines[0], self._width, self._wordings[0], "bold")

    def _fits(self, first: str, range_: str) -> bool:
        """Write the first line and the range; return whether there is room for both."""
        set_text(self._lines[0], first, "bold")
        set_text(self._range, range_)
        return breadth(self._lines[0]) + _APART + breadth(self._range) <= self._width

    def _write_below(self) -> None:
        if self._below is not None:
            x, y, size = self._place_below
            self._below.set(position=(x, y), fontsize=size)
            write_in(self._below, self._width - _SPARE, self._said)

    def set_pixels(
        self, source: Source, size: tuple[int, int], most: tuple[float, float], *, smooth: bool = True
    ) -> None:
        """Show colours stretched over an image ``(H, W)``; about `most` rows and columns of a large one are stored."""
        self.image.show_source(source, most, smooth=smooth, over=size)

    def mark(self, place: tuple[int, int] | None) -> None:
        """Draw a ring around a pixel ``(row, column)``, or none."""
        for ring in self._marks:
            ring.set_visible(place is not None)
            if place is not None:
                ring.set_data([place[1]], [place[0]])

    def point(self, pointer: Pointer) -> None:
        """Set what describes the place under the mouse."""
        self.axes.format_coord = pointer  # type: ignore[assignment]  # as Matplotlib documents it

    def clear(self) -> None:
        """Forget all that is written on it, and the ring."""
        self.set_titles([""], [""])
        self.set_range(())
        self.say([])
        self.mark(None)

    def set_visible(self, visible: bool) -> None:
        """Show or hide the panel and its title."""
        self.axes.set_visible(visible)
        for line in (*self._lines, self._range, *([] if self._below is None else [self._below])):
            line.set_visible(visible)


class Panels:
    """Panels of one kind: each is made when first needed, and hidden when not needed."""

    def __init__(self, figure: Figure, theme: Theme, shared: Axes) -> None:
        self._figure, self._theme, self._shared = figure, theme, shared
        self._made: list[Panel] = []
        self.shown: list[Panel] = []

    def stretch(self, size: tuple[int, int]) -> None:
        """Stretch all of them over an image ``(H, W)``, hidden ones too, because they share their limits."""
        for panel in self._made:
            panel.image.stretch(size)

    def set_theme(self, theme: Theme) -> None:
        """Switch to another theme's colours."""
        self._theme = theme
        for panel in self._made:
            panel.set_theme(theme)

    def show(self, count: int) -> None:
        """Show that many panels."""
        while len(self._made) < count:
            self._made.append(Panel(self._figure, self._theme, self._shared))
        for position, panel in enumerate(self._made):
            panel.set_visible(position < count)
        self.shown = self._made[:count]


def _frame(axes: Axes) -> Line2D:
    """Make a line around the axes, which Matplotlib draws in half the time of a rectangle."""
    frame = Line2D([0, 0, 1, 1, 0], [0, 1, 1, 0, 0], linewidth=0.8, linestyle="-", marker="", antialiased=True)
    frame.set(transform=axes.transAxes, zorder=2.5)
    frame.set(solid_joinstyle="miter", solid_capstyle="projecting")  # the line's ends meet in a corner as well
    return frame


def _rings() -> list[Line2D]:
    """Make a white ring on a dark one, which shows on any picture; both are hidden at first."""
    ring = partial(
        Line2D, [], [], marker="o", markersize=9, fillstyle="none", linestyle="none", zorder=5, visible=False
    )
    return [
        ring(markeredgecolor=LIGHT.ink, markeredgewidth=3.4),
        ring(markeredgecolor=LIGHT.ground, markeredgewidth=1.6),
    ]
