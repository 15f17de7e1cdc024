"""What is seen of the panel: picture, words and controls. It is told what to show, and decides nothing."""

import threading
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from attn_widget import texts
from attn_widget.canvas import PanelCanvas
from attn_widget.explanation import Explanation
from attn_widget.explorer import reporting
from attn_widget.explorer.controls import Controls
from attn_widget.explorer.looking import Look, State
from attn_widget.explorer.names import ClassNames
from attn_widget.figure import ExplanationFigure, Style


class Face:
    """The panel's figure with its canvas, its controls, and what is written.

    Parameters
    ----------
    names : ClassNames
        Names the classes.
    width : int
        The figure's width in CSS pixels.
    lock : RLock
        The panel's, for the canvas.

    Attributes
    ----------
    picture, canvas, controls
        The parts.
    children : list of Widget
        The parts, arranged.
    explanation : Explanation or None
        What is shown; None while the state asked for is not.
    status, sentence : str
        What is written, as plain text.
    classes : list of str
        The names of the model's classes, once it has shown them.
    """

    def __init__(self, names: ClassNames, width: int, lock: threading.RLock) -> None:
        self._names = names
        self.picture = ExplanationFigure(width)
        self.canvas = PanelCanvas(self.picture.figure, lock)
        self.canvas.mpl_connect("resize_event", self._resized)
        self.controls = Controls()
        self.children = self.controls.arranged(self.canvas, width)
        self.controls.home.on_click(self._home_clicked)
        self.controls.download.on_click(self._download_clicked)
        for tool in (self.controls.pan, self.controls.zoom):
            tool.observe(self._tool_changed, "value")
        for folded in (self.controls.more, self.controls.classes):
            folded.observe(self.controls.fold, "value")
        self.explanation: Explanation | None = None
        self.status, self.sentence = texts.NO_PICTURE_YET, ""
        self.classes: list[str] = []
        self._lock = lock

    def show(self, look: Look, style: Style, count: int | None) -> None:
        """Show a look; `count` is the number of samples."""
        self.explanation = look.explanation
        probabilities = look.explanation.probabilities
        aside = self._names.fit(None if probabilities is None else len(probabilities))
        self.classes = [] if probabilities is None else list(map(self._names.of, range(len(probabilities))))
        self.picture.show(look.sample.picture, look.explanation, style, self._names.of)
        self.status = reporting.status(look, self._names, count, aside)
        self.controls.set_message("")
        self.controls.set_bars(reporting.top_classes(look.explanation, self._names))
        self._write(style)

    def fail(self, error: Exception, state: State, style: Style, count: int | None) -> None:
        """Keep the last picture, marked as stale, and say what failed."""
        self.explanation = None
        self.picture.set_stale(texts.STALE)
        self.status = reporting.failed_status(state.sample, count, state.layer)
        self.controls.set_message(reporting.failure(error))
        self._write(style)

    def wait(self) -> None:
        """Keep the last picture, marked as stale, while another one is computed."""
        self.explanation = None
        self.picture.set_stale(texts.COMPUTING)
        self.redraw()

    def restyle(self, style: Style) -> None:
        """Draw what is shown in another view, alpha or colour map."""
        self.picture.restyle(style)
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
            "text/plain": texts.alternative(self.status, self.sentence),
            "image/png": self.canvas.static_picture(),
        }
        return data, {"image/png": {"width": width, "height": height}}

    def _write(self, style: Style) -> None:
        """Write what is said about the picture, which depends on the colours too."""
        if self.explanation is not None:
            self.sentence = reporting.sentence(self.explanation, self._names, style)
        self.controls.write(self.status, self.sentence)

    def _resized(self, event: Any) -> None:
        self.picture.fit()

    def _tool_changed(self, change: Any) -> None:
        pan, zoom = self.controls.pan, self.controls.zoom
        with self._lock:
            if change["new"]:
                (zoom if change["owner"] is pan else pan).value = False
            self.canvas.use_tool("pan" if pan.value else "zoom" if zoom.value else "")

    def _home_clicked(self, button: widgets.Button) -> None:
        with self._lock:
            self.zoom_out()

    def _download_clicked(self, button: widgets.Button) -> None:
        with self._lock:
            self.canvas.toolbar.save_figure()
