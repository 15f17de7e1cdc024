"""Many small pictures with captions, and if asked for with heatmaps; one of them can be chosen."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from attn_widget.figure.fast.fast_text import Line
from attn_widget.figure.fast.picture_axes import PictureAxes
from attn_widget.figure.lettering import breadth, empty_figure, inches, plain, set_text, write, write_in
from attn_widget.figure.theme import rgba_bytes, theme_for, verdict

_GAP, _INNER, _AIR = 8, 2, 3  # between tiles, between a picture and its heatmap, and above the caption
_DENSITY = 2  # pixels per CSS pixel, for screens of device pixel ratio 2
_FLATTEST = 0.3  # the least height of a tile, relative to its width
_BADGE, _BADGE_FONT = 12, 6.5  # a badge's height, and its font size
_HEADING, _HEADING_FONT = 24, 10  # the height of the line above all tiles, and its font size


class _Size(NamedTuple):
    paired: int  # the least width of a picture beside its heatmap
    single: int  # the least width of a picture alone
    font: float  # the font size of the caption
    line: int  # the height of one of its lines


SIZES = {"S": _Size(56, 64, 7.5, 13), "M": _Size(88, 100, 8.5, 15)}
"""The sizes of tiles to choose from, by name: there are as many columns as leave each tile that much room."""

_ALL_SIZES = {"XS": _Size(48, 54, 7.5, 13), **SIZES}


@dataclass(frozen=True, eq=False)
class Tile:
    """A small picture with a caption of one or two lines.

    Each line is given in one or more wordings, the longest first, of which the first that fits is written, or else the
    last without its middle. If the longest wordings of both lines fit into one on every tile, they are written as one.
    """

    picture: np.ndarray | None  # uint8 ``[h, w, 4]``, drawn as large as the tile allows; None for a grey tile
    caption: Sequence[Sequence[str]]
    heatmap: np.ndarray | None = None  # uint8 ``[h, w, 4]``, drawn beside the picture
    right: bool | None = None  # colours the caption
    badge: str = ""  # a very short text in a corner


class SheetFigure:
    """A plain `figure`, unknown to pyplot, of tiles in rows.

    Its width is in CSS pixels; the height follows from the number of tiles.
    """

    MOST = (416.0, 416.0)  # a tile shows no more rows and columns of an image than about that

    def __init__(self, width: int, *, dark: bool = False) -> None:
        self._theme, self._width = theme_for(dark), int(width)
        self.figure = empty_figure(Figure, width, self._theme)
        self._axes = self.figure.add_axes((0, 0, 1, 1), axes_class=PictureAxes)
        self._axes.set_axis_off()
        self._image = self._axes.imshow(
            np.zeros((1, 1, 4), np.uint8), aspect="auto", interpolation="auto", origin="upper", resample=True
        )
        self._image.mouseover = False  # the axes' format_coord is enough
        self._frame = Rectangle((0, 0), 1, 1, fill=False, linewidth=2.5, visible=False)
        self._axes.add_patch(self._frame)
        plain(self._image, self._frame)
        self._lines = defaultdict[int, Line](partial(write, self.figure, self._theme.ink))
        self._tiles: Sequence[Tile] = ()
        self._size, self._pairs = SIZES["S"], False
        self._chosen: int | None = None
        self._heading, self._top = "", 0
        self._show()

    def show(self, tiles: Sequence[Tile], size: str = "S", *, pairs: bool = False, heading: str = "") -> None:
        """Show tiles row by row in one of `SIZES`, or ``"XS"``; in `pairs`, each picture has its heatmap beside it.

        A `heading` is written in a line above them.
        """
        self._tiles, self._size, self._pairs, self._chosen = list(tiles), _ALL_SIZES[size], pairs, None
        self._heading, self._top = heading, _HEADING if heading else 0
        self._show()

    def set_width(self, width: int) -> None:
        """Rearrange the tiles in another width, in CSS pixels."""
        self._width = int(width)
        self._show()

    def set_dark(self, dark: bool) -> None:
        """Switch to the colours of a dark or a light page."""
        self._theme = theme_for(dark)
        self._show()

    def choose(self, position: int | None) -> None:
        """Frame a tile, or none."""
        self._chosen = position
        self._frame.set_visible(position is not None)
        if position is not None:
            left, top = self._corner(position)
            self._frame.set_bounds(left - 2.5, top - 2.5, self._across + 5, self._tall + 5)

    def point(self, names: Sequence[str]) -> None:
        """Set what is written for each tile when it is under the mouse."""

        def under_the_mouse(x: float, y: float) -> str:
            tile = self.tile_at(x, y)
            return "" if tile is None else names[tile]

        self._axes.format_coord = under_the_mouse  # type: ignore[method-assign]  # as Matplotlib documents it

    def tile_at(self, x: float, y: float) -> int | None:
        """Return the position of the tile at a place in CSS pixels from the upper left corner, or None."""
        column, row = int((x - _GAP / 2) // (self._across + _GAP)), int((y - self._top - _GAP / 2) // self._pitch)
        position = row * self._columns + column
        return position if 0 <= column < self._columns and row >= 0 and position < len(self._tiles) else None

    def _show(self) -> None:
        self._measure()
        height = self._top + max(math.ceil(len(self._tiles) / self._columns), 1) * self._pitch + _GAP
        self.figure.set_size_inches(inches(self._width), inches(height), forward=False)
        self.figure.set_facecolor(self._theme.ground)
        self._image.set_data(self._painted(height))
        self._image.set_extent((0, self._width, height, 0))
        self._axes.set(xlim=(0, self._width), ylim=(height, 0))
        self._frame.set_edgecolor(self._theme.chosen)
        self._write(height)
        self.choose(self._chosen)

    def _measure(self) -> None:
        """Find the number of columns, the size of a tile, and whether captions fit into one line."""
        least = 2 * self._size.paired + _INNER if self._pairs else self._size.single
        self._columns = max((self._width - _GAP) // (least + _GAP), 1)
        self._across = (self._width - _GAP) // self._columns - _GAP
        self._side = (self._across - _INNER) // 2 if self._pairs else self._across
        shapes = [tile.picture.shape for tile in self._tiles if tile.picture is not None]
        tallest = max((rows / columns for rows, columns, _ in shapes), default=1.0)
        self._tall = math.ceil(self._side * min(max(tallest, _FLATTEST), 1.0))
        together = [" ".join(wordings[0] for wordings in tile.caption) for tile in self._tiles]
        fits = all(self._breadth(text) <= self._across for text in together)
        self._captions = [[[text]] for text in together] if fits else [tile.caption for tile in self._tiles]
        lines = max(map(len, self._captions), default=1)
        self._pitch = self._tall + lines * self._size.line + _GAP + _AIR

    def _corner(self, position: int) -> tuple[int, int]:
        row, column = divmod(position, self._columns)
        return _GAP + column * (self._across + _GAP), self._top + _GAP // 2 + row * self._pitch

    def _painted(self, height: int) -> np.ndarray:
        """Put all pictures and the plates of the badges on one background."""
        theme = self._theme
        ground, blank, plate = map(rgba_bytes, (theme.ground, theme.blank, theme.ink))
        sheet = np.full((height * _DENSITY, self._width * _DENSITY, 4), ground, np.uint8)
        size = self._tall * _DENSITY, self._side * _DENSITY
        for position, tile in enumerate(self._tiles):
            left, top = (_DENSITY * edge for edge in self._corner(position))
            for pixels in (tile.picture, tile.heatmap) if self._pairs else (tile.picture,):
                sheet[top : top + size[0], left : left + size[1]] = _fitted(pixels, size, blank)
                left += size[1] + _INNER * _DENSITY
            if tile.badge:
                across = _DENSITY * math.ceil(self._breadth(tile.badge, _BADGE_FONT) + 6)
                right = _DENSITY * (self._corner(position)[0] + self._across)
                sheet[top : top + _DENSITY * _BADGE, max(right - across, 0) : right] = plate
        return sheet

    def _write(self, height: int) -> None:
        """Write captions and badges."""
        numbers = count()

        def put(x: float, y: float, room: float, wordings: Sequence[str], color: str, **font: object) -> None:
            line = self._lines[next(numbers)]
            line.set(position=(x / self._width, 1 - y / height), color=color, visible=True, **font)
            write_in(line, room, wordings)

        if self._heading:
            room = self._width - 2 * _GAP
            put(_GAP, self._top - 7, room, [self._heading], self._theme.ink, fontsize=_HEADING_FONT, ha="left")
        for position, (tile, caption) in enumerate(zip(self._tiles, self._captions, strict=True)):
            left, top = self._corner(position)
            colour = getattr(self._theme, verdict(tile.right))
            for number, wordings in enumerate(caption, start=1):
                below = self._tall + number * self._size.line - 2 + _AIR
                put(left, top + below, self._across, wordings, colour, fontsize=self._size.font, ha="left")
            if tile.badge:
                right = left + self._across - 3
                put(right, top + 9, self._side - 6, [tile.badge], self._theme.ground, fontsize=_BADGE_FONT, ha="right")
        for number in range(next(numbers), len(self._lines)):
            self._lines[number].set_visible(False)

    def _breadth(self, text: str, font: float | None = None) -> float:
        line = self._lines[0]
        line.set_fontsize(font or self._size.font)
        set_text(line, text)
        return breadth(line)


def _fitted(pixels: np.ndarray | None, size: tuple[int, int], blank: np.ndarray) -> np.ndarray:
    """Scale pixels to fit into ``(rows, columns)``, with their aspect ratio kept and grey beside them."""
    whole = np.full((*size, 4), blank, np.uint8)
    if pixels is None:
        return whole
    scale = min(size[0] / pixels.shape[0], size[1] / pixels.shape[1])
    height, width = (max(min(round(length * scale), most), 1) for length, most in zip(pixels.shape, size, strict=False))
    how = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    whole[top : top + height, left : left + width] = np.asarray(Image.fromarray(pixels).resize((width, height), how))
    return whole
