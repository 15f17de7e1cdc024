"""Words over the pictures, on a plate of their own."""

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from attn_widget.figure.fast.fast_text import Line
from attn_widget.figure.lettering import breadth, plain, set_text, wrapped, write
from attn_widget.figure.panel_layout import Box
from attn_widget.figure.theme import Theme

_EDGE = 10.0  # CSS pixels around the words


class Notice:
    """A few words, broken into lines, and below them what can be clicked.

    Parameters
    ----------
    figure : Figure
        Where it is added.
    theme : Theme
        Its colours.
    covers : bool
        Whether the plate covers all of its box, or no more than the words need.
    zorder : float
        Above what it lies.
    **font
        How the words are written.
    """

    def __init__(self, figure: Figure, theme: Theme, *, covers: bool, zorder: float, **font: object) -> None:
        self._figure, self._covers, self._font, self._above = figure, covers, font, zorder + 0.5
        self._plate = Rectangle((0, 0), 1, 1, transform=figure.transFigure, linewidth=0.8, zorder=zorder)
        plain(figure.add_artist(self._plate))
        self._made: list[Line] = []
        self._box, self._size = Box(0, 0, 1, 1), (1.0, 1.0)
        self._text = self._action = ""
        self._clickable: Box | None = None
        self.set_theme(theme)
        self.write("")

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._theme = theme
        self._plate.set(facecolor=theme.ground, edgecolor=theme.line if self._covers else theme.ground)
        self._draw()

    def place(self, box: Box, width: float, height: float) -> None:
        """Move to a box of a figure of the given size, all in CSS pixels."""
        self._box, self._size = box, (width, height)
        self._draw()

    def write(self, text: str, action: str = "") -> None:
        """Write other words, or, where both are empty, take all away."""
        self._text, self._action = text, action
        self._draw()

    def is_action(self, x: float, y: float) -> bool:
        """Whether a place in CSS pixels from the figure's upper left corner is on what can be clicked."""
        box = self._clickable
        return box is not None and box.left <= x <= box.left + box.width and box.top <= y <= box.top + box.height

    def _draw(self) -> None:
        box, size = self._box, float(str(self._font.get("fontsize", 9)))
        self._plate.set_visible(bool(self._text or self._action))
        for line in self._made:
            line.set_visible(False)
        self._clickable = None
        if not self._plate.get_visible():
            return
        room, pitch = max(box.width - 2 * _EDGE, 10.0), 1.9 * size
        words = [(text, self._theme.ink) for text in self._lines_of(self._text, room)]
        words += [(text, self._theme.action) for text in self._lines_of(self._action, room)]
        top = box.top + (box.height - pitch * len(words)) / 2
        broad = 0.0
        for number, (text, colour) in enumerate(words):
            line = self._line(number)
            baseline = top + (number + 0.75) * pitch
            line.set(position=self._at(box.left + box.width / 2, baseline), color=colour, visible=True)
            set_text(line, text, str(self._font.get("weight", "normal")))
            broad = max(broad, breadth(line))
            if colour == self._theme.action:
                first = self._clickable.top if self._clickable else baseline - pitch
                self._clickable = Box(box.left, first, box.width, baseline + pitch / 2 - first)
        plate = box
        if not self._covers:
            left = box.left + (box.width - broad) / 2 - _EDGE
            plate = Box(left, top - _EDGE / 2, broad + 2 * _EDGE, pitch * len(words) + _EDGE)
        width, height = self._size
        self._plate.set_bounds(
            *self._at(plate.left, plate.top + plate.height), plate.width / width, plate.height / height
        )

    def _lines_of(self, text: str, room: float) -> list[str]:
        return wrapped(self._line(0), room, text) if text else []

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return x / self._size[0], 1 - y / self._size[1]

    def _line(self, number: int) -> Line:
        """Give a line; they are made when they are first needed, and kept."""
        while len(self._made) <= number:
            line = write(self._figure, self._theme.ink, ha="center", zorder=self._above, visible=False, **self._font)
            self._made.append(line)
        return self._made[number]
