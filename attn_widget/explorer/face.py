"""What is seen of the panel: picture, words and controls. It is told what to show, and decides nothing."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np

from attn_widget.canvas import PanelCanvas
from attn_widget.explanation import Explanation
from attn_widget.explorer import reporting
from attn_widget.explorer.code import Given, code_for
from attn_widget.explorer.contact import ContactSheet
from attn_widget.explorer.controls import Controls
from attn_widget.explorer.filmstrip import Filmstrip
from attn_widget.explorer.looking import Glance, Look, Looker, State
from attn_widget.explorer.reviewing import Reviews
from attn_widget.figure import MOST_PINS, ExplanationFigure, Pin, Style
from attn_widget.methods import method_named
from attn_widget.predictions import Review, Reviewing, Snapshot
from attn_widget.words import messages

_SIDE = 400  # CSS pixels of the confusion matrix, in the column beside the figure
_STILL = 4  # CSS pixels that the mouse may move during a click


@dataclass(frozen=True)
class Wishes:
    """What a person can ask for with the mouse or the buttons, and who hears of it.

    Attributes
    ----------
    place, layer, sample : callable
        A pixel ``(row, column)`` of the image, a layer's name, or a sample's position was clicked.
    selection : callable
        Other samples were chosen: their positions, or None for all; and whether to go to one of them.
    glance : callable
        Gives a `Glance` at a position for a state.
    begin, load, before, stale : callable
        Begins or goes on with a review; reads one from a path; gives what the one in a file says, where it is of these
        samples; says why one is out of date.
    """

    place: Callable[[tuple[int, int]], None]
    layer: Callable[[str], None]
    sample: Callable[[int], None]
    selection: Callable[[np.ndarray | None, bool], None]
    glance: Callable[[int, State], Glance]
    begin: Callable[[Review | None], Reviewing]
    load: Callable[[Path], Review]
    before: Callable[[Path], Snapshot | None]
    stale: Callable[[Review], str | None]


class Face:
    """The panel's figure with its canvas, its controls, and what is written.

    Parameters
    ----------
    given : Given
        What the panel was made with.
    lock : RLock
        The panel's, for the canvases.
    wishes : Wishes
        Who hears of what is clicked.

    Attributes
    ----------
    picture, canvas, controls, filmstrip, contact, reviews
        The parts.
    lock : RLock
        The panel's.
    children : list of Widget
        The parts, arranged.
    explanation : Explanation or None
        What is shown; None while the state asked for is not.
    status, sentence : str
        What is written, as plain text.
    code : str
        The lines that give what is shown in a script.
    classes : list of str
        The names of the model's classes, once it has shown them.
    """

    def __init__(self, given: Given, lock: threading.RLock, wishes: Wishes) -> None:
        self._given, self._names, self._wishes = given, given.names, wishes
        self.picture = ExplanationFigure(given.width)
        self.canvas = PanelCanvas(self.picture.figure, lock)
        self.canvas.mpl_connect("resize_event", self._resized)
        self.canvas.mpl_connect("button_press_event", self._pressed)
        self.canvas.mpl_connect("button_release_event", self._released)
        self.controls = Controls()
        self.filmstrip = Filmstrip(given.width, lock, wishes.layer)
        self.contact = ContactSheet(given.names, given.width, lock, wishes.glance, wishes.sample)
        self.reviews = Reviews(
            *(wishes.begin, wishes.selection, wishes.load, wishes.before, wishes.stale),
            *(self.controls.widen, lock, _SIDE),
        )
        sheets = (self.contact.root, self.filmstrip.root)
        self.children = self.controls.arranged(self.canvas, sheets, self.reviews.find, self.reviews.root, given.width)
        self.controls.home.on_click(self._home_clicked)
        self.controls.download.on_click(self._download_clicked)
        for tool in (self.controls.pan, self.controls.zoom):
            tool.observe(self._tool_changed, "value")
        for folded in (self.controls.more, self.controls.classes, self.controls.code):
            folded.observe(self._folded, "value")
        self.explanation: Explanation | None = None
        self.status, self.sentence, self.code = messages.NO_PICTURE_YET, "", ""
        self.pins: list[Pin] = []
        self._look: Look | None = None
        self._state: State | None = None
        self._pressed_at: tuple[float, float] | None = None
        self.classes: list[str] = []
        self.lock = lock

    def show(self, look: Look, state: State, style: Style, count: int | None) -> None:
        """Show what a state gave; `count` is the number of samples."""
        self.explanation, self._look, self._state = look.explanation, look, state
        probabilities = look.explanation.probabilities
        aside = self._names.fit(None if probabilities is None else len(probabilities))
        self.classes = [] if probabilities is None else self._names.listed(len(probabilities))
        self._draw(look, style)
        self.status = reporting.status(look, self._names, count, aside)
        self.controls.set_message("")
        self.controls.set_bars(reporting.top_classes(look.explanation, self._names))
        self._point_out(state)
        self._write(style)

    def _point_out(self, state: State) -> None:
        """Show the mark of the sample that is open, and frame it on the contact sheet."""
        self.reviews.show_mark(state.sample)
        self.contact.frame(state.sample)

    def pin(self, style: Style) -> None:
        """Keep what is shown beside what will be shown next."""
        if self.explanation is not None and self._look is not None and len(self.pins) < MOST_PINS:
            self.pins.append(reporting.pinned(self._look, self._names))
            self._draw(self._look, style)
            self.redraw()

    def unpin(self, style: Style) -> None:
        """Forget the view that was pinned first."""
        if self.pins and self._look is not None:
            del self.pins[0]
            self._draw(self._look, style)
            self.redraw()

    def _draw(self, look: Look, style: Style) -> None:
        self.picture.show(
            look.sample.rendering,
            look.explanation,
            style,
            self._names.of,
            comparison=look.comparison,
            pins=self.pins,
        )

    def fail(self, error: Exception, state: State, style: Style, count: int | None) -> None:
        """Keep the last picture, marked as stale, and say what failed."""
        self.explanation = None
        self.picture.set_stale(messages.STALE)
        self.status = reporting.failed_status(state.sample, count, state.layer)
        self.controls.set_message(reporting.failure(error))
        self._point_out(state)
        self._write(style)

    def wait(self, state: State) -> None:
        """Keep the last picture, marked as stale, while another one is computed."""
        self.explanation = None
        self._point_out(state)
        self.picture.set_stale(messages.COMPUTING)
        self.redraw()

    def restyle(self, style: Style) -> None:
        """Draw what is shown in another view, alpha or colour map."""
        self.picture.restyle(style)
        self.filmstrip.restyle(style)
        self.contact.restyle(style)
        self._write(style)
        self.redraw()

    def redraw(self) -> None:
        """Ask the browser to fetch the picture; what was written of the place under the mouse is true no more."""
        self.canvas.forget_pointer()
        self.canvas.fit_figure()

    def zoom_out(self) -> None:
        """Show the whole image in every panel."""
        self.picture.zoom_out()
        self.canvas.draw_idle()

    def save(self, path: str | Path) -> None:
        """Write the figure as the path's ending says (see `AttentionExplorer.save`)."""
        kind = Path(path).suffix.lower()
        if kind not in (".png", ".svg", ".pdf"):
            raise ValueError(f"path must end in .png, .svg or .pdf, got {str(path)!r}")
        figure = self.picture.figure
        # The whole figure, not cropped, whatever the user's savefig.bbox is.
        figure.savefig(path, dpi=200, facecolor="white", format=kind[1:], bbox_inches=figure.bbox_inches)

    def static(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give picture and description for pages without a kernel, with the picture's size."""
        width, height = self.picture.size
        data = {
            "text/plain": messages.alternative(self.status, self.sentence),
            "image/png": self.canvas.static_picture(),
        }
        return data, {"image/png": {"width": width, "height": height}}

    def _write(self, style: Style) -> None:
        """Write what is said about the picture, which depends on the colours too."""
        self.code = ""
        if self.explanation is not None and self._look is not None and self._state is not None:
            self.sentence = reporting.sentence(self._look, self._names, style)
            self.code = code_for(self._look, self._state, style, self._given)
        self.controls.write(self.status, self.sentence, self.code)

    def show_strip(self, looker: Looker, style: Style) -> None:
        """Show what every layer gives of what is shown, or say why not."""
        if self._look is None or self._state is None:
            return
        method = method_named(self._state.method)
        if method.slow or method.reads != "layer":
            self.filmstrip.refuse(messages.no_strip(method.name, slow=method.reads == "layer"))
            return
        try:
            found = looker.strip(self._look, self._state)
        except Exception as error:  # of the user's model: shown, not raised
            self.filmstrip.refuse(reporting.failure(error))
        else:
            self.filmstrip.show(self._look, found, style)

    def _pressed(self, event: Any) -> None:
        self._pressed_at = event.x, event.y

    def _released(self, event: Any) -> None:
        """Take a click, which neither drags nor uses a tool, as the choice of a place."""
        pressed, self._pressed_at = self._pressed_at, None
        if pressed is None or event.button != 1 or self.controls.pan.value or self.controls.zoom.value:
            return
        still = max(abs(event.x - pressed[0]), abs(event.y - pressed[1])) <= _STILL * self.canvas.device_pixel_ratio
        pixel = None
        if still and event.inaxes is not None:
            pixel = self.picture.pixel_under(event.inaxes, event.xdata, event.ydata)
        if pixel is not None:
            self._wishes.place(pixel)

    def _folded(self, change: Any) -> None:
        self.controls.fold(change)
        self.reviews.unfold(self.controls.more.value)

    def _resized(self, event: Any) -> None:
        self.picture.fit()

    def _tool_changed(self, change: Any) -> None:
        pan, zoom = self.controls.pan, self.controls.zoom
        with self.lock:
            if change["new"]:
                (zoom if change["owner"] is pan else pan).value = False
            self.canvas.use_tool("pan" if pan.value else "zoom" if zoom.value else "")

    def _home_clicked(self, button: widgets.Button) -> None:
        with self.lock:
            self.zoom_out()

    def _download_clicked(self, button: widgets.Button) -> None:
        with self.lock:
            self.canvas.toolbar.save_figure()
