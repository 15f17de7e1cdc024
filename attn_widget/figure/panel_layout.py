"""Where the panels lie: pure geometry, in CSS pixels from the figure's upper left corner."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

MOST_CHANNELS = 36
MOST_PINS = 4

_MARGIN = 8.0
_GAP = 10.0
_TITLE = 34.0  # two lines over each panel
_BELOW = 4.0
_BAR = 30.0  # the colour bar and its words, with the space above
_LINE = 20.0  # from one bar to the next
_BAR_WORDS = (72.0, 150.0)  # room for them before the low end and after the high one
_NARROWEST = 2 * _MARGIN + 5 * _GAP + 6 * 4.0  # panels of four pixels in six columns
_COLUMNS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 3, 6: 3, 7: 4, 8: 4, 9: 3}
_LEAST_BESIDE = 64.0  # a narrower channel beside the large panels has no room for its title
_OF_A_CHANNEL = 0.3  # what a channel's area counts, in a large panel's


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
        Two more of that size, for a comparison; or none.
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


@dataclass(frozen=True)
class _Panels:
    """How many channels, the image's height over its width, whether two more large panels, and how many pins."""

    count: int
    aspect: float
    compared: bool
    pins: int


def lay_out(
    width: float, count: int, aspect: float, height: float | None = None, *, compared: bool = False, pins: int = 0
) -> Layout:
    """Place the image, the overall heatmap, `count` channels and what may stand beside them.

    The channels stand below the two large panels or, where the figure is wide for its height, beside them: whichever
    leaves more room for the pictures.

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
        the titles need, all is squeezed. Without it the figure is as high as its panels need to fill the width,
        but not much higher than a window shows at once.
    compared : bool
        Whether two large panels more are wanted.
    pins : int
        How many pinned views, from 0 to `MOST_PINS`.
    """
    panels = _Panels(count, aspect, compared, pins)
    most = _most_high(width, panels) if height is None else height
    fitted = [layout for layout in (_fitted(way, width, most) for way in _ways(panels)) if layout is not None]
    best = max(fitted, key=_worth)
    if height is None:
        return best
    return _moved(best, 0, max(height - best.height, 0) / 2, height, squeeze=min(1.0, height / best.height))


def _most_high(width: float, panels: _Panels) -> float:
    """Give the height of a figure that has only its width: rows of channels beyond the first, and pins, come on top."""
    rows = math.ceil(panels.count / _columns(panels.count)) if panels.count else 1
    most = 520 + 0.92 * min(max(width - 540, 0), 140) + 0.35 * max(width - 680, 0)
    return most * (1 + 0.35 * (rows - 1)) + (width / MOST_PINS + _TITLE if panels.pins else 0)


def _ways(panels: _Panels) -> Iterator[Callable[[float], Layout | None]]:
    """Give the arrangements that there are, each a function of the width that it fills."""
    yield partial(_below, panels)
    for columns in range(1, 7):
        if columns <= panels.count:
            yield partial(_beside, panels, columns)
    if panels.compared:
        yield partial(_beside, panels, 0)


def _fitted(way: Callable[[float], Layout | None], width: float, most: float) -> Layout | None:
    """Arrange panels as large as a width and a height allow; None where the arrangement is not for so little."""
    whole = way(width)
    if whole is None or whole.height <= most:
        return whole
    narrow, wide = min(_NARROWEST, width), width
    for _ in range(24):
        middle = (narrow + wide) / 2
        tried = way(middle)
        narrow, wide = (middle, wide) if tried is None or tried.height <= most else (narrow, middle)
    small = way(narrow)
    if small is None:
        return None
    moved = _moved(small, (width - narrow) / 2, 0, small.height)
    return replace(moved, bars=tuple(_bar(width, bar.top, bar.height) for bar in moved.bars))


def _worth(layout: Layout) -> float:
    """Weigh the room that pictures have."""
    large = (layout.image, layout.overall, *layout.compared)
    areas = [sum(box.width * box.height for box in boxes) for boxes in (large, layout.channels)]
    return areas[0] + _OF_A_CHANNEL * areas[1]


def _below(panels: _Panels, width: float) -> Layout:
    """Fill the width: the large panels two in a row, the channels in rows below."""
    first = _row(0, width, 2, 2, panels.aspect)
    second = _row(_bottom(first), width, 2, 2, panels.aspect) if panels.compared else []
    bottom, boxes = _bottom(second or first), list[Box]()
    columns = _columns(panels.count)
    while len(boxes) < panels.count:
        count = min(columns, panels.count - len(boxes))
        row = _row(bottom, width, max(columns, 3), count, panels.aspect, centred=columns < 3)
        boxes += row
        bottom = _bottom(row)
    return _with_the_rest(panels, width, [*first, *second], boxes, bottom)


def _beside(panels: _Panels, columns: int, width: float) -> Layout | None:
    """Fill the width: all large panels in a row, and as high as they are the channels beside them in some columns."""
    large, aspect = 4 if panels.compared else 2, panels.aspect
    rows = math.ceil(panels.count / columns) if columns else 0
    between = (rows - 1) * (_TITLE + _BELOW) / aspect if columns else 0.0  # in the width of a large panel
    room = width - 2 * _MARGIN - (large + columns - 1) * _GAP - large * between
    small = room / (large * rows + columns) if columns else 0.0
    if columns and small < _LEAST_BESIDE:
        return None
    across = small * rows + between if columns else room / large
    boxes = [Box(_MARGIN + at * (across + _GAP), _TITLE, across, across * aspect) for at in range(large)]
    start = _MARGIN + large * (across + _GAP)
    pitch = small * aspect + _TITLE + _BELOW
    places = (divmod(at, columns) for at in range(panels.count))
    channels = [
        Box(start + column * (small + _GAP), _TITLE + row * pitch, small, small * aspect) for row, column in places
    ]
    return _with_the_rest(panels, width, boxes, channels, _bottom(boxes))


def _with_the_rest(panels: _Panels, width: float, large: list[Box], channels: list[Box], bottom: float) -> Layout:
    """Add the pins and the colour bars below."""
    pinned = _row(bottom, width, MOST_PINS, panels.pins, panels.aspect)
    bottom = _bottom(pinned) if pinned else bottom
    bars = tuple(_bar(width, bottom + line * _LINE + 12, 8) for line in range(2 if panels.compared else 1))
    height = bottom + (len(bars) - 1) * _LINE + _BAR
    return Layout(large[0], large[1], tuple(large[2:]), tuple(channels), tuple(pinned), bars, height)


def _columns(count: int) -> int:
    return _COLUMNS.get(count) or (4 if count <= 16 else 5 if count <= 25 else 6)


def _bar(width: float, top: float, height: float) -> Box:
    """Place the colour bar in the middle, or where the words at its ends have room."""
    low, high = _BAR_WORDS
    bar = min(300.0, max(width - low - high, 40.0))
    return Box(min((width - bar) / 2, max(width - bar - high, low)), top, bar, height)


def _row(top: float, width: float, columns: int, count: int, aspect: float, *, centred: bool = False) -> list[Box]:
    """Place `count` panels of equal size in a row that has room for `columns`."""
    cell = (width - 2 * _MARGIN - (columns - 1) * _GAP) / columns
    start = _MARGIN + ((columns - count) * (cell + _GAP) / 2 if centred else 0)
    return [Box(start + at * (cell + _GAP), top + _TITLE, cell, cell * aspect) for at in range(count)]


def _bottom(row: list[Box]) -> float:
    return math.ceil(row[0].top + row[0].height + _BELOW)


def _moved(layout: Layout, right: float, down: float, height: float, squeeze: float = 1.0) -> Layout:
    def moved(box: Box) -> Box:
        return Box(box.left + right, box.top * squeeze + down, box.width, box.height * squeeze)

    groups = (layout.compared, layout.channels, layout.pins, layout.bars)
    compared, channels, pins, bars = (tuple(map(moved, boxes)) for boxes in groups)
    return Layout(moved(layout.image), moved(layout.overall), compared, channels, pins, bars, height)
