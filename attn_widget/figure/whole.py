"""The figure: image, overall heatmap and the strongest channels, with one colour bar."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from attn_widget import texts
from attn_widget.explanation import Explanation
from attn_widget.figure.colours import Style, overlaid, painted
from attn_widget.figure.layout import MOST_CHANNELS, Layout, lay_out
from attn_widget.figure.panel import DPI, FAINT, INK, RIGHT, WRONG, Panel, plain, set_text, write, write_in
from attn_widget.figure.pixels import PixelImage
from attn_widget.outputs import is_right


class ExplanationFigure:
    """A figure that shows one explanation after another.

    Parameters
    ----------
    width : int
        In CSS pixels; the height follows from the number of panels and the image's shape.

    Attributes
    ----------
    figure : Figure
        A plain figure, unknown to pyplot.
    """

    def __init__(self, width: int = 680) -> None:
        self.figure = Figure(figsize=(_inches(width), _inches(width)), dpi=DPI, facecolor="white", frameon=True)
        self.figure.set_layout_engine("none")  # whatever the user's settings are
        self._image = Panel(self.figure)
        self._overall = Panel(self.figure, self._image.axes)
        self._channels: list[Panel] = []
        self._bar = self.figure.add_axes((0, 0, 1, 1))
        self._bar.set_axis_off()
        self._bar.set_navigate(False)
        self._gradient = PixelImage(self._bar)
        self._ends = [write(self.figure, ha="right", color=FAINT), write(self.figure, ha="left", color=FAINT)]
        self._words: tuple[str, Sequence[str]] = ("", [""])
        self._room = float(width)
        self._veil = Rectangle((0, 0), 1, 1, transform=self.figure.transFigure, color="white", alpha=0.65, zorder=9)
        self._stale = write(self.figure, ha="center", va="center", fontsize=13, weight="bold", zorder=10)
        self._stale.set_position((0.5, 0.5))
        self.figure.add_artist(self._veil)
        plain(self.figure.patch, self._gradient, self._veil)
        self._picture = np.ones((1, 1, 3), np.float32)
        self._explanation: Explanation | None = None
        self._style = Style()
        self._hide_panels()
        self.set_stale(None)
        self.fit(natural=True)

    def show(
        self, picture: np.ndarray, explanation: Explanation, style: Style, name_of: Callable[[int], str] = str
    ) -> None:
        """Show an explanation.

        Parameters
        ----------
        picture : ndarray ``[H, W, 3]``, in [0, 1]
            The sample's display image.
        explanation : Explanation
            At most `MOST_CHANNELS` of its channels are shown.
        style : Style
            How it is drawn.
        name_of : callable
            Gives a class's name.
        """
        before = self._explanation
        self._picture, self._explanation = picture, explanation
        if before is None or before.size != explanation.size:
            self._reset_limits(explanation.size)
        if before is None or before.size != explanation.size or len(before.channels) != len(explanation.channels):
            self._show_panels(min(len(explanation.channels), MOST_CHANNELS))
            self.fit(natural=True)
        self._write_titles(explanation, name_of)
        self.set_stale(None)
        self.restyle(style)

    def restyle(self, style: Style) -> None:
        """Draw what is shown in another view, alpha or colour map."""
        self._style = style
        explanation = self._explanation
        if explanation is None:
            return
        size, raw = explanation.size, style.view == "raw"
        self._image.set_pixels((self._picture * 255 + 0.5).astype(np.uint8), size, smooth=True)
        self._overall.set_pixels(self._overall_pixels(explanation, style), size, smooth=not raw)
        low, high = value_range(explanation.maps) if raw else (0.0, 1.0)
        for panel, map_, heatmap in zip(self._shown(), explanation.maps, explanation.heatmaps, strict=False):
            pixels = painted(map_, style.cmap, low, high) if raw else self._heat_pixels(heatmap, style)
            panel.set_pixels(pixels, size, smooth=not raw)
        self._gradient.show(painted(np.linspace(0, 1, 256)[None], style.cmap))
        self._words = texts.bar_ends(low, high) if raw else texts.BAR_ENDS
        self._write_ends()

    def set_stale(self, reason: str | None) -> None:
        """Mark the picture as one that is not of the state asked for, or take the mark away."""
        self._veil.set_visible(reason is not None)
        set_text(self._stale, reason or "")

    def fit(self, *, natural: bool = False) -> None:
        """Place the panels for the figure's size, or give the figure the height that its width calls for."""
        width, height = self.size
        count = len(self._shown())
        rows, columns = self._explanation.size if self._explanation else (1, 1)
        layout = lay_out(width, count, rows / columns, None if natural else height)
        if natural:
            height = math.ceil(layout.height)
            self.figure.set_size_inches(_inches(width), _inches(height), forward=False)
        self._place(layout, width, height)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in CSS pixels."""
        width, height = self.figure.get_size_inches()
        return round(width * DPI), round(height * DPI)

    def _place(self, layout: Layout, width: float, height: float) -> None:
        self._image.place(layout.image, width, height)
        self._overall.place(layout.overall, width, height)
        for panel, box in zip(self._shown(), layout.channels, strict=True):
            panel.place(box, width, height)
        bar = layout.bar
        bottom = 1 - (bar.top + bar.height) / height
        self._bar.set_position((bar.left / width, bottom, bar.width / width, bar.height / height))
        self._ends[0].set_position(((bar.left - 8) / width, bottom))
        self._ends[1].set_position(((bar.left + bar.width + 8) / width, bottom))
        self._room = width - bar.left - bar.width - 16
        self._write_ends()

    def _write_ends(self) -> None:
        low, high = self._words
        set_text(self._ends[0], low)
        write_in(self._ends[1], self._room, high)

    def _shown(self) -> list[Panel]:
        return [panel for panel in self._channels if panel.axes.get_visible()]

    def _show_panels(self, count: int) -> None:
        while len(self._channels) < count:
            self._channels.append(Panel(self.figure, self._image.axes))
        for panel in (self._image, self._overall):
            panel.set_visible(True)
        for position, panel in enumerate(self._channels):
            panel.set_visible(position < count)
        self._bar.set_visible(True)

    def _hide_panels(self) -> None:
        for panel in (self._image, self._overall):
            panel.set_visible(False)
        self._bar.set_visible(False)

    def zoom_out(self) -> None:
        """Show the whole image in every panel."""
        if self._explanation is not None:
            self._reset_limits(self._explanation.size)

    def _reset_limits(self, size: tuple[int, int]) -> None:
        self._image.axes.set(xlim=(-0.5, size[1] - 0.5), ylim=(size[0] - 0.5, -0.5))
        toolbar = self.figure.canvas.toolbar
        if toolbar is not None:
            toolbar.update()

    def _write_titles(self, explanation: Explanation, name_of: Callable[[int], str]) -> None:
        right = is_right(explanation.predicted, explanation.label)
        colour = INK if right is None else RIGHT if right else WRONG
        true = texts.label_text(explanation.label, name_of)
        predicted = texts.marked(predicted_text(explanation, name_of), right)
        first, second = texts.image_titles(true, predicted)
        self._image.set_titles([first], [second], second_colour=colour)
        first, second = texts.overall_titles(explanation.layer, explanation.method)
        self._overall.set_titles([first], [second])
        strongest = zip(explanation.channels, explanation.weights, explanation.shares, strict=True)
        for panel, (channel, weight, share) in zip(self._shown(), strongest, strict=False):
            panel.set_titles(*texts.channel_titles(int(channel), float(weight), float(share)))
        panels = [self._image, self._overall, *self._shown()]
        maps = [None, explanation.overall_map, *explanation.maps]
        shown = [None, np.maximum(explanation.overall_map, 0), *explanation.maps]
        for panel, map_, heat in zip(panels, maps, shown, strict=False):
            panel.axes.format_coord = _pointer(map_, heat, explanation.size)  # type: ignore[assignment]  # as Matplotlib documents it

    def _overall_pixels(self, explanation: Explanation, style: Style) -> np.ndarray:
        if style.view == "raw":
            return painted(explanation.overall_map, style.cmap, *value_range(explanation.overall_map))
        return self._heat_pixels(explanation.overall, style)

    def _heat_pixels(self, heatmap: np.ndarray, style: Style) -> np.ndarray:
        if style.view == "heatmap":
            return painted(heatmap, style.cmap)
        return overlaid(self._picture, heatmap, style)


def _inches(pixels: int) -> float:
    """Turn CSS pixels into inches that are no less: Matplotlib 3.10 cuts 229.9999 dots down to 229."""
    return math.nextafter(pixels / DPI, math.inf)


def predicted_text(explanation: Explanation, name_of: Callable[[int], str]) -> str:
    """Write the predicted class with its probability, or a regression's output; empty without either."""
    predicted, probabilities = explanation.predicted, explanation.probabilities
    if predicted is None or probabilities is None:
        return "" if explanation.score is None else texts.predicted_value(explanation.score)
    return texts.predicted_class(name_of(predicted), float(probabilities[predicted]))


def value_range(values: np.ndarray) -> tuple[float, float]:
    """Give the least and the greatest finite value; zeros where there is none."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def _pointer(map_: np.ndarray | None, heat: np.ndarray | None, size: tuple[int, int]) -> Callable[[float, float], str]:
    """Give what the toolbar writes for a place in the image: the pixel, and the cell's value raw and normalised.

    `heat` is what is normalised for the heatmap: the map itself, or rectified for the overall one.
    """
    low, high = value_range(heat) if heat is not None else (0.0, 0.0)

    def under_the_mouse(x: float, y: float) -> str:
        column, row = int(np.floor(x + 0.5)), int(np.floor(y + 0.5))
        if not (0 <= row < size[0] and 0 <= column < size[1]):
            return ""
        if map_ is None or heat is None:
            return texts.pixel(row, column)
        cell = int((y + 0.5) * map_.shape[0] / size[0]), int((x + 0.5) * map_.shape[1] / size[1])
        unit = min(max((float(heat[cell]) - low) / (high - low), 0.0), 1.0) if high > low else 0.0
        return texts.pixel_value(row, column, cell, float(map_[cell]), unit)

    return under_the_mouse
