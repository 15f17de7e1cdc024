"""The samples chosen as small pictures with their heatmaps, a page at a time; a click opens one."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import ipywidgets as widgets
import numpy as np

from attn_widget.explanation import Explanation
from attn_widget.explorer.late import LateCanvas
from attn_widget.explorer.looking import Glance, State
from attn_widget.explorer.names import ClassNames
from attn_widget.explorer.order import Order
from attn_widget.explorer.parts import Maker, box_layout, row, show
from attn_widget.explorer.worker import Worker
from attn_widget.figure import Painter, SheetFigure, Style, Tile, opaque
from attn_widget.methods import method_named
from attn_widget.outputs import is_right
from attn_widget.window import Window
from attn_widget.words import captions, messages

PAGE = 24


@dataclass(frozen=True, eq=False)
class _Small:
    """What is kept of a `Glance`: of its sample the picture, no larger than a tile needs it."""

    position: int
    picture: np.ndarray | None
    explanation: Explanation | None
    said: str


def _small(glance: Glance) -> _Small:
    picture = None
    if glance.sample is not None:
        rendering = glance.sample.rendering
        picture = rendering.part(Window.whole(rendering.size, SheetFigure.MOST))
    return _Small(glance.position, picture, glance.explanation, glance.said)


class ContactSheet:
    """A page of samples.

    Parameters
    ----------
    names : ClassNames
        Names the classes.
    width : int
        In CSS pixels.
    lock : RLock
        The panel's.
    glance : callable
        Gives a `Glance` at a position for a state.
    picked : callable
        Is told the position of the sample that was clicked.

    Attributes
    ----------
    late : LateCanvas
        Its canvas.
    root : Widget
        All of it; hidden until it is shown.
    """

    def __init__(
        self,
        names: ClassNames,
        width: int,
        lock: threading.RLock,
        glance: Callable[[int, State], Glance],
        picked: Callable[[int], None],
    ) -> None:
        self._names, self._lock, self._glance, self._picked = names, lock, glance, picked
        self.late = LateCanvas(lambda: SheetFigure(width), lock, self._clicked)
        self.root = widgets.VBox(layout=box_layout(margin="0"))
        self._worker: Worker[tuple[int, int], list[_Small]] = Worker(self._progressed, self._made)
        self._order, self._count, self._page = Order(), 0, 0
        self._asked: tuple[Any, ...] = ()
        self._state: State | None = None
        self._style = Style()
        self._open = -1
        self._said = ""
        self._glances: list[_Small] = []
        show(self.root, False)

    def _arrange(self) -> None:
        """Make what stands above the pictures, at the first time."""
        if self.root.children:
            return
        make, tips = Maker(), captions.TOOLTIPS
        self._line = widgets.Label(layout=box_layout(width="max-content"))
        self.back = make.button(captions.PREVIOUS_PAGE, "chevron-left", tips["previous_page"])
        self.onwards = make.button(captions.NEXT_PAGE, "chevron-right", tips["next_page"])
        self.back.on_click(self._turned)
        self.onwards.on_click(self._turned)
        self.root.children = [row(self.back, self.onwards, self._line), self.late.root]

    def show(self, order: Order, count: int, state: State, style: Style) -> None:
        """Show the page on which the chosen samples begin, or the present one where they are the same.

        Parameters
        ----------
        order : Order
            The samples chosen.
        count : int
            How many there are.
        state, style
            What is shown of each, and how.
        """
        if order is not self._order:
            self._page = 0
        self._order, self._count, self._state, self._style = order, count, state, style
        self._arrange()
        show(self.root, True)
        self._make()

    def restyle(self, style: Style) -> None:
        """Draw what is shown in another view, alpha or colour map."""
        self._style = style
        if self._glances:
            self._draw()

    def frame(self, position: int) -> None:
        """Frame the sample that is open, where it is on the page."""
        self._open = position
        if self._glances:
            self._frame()
            self.late.redraw()

    def renew(self) -> None:
        """Look at the samples again when they are shown the next time; the model may have changed."""
        self._asked = ()

    def hide(self) -> None:
        """Hide it; what is on its way is forgotten."""
        self.forget()
        self.renew()
        self._glances = []
        show(self.root, False)

    def forget(self) -> None:
        """End what is on its way."""
        self._worker.forget()

    def _make(self) -> None:
        """Look at the page's samples on a thread, unless that is shown already or on its way."""
        state = self._state
        if state is None:
            return
        first = self._page * PAGE
        steps = range(first, min(first + PAGE, self._count))
        positions = [self._order.at(step) for step in steps]
        asked = (positions, replace(state, sample=0, top_k=1, at=None, compare=None))  # on which a page depends
        self.back.disabled, self.onwards.disabled = first == 0, first + PAGE >= self._count
        slow = method_named(state.method).slow
        if asked == self._asked:
            return
        self._asked = asked
        show(self.late.root, not slow)
        if slow:
            self.forget()
            self._glances = []
            self._line.value = messages.no_sheet(state.method)
            return
        said = messages.page(first, first + len(positions), self._count)
        self._line.value = messages.page_computed(0, len(positions)) if positions else said

        def look(report: Callable[[tuple[int, int]], None]) -> list[_Small]:
            found = []
            for position in positions:
                found.append(_small(self._glance(position, state)))
                report((len(found), len(positions)))
            return found

        self._said = said
        self._worker.start(look)

    def _progressed(self, progress: tuple[int, int]) -> None:
        self._line.value = messages.page_computed(*progress)

    def _made(self, glances: Sequence[_Small] | Exception) -> None:
        with self._lock:
            if isinstance(glances, Exception) or self.root.comm is None or self._worker.running:
                return
            self._line.value = self._said
            self._glances = list(glances)
            self._draw()

    def _draw(self) -> None:
        sheet = self.late.drawing
        sheet.show([self._tile(glance) for glance in self._glances], "M")
        sheet.point([glance.said or self._caption(glance)[0] for glance in self._glances])
        self._frame()
        self.late.redraw()

    def _frame(self) -> None:
        shown = [glance.position for glance in self._glances]
        self.late.drawing.choose(shown.index(self._open) if self._open in shown else None)

    def _tile(self, glance: _Small) -> Tile:
        explanation = glance.explanation
        if glance.picture is None or explanation is None:
            return Tile(None if glance.picture is None else opaque(glance.picture), [[str(glance.position)]])
        wrong = is_right(explanation.predicted, explanation.label) is False
        heatmap = explanation.overall_in(Window.whole(explanation.size, SheetFigure.MOST))
        pixels = Painter(glance.picture, self._style).heat(heatmap)
        return Tile(pixels, [self._caption(glance)], right=False if wrong else None)

    def _caption(self, glance: _Small) -> list[str]:
        """Name a sample, with the predicted class where there is one."""
        position = str(glance.position)
        if glance.explanation is None or glance.explanation.predicted is None:
            return [position]
        return [f"{position} · {self._names.of(glance.explanation.predicted)}", position]

    def _turned(self, button: widgets.Button) -> None:
        with self._lock:
            self._page += 1 if button is self.onwards else -1
            self._make()

    def _clicked(self, event: Any) -> None:
        tile = None if event.xdata is None else self.late.drawing.tile_at(event.xdata, event.ydata)
        if tile is not None and tile < len(self._glances):
            self._picked(self._glances[tile].position)
