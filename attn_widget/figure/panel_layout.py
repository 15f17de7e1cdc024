"""The layout of the panels: pure geometry, in CSS pixels from the figure's upper left corner."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

MOST_CHANNELS = 36
MOST_PINS = 4

_MARGIN = 8.0
_GAP = 10.0
_TITLE = 34.0  # two lines above each panel
_BELOW = 4.0
_SAID = 13.0  # a line below each large panel
_BAR = 30.0  # the colour bar with its labels and the space above
_LINE = 20.0  # from one bar to the next
_BAR_LABELS = (72.0, 150.0)  # room for the label of the low end and of the high one
_NARROWEST = 2 * _MARGIN + 5 * _GAP + 6 * 4.0  # six columns of panels, four pixels wide each
_COLUMNS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 3, 6: 3, 7: 4, 8: 4, 9: 3}
_LEAST_BESIDE = 64.0  # width of a channel beside the large panels: less has no room for a title
_CHANNEL_WORTH = 0.3  # how much a channel's area counts, relative to a large panel's


@dataclass(frozen=True)
class Box:
    """A rectangle: left and top edge, width and height."""

    left: float
    top: float
    width: float
    height: float

    def in_figure(self, width: float, height: float) -> tuple[float, float, float, float]:
        """Convert to Matplotlib's bounds, fractions of the figure's size: left, bottom, width and height."""
        return self.left / width, 1 - (self.top + self.height) / height, self.width / width, self.height / height


@dataclass(frozen=True)
class Layout:
    """The boxes of one figure: its panels, without the titles above them, and the colour bars."""

    image: Box
    overall: Box
    compared: tuple[Box, ...]  # two more large panels, if two explanations are compared
    channels: tuple[Box, ...]  # row by row
    pins: tuple[Box, ...]  # in one row
    bars: tuple[Box, ...]  # the colour bar, and a second one, for signed values
    height: float  # of the whole figure


@dataclass(frozen=True)
class _Panels:
    """The panels to lay out: the arguments of `lay_out` of these names."""

    count: int
    aspect: float
    compared: bool
    pins: int
    two_bars: bool


def lay_out(
    width: float,
    count: int,
    aspect: float,
    height: float | None = None,
    *,
    compared: bool = False,
    pins: int = 0,
    two_bars: bool = False,
) -> Layout:
    """Place the image, the overall heatmap, the channels or a comparison, and the pinned views.

    Channels go below the two large panels or, if the figure is wide for its height, beside them, whichever leaves more
    room for the pictures.

    Parameters
    ----------
    width : float
        The figure's width.
    count : int
        The number of channel panels, from 0 to `MOST_CHANNELS`; 0 for a comparison.
    aspect : float
        The image's height divided by its width.
    height : float, optional
        The figure's height, into which the panels are shrunk; if not even the titles fit, everything is squeezed. By
        default the figure is as high as the panels need to fill its width, but not much higher than a window shows.
    compared : bool
        Whether there are two more large panels.
    pins : int
        The number of pinned views, from 0 to `MOST_PINS`.
    two_bars : bool
        Whether there are two colour bars; in a comparison there always are.
    """
    panels = _Panels(count, aspect, compared, pins, compared or two_bars)
    most = _height_limit(width, panels) if height is None else height
    arrangements: list[Callable[[float], Layout | None]] = [partial(_below, panels)]
    arrangements += [partial(_beside, panels, columns) for columns in range(0 if compared else 1, min(count, 6) + 1)]
    fitted = [_fitted(arrange, width, most) for arrange in arrangements]
    best = max((layout for layout in fitted if layout is not None), key=_worth)
    if height is None:
        return best
    return _moved(best, 0, max(height - best.height, 0) / 2, height, squeeze=min(1.0, height / best.height))


def alone_in(width: float, height: float, aspect: float) -> Box:
    """Place one picture without a title in the middle of a figure, as large as that allows."""
    across = min(width - 2 * _MARGIN, (height - 2 * _MARGIN) / aspect)
    return Box((width - across) / 2, (height - across * aspect) / 2, across, across * aspect)


def _height_limit(width: float, panels: _Panels) -> float:
    """Return the height that a figure may have by default: more for each further row of channels, and for pins."""
    rows = max(math.ceil(panels.count / _columns(panels.count)), 1)
    most = 520 + _SAID + 0.92 * min(max(width - 540, 0), 140) + 0.35 * max(width - 680, 0)
    return most * (1 + 0.35 * (rows - 1)) + (width / MOST_PINS + _TITLE if panels.pins else 0)


def _fitted(arrange: Callable[[float], Layout | None], width: float, most: float) -> Layout | None:
    """Make panels as large as a width and a height allow; None if the arrangement needs more than that."""
    whole = arrange(width)
    if whole is None or whole.height <= most:
        return whole
    narrow, wide = min(_NARROWEST, width), width
    for _ in range(24):
        middle = (narrow + wide) / 2
        tried = arrange(middle)
        narrow, wide = (middle, wide) if tried is None or tried.height <= most else (narrow, middle)
    small = arrange(narrow)
    if small is None:
        return None
    moved = _moved(small, (width - narrow) / 2, 0, small.height)
    return replace(moved, bars=tuple(_bar(width, bar.top, bar.height) for bar in moved.bars))


def _worth(layout: Layout) -> float:
    """Rate a layout by how large its pictures are."""
    large = (layout.image, layout.overall, *layout.compared)
    areas = [sum(box.width * box.height for box in boxes) for boxes in (large, layout.channels)]
    return areas[0] + _CHANNEL_WORTH * areas[1]


def _below(panels: _Panels, width: float) -> Layout:
    """Fill the width with rows of two large panels, and rows of channels below."""
    first = _row(0, width, 2, 2, panels.aspect)
    second = _row(_bottom(first) + _SAID, width, 2, 2, panels.aspect) if panels.compared else []
    bottom, boxes = _bottom(second or first) + _SAID, list[Box]()
    columns = _columns(panels.count)
    while len(boxes) < panels.count:
        count = min(columns, panels.count - len(boxes))
        row = _row(bottom, width, max(columns, 3), count, panels.aspect, centred=columns < 3)
        boxes += row
        bottom = _bottom(row)
    return _completed(panels, width, [*first, *second], boxes, bottom)


def _beside(panels: _Panels, columns: int, width: float) -> Layout | None:
    """Fill the width with a row of all large panels, and beside them, in columns of the same height, the channels."""
    large, aspect = 4 if panels.compared else 2, panels.aspect
    rows = math.ceil(panels.count / columns) if columns else 1
    between = (rows - 1) * (_TITLE + _BELOW) / aspect  # how much wider a large panel is than `rows` channels
    room = width - 2 * _MARGIN - (large + columns - 1) * _GAP - large * between
    small = room / (large * rows + columns)
    if columns and small < _LEAST_BESIDE:
        return None
    across = small * rows + between
    boxes = [Box(_MARGIN + at * (across + _GAP), _TITLE, across, across * aspect) for at in range(large)]
    start = _MARGIN + large * (across + _GAP)
    pitch = small * aspect + _TITLE + _BELOW
    places = (divmod(at, columns) for at in range(panels.count))
    channels = [
        Box(start + column * (small + _GAP), _TITLE + row * pitch, small, small * aspect) for row, column in places
    ]
    return _completed(panels, width, boxes, channels, _bottom(boxes) + _SAID)


def _completed(panels: _Panels, width: float, large: list[Box], channels: list[Box], bottom: float) -> Layout:
    """Add the pins and colour bars below."""
    pinned = _row(bottom, width, MOST_PINS, panels.pins, panels.aspect)
    bottom = _bottom(pinned) if pinned else bottom
    bars = tuple(_bar(width, bottom + line * _LINE + 12, 8) for line in range(2 if panels.two_bars else 1))
    height = bottom + (len(bars) - 1) * _LINE + _BAR
    return Layout(large[0], large[1], tuple(large[2:]), tuple(channels), tuple(pinned), bars, height)


def _columns(count: int) -> int:
    return _COLUMNS.get(count) or (4 if count <= 16 else 5 if count <= 25 else 6)


def _bar(width: float, top: float, height: float) -> Box:
    """Place the colour bar in the middle, or where the labels at its ends have room."""
    low, high = _BAR_LABELS
    bar = min(300.0, max(width - low - high, 40.0))
    return Box(min((width - bar) / 2, max(width - bar - high, low)), top, bar, height)


def _row(top: float, width: float, columns: int, count: int, aspect: float, *, centred: bool = False) -> list[Box]:
    """Place `count` panels of equal size in a row with room for `columns`."""
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
