"""Where the panels lie: pure geometry, in CSS pixels from the figure's upper left corner."""

import math
from dataclasses import dataclass, replace

MOST_CHANNELS = 36
MOST_PINS = 4

_MARGIN = 8.0
_GAP = 12.0
_TITLE = 36.0  # two lines over each panel
_BAR = 34.0  # the colour bar and its words, with the space above
_LINE = 20.0  # from one bar to the next
_BAR_WORDS = (72.0, 150.0)  # room for them before the low end and after the high one
_TALLEST = 340.0  # no panel is taller, whatever the image's shape
_NARROWEST = 2 * _MARGIN + 5 * _GAP + 6 * 4.0  # panels of four pixels in six columns
_COLUMNS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 3, 6: 3, 7: 4, 8: 4, 9: 3}


@dataclass(frozen=True)
class Box:
    """A rectangle: left and top edge, width and height."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Layout:
    """The boxes of one figure.

    Attributes
    ----------
    image, overall : Box
        The two large panels, without their titles, which stand above them.
    compared : tuple of Box
        Two more of that size below them, for a comparison; or none.
    channels : tuple of Box
        The channel panels, row by row.
    pins : tuple of Box
        The pinned views, in one row.
    bars : tuple of Box
        The colour bar, and the one of signed differences where two are compared.
    height : float
        What the whole figure needs.
    """

    image: Box
    overall: Box
    compared: tuple[Box, ...]
    channels: tuple[Box, ...]
    pins: tuple[Box, ...]
    bars: tuple[Box, ...]
    height: float


def lay_out(
    width: float, count: int, aspect: float, height: float | None = None, *, compared: bool = False, pins: int = 0
) -> Layout:
    """Place the image, the overall heatmap, `count` channels and what may stand beside them.

    Parameters
    ----------
    width : float
        The figure's width.
    count : int
        How many channel panels, from 0 to `MOST_CHANNELS`.
    aspect : float
        The image's height divided by its width.
    height : float, optional
        The figure's height, where it is given; panels shrink until they fit, and in a height that is less than
        the titles need, all is squeezed. Without it they fill the width.
    compared : bool
        Whether two large panels more are wanted.
    pins : int
        How many pinned views, from 0 to `MOST_PINS`.
    """

    def filling(room: float) -> Layout:
        return _columns_of(room, count, aspect, compared, pins)

    natural = filling(width)
    if height is None or natural.height <= height:
        return natural if height is None else _moved(natural, 0, (height - natural.height) / 2, height)
    narrow, wide = min(_NARROWEST, width), width
    for _ in range(24):
        middle = (narrow + wide) / 2
        narrow, wide = (middle, wide) if filling(middle).height <= height else (narrow, middle)
    small = filling(narrow)
    moved = _moved(small, (width - narrow) / 2, 0, height, squeeze=min(1.0, height / small.height))
    return replace(moved, bars=tuple(_bar(width, bar.top, bar.height) for bar in moved.bars))


def _columns_of(width: float, count: int, aspect: float, compared: bool, pins: int) -> Layout:
    """Fill the width: the large panels two in a row, the channels in rows below, then the pins and the bar."""
    single_row = count == 1
    first = _row(0, width, 3 if single_row else 2, 3 if single_row else 2, aspect)
    bottom = _bottom(first)
    second = _row(bottom, width, 2, 2, aspect) if compared else []
    bottom = _bottom(second or first)
    boxes = [*first[2:]]
    columns = _COLUMNS.get(count) or (4 if count <= 16 else 5 if count <= 25 else 6)
    while len(boxes) < count:
        row = _row(bottom, width, max(columns, 3), min(columns, count - len(boxes)), aspect, centred=columns < 3)
        boxes += row
        bottom = _bottom(row)
    pinned = _row(bottom, width, MOST_PINS, pins, aspect)
    bottom = _bottom(pinned) if pinned else bottom
    bars = tuple(_bar(width, bottom + line * _LINE + 14, 8) for line in range(2 if compared else 1))
    height = bottom + (len(bars) - 1) * _LINE + _BAR
    return Layout(first[0], first[1], tuple(second), tuple(boxes), tuple(pinned), bars, height)


def _bar(width: float, top: float, height: float) -> Box:
    """Place the colour bar in the middle, or where the words at its ends have room."""
    low, high = _BAR_WORDS
    bar = min(300.0, max(width - low - high, 40.0))
    return Box(min((width - bar) / 2, max(width - bar - high, low)), top, bar, height)


def _row(top: float, width: float, columns: int, count: int, aspect: float, *, centred: bool = False) -> list[Box]:
    """Place `count` panels of equal size in a row that has room for `columns`."""
    cell = (width - 2 * _MARGIN - (columns - 1) * _GAP) / columns
    height = min(cell * aspect, _TALLEST)
    panel = min(cell, height / aspect)
    start = _MARGIN + ((columns - count) * (cell + _GAP) / 2 if centred else 0)
    return [
        Box(start + column * (cell + _GAP) + (cell - panel) / 2, top + _TITLE, panel, height) for column in range(count)
    ]


def _bottom(row: list[Box]) -> float:
    return math.ceil(row[0].top + row[0].height + 6)


def _moved(layout: Layout, right: float, down: float, height: float, squeeze: float = 1.0) -> Layout:
    def moved(box: Box) -> Box:
        return Box(box.left + right, box.top * squeeze + down, box.width, box.height * squeeze)

    groups = (layout.compared, layout.channels, layout.pins, layout.bars)
    compared, channels, pins, bars = (tuple(map(moved, boxes)) for boxes in groups)
    return Layout(moved(layout.image), moved(layout.overall), compared, channels, pins, bars, height)
