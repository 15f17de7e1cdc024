"""The confusion matrix: which classes are mistaken for which."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from attn_widget.figure.fast.fast_text import Line
from attn_widget.figure.fast.picture_axes import PictureAxes
from attn_widget.figure.fonts import in_drawn_language
from attn_widget.figure.lettering import DPI, breadth, empty_figure, inches, plain, set_text, write, write_in
from attn_widget.figure.panel_layout import Box
from attn_widget.figure.theme import Theme, ink_on, rgba_bytes, theme_for
from attn_widget.words import pictures

MOST_SHOWN = 30
"""Of more classes, only those of the most confused pairs are shown; in a narrow figure, fewer."""

_LEAST_ROW = 12.0  # the height below which the names of two rows touch

_MARGIN = 10.0
_GAP = 6.0
_LONGEST_NAME = (110.0, 90.0)  # before a row, above a column
_LARGEST_CELL = 76.0
_SLANTED = 17.0  # names above narrower columns are vertical
_FOOT = 48.0  # the colour bar with its labels and the space above
_NOTE = 18.0
_DIGIT = 0.62  # a digit's width relative to the font size


class ConfusionFigure:
    """A figure that shows one confusion matrix after another: true classes as rows, predicted ones as columns.

    Its width is in CSS pixels; the height follows from the number of classes.

    Attributes
    ----------
    figure : Figure
        A plain figure, unknown to pyplot.
    axes : Axes
        The matrix; its ``format_coord`` describes the cell under the mouse.
    classes : ndarray ``[m]``, int64
        The classes shown, in the order of rows and columns.
    """

    def __init__(self, width: int, *, dark: bool = False) -> None:
        self._width, self._theme = float(width), theme_for(dark)
        self.figure = empty_figure(Figure, width, self._theme)
        self.axes, self._bar = (self.figure.add_axes((0, 0, 1, 1), axes_class=PictureAxes) for _ in range(2))
        self.axes.xaxis.set_visible(False)
        self.axes.yaxis.set_visible(False)
        self._bar.set_axis_off()
        self._bar.set_navigate(False)
        blank = np.zeros((1, 1, 3), np.uint8)
        self._image = self.axes.imshow(blank, aspect="auto", interpolation="nearest", origin="upper")
        self._gradient = self._bar.imshow(blank, aspect="auto", interpolation="auto", origin="upper")
        self._image.mouseover = self._gradient.mouseover = False  # the axes' format_coord is enough
        self._empty = Line2D([], [], linestyle="none", marker=".", markersize=2.5, markeredgewidth=0)
        self._frame = Rectangle((0, 0), 1, 1, fill=False, linewidth=2.5, zorder=6, visible=False, clip_on=False)
        self.axes.add_line(self._empty)
        self.axes.add_patch(self._frame)
        spines = self.axes.spines.values()
        for spine in spines:
            spine.set(linewidth=0.8, visible=True)
        plain(self.axes.patch, self._image, self._gradient, self._empty, self._frame, *spines)
        self._texts: list[Line] = []
        self._chosen: tuple[int | None, int | None] = (None, None)
        self._show_again: Callable[[], None] = self._colour
        self.classes = np.arange(0)
        self._colour()

    @in_drawn_language
    def show(
        self,
        counts: np.ndarray,
        name_of: Callable[[int], str] = str,
        *,
        rates: bool = False,
        dim_diagonal: bool = True,
        top: float | None = None,
        over: str = "",
    ) -> None:
        """Show a matrix, with the same cell chosen as before.

        Parameters
        ----------
        counts : ndarray ``[n, n]``, int
            By true class (row) and predicted class (column).
        name_of : callable
            Returns the name of a class.
        rates : bool
            Show per cent of the true class instead of counts.
        dim_diagonal : bool
            Grey out correct predictions, so that the colours are scaled to the mistakes.
        top : float, optional
            The value with the strongest colour; by default the highest of those that are coloured.
        over : str
            What stands over the columns, where they are no predictions.
        """
        self._show_again = partial(
            self.show, counts, name_of, rates=rates, dim_diagonal=dim_diagonal, top=top, over=over
        )
        for text in self._texts:
            text.remove()
        self._texts.clear()
        self._colour()
        rows = int((self._width - self._room_for_names - 2 * _MARGIN) / _LEAST_ROW)
        self.classes = most_confused(counts, max(min(MOST_SHOWN, rows), 2))
        shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
        shown = np.ix_(self.classes, self.classes)
        values = 100 * shares[shown] if rates else counts[shown].astype(float)
        scaled = ~np.eye(len(values), dtype=bool) if dim_diagonal else np.ones(values.shape, bool)
        top = float(values[scaled].max(initial=0.0)) if top is None else top
        pixels = _painted(values / (top or 1.0), self._theme)
        pixels[~scaled] = rgba_bytes(self._theme.dimmed)[:3]
        names = [name_of(int(index)) for index in self.classes]
        over = over or pictures.PREDICTED_COLUMNS
        cell = self._place(names, over, shortened=len(self.classes) < len(counts))
        self._image.set_data(pixels)
        self._image.set_extent((-0.5, len(values) - 0.5, len(values) - 0.5, -0.5))
        self.axes.set(xlim=(-0.5, len(values) - 0.5), ylim=(len(values) - 0.5, -0.5))
        rows_of, columns_of = np.nonzero(values == 0)
        self._empty.set_data(columns_of, rows_of)
        self._empty.set_visible(cell >= _SLANTED / 2)
        self._write_numbers(values, pixels, scaled, cell)
        self._write_foot(top, len(counts), rates=rates)
        pointer = partial(self._under_the_mouse, counts, shares, name_of)
        self.axes.format_coord = pointer  # type: ignore[method-assign]  # as Matplotlib documents it
        self.choose(*self._chosen)

    def choose(self, true: int | None, predicted: int | None = None) -> None:
        """Frame a cell; given one class only, its whole row or column; given neither, nothing."""
        self._chosen = true, predicted
        places = [np.flatnonzero(self.classes == chosen) for chosen in (true, predicted)]
        known = all(chosen is None or len(place) for chosen, place in zip(self._chosen, places, strict=True))
        self._frame.set_visible(known and self._chosen != (None, None))
        if self._frame.get_visible():
            count = len(self.classes)
            (top, high), (left, wide) = ((place[0], 1) if len(place) else (0, count) for place in places)
            self._frame.set_bounds(left - 0.5, top - 0.5, wide, high)

    @property
    def _room_for_names(self) -> float:
        """The width of the names before the rows: less in a narrow figure, which must show ten classes too."""
        return min(_LONGEST_NAME[0], 0.34 * self._width)

    def set_width(self, width: int) -> None:
        """Show the matrix in another width, in CSS pixels."""
        self._width = float(width)
        self._show_again()

    def set_dark(self, dark: bool) -> None:
        """Switch to the colours of a dark or a light page."""
        self._theme = theme_for(dark)
        self._show_again()

    def _colour(self) -> None:
        """Set the theme's colours on the artists that are made only once."""
        theme = self._theme
        for patch in (self.figure.patch, self.axes.patch):
            patch.set_facecolor(theme.ground)
        for spine in self.axes.spines.values():
            spine.set_color(theme.line)
        self._empty.set_color(theme.faint)
        self._frame.set_edgecolor(theme.chosen)
        self._gradient.set_data(_painted(np.linspace(0, 1, 256)[None], theme))

    def pair_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Return the true and the predicted class of the cell at a place in data coordinates; None outside."""
        column, row = math.floor(x + 0.5), math.floor(y + 0.5)
        if not (0 <= row < len(self.classes) and 0 <= column < len(self.classes)):
            return None
        return int(self.classes[row]), int(self.classes[column])

    def _under_the_mouse(
        self, counts: np.ndarray, shares: np.ndarray, name_of: Callable[[int], str], x: float, y: float
    ) -> str:
        pair = self.pair_at(x, y)
        if pair is None:
            return ""
        true, predicted = map(name_of, pair)
        return pictures.confused(true, predicted, int(counts[pair]), float(shares[pair]))

    # --- the layout, in CSS pixels from the upper left corner

    def _place(self, names: list[str], over_columns: str, *, shortened: bool) -> float:
        """Size the figure, place the matrix, write the names, and return a cell's side."""
        rows = [self._write(name, self._room_for_names, ha="right", va="center") for name in names]
        columns = [self._write(name, _LONGEST_NAME[1], ha="left", va="bottom") for name in names]
        corner = self._write(pictures.TRUE_ROWS, self._room_for_names, ha="right", va="bottom", faint=True)
        over = self._write(over_columns, self._width, ha="left", va="top", faint=True)
        left = max(map(breadth, [*rows, corner])) + _MARGIN + _GAP
        longest = max(map(breadth, columns))
        cell = min((self._width - left - _MARGIN) / len(names), _LARGEST_CELL)
        lying, slanted = longest <= cell - 6, cell >= _SLANTED
        if not lying and slanted:  # the last name sticks out to the right
            cell = min((self._width - left - _MARGIN - 0.72 * longest) / len(names) + 0.5 * cell / len(names), cell)
            slanted = cell >= _SLANTED
        high = 12.0 if lying else 0.72 * longest + 10 if slanted else longest
        above = _MARGIN + 20 + high + _GAP
        side = cell * len(names)
        self._height = math.ceil(above + side + _FOOT + (_NOTE if shortened else 0))
        self.figure.set_size_inches(inches(self._width), inches(self._height), forward=False)
        self.axes.set_position(Box(left, above, side, side).in_figure(self._width, self._height))
        for at, (row, column) in enumerate(zip(rows, columns, strict=True)):
            middle = (at + 0.5) * cell
            self._put(row, left - _GAP, above + middle)
            if lying:
                column.set(ha="center")
            elif slanted:
                column.set(rotation=45, rotation_mode="anchor", va="baseline")
            else:
                column.set(rotation=90, ha="center")
            self._put(column, left + middle + (3 if slanted and not lying else 0), above - _GAP + 1)
        self._put(corner, left - _GAP, above - _GAP + 1)
        self._put(over, left, _MARGIN)
        self._bar_box = Box(left, above + side + 16, min(220.0, side), 8)
        self._bar.set_position(self._bar_box.in_figure(self._width, self._height))
        return cell

    def _put(self, text: Line, x: float, y: float) -> None:
        text.set_position((x / self._width, 1 - y / self._height))

    def _write(self, words: str, room: float, *, faint: bool = False, **properties: object) -> Line:
        text = write(self.figure, self._theme.faint if faint else self._theme.ink, fontsize=8.5, **properties)
        write_in(text, room, [words])
        self._texts.append(text)
        return text

    def _write_numbers(self, values: np.ndarray, pixels: np.ndarray, scaled: np.ndarray, cell: float) -> None:
        """Write the values into the cells, if all of them have room."""
        longest = max(len(pictures.cell_value(value)) for value in values.ravel())
        size = min(10.0, (cell - 4) / (longest * _DIGIT) * 72 / DPI, 0.62 * cell * 72 / DPI)
        if size < 5.5:
            return
        for row, column in np.argwhere(values > 0):
            colour = ink_on(pixels[row, column] / 255) if scaled[row, column] else self._theme.faint
            text = write(self.figure, colour, transform=self.axes.transData, ha="center", va="center", fontsize=size)
            text.set(position=(column, row), clip_box=self.axes.bbox, clip_on=True)
            set_text(text, pictures.cell_value(values[row, column]))
            self._texts.append(text)

    def _write_foot(self, top: float, count: int, *, rates: bool) -> None:
        """Label the colour bar, and say if not all classes are shown."""
        bar = self._bar_box
        right, below = bar.left + bar.width, bar.top + 12
        self._put(self._write("0", 40, ha="left", va="top", faint=True), bar.left, below)
        room = max(self._width - right - _MARGIN + 60, right - bar.left - 24)
        end = self._write(pictures.matrix_top(top, rates=rates), room, ha="right", va="top", faint=True)
        self._put(end, max(right, bar.left + 30 + breadth(end)), below)
        shown = len(self.classes)
        if shown < count:
            room = self._width - bar.left - _MARGIN
            note = self._write(pictures.classes_shown(shown, count), room, va="top", faint=True)
            self._put(note, bar.left, bar.top + 30)


def most_confused(counts: np.ndarray, most: int) -> np.ndarray:
    """Return the classes to show, ascending: all of them, or at most `most` from the most confused pairs."""
    classes = len(counts)
    if classes <= most:
        return np.arange(classes)
    mistakes = counts - np.diag(np.diag(counts))
    cells = np.flatnonzero(mistakes)
    worst = cells[np.argsort(-mistakes.ravel()[cells], kind="stable")]
    ordered = np.concatenate([np.stack(np.divmod(worst, classes), 1).ravel(), np.arange(classes)])
    _, first = np.unique(ordered, return_index=True)
    return np.sort(ordered[np.sort(first)[:most]])


def _painted(unit: np.ndarray, theme: Theme) -> np.ndarray:
    """Colour values from 0 to 1; 0 itself is the background, so that one mistake among many stands out."""
    colours = LinearSegmentedColormap.from_list("mistakes", list(theme.mistakes))
    pixels = colours(np.clip(unit, 0, 1), bytes=True)[..., :3].copy()
    pixels[unit <= 0] = rgba_bytes(theme.ground)[:3]
    return pixels
