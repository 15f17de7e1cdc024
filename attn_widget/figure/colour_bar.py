"""A colour bar with a label at each end."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from attn_widget.figure.colours import painted
from attn_widget.figure.fast.fast_image import PixelImage
from attn_widget.figure.fast.picture_axes import PictureAxes
from attn_widget.figure.lettering import plain, set_text, write, write_in
from attn_widget.figure.panel_layout import Box
from attn_widget.figure.theme import Theme

_BESIDE = 8.0  # from the bar to its labels


class ColourBar:
    """A gradient from low to high, with a label at each end."""

    def __init__(self, figure: Figure, theme: Theme) -> None:
        self._axes = figure.add_axes((0, 0, 1, 1), axes_class=PictureAxes)
        self._axes.set_axis_off()
        self._axes.set_navigate(False)
        self._gradient = PixelImage(self._axes)
        self._axes.set(xlim=(-0.5, 255.5), ylim=(0.5, -0.5))
        plain(self._gradient)
        self._ends = [write(figure, theme.faint, ha="right"), write(figure, theme.faint, ha="left")]
        self._cmap = ""
        self._labels: tuple[str, Sequence[str]] = ("", [""])
        self._room = 0.0

    def set_theme(self, theme: Theme) -> None:
        """Switch to another theme's colours."""
        for line in self._ends:
            line.set_color(theme.faint)

    def place(self, box: Box, width: float, height: float) -> None:
        """Move the bar to a box in a figure of the given size, all in CSS pixels."""
        bounds = box.in_figure(width, height)
        self._axes.set_position(bounds)
        bottom = bounds[1]
        self._ends[0].set_position(((box.left - _BESIDE) / width, bottom))
        self._ends[1].set_position(((box.left + box.width + _BESIDE) / width, bottom))
        self._room = width - box.left - box.width - 2 * _BESIDE
        self._write(*self._labels)

    def paint(self, cmap: str, low: str, high: Sequence[str]) -> None:
        """Show a colour map with its labels; `high` is written in the first wording that fits."""
        # What was painted is recorded last, so that after an interrupt it is painted again.
        if self._cmap != cmap:
            self._gradient.show(painted(np.linspace(0, 1, 256)[None], cmap))
            self._cmap = cmap
        if self._labels != (low, high):
            self._write(low, high)
            self._labels = (low, high)

    def set_visible(self, visible: bool) -> None:
        """Show or hide the bar and its labels."""
        for artist in (self._axes, *self._ends):
            artist.set_visible(visible)

    def _write(self, low: str, high: Sequence[str]) -> None:
        set_text(self._ends[0], low)
        write_in(self._ends[1], self._room, high)
