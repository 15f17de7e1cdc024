"""The confusion matrix: which classes are taken for which."""

import math
from collections.abc import Callable

import numpy as np
from matplotlib.artist import Artist
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from attn_widget.figure.fast.fast_text import Line
from attn_widget.figure.fast.picture_axes import PictureAxes
from attn_widget.figure.image_panel import DPI, FAINT, INK, inches, plain, set_text, write, write_in
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
_DIMMED = np.array([238, 240, 243], np.uint8)
_LINES = "#d0d7de"
_COLOURS = LinearSegmentedColormap.from_list("mistakes", ["#fdeee3", "#f9b27c", "#e5662d", "#a32a12", "#5c0f0a"])


class ConfusionFigure:
    """A figure that shows one confusion matrix after another: true classes as rows, predicted ones as columns.

    Parameters
    ----------
    width : int
        In CSS pixels; the height follows from the number of classes.

    Attributes
    ----------
    figure : Figure
        A plain figure, unknown to pyplot.
    axes : Axes
        The matrix; its ``format_coord`` says what is under the mouse.
    classes : ndarray ``[m]``, int64
        The classes shown, in the order of rows and columns.
    """

    def __init__(self, width: int = 680) -> None:
        self._width = float(width)
        self.figure = Figure(figsize=(inches(width), inches(width)), dpi=DPI, facecolor="white", frameon=True)
        self.figure.set_layout_engine("none")  # whatever the user's settings are
        self.axes = self.figure.add_axes((0, 0, 1, 1), facecolor="white", axes_class=PictureAxes)
        self.axes.xaxis.set_visible(False)
        self.axes.yaxis.set_visible(False)
        self._image = self.axes.imshow(np.zeros((1, 1, 3), np.uint8), aspect="auto", interpolation="nearest")
        self._image.mouseover = False  # the axes' format_coord says all
        self._bar = self.figure.add_axes((0, 0, 1, 1))
        self._bar.set_axis_off()
        self._bar.set_navigate(False)
        gradient = self._bar.imshow(_painted(np.linspace(0, 1, 256)[None]), aspect="auto", interpolation="auto")
        gradient.mouseover = False
        for spine in self.axes.spines.values():
            spine.set(color=_LINES, linewidth=0.8, visible=True)
        plain(self.figure.patch, self.axes.patch, self._image, gradient, *self.axes.spines.values())
        self._texts: list[Artist] = []
        self.classes = np.arange(0)

    def show(
        self,
        counts: np.ndarray,
        name_of: Callable[[int], str] = str,
        *,
        rates: bool = False,
        dim_diagonal: bool = True,
    ) -> None:
        """Show a matrix.

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
        self._clear()
        rows = int((self._width - _LONGEST_NAME[0] - 2 * _MARGIN) / _NARROWEST_ROW)
        self.classes = most_confused(counts, max(min(MOST_SHOWN, rows), 2))
        shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
        shown = np.ix_(self.classes, self.classes)
        values = 100 * shares[shown] if rates else counts[shown].astype(float)
        scaled = ~np.eye(len(values), dtype=bool) if dim_diagonal else np.ones(values.shape, bool)
        top = float(values[scaled].max(initial=0.0))
        unit = values / (top or 1.0)
        pixels = _painted(unit)
        if dim_diagonal:
            pixels[~scaled] = _DIMMED
        names = [name_of(int(index)) for index in self.classes]
        cell = self._place(names, shortened=len(self.classes) < len(counts))
        self._image.set_data(pixels)
        self._image.set_extent((-0.5, len(values) - 0.5, len(values) - 0.5, -0.5))
        self.axes.set(xlim=(-0.5, len(values) - 0.5), ylim=(len(values) - 0.5, -0.5))
        self._write_numbers(values, np.where(scaled, unit, 0), scaled, cell)
        self._write_foot(top, len(counts), rates=rates)
        self.axes.format_coord = self._pointer(counts, shares, name_of)  # type: ignore[assignment]  # as Matplotlib documents it

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
        rows = [self._write(name, _LONGEST_NAME[0], ha="right", va="center") for name in names]
        columns = [self._write(name, _LONGEST_NAME[1], ha="left", va="bottom") for name in names]
        corner = self._write(pictures.TRUE_ROWS, _LONGEST_NAME[0], ha="right", va="bottom", color=FAINT)
        over = self._write(pictures.PREDICTED_COLUMNS, self._width, ha="left", va="top", color=FAINT)
        left = max(map(_breadth, [*rows, corner])) + _MARGIN + _GAP
        longest = max(map(_breadth, columns))
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

    def _write(self, words: str, room: float, **properties: object) -> Line:
        text = write(self.figure, **{"fontsize": 8.5, **properties})
        write_in(text, room, [words])
        self._texts.append(text)
        return text

    def _write_numbers(self, values: np.ndarray, unit: np.ndarray, scaled: np.ndarray, cell: float) -> None:
        """Write the values into the cells, where all of them have room."""
        longest = max(len(pictures.cell_value(value)) for value in values.ravel())
        size = min(10.0, (cell - 4) / (longest * _DIGIT) * 72 / DPI, 0.62 * cell * 72 / DPI)
        if size < 5.5:
            return
        for row, column in np.argwhere(values > 0):
            colour = "white" if unit[row, column] > 0.5 else INK if scaled[row, column] else FAINT
            properties = {"ha": "center", "va": "center", "fontsize": size, "color": colour}
            text = write(self.figure, transform=self.axes.transData, **properties)
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
        place(self._write("0", 40, ha="left", va="top", color=FAINT), left, words)
        end = self._write(pictures.matrix_top(top, rates=rates), room + 60, ha="right", va="top", color=FAINT)
        place(end, max(right, left + 30 + _breadth(end)), words)
        if len(self.classes) < count:
            line = self._write(
                pictures.classes_shown(len(self.classes), count), self._width - left - _MARGIN, va="top", color=FAINT
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


def _painted(unit: np.ndarray) -> np.ndarray:
    """Colour values from 0 to 1; 0 itself is white, so that one mistake among many can be seen."""
    pixels = _COLOURS(np.clip(unit, 0, 1), bytes=True)[..., :3].copy()
    pixels[unit <= 0] = 255
    return pixels


def _breadth(text: Line) -> float:
    return text.breadth(DPI)
