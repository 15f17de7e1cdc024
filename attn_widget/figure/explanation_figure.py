"""The main figure: image, overall heatmap, and the strongest channels or a comparison, with colour bars."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from attn_widget.explanation import Comparison, Explanation, on_scale
from attn_widget.explanation.result import WIDTH
from attn_widget.figure import pointer_text
from attn_widget.figure.colour_bar import ColourBar
from attn_widget.figure.colours import DIFFERENCES, Style, value_range
from attn_widget.figure.fast.redrawn_figure import RedrawnFigure
from attn_widget.figure.fonts import in_drawn_language
from attn_widget.figure.image_panel import Panel, Panels
from attn_widget.figure.lettering import DPI, empty_figure, inches, plain
from attn_widget.figure.notice import Notice
from attn_widget.figure.overall_pixels import coloured, overall_in
from attn_widget.figure.panel_layout import MOST_CHANNELS, MOST_PINS, Box, alone_in, lay_out
from attn_widget.figure.pixel_sources import Painters, Values, ground_of, picture_source, raw_source
from attn_widget.figure.scale_texts import bar_ends, each_its_own, overall_ends, span_texts
from attn_widget.figure.theme import theme_for, verdict
from attn_widget.figure.titles import (
    channel_titles,
    compared_titles,
    image_titles,
    overall_titles,
    shift_wordings,
    why_empty,
)
from attn_widget.figure.value_scale import Scale, Scales, scales_of
from attn_widget.outputs import is_right
from attn_widget.samples import Rendering, as_rendering
from attn_widget.window import Window
from attn_widget.words import pictures

_DENSITY = 2  # pixels of a large image per CSS pixel: enough for a screen of device pixel ratio 2, and for a file
_ROUNDING = 1e-4  # a difference of two heatmaps that is no greater is rounding


@dataclass(frozen=True, eq=False)
class Pin:
    """A view that stays beside the current one."""

    picture: np.ndarray | Rendering  # the sample's display image, an array ``[H, W, 3]`` in [0, 1]
    explanation: Explanation
    title: str  # the sample's name


@dataclass(frozen=True)
class Beside:
    """What an explanation will show beside its two large panels."""

    channels: int = 0
    compared: bool = False
    pins: int = 0


class ExplanationFigure:
    """A plain `figure`, unknown to pyplot, that shows one explanation after another.

    Its width is in CSS pixels; the height follows from the number of panels and the image's shape.
    """

    def __init__(self, width: int = WIDTH, *, dark: bool = False) -> None:
        theme = theme_for(dark)
        self.figure = empty_figure(RedrawnFigure, width, theme)
        self._image = Panel(self.figure, theme)
        shared = self._image.axes
        self._overall = Panel(self.figure, theme, shared)
        self._compared, self._channels, self._pinned = (Panels(self.figure, theme, shared) for _ in range(3))
        self._bar, self._second_bar = ColourBar(self.figure, theme), ColourBar(self.figure, theme)
        self._note = Notice(self.figure, theme, covers=True, zorder=7, fontsize=9)
        self._veil = Rectangle((0, 0), 1, 1, transform=self.figure.transFigure, alpha=0.65, zorder=9)
        self.figure.add_artist(self._veil)
        plain(self._veil)
        self._stale = Notice(self.figure, theme, covers=False, zorder=10, fontsize=12, weight="bold")
        self._pictures: list[Rendering] = []  # of the explanation and of the pins
        self._grounds: dict[Rendering, Values] = {}
        self._most = (1.0, 1.0)
        self._explanation: Explanation | None = None
        self._arranged: tuple[tuple[int, int] | None, list[Panel], bool] = (None, [], False)
        self._comparison: Comparison | None = None
        self._pins: Sequence[Pin] = ()
        self._style = Style()
        self._two_bars = False
        self._alone: tuple[tuple[int, int], Beside] | None = None  # the size of a picture that is shown by itself
        self._noted = ("", "")
        for part in (self._image, self._overall, self._bar, self._second_bar):
            part.set_visible(False)
        self.set_dark(dark)
        self.set_stale(None)
        self.fit(natural=True)

    def show(
        self,
        picture: np.ndarray | Rendering,
        explanation: Explanation,
        style: Style,
        name_of: Callable[[int], str] = str,
        *,
        comparison: Comparison | None = None,
        pins: Sequence[Pin] = (),
    ) -> None:
        """Show an explanation.

        Parameters
        ----------
        picture : ndarray ``[H, W, 3]``, in [0, 1], or Rendering
            The sample's display image, or what renders it at the resolution at which it is seen.
        explanation : Explanation
            At most `MOST_CHANNELS` of its channels are shown.
        style : Style
            How it is drawn.
        name_of : callable
            Returns the name of a class.
        comparison : Comparison, optional
            Of that explanation with another one; shown in place of the channels.
        pins : sequence of Pin
            At most `MOST_PINS` of them are shown.
        """
        pins, self._alone = pins[:MOST_PINS], None
        self._pictures = [as_rendering(each) for each in (picture, *(pin.picture for pin in pins))]
        self._explanation, self._comparison, self._pins = explanation, comparison, pins
        self._grounds = {each: self._grounds.get(each) or ground_of(each) for each in self._pictures}
        self._show_panels(explanation, comparison)
        scales = self._scales_in(style)
        self._arrange(explanation, scales)
        whole = self._pictures[0]
        self._image.set_pixels(picture_source(self._grounds[whole], whole.size), explanation.size, self._most)
        self._write_titles(explanation, name_of)
        self.set_stale(None)
        self._noted = "", ""
        for panel in self._panels(pinned=False):
            panel.mark(explanation.at)
        self._paint(explanation, style, scales)

    def show_alone(self, picture: np.ndarray | Rendering, beside: Beside) -> None:
        """Show a picture and nothing else, in a figure as high as an explanation of it will need.

        Nothing of an explanation that was shown before stays in the figure.
        """
        rendering = as_rendering(picture)
        for panel in self._panels():
            panel.clear()
        self._explanation, self._comparison, self._pins = None, None, ()
        self._pictures, self._grounds = [rendering], {rendering: ground_of(rendering)}
        for part in (self._overall, self._bar, self._second_bar):
            part.set_visible(False)
        for panels in (self._channels, self._compared, self._pinned):
            panels.show(0)
        self._image.set_visible(True)
        self._arranged, self._two_bars = (None, [], False), False
        self._alone = rendering.size, beside
        self._reset_limits(rendering.size)
        self.fit(natural=True)
        self._image.point(pointer_text.on_picture(rendering.size))
        self._image.set_pixels(picture_source(self._grounds[rendering], rendering.size), rendering.size, self._most)
        self.set_stale(None)
        self._noted = "", ""
        self._write_note()

    def restyle(self, style: Style) -> None:
        """Draw what is shown in another style."""
        explanation = self._explanation
        if explanation is None:
            self._style = style
            return
        scales = self._scales_in(style)
        self._arrange(explanation, scales)
        self._paint(explanation, style, scales)

    def _scales_in(self, style: Style) -> Scales:
        assert self._explanation is not None
        pinned = [pin.explanation for pin in self._pins]
        return scales_of(style, self._explanation, len(self._channels.shown), self._comparison, pinned)

    def _arrange(self, explanation: Explanation, scales: Scales) -> None:
        """Lay the figure out again if other panels are shown, or other bars, or images of another size."""
        signed = {scale.signed for scale in (scales.overall, *scales.channels[:1])}
        self._two_bars = self._comparison is not None or len(signed) > 1
        self._second_bar.set_visible(self._two_bars)
        arrangement = explanation.size, list(self._panels()), self._two_bars
        if arrangement[0] != self._arranged[0]:
            self._reset_limits(explanation.size)
        if arrangement != self._arranged:
            self.fit(natural=True)
        self._arranged = arrangement  # only now, so that after an interrupt all of this is redone

    @in_drawn_language
    def _paint(self, explanation: Explanation, style: Style, scales: Scales) -> None:
        """Colour all panels, and write their scales."""
        self._style = style
        size, raw, most = explanation.size, style.view == "raw", self._most
        painters, *of_pins = (Painters(self._grounds[picture], picture.size, style) for picture in self._pictures)
        if self._comparison is not None:
            self._paint_comparison(self._comparison, painters, scales)
        elif raw:
            source = raw_source(explanation.overall_map, *coloured(scales.overall, style))
            self._overall.set_pixels(source, size, most, smooth=False)
        else:
            self._overall.set_pixels(painters.heat(overall_in(explanation, style, scales.overall)), size, most)
        for rank, (panel, scale) in enumerate(zip(self._channels.shown, scales.channels, strict=True)):
            heat = _channel_in(explanation, rank, style, scale)
            source = raw_source(explanation.maps[rank], *coloured(scale, style)) if raw else painters.heat(heat)
            panel.set_pixels(source, size, most, smooth=not raw)
        for panel, pin, own, scale in zip(self._pinned.shown, self._pins, of_pins, scales.pins, strict=True):
            panel.set_pixels(own.heat(overall_in(pin.explanation, style, scale)), size, most)
        self._write_scales(explanation, style, scales)
        self._write_note()

    def _write_scales(self, explanation: Explanation, style: Style, scales: Scales) -> None:
        """Write the numbers in force: on the bars, on panels whose numbers these do not say, and at the pointer."""
        channels, alone = self._channels.shown, each_its_own(scales, style)
        leading, *_ = coloured(scales.channels[0] if channels else scales.overall, style)
        self._bar.paint(leading, *bar_ends(scales, style, compared=self._comparison is not None))
        if self._two_bars and self._comparison is None:
            self._second_bar.paint(coloured(scales.overall, style)[0], *overall_ends(scales, style))
        shown = [(self._overall, explanation.overall_map, scales.overall, alone or bool(channels))]
        if self._comparison is not None and scales.second is not None:
            shown.append((self._compared.shown[0], self._comparison.second.overall_map, scales.second, alone))
        shown += zip(channels, explanation.maps, scales.channels, [alone] * len(channels), strict=False)
        for panel, map_, scale, says in shown:
            panel.set_range(span_texts(scale) if says else ())
            panel.point(pointer_text.on_map(map_, scale, explanation.size))
        for panel, scale in zip(self._pinned.shown, scales.pins, strict=True):
            panel.set_range(span_texts(scale))

    def _paint_comparison(self, comparison: Comparison, painters: Painters, scales: Scales) -> None:
        """Draw two overall heatmaps, and their difference on a scale symmetric about zero."""
        second, difference = self._compared.shown
        size, style = comparison.first.size, self._style
        sides = ((self._overall, comparison.first, scales.overall), (second, comparison.second, scales.second))
        for side, (panel, one, scale) in enumerate(sides):
            assert scale is not None
            own = style.scale == "own"
            heat = partial(comparison.heatmap_in, side) if own else overall_in(one, style, scale)
            panel.set_pixels(painters.heat(heat), size, self._most)
        most = max(map(abs, value_range(comparison.difference_in(Window.whole(size, self._most)))))
        most = most if most > _ROUNDING else 1.0
        source = painters.heat(comparison.difference_in, -most, most, DIFFERENCES)
        difference.set_pixels(source, size, self._most)
        self._second_bar.paint(DIFFERENCES, *pictures.signed_ends(most))

    def set_stale(self, reason: str | None) -> None:
        """Mark the picture as out of date, with the reason; without one, remove the mark."""
        self._veil.set_visible(reason is not None)
        self._stale.write(reason or "")

    def note(self, text: str, action: str = "") -> None:
        """Say in the overall panel, until the next `show`, why it is empty, and offer an action that helps.

        Without a text, it gives the reason by itself if the overall map is empty.
        """
        self._noted = text, action
        self._write_note()

    def hits_action(self, x: float, y: float) -> bool:
        """Whether a place, in dots as in Matplotlib's mouse events, is on the action that `note` offers."""
        scale = DPI / self.figure.dpi
        return self._note.is_action(x * scale, self.size[1] - y * scale)

    @property
    def drawn_on(self) -> tuple[Axes, Axes]:
        """The axes of the image and of the overall heatmap, on which a region can be drawn."""
        return self._image.axes, self._overall.axes

    def set_width(self, width: int) -> None:
        """Take another width, in CSS pixels, and the height that goes with it."""
        self.figure.set_size_inches(inches(width), self.figure.get_size_inches()[1], forward=False)
        self.fit(natural=True)
        self.restyle(self._style)

    def set_dark(self, dark: bool) -> None:
        """Switch to the colours of a dark or a light page."""
        theme = theme_for(dark)
        self.figure.set_facecolor(theme.ground)
        self._veil.set_color(theme.ground)
        panels = (self._image, self._overall, self._compared, self._channels, self._pinned)
        for part in (*panels, self._bar, self._second_bar, self._note, self._stale):
            part.set_theme(theme)

    def fit(self, *, natural: bool = False) -> None:
        """Lay the panels out in the figure's size, or in its width and the natural height for that."""
        width, height = self.size
        if self._alone is not None:
            self._fit_alone(*self._alone)
            return
        rows, columns = self._explanation.size if self._explanation else (1, 1)
        channels, compared, pins = (len(each.shown) for each in (self._channels, self._compared, self._pinned))
        given = None if natural else height
        large = {"compared": compared > 0, "two_bars": self._two_bars}
        layout = lay_out(width, channels, rows / columns, given, pins=pins, **large)
        if natural:
            height = math.ceil(layout.height)
            self.figure.set_size_inches(inches(width), inches(height), forward=False)
        self._most = (_DENSITY * layout.image.height, _DENSITY * layout.image.width)
        boxes = (layout.image, layout.overall, *layout.compared, *layout.channels, *layout.pins)
        for panel, box in zip(self._panels(), boxes, strict=True):
            panel.place(box, width, height)
        for bar, box in zip((self._bar, self._second_bar), layout.bars, strict=False):
            bar.place(box, width, height)
        self._note.place(layout.overall, width, height)
        self._stale.place(Box(0, 0, width, height), width, height)

    def _fit_alone(self, size: tuple[int, int], beside: Beside) -> None:
        """Make the picture as large as the figure that an explanation will need, whatever height that had before."""
        width, aspect = self.size[0], size[0] / size[1]
        full = lay_out(width, beside.channels, aspect, compared=beside.compared, pins=beside.pins)
        height = math.ceil(full.height)
        self.figure.set_size_inches(inches(width), inches(height), forward=False)
        image = alone_in(width, height, aspect)
        self._most = (_DENSITY * image.height, _DENSITY * image.width)
        self._image.place(image, width, height)
        self._stale.place(Box(0, 0, width, height), width, height)

    @property
    def size(self) -> tuple[int, int]:
        """The figure's width and height in CSS pixels."""
        width, height = self.figure.get_size_inches()
        return round(width * DPI), round(height * DPI)

    def zoom_out(self) -> None:
        """Show the whole image in every panel."""
        if self._explanation is not None:
            self._reset_limits(self._explanation.size)
        elif self._alone is not None:
            self._reset_limits(self._alone[0])

    def pixel_under(self, axes: Axes | None, x: float, y: float) -> tuple[int, int] | None:
        """Return the image's pixel ``(row, column)`` at a place in a panel; None elsewhere and in pinned views."""
        if self._explanation is None or axes not in [panel.axes for panel in self._panels(pinned=False)]:
            return None
        return pointer_text.pixel_at(x, y, self._explanation.size)

    def rank_under(self, axes: Axes | None) -> int | None:
        """Return which of the channels shown, strongest first, a panel is of; None for the others."""
        channels = [panel.axes for panel in self._channels.shown]
        return channels.index(axes) if axes in channels else None

    def _panels(self, *, pinned: bool = True) -> Iterator[Panel]:
        """Iterate over the visible panels in the order of the layout."""
        yield from (self._image, self._overall, *self._compared.shown, *self._channels.shown)
        yield from self._pinned.shown if pinned else ()

    def _show_panels(self, explanation: Explanation, comparison: Comparison | None) -> None:
        """Show as many panels as are needed."""
        self._channels.show(min(len(explanation.channels), MOST_CHANNELS) if comparison is None else 0)
        self._compared.show(0 if comparison is None else 2)
        self._pinned.show(len(self._pins))
        for part in (self._image, self._overall, self._bar):
            part.set_visible(True)

    def _reset_limits(self, size: tuple[int, int]) -> None:
        for panel in (self._image, self._overall):
            panel.image.stretch(size)
        for panels in (self._compared, self._channels, self._pinned):
            panels.stretch(size)
        self._image.axes.set(xlim=(-0.5, size[1] - 0.5), ylim=(size[0] - 0.5, -0.5))
        toolbar = self.figure.canvas.toolbar
        if toolbar is not None:
            toolbar.update()

    @in_drawn_language
    def _write_titles(self, explanation: Explanation, name_of: Callable[[int], str]) -> None:
        colour = verdict(is_right(explanation.predicted, explanation.label))
        self._image.set_titles(*image_titles(explanation, name_of), second_is=colour)
        self._image.point(pointer_text.on_picture(explanation.size))
        self._overall.set_titles(*overall_titles(explanation))
        self._overall.say(shift_wordings(explanation, name_of))
        for panel, titles in zip(self._channels.shown, channel_titles(explanation), strict=False):
            panel.set_titles(*titles)
        if self._comparison is not None:
            self._write_comparison(self._comparison, name_of)
        for panel, pin in zip(self._pinned.shown, self._pins, strict=True):
            panel.set_titles([pin.title], overall_titles(pin.explanation)[1])
            panel.point(pointer_text.on_picture(explanation.size))

    @in_drawn_language
    def _write_note(self) -> None:
        own = "" if self._comparison is not None or self._style.view == "raw" else why_empty(self._explanation)
        text, action = self._noted
        self._note.write(text or own, action if text or own else "")

    def _write_comparison(self, comparison: Comparison, name_of: Callable[[int], str]) -> None:
        second, difference = self._compared.shown
        panels = (self._overall, second, difference)
        for panel, titles in zip(panels, compared_titles(comparison, name_of), strict=True):
            panel.set_titles(*titles)
        for panel, one in ((self._overall, comparison.first), (second, comparison.second)):
            panel.say(shift_wordings(one, name_of))
        difference.point(pointer_text.on_difference(comparison))


def _channel_in(explanation: Explanation, rank: int, style: Style, scale: Scale) -> Values:
    """Return a function that computes parts of a channel's heatmap on a scale."""
    if style.scale == "own":
        return partial(explanation.heatmap_in, rank)
    return partial(on_scale, explanation.maps[rank], scale.span, explanation.size)
