"""The figure with its tools above it, and the notes and the sentence below it."""

import threading
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from attn_widget.canvas import PanelCanvas, Surroundings
from attn_widget.explanation.result import WIDTH
from attn_widget.explorer.action import Action, Send, change
from attn_widget.explorer.session.cover_tool import Drawn
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.region_selectors import RegionSelectors
from attn_widget.explorer.view.widget_parts import Maker, on_change, on_click, show
from attn_widget.figure import MOST_PINS, ExplanationFigure, can_draw, drawn_language
from attn_widget.words import captions, language, messages, said_in

SIZES = {"S": 400, "M": WIDTH, "L": 820}
"""The figure's widths in CSS pixels, by the button's label; in a narrower cell it is as wide as the cell."""

_STILL = 4  # CSS pixels that the mouse may move before a click counts as a drag


class FigureBox:
    """The figure (`picture`) on its `canvas`, with tools above it, and notes and a sentence below it.

    `channel_clicked` is asked first whether it takes a click on a channel's panel.
    """

    def __init__(
        self, width: int, make: Maker, lock: threading.RLock, send: Send, channel_clicked: Callable[[int], bool]
    ) -> None:
        self._lock, self._send, self._channel_clicked = lock, send, channel_clicked
        self._drawn: Scene | None = None
        self._pressed_at: tuple[float, float] | None = None
        self._static_tells = False  # whether pages without a kernel have a picture of an explanation
        self.picture = ExplanationFigure(width, dark=PanelCanvas.on_dark_page)
        self.canvas = PanelCanvas(self.picture.figure, lock, self._fit)
        self.canvas.mpl_connect("button_press_event", self._pressed)
        self.canvas.mpl_connect("button_release_event", self._released)
        self._regions = RegionSelectors(self.picture.drawn_on, send)
        self._sentence, self._notes = make.html("attn-sentence"), make.html("attn-sentence")
        fonts = make.html("attn-words", "attn-fonts")
        fonts.value = "" if drawn_language() == language() else markup.faint(captions.DRAWN_IN_ENGLISH)
        show(fonts, bool(fonts.value))
        self.root = make.column(self._tools(make, width), self.canvas, self._notes, self._sentence, fonts)
        self.root.layout = widgets.Layout(flex=f"1 1 {width}px", max_width=f"{width}px")
        self.root.add_class("attn-stage")

    def _tools(self, make: Maker, width: int) -> widgets.Box:
        tips = captions.TOOLTIPS
        whole = make.button(captions.WHOLE_IMAGE, "expand", tips["home"])
        self._pan = make.toggle(captions.PAN, "arrows", tips["pan"])
        self._zoom = make.toggle(captions.ZOOM, "search-plus", tips["zoom"])
        save = make.button(captions.DOWNLOAD, "download", tips["download"])
        self._pin = make.button(captions.PIN, "thumb-tack", tips["pin"])
        self._size = make.one(
            widgets.ToggleButtons,
            "attn-sizes",
            options=list(SIZES.items()),
            value=width if width in SIZES.values() else None,
            tooltips=[captions.size(name) for name in SIZES],
        )
        self._dark = make.toggle("", "adjust", tips["dark"])
        self._dark.value = PanelCanvas.on_dark_page
        on_click(whole, self._whole_clicked)
        on_click(save, lambda _button: self._send(Action("save_picture")))
        on_click(self._pin, lambda _button: self._send(Action("pin")))
        for tool in (self._pan, self._zoom):
            on_change(tool, self._tool_changed)
        on_change(self._size, self._size_changed)
        on_change(self._dark, self._dark_changed)
        return make.row(whole, self._pan, self._zoom, self._pin, save, self._size, self._dark, classes="attn-tools")

    def render(self, scene: Scene) -> None:
        """Show a scene: the picture first, which takes longest to reach the page."""
        before = self._drawn
        if self._draw(scene):
            self.redraw()
        if before is None or scene.words is not before.words:
            self._sentence.value = markup.sentence(scene.words.sentence)
            self._notes.value = markup.sentence(scene.words.notes) if scene.words.notes else ""
        self._pin.disabled = scene.explanation is None or len(scene.pins) >= MOST_PINS
        self._draw_regions(scene.covering.drawn)
        self._drawn = scene  # only now: if this is interrupted, the next render does all of it again

    def _draw(self, scene: Scene) -> bool:
        """Update what differs from the last scene in the picture; gives whether anything does."""
        before, look, alone = self._drawn, scene.look, scene.guessing.alone
        anew = before is None or (look, scene.pins, alone) != (before.look, before.pins, before.guessing.alone)
        restyled = before is not None and scene.drawn_style != before.drawn_style
        offered = anew or before is None or scene.remedy != before.remedy
        marked = anew or before is None or scene.stale != before.stale
        if anew and alone is not None:
            self.picture.show_alone(alone.picture, alone.beside)
            self._hide_static()
        elif anew and look is not None:
            self.picture.show(
                look.sample.rendering,
                look.explanation,
                scene.drawn_style,
                scene.name_of,
                comparison=look.comparison,
                pins=scene.pins,
            )
        elif restyled:
            self.picture.restyle(scene.drawn_style)
        if offered:
            offer = scene.remedy.text if scene.words.empty and scene.remedy else ""
            self.picture.note("", offer if can_draw(offer) else "")  # it stands above the figure, too
        if marked:
            self.picture.set_stale(_drawn(scene.stale) or None)
        return restyled or offered or marked

    def _draw_regions(self, drawn: Drawn) -> None:
        """Have dragging draw a region, and neither pan nor zoom."""
        if drawn != self._regions.drawn:
            if drawn:
                self._pan.value = self._zoom.value = False
            self._regions.draw(drawn)

    def redraw(self) -> None:
        """Have the browser fetch the picture, and clear the text about the point under the mouse: it is out of date."""
        self.canvas.forget_pointer()
        self.canvas.fit_figure()

    def static(self) -> str:
        """Draw the figure for pages without a kernel (see `PanelCanvas.static_picture`)."""
        self._static_tells = self._drawn is None or self._drawn.guessing.alone is None
        return self.canvas.static_picture()

    def _hide_static(self) -> None:
        """Have pages without a kernel show no more than this one does."""
        if self._static_tells:
            self._static_tells = False
            self.canvas.static_picture()

    def save_shown(self) -> None:
        """Have the browser save what is shown, under a descriptive file name."""
        if self._drawn is not None and self._drawn.picture_name:
            self.canvas.save_as(self._drawn.picture_name)

    def zoom_out(self) -> None:
        """Show the whole image in every panel."""
        self.picture.zoom_out()
        self.canvas.draw_idle()

    def _fit(self, page: Surroundings) -> None:
        """Lay the figure out at the width at which the browser shows it, in colours that suit its page."""
        self.picture.set_width(page.width)
        self._dark.value = page.dark
        self.redraw()

    def _pressed(self, event: Any) -> None:
        self._pressed_at = event.x, event.y

    def _released(self, event: Any) -> None:
        """Treat a click, if it is no drag and no tool is active, as choosing a pixel or pressing the remedy."""
        pressed, self._pressed_at = self._pressed_at, None
        busy = self._pan.value or self._zoom.value or self._regions.drawn
        if pressed is None or event.button != 1 or busy or self._drawn is None:
            return
        still = max(abs(event.x - pressed[0]), abs(event.y - pressed[1])) <= _STILL * self.canvas.device_pixel_ratio
        if not still or event.inaxes is None:
            return
        if self._drawn.remedy is not None and self.picture.hits_action(event.x, event.y):
            self._send(self._drawn.remedy.action)
            return
        look, rank = self._drawn.look, self.picture.rank_under(event.inaxes)
        if look is not None and rank is not None and self._channel_clicked(int(look.explanation.channels[rank])):
            return
        pixel = self.picture.pixel_under(event.inaxes, event.xdata, event.ydata)
        if pixel is not None:
            self._send(change(at=pixel))

    def _size_changed(self, event: Any) -> None:
        width = event["new"]
        if width is not None:
            with self._lock:
                self.root.layout.flex, self.root.layout.max_width = f"1 1 {width}px", f"{width}px"
                self.picture.set_width(width)
                self.redraw()

    def _dark_changed(self, event: Any) -> None:
        with self._lock:
            self.picture.set_dark(event["new"])
            self.redraw()

    def _tool_changed(self, event: Any) -> None:
        with self._lock:
            if event["new"]:
                (self._zoom if event["owner"] is self._pan else self._pan).value = False
                if self._regions.drawn:
                    self._send(Action("covering.draw", ""))
            self.canvas.use_tool("pan" if self._pan.value else "zoom" if self._zoom.value else "")

    def _whole_clicked(self, _button: widgets.Button) -> None:
        with self._lock:
            self.zoom_out()


def _drawn(stale: str) -> str:
    """Give what is written over a picture that is out of date, at least in English where no font has its characters."""
    return stale if can_draw(stale) else said_in("en", lambda: messages.STALE)
