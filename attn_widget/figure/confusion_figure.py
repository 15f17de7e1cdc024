"""The confusion matrix: which classes are taken for which."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from attn_widget.figure.fast.fast_text import Line
from attn_widget.figure.fast.picture_axes import PictureAxes
from attn_widget.figure.lettering import DPI, breadth, empty_figure, inches, plain, set_text, write, write_in
from attn_widget.figure.theme import Theme, ink_on, theme_for
from attn_widget.words import pictures

MOST_SHOWN = 30
"""Of more classes than this, those of the most confused pairs are shown; fewer in a narrow figure."""

_NARROWEST_ROW = 12.0  # or the names of two rows touch

_MARGIN = 10.0
_GAP = 6.0
_LONGEST_NAME = (110.0, 90.0)  # before a row, over a column
_LARGEST_CELL = 76.0
_SLANTED = 17.0  # names over narrower columns stand upright
_FOOT = 48.0  # the colour bar and its words, with the space above
_NOTE = 18.0
_DIGIT = 0.62  # a digit's width over its height


class ConfusionFigure:
    """A figure that shows one confusion matrix after another: true classes as rows, predicted ones as columns.

    Parameters
    ----------
    width : int
        In CSS pixels; the height follows from the number of classes.
    dark : bool
        Whether it stands on a dark page.

    Attributes
    ----------
    figure : Figure
        A plain figure, unknown to pyplot.
    axes : Axes
        The matrix; its ``format_coord`` says what is under the mouse.
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
        self._image.mouseover = self._gradient.mouseover = False  # the axes' format_coord says all
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

    def show(
        self,
        counts: np.ndarray,
        name_of: Callable[[int], str] = str,
        *,
        rates: bool = False,
        dim_diagonal: bool = True,
    ) -> None:
        """Show a matrix; the cell that is chosen stays so.

        Parameters
        ----------
        counts : ndarray ``[n, n]``, int
            By true class (row) and predicted class (column).
        name_of : callable
            Gives a class's name.
        rates : bool
            Show each row in per cent of its true class, in the place of counts.
        dim_diagonal : bool
            Grey out what is right, so that the colours are for the mistakes.
        """
        self._show_again = partial(self.show, counts, name_of, rates=rates, dim_diagonal=dim_diagonal)
        self._clear()
        self._colour()
        rows = int((self._width - self._room_for_names - 2 * _MARGIN) / _NARROWEST_ROW)
        self.classes = most_confused(counts, max(min(MOST_SHOWN, rows), 2))
        shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
        shown = np.ix_(self.classes, self.classes)
        values = 100 * shares[shown] if rates else counts[shown].astype(float)
        scaled = ~np.eye(len(values), dtype=bool) if dim_diagonal else np.ones(values.shape, bool)
        top = float(values[scaled].max(initial=0.0))
        unit = values / (top or 1.0)
        pixels = _painted(unit, self._theme)
        if dim_diagonal:
            pixels[~scaled] = _bytes(self._theme.dimmed)
        names = [name_of(int(index)) for index in self.classes]
        cell = self._place(names, shortened=len(self.classes) < len(counts))
        self._image.set_data(pixels)
        self._image.set_extent((-0.5, len(values) - 0.5, len(values) - 0.5, -0.5))
        self.axes.set(xlim=(-0.5, len(values) - 0.5), ylim=(len(values) - 0.5, -0.5))
        rows_of, columns_of = np.nonzero(values == 0)
        self._empty.set_data(columns_of, rows_of)
        self._empty.set_visible(cell >= _SLANTED / 2)
        self._write_numbers(values, pixels, scaled, cell)
        self._write_foot(top, len(counts), rates=rates)
        self.axes.format_coord = self._pointer(counts, shares, name_of)  # type: ignore[assignment]  # as Matplotlib documents it
        self.choose(*self._chosen)

    def choose(self, true: int | None, predicted: int | None = None) -> None:
        """Frame a cell; without one of its classes, all cells of the other; without both, none."""
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
        """How broad the names before the rows may be: less in a narrow figure, which has to show ten classes too."""
        return min(_LONGEST_NAME[0], 0.34 * self._width)

    def set_width(self, width: int) -> None:
        """Show the matrix in another width, in CSS pixels."""
        self._width = float(width)
        self._show_again()

    def set_dark(self, dark: bool) -> None:
        """Take the colours of a dark page, or of a light one."""
        self._theme = theme_for(dark)
        self._show_again()

    def _colour(self) -> None:
        """Give the theme's colours to all that is made once."""
        theme = self._theme
        for patch in (self.figure.patch, self.axes.patch):
            patch.set_facecolor(theme.ground)
        for spine in self.axes.spines.values():
            spine.set_color(theme.line)
        self._empty.set_color(theme.faint)
        self._frame.set_edgecolor(theme.chosen)
        self._gradient.set_data(_painted(np.linspace(0, 1, 256)[None], theme))

    def pair_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Give the true and the predicted class of the cell at a place in the axes' data; None outside."""
        column, row = math.floor(x + 0.5), math.floor(y + 0.5)
        if not (0 <= row < len(self.classes) and 0 <= column < len(self.classes)):
            return None
        return int(self.classes[row]), int(self.classes[column])

    def _pointer(
        self, counts: np.ndarray, shares: np.ndarray, name_of: Callable[[int], str]
    ) -> Callable[[float, float], str]:
        def under_the_mouse(x: float, y: float) -> str:
            pair = self.pair_at(x, y)
            if pair is None:
                return ""
            true, predicted = map(name_of, pair)
            return pictures.confused(true, predicted, int(counts[pair]), float(shares[pair]))

        return under_the_mouse

    # --- where everything lies, in CSS pixels from the upper left corner

    def _place(self, names: list[str], *, shortened: bool) -> float:
        """Size the figure, place the matrix, and write the names; gives a cell's side."""
        rows = [self._write(name, self._room_for_names, ha="right", va="center") for name in names]
        columns = [self._write(name, _LONGEST_NAME[1], ha="left", va="bottom") for name in names]
        corner = self._write(pictures.TRUE_ROWS, self._room_for_names, ha="right", va="bottom", faint=True)
        over = self._write(pictures.PREDICTED_COLUMNS, self._width, ha="left", va="top", faint=True)
        left = max(map(breadth, [*rows, corner])) + _MARGIN + _GAP
        longest = max(map(breadth, columns))
        cell = min((self._width - left - _MARGIN) / len(names), _LARGEST_CELL)
        lying, slanted = longest <= cell - 6, cell >= _SLANTED
        if not lying and slanted:  # the last name leans out to the right
            cell = min((self._width - left - _MARGIN - 0.72 * longest) / len(names) + 0.5 * cell / len(names), cell)
            slanted = cell >= _SLANTED
        high = 12.0 if lying else 0.72 * longest + 10 if slanted else longest
        above = _MARGIN + 20 + high + _GAP
        side = cell * len(names)
        height = math.ceil(above + side + _FOOT + (_NOTE if shortened else 0))
        self.figure.set_size_inches(inches(self._width), inches(height), forward=False)
        place = self._placing(height)
        self.axes.set_position((left / self._width, 1 - (above + side) / height, side / self._width, side / height))
        for at, (row, column) in enumerate(zip(rows, columns, strict=True)):
            middle = (at + 0.5) * cell
            place(row, left - _GAP, above + middle)
            if lying:
                column.set(ha="center")
            elif slanted:
                column.set(rotation=45, rotation_mode="anchor", va="baseline")
            else:
                column.set(rotation=90, ha="center")
            place(column, left + middle + (3 if slanted and not lying else 0), above - _GAP + 1)
        place(corner, left - _GAP, above - _GAP + 1)
        place(over, left, _MARGIN)
        bar = min(220.0, side)
        top = above + side + 16
        self._bar.set_position((left / self._width, 1 - (top + 8) / height, bar / self._width, 8 / height))
        self._foot = (left, top + 12, left + bar, top + 30)
        return cell

    def _placing(self, height: float) -> Callable[[Line, float, float], None]:
        def place(text: Line, x: float, y: float) -> None:
            text.set_position((x / self._width, 1 - y / height))

        return place

    def _write(self, words: str, room: float, *, faint: bool = False, **properties: object) -> Line:
        text = write(self.figure, self._theme.faint if faint else self._theme.ink, fontsize=8.5, **properties)
        write_in(text, room, [words])
        self._texts.append(text)
        return text

    def _write_numbers(self, values: np.ndarray, pixels: np.ndarray, scaled: np.ndarray, cell: float) -> None:
        """Write the values into the cells, where all of them have room."""
        longest = max(len(pictures.cell_value(value)) for value in values.ravel())
        size = min(10.0, (cell - 4) / (longest * _DIGIT) * 72 / DPI, 0.62 * cell * 72 / DPI)
        if size < 5.5:
            return
        for row, column in np.argwhere(values > 0):
            colour = ink_on(pixels[row, column] / 255) if scaled[row, column] else self._theme.faint
            properties = {"ha": "center", "va": "center", "fontsize": size}
            text = write(self.figure, colour, transform=self.axes.transData, **properties)
            text.set_position((column, row))
            text.set_clip_box(self.axes.bbox)
            text.set_clip_on(True)
            set_text(text, pictures.cell_value(values[row, column]))
            self._texts.append(text)

    def _write_foot(self, top: float, count: int, *, rates: bool) -> None:
        height = self.figure.get_size_inches()[1] * DPI
        place = self._placing(height)
        left, words, right, note = self._foot
        room = self._width - right - _MARGIN
        place(self._write("0", 40, ha="left", va="top", faint=True), left, words)
        most = max(room + 60, right - left - 24)
        end = self._write(pictures.matrix_top(top, rates=rates), most, ha="right", va="top", faint=True)
        place(end, max(right, left + 30 + breadth(end)), words)
        if len(self.classes) < count:
            line = self._write(
                pictures.classes_shown(len(self.classes), count), self._width - left - _MARGIN, va="top", faint=True
            )
            place(line, left, note)

    def _clear(self) -> None:
        for text in self._texts:
            text.remove()
        self._texts = []


def most_confused(counts: np.ndarray, most: int) -> np.ndarray:
    """Give the classes to show, ascending: all of them, or the `most` in the most confused pairs."""
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
    """Colour values from 0 to 1; 0 itself is the ground, so that one mistake among many can be seen."""
    colours = LinearSegmentedColormap.from_list("mistakes", list(theme.mistakes))
    pixels = colours(np.clip(unit, 0, 1), bytes=True)[..., :3].copy()
    pixels[unit <= 0] = _bytes(theme.ground)
    return pixels


def _bytes(colour: str) -> np.ndarray:
    return (255 * np.array(to_rgb(colour)) + 0.5).astype(np.uint8)
