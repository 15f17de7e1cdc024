"""Many small pictures with captions on one figure, of which one can be picked."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from attn_widget.figure.fast.fast_text import Line
from attn_widget.figure.fast.picture_axes import PictureAxes
from attn_widget.figure.image_panel import DPI, INK, inches, plain, write, write_in

_GAP = 8
_CAPTION = 17  # one line under each picture
_DENSITY = 2  # pixels a CSS pixel, for screens of device pixel ratio 2
_FRAME = "#0969da"
_BLANK = (235, 235, 235, 255)  # the grey of a tile without a picture


@dataclass(frozen=True, eq=False)
class Tile:
    """A small picture.

    Attributes
    ----------
    pixels : ndarray ``[h, w, 4]``, uint8, or None
        Drawn as large as the tile allows; None for a grey tile.
    caption : sequence of str
        Wordings, of which the first that fits is written; the last is cut where none does.
    colour : str
        The caption's.
    """

    pixels: np.ndarray | None
    caption: Sequence[str]
    colour: str = INK


class SheetFigure:
    """Tiles in rows.

    Parameters
    ----------
    width : int
        In CSS pixels; the height follows from the number of tiles.

    Attributes
    ----------
    figure : Figure
        A plain figure, unknown to pyplot.
    MOST : tuple of float
        About how many rows and columns of a large image are worth giving for a tile.
    """

    MOST = (416.0, 416.0)

    def __init__(self, width: int) -> None:
        self.figure = Figure(figsize=(inches(width), inches(40)), dpi=DPI, facecolor="white", frameon=True)
        self.figure.set_layout_engine("none")
        self._axes = self.figure.add_axes((0, 0, 1, 1), axes_class=PictureAxes)
        self._axes.set_axis_off()
        self._axes.set_navigate(False)
        self._image = self._axes.imshow(np.full((1, 1, 4), 255, np.uint8), aspect="auto", interpolation="auto")
        self._image.mouseover = False
        self._frame = Rectangle((0, 0), 1, 1, fill=False, edgecolor=_FRAME, linewidth=2.5)
        self._axes.add_patch(self._frame)
        plain(self.figure.patch, self._image, self._frame)
        self._captions: list[Line] = []
        self._width = width
        self._side = self._columns = self._count = 1
        self.show([], 8)

    def show(self, tiles: Sequence[Tile], columns: int) -> None:
        """Show tiles, that many in a row."""
        self._columns, self._count = columns, len(tiles)
        self._side = (self._width - _GAP) // columns - _GAP
        height = max(math.ceil(len(tiles) / columns), 1) * (self._side + _CAPTION) + _GAP
        sheet = np.full((height * _DENSITY, self._width * _DENSITY, 4), 255, np.uint8)
        for position, tile in enumerate(tiles):
            left, top = (_DENSITY * edge for edge in self._corner(position))
            pixels = _fitted(tile.pixels, self._side * _DENSITY)
            sheet[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
        self.figure.set_size_inches(inches(self._width), inches(height), forward=False)
        self._image.set_data(sheet)
        self._image.set_extent((0, self._width, height, 0))
        self._axes.set(xlim=(0, self._width), ylim=(height, 0))
        self._write(tiles, height)
        self.choose(None)

    def choose(self, position: int | None) -> None:
        """Frame a tile, or none."""
        self._frame.set_visible(position is not None)
        if position is not None:
            left, top = self._corner(position)
            self._frame.set_bounds(left - 2, top - 2, self._side + 4, self._side + 4)

    def point(self, names: Sequence[str]) -> None:
        """Say what is written for the tile under the mouse."""

        def under_the_mouse(x: float, y: float) -> str:
            tile = self.tile_at(x, y)
            return "" if tile is None else names[tile]

        self._axes.format_coord = under_the_mouse  # type: ignore[method-assign]  # as Matplotlib documents it

    def tile_at(self, x: float, y: float) -> int | None:
        """Give the tile at a place in CSS pixels from the upper left corner; None between them."""
        column, row = int((x - _GAP) // (self._side + _GAP)), int((y - _GAP / 2) // (self._side + _CAPTION))
        position = row * self._columns + column
        return position if 0 <= column < self._columns and row >= 0 and position < self._count else None

    def _corner(self, position: int) -> tuple[int, int]:
        row, column = divmod(position, self._columns)
        return _GAP + column * (self._side + _GAP), _GAP // 2 + row * (self._side + _CAPTION)

    def _write(self, tiles: Sequence[Tile], height: int) -> None:
        while len(self._captions) < len(tiles):
            self._captions.append(write(self.figure, fontsize=7))
        for caption in self._captions[len(tiles) :]:
            caption.set_visible(False)
        for position, (caption, tile) in enumerate(zip(self._captions, tiles, strict=False)):
            left, top = self._corner(position)
            caption.set(
                position=(left / self._width, 1 - (top + self._side + 11) / height), color=tile.colour, visible=True
            )
            write_in(caption, self._side, tile.caption)


def _fitted(pixels: np.ndarray | None, side: int) -> np.ndarray:
    """Fit pixels into a square, with their shape kept and grey beside them."""
    square = np.full((side, side, 4), _BLANK, np.uint8)
    if pixels is None:
        return square
    scale = side / max(pixels.shape[:2])
    height, width = (max(round(length * scale), 1) for length in pixels.shape[:2])
    how = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX
    fitted = np.asarray(Image.fromarray(pixels).resize((width, height), how))
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = fitted
    return square
