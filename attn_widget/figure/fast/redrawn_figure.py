"""A figure that is redrawn fast if nothing has moved."""

import io
from collections.abc import Iterable
from types import NoneType
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import DrawEvent, RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import PlaceHolderLayoutEngine

from attn_widget.figure.fast.picture_axes import PictureAxes


class RedrawnFigure(Figure):
    """A figure that remembers its artists in drawing order, from bottom to top.

    Matplotlib lays out and sorts everything at each draw. Here that is done only if the figure's size, the position or
    limits of axes, or the visible artists and their order have changed since the last draw; otherwise the same artists
    are drawn in the same order, each as it is now. Files are always drawn Matplotlib's way, and so is a figure to which
    someone has added something that must be laid out at each draw: a layout engine, a title, ticks.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._arranged: Any = None
        self._order: list[Artist] = []
        super().__init__(*arguments, **options)

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """Display the figure in a notebook at twice the resolution, whatever Matplotlib's backend is."""
        dpi = self.dpi / self.canvas.device_pixel_ratio
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=2 * dpi, bbox_inches=self.bbox_inches)
        width, height = self.get_size_inches() * dpi
        return buffer.getvalue(), {"width": round(width), "height": round(height)}

    def draw(self, renderer: RendererBase) -> None:
        """Draw everything, as `Figure.draw` does."""
        if type(renderer) is not RendererAgg or self.canvas.is_saving() or not self.get_visible():
            super().draw(renderer)
            return
        arrangement = self._arrangement()
        if arrangement is None or arrangement != self._arranged:
            super().draw(renderer)
            self._arranged, self._order = arrangement, _from_bottom_to_top(self)
            return
        for artist in self._order:
            artist.draw(renderer)
        self.stale = False
        self.canvas.callbacks.process("draw_event", DrawEvent("draw_event", self.canvas, renderer))

    def _arrangement(self) -> Any:
        """Summarise all that decides the layout and the drawing order; None if anything else might, too."""
        visible = [axes for axes in self.axes if axes.get_visible()]
        if not isinstance(self.get_layout_engine(), NoneType | PlaceHolderLayoutEngine) or any(
            map(_is_dressed, visible)
        ):
            return None
        each = [_place(axes) for axes in visible]
        return self.dpi, self.bbox.bounds, [id(artist) for artist in _in_order(self.get_children())], each


def _is_dressed(axes: Axes) -> bool:
    """Whether axes of ours have a title or ticks, whose place depends on other artists."""
    if not isinstance(axes, PictureAxes):  # drawn as a whole
        return False
    axis = axes.axison and (axes.xaxis.get_visible() or axes.yaxis.get_visible())
    return axis or any(axes.get_title(where) for where in ("center", "left", "right"))


def _place(axes: Axes) -> Any:
    own = axes.get_position(original=True).bounds, axes.get_axes_locator(), axes.axison, axes.get_frame_on()
    shape = axes.get_aspect(), axes.get_adjustable(), axes.get_anchor(), axes.get_box_aspect()
    return axes.viewLim.get_points().tolist(), own, shape, [id(artist) for artist in _in_order(axes.get_children())]


def _in_order(artists: Iterable[Artist]) -> list[Artist]:
    shown = [artist for artist in artists if artist.get_visible() and not artist.get_animated()]
    return sorted(shown, key=Artist.get_zorder)


def _from_bottom_to_top(figure: Figure) -> list[Artist]:
    order: list[Artist] = [figure.patch]
    for artist in _in_order(figure.get_children()):
        if isinstance(artist, PictureAxes):
            order += _parts_of(artist)
        elif artist is not figure.patch:
            order.append(artist)
    return order


def _parts_of(axes: Axes) -> list[Artist]:
    framed = axes.axison and axes.get_frame_on()
    without: list[Any] = [axes.patch, *([] if framed else axes.spines.values())]
    without += [] if axes.axison else [axes.xaxis, axes.yaxis]
    first = [axes.patch] if framed else []
    return [*first, *(artist for artist in _in_order(axes.get_children()) if artist not in without)]
