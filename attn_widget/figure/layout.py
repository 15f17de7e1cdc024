"""Where the panels lie: pure geometry, in CSS pixels from the figure's upper left corner."""

import math
from dataclasses import dataclass, replace

MOST_CHANNELS = 36

_MARGIN = 8.0
_GAP = 12.0
_TITLE = 36.0  # two lines over each panel
_BAR = 34.0  # the colour bar and its words, with the space above
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
    channels : tuple of Box
        The channel panels, row by row.
    bar : Box
        The colour bar.
    height : float
        What the whole figure needs.
    """

    image: Box
    overall: Box
    channels: tuple[Box, ...]
    bar: Box
    height: float


def lay_out(width: float, count: int, aspect: float, height: float | None = None) -> Layout:
    """Place the image, the overall heatmap and `count` channels.

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
    """
    natural = _columns_of(width, count, aspect)
    if height is None or natural.height <= height:
        return natural if height is None else _moved(natural, 0, (height - natural.height) / 2, height)
    narrow, wide = min(_NARROWEST, width), width
    for _ in range(24):
        middle = (narrow + wide) / 2
        narrow, wide = (middle, wide) if _columns_of(middle, count, aspect).height <= height else (narrow, middle)
    small = _columns_of(narrow, count, aspect)
    moved = _moved(small, (width - narrow) / 2, 0, height, squeeze=min(1.0, height / small.height))
    return replace(moved, bar=_bar(width, moved.bar.top, moved.bar.height))


def _columns_of(width: float, count: int, aspect: float) -> Layout:
    """Fill the width: the two large panels in one row, the channels in rows below, the bar at the foot."""
    single_row = count == 1
    first = _row(0, width, 3 if single_row else 2, 3 if single_row else 2, aspect)
    boxes = [*first[2:]]
    bottom = _bottom(first)
    columns = _COLUMNS.get(count) or (4 if count <= 16 else 5 if count <= 25 else 6)
    while len(boxes) < count:
        row = _row(bottom, width, max(columns, 3), min(columns, count - len(boxes)), aspect, centred=columns < 3)
        boxes += row
        bottom = _bottom(row)
    return Layout(first[0], first[1], tuple(boxes), _bar(width, bottom + 14, 8), bottom + _BAR)


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

    channels = tuple(moved(box) for box in layout.channels)
    return Layout(moved(layout.image), moved(layout.overall), channels, moved(layout.bar), height)
