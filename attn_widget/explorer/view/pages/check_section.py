"""The check of the heatmap against chance: a button, progress, two plots and the verdict."""

import threading

import ipywidgets as widgets

from attn_widget.evidence.heatmap_check import HeatmapCheck
from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.lazy_canvas import LazyCanvas
from attn_widget.explorer.view.widget_parts import Maker, show
from attn_widget.figure import CurvesFigure
from attn_widget.words import evidence

_WIDTH = 420  # CSS pixels, until the browser reports the page's real width


class CheckSection:
    """What a check does, or has found, and its curves."""

    def __init__(self, make: Maker, send: Send, lock: threading.RLock) -> None:
        self._send = send
        tips = evidence.CHECK_TOOLTIPS
        self._running = False
        self._drawn: HeatmapCheck | None = None
        self._check = make.button(evidence.CHECK, "check", tips["check"], action=Action("checking.start"))
        self._stop = make.button(evidence.STOP_CHECK, "stop", tips["stop_check"], action=Action("checking.stop"))
        self._progress = make.one(widgets.FloatProgress, "attn-progress", max=1)
        self._said = make.html("attn-words", "attn-check-said")
        self._curves = LazyCanvas(lambda: CurvesFigure(_WIDTH), lock, lambda _event: None)
        row = make.row(self._check, self._stop, self._progress)
        self.root = make.column(self._said, row, self._curves.root, classes="attn-check")

    def render(self, scene: Scene) -> None:
        """Show how far the check is, or what it has found."""
        checking = scene.checking
        found = checking.check is not None
        self._said.value = (markup.sentence if found else markup.faint)(checking.said)
        self._check.disabled = not checking.offered or checking.running
        self._progress.value = checking.done
        show(self._stop, checking.running)
        show(self._progress, checking.running)
        show(self._curves.root, found)
        if checking.check is not None and checking.check is not self._drawn:
            self._curves.drawing.show(checking.check)
            self._curves.redraw()
        self._drawn = checking.check
        self._running = checking.running

    def closed(self) -> None:
        """Stop a check that is running."""
        if self._running:
            self._send(Action("checking.stop"))
