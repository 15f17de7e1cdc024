"""Deletion and insertion by a heatmap, beside those by random maps and by a centred one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from attn_widget.evidence.curves import Curve
from attn_widget.evidence.heatmap_check import HeatmapCheck
from attn_widget.figure.fast.fast_text import Line
from attn_widget.figure.fast.picture_axes import PictureAxes
from attn_widget.figure.fonts import in_drawn_language
from attn_widget.figure.lettering import breadth, empty_figure, inches, plain, write, write_in
from attn_widget.figure.theme import Theme, theme_for
from attn_widget.words import evidence

_LEFT, _BETWEEN, _RIGHT = 34.0, 40.0, 14.0  # CSS pixels; the first two have room for the numbers of an axis
_TOP, _BELOW, _LEGEND = 44.0, 38.0, 24.0
_FLAT = 0.72  # a plot's height relative to its width
_TALLEST = 220.0
_TICKS = (0.0, 0.5, 1.0)
_MARK = 22.0  # the length of a line in the legend


class CurvesFigure:
    """A plain `figure`, unknown to pyplot, that shows one check of a heatmap after another.

    Its width is in CSS pixels; the height follows.
    """

    def __init__(self, width: int, *, dark: bool = False) -> None:
        self._width, self._theme = float(width), theme_for(dark)
        self.figure = empty_figure(Figure, width, self._theme)
        self._plots = [self.figure.add_axes((0, 0, 1, 1), axes_class=PictureAxes) for _ in range(2)]
        for axes in self._plots:
            axes.set_navigate(False)
            axes.xaxis.set_visible(False)
            axes.yaxis.set_visible(False)
            axes.format_coord = _said_nothing  # type: ignore[assignment]  # as Matplotlib documents it
            plain(axes.patch, *axes.spines.values())
        self._texts: list[Line] = []
        self._marks: list[Line2D] = []
        self._check: HeatmapCheck | None = None
        self._draw()

    def show(self, check: HeatmapCheck) -> None:
        """Show a check."""
        self._check = check
        self._draw()

    def set_width(self, width: int) -> None:
        """Redraw at another width, in CSS pixels."""
        self._width = float(width)
        self._draw()

    def set_dark(self, dark: bool) -> None:
        """Switch to the colours of a dark or a light page."""
        self._theme = theme_for(dark)
        self._draw()

    @in_drawn_language
    def _draw(self) -> None:
        for artist in (*self._texts, *self._marks, *(line for axes in self._plots for line in axes.get_lines())):
            artist.remove()
        self._texts, self._marks = [], []
        across = (self._width - _LEFT - _BETWEEN - _RIGHT) / 2
        tall = min(_FLAT * across, _TALLEST)
        self._height = _TOP + tall + _BELOW + _LEGEND
        self.figure.set_size_inches(inches(self._width), inches(self._height), forward=False)
        self.figure.set_facecolor(self._theme.ground)
        check = self._check
        if check is None:
            return
        low, high = _limits(check)
        for side, axes in enumerate(self._plots):
            left = _LEFT + side * (across + _BETWEEN)
            bottom = _BELOW + _LEGEND
            box = (left / self._width, bottom / self._height, across / self._width, tall / self._height)
            axes.set_position(box)
            axes.set(xlim=(0, 1), ylim=(low, high), facecolor=self._theme.ground)
            for spine in axes.spines.values():
                spine.set(color=self._theme.line, linewidth=0.8, visible=True)
            own = (check.deletion, check.insertion)[side]
            for random in check.random:
                self._plot(axes, random[side], _random(self._theme))
            self._plot(axes, check.centred[side], _centred(self._theme))
            self._plot(axes, own, _own(self._theme))
            self._letter(own, left, across, tall, (low, high))
        self._legend(len(check.random))

    def _plot(self, axes: Axes, curve: Curve, look: dict[str, Any]) -> None:
        line = Line2D(curve.fractions, curve.scores, marker="", antialiased=True, **look)
        axes.add_line(line)
        plain(line)

    def _letter(self, curve: Curve, left: float, across: float, tall: float, limits: tuple[float, float]) -> None:
        """Write a plot's title, what is better, and the numbers along its axes."""
        top = self._height - _TOP
        self._write(left, top + 24, [evidence.CURVE_TITLES[curve.measure]], across, weight="bold")
        self._write(left, top + 8, [evidence.CURVE_BETTER[curve.measure]], across, faint=True)
        low, high = limits
        for tick in _TICKS:
            number = f"{low + tick * (high - low):.2g}"
            self._write(left - 5, top - tall * (1 - tick) - 3, [number], _LEFT, faint=True, ha="right")
        below = top - tall - 14
        self._write(left, below, ["0 %"], across, faint=True)
        self._write(left + across, below, ["100 %"], across, faint=True, ha="right")
        replaced = evidence.CURVE_FRACTIONS[curve.measure]
        self._write(left + across / 2, below - 15, replaced, across + 20, faint=True, ha="center")

    def _legend(self, draws: int) -> None:
        """Say which line is of what, in a row."""
        entries = zip(
            (evidence.OWN_MAP, evidence.random_maps(draws), evidence.CENTRED_MAP_OF_CHECK),
            (_own(self._theme), _random(self._theme), _centred(self._theme)),
            strict=True,
        )
        x = 8.0
        for text, look in entries:
            ends = np.array([x, x + _MARK]) / self._width
            mark = Line2D(ends, np.full(2, 11 / self._height), marker="", transform=self.figure.transFigure, **look)
            self.figure.add_artist(mark)
            plain(mark)
            self._marks.append(mark)
            line = self._write(x + _MARK + 5, 7, [text], self._width)
            x += _MARK + 5 + breadth(line) + 14

    def _write(
        self,
        x: float,
        y: float,
        wordings: Sequence[str],
        room: float,
        *,
        faint: bool = False,
        weight: str = "normal",
        ha: str = "left",
    ) -> Line:
        """Write a line of text, at CSS pixels from the lower left corner."""
        size = 8.0 if faint else 8.5
        colour = self._theme.faint if faint else self._theme.ink
        line = write(self.figure, colour, position=(x / self._width, y / self._height), fontsize=size, ha=ha)
        write_in(line, room, wordings, weight)
        self._texts.append(line)
        return line


def _own(theme: Theme) -> dict[str, Any]:
    return {"color": theme.action, "linewidth": 2.2, "linestyle": "-", "zorder": 4}


def _random(theme: Theme) -> dict[str, Any]:
    return {"color": theme.faint, "linewidth": 0.8, "linestyle": "-", "alpha": 0.55, "zorder": 2}


def _centred(theme: Theme) -> dict[str, Any]:
    return {"color": theme.ink, "linewidth": 1.3, "linestyle": (0, (4, 2)), "zorder": 3}


def _limits(check: HeatmapCheck) -> tuple[float, float]:
    """Give the least and the greatest score that is drawn; of probabilities 0 and 1."""
    if check.unit == "probability":
        return 0.0, 1.0
    curves = [check.deletion, check.insertion, *check.centred, *(curve for pair in check.random for curve in pair)]
    low, high = min(curve.scores.min() for curve in curves), max(curve.scores.max() for curve in curves)
    return (float(low), float(high)) if high > low else (float(low) - 0.5, float(low) + 0.5)


def _said_nothing(_x: float, _y: float) -> str:
    return ""
