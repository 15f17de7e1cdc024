"""Text over the pictures, on a plate of its own."""

from collections import defaultdict
from functools import partial

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from attn_widget.figure.fast.fast_text import Line
from attn_widget.figure.lettering import breadth, plain, set_text, wrapped, write
from attn_widget.figure.panel_layout import Box
from attn_widget.figure.theme import Theme

_EDGE = 10.0  # CSS pixels around the text


class Notice:
    """Wrapped text, and below it text that can be clicked: an action.

    The plate under them covers all of its box (`covers`), or no more than the text needs.
    """

    def __init__(
        self, figure: Figure, theme: Theme, *, covers: bool, zorder: float, fontsize: float, weight: str = "normal"
    ) -> None:
        self._covers, self._fontsize, self._weight = covers, fontsize, weight
        self._plate = Rectangle((0, 0), 1, 1, transform=figure.transFigure, linewidth=0.8, zorder=zorder)
        plain(figure.add_artist(self._plate))
        font = {"fontsize": fontsize, "weight": weight}
        self._lines = defaultdict[int, Line](
            partial(write, figure, theme.ink, ha="center", zorder=zorder + 0.5, visible=False, **font)
        )
        self._box, self._size = Box(0, 0, 1, 1), (1.0, 1.0)
        self._text = self._action = ""
        self._clickable: Box | None = None
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Switch to another theme's colours."""
        self._theme = theme
        self._plate.set(facecolor=theme.ground, edgecolor=theme.line if self._covers else theme.ground)
        self._draw()

    def place(self, box: Box, width: float, height: float) -> None:
        """Move the notice to a box in a figure of the given size, all in CSS pixels."""
        self._box, self._size = box, (width, height)
        self._draw()

    def write(self, text: str, action: str = "") -> None:
        """Show other text; without any, hide the notice."""
        self._text, self._action = text, action
        self._draw()

    def is_action(self, x: float, y: float) -> bool:
        """Whether a place, in CSS pixels from the figure's upper left corner, is on the action."""
        box = self._clickable
        return box is not None and box.left <= x <= box.left + box.width and box.top <= y <= box.top + box.height

    def _draw(self) -> None:
        self._plate.set_visible(bool(self._text or self._action))
        for line in self._lines.values():
            line.set_visible(False)
        self._clickable = None
        if not self._plate.get_visible():
            return
        box, pitch = self._box, 1.9 * self._fontsize
        words = [(text, self._theme.ink) for text in self._wrapped(self._text)]
        words += [(text, self._theme.action) for text in self._wrapped(self._action)]
        width, height = self._size
        top = box.top + (box.height - pitch * len(words)) / 2
        broadest = 0.0
        for number, (text, colour) in enumerate(words):
            line, baseline = self._lines[number], top + (number + 0.75) * pitch
            place = (box.left + box.width / 2) / width, 1 - baseline / height
            line.set(position=place, color=colour, visible=True)
            set_text(line, text, self._weight)
            broadest = max(broadest, breadth(line))
            if colour == self._theme.action:
                first = self._clickable.top if self._clickable else baseline - pitch
                self._clickable = Box(box.left, first, box.width, baseline + pitch / 2 - first)
        plate = box
        if not self._covers:
            left = box.left + (box.width - broadest) / 2 - _EDGE
            plate = Box(left, top - _EDGE / 2, broadest + 2 * _EDGE, pitch * len(words) + _EDGE)
        self._plate.set_bounds(*plate.in_figure(width, height))

    def _wrapped(self, text: str) -> list[str]:
        room = max(self._box.width - 2 * _EDGE, 10.0)
        return wrapped(self._lines[0], room, text, self._weight) if text else []
