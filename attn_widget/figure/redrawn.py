"""A figure that is drawn again fast where nothing has moved."""

from collections.abc import Iterable
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import DrawEvent, RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure


class RedrawnFigure(Figure):
    """A figure that remembers what it is made of, from bottom to top.

    Matplotlib arranges and sorts everything at each draw. Here this is done where the figure's size, the place,
    or limits of axes, or what is visible and in which order, differ from what was drawn last; otherwise the same
    artists are drawn in the same order, each as it is now. Files are always written the plain way.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._arranged: Any = None
        self._order: list[Artist] = []
        super().__init__(*arguments, **options)

    def draw(self, renderer: RendererBase) -> None:
        """Draw everything, as `Figure.draw` does."""
        if type(renderer) is not RendererAgg or self.canvas.is_saving() or not self.get_visible():
            super().draw(renderer)
            return
        arrangement = self._arrangement()
        if arrangement != self._arranged:
            super().draw(renderer)
            self._arranged, self._order = arrangement, _from_bottom_to_top(self)
            return
        for artist in self._order:
            artist.draw(renderer)
        self.stale = False
        self.canvas.callbacks.process("draw_event", DrawEvent("draw_event", self.canvas, renderer))

    def _arrangement(self) -> Any:
        """Sum up all that decides where axes lie and what is drawn in which order."""
        each = [_place(axes) for axes in self.axes if axes.get_visible()]
        return self.dpi, self.bbox.bounds, [id(artist) for artist in _in_order(self.get_children())], each


def _place(axes: Axes) -> Any:
    own = axes.get_position(original=True).bounds, axes.get_aspect(), axes.get_axes_locator(), axes.axison
    return axes.viewLim.get_points().tolist(), own, [id(artist) for artist in _in_order(axes.get_children())]


def _in_order(artists: Iterable[Artist]) -> list[Artist]:
    return sorted([artist for artist in artists if artist.get_visible()], key=Artist.get_zorder)


def _from_bottom_to_top(figure: Figure) -> list[Artist]:
    order: list[Artist] = [figure.patch]
    for artist in _in_order(figure.get_children()):
        if isinstance(artist, Axes):
            order += _parts_of(artist)
        elif artist is not figure.patch:
            order.append(artist)
    return order


def _parts_of(axes: Axes) -> list[Artist]:
    first = [axes.patch] if axes.axison else []
    without: list[Any] = [axes.patch] if axes.axison else [axes.patch, *axes.spines.values(), axes.xaxis, axes.yaxis]
    return [*first, *(artist for artist in _in_order(axes.get_children()) if artist not in without)]
