"""The visible panel: it renders scenes and sends actions."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.scene import NO_GUESSING, Scene
from attn_widget.explorer.view.figure_box import FigureBox
from attn_widget.explorer.view.guess_section import GuessSection
from attn_widget.explorer.view.inspector import Inspector
from attn_widget.explorer.view.sample_row import SampleRow
from attn_widget.explorer.view.style import STYLE
from attn_widget.explorer.view.verdict_row import VerdictRow
from attn_widget.explorer.view.widget_parts import Maker, every_widget, set_class
from attn_widget.words import messages


class PanelView:
    """The stage (sample row, verdict, figure) and the inspector beside it, all under `children`.

    `width` is the figure's, in CSS pixels. `send` takes actions, on any thread; rendering a scene sends none.
    """

    def __init__(self, width: int, lock: threading.RLock, send: Send) -> None:
        self._lock, self._to_panel = lock, send
        self._rendering = False
        self._scene: Scene | None = None
        make = Maker(self._send)
        self._samples = SampleRow(make, self._send)
        self._verdict = VerdictRow(make, self._send)
        self._guess = GuessSection(make, lock, self._send)
        self._inspector = Inspector(make, lock, self._send, self._page_turned)
        self.figure = FigureBox(width, make, lock, self._send, self._inspector.channel_clicked)
        style = make.html("attn-hidden")
        style.value = f"<style>{STYLE}</style>"
        self._body = make.box(self._inspector.root, self.figure.root, classes="attn-body")
        self.children = [style, self._samples.root, self._verdict.root, self._guess.root, self._body]

    def render(self, scene: Scene) -> None:
        """Show a scene, unless it is shown already."""
        if scene is self._scene:
            return
        with self._muted():
            self.figure.render(scene)
            self._samples.render(scene)
            self._inspector.render(scene)
            self._verdict.render(scene)
            if scene.guessing is not NO_GUESSING or self._scene is None or self._scene.guess:
                self._guess.render(scene)
                set_class(self._body, "attn-guessing", scene.guess)
            self._scene = scene  # only now: if this is interrupted, the next render does all of it again

    def _page_turned(self) -> None:
        if self._scene is not None:
            with self._muted():
                self._inspector.render(self._scene)

    @contextmanager
    def _muted(self) -> Iterator[None]:
        """Ignore what the controls send: it is the rendering that moves them."""
        self._rendering = True
        try:
            yield
        finally:
            self._rendering = False

    def correct(self, scene: Scene) -> None:
        """Show a scene again, although it is unchanged: a control was set to a value that was refused."""
        self._scene = None
        self._inspector.rerender()
        self.render(scene)

    def _send(self, action: Action) -> None:
        with self._lock:
            if action.verb == "save_picture":  # the browser does that by itself
                self.figure.save_shown()
            elif not self._rendering:
                self._to_panel(action)

    def leave(self) -> None:
        """Stop whatever the pages have running; the next scene is rendered in full."""
        self._inspector.leave()
        self._scene = None

    def registered(self, root: widgets.Widget) -> list[widgets.Widget]:
        """List every widget of the panel, each after the widgets that it refers to."""
        pages = [widget for page in self._inspector.pages.values() for widget in every_widget(page.root)]
        found = [*pages, *every_widget(root), self._samples.link]
        return list({id(widget): widget for widget in found}.values())

    def save(self, path: str | Path) -> None:
        """Write the figure in the format that the path ends in (see `AttentionExplorer.save`)."""
        kind = Path(path).suffix.lower()
        if kind not in (".png", ".svg", ".pdf"):
            raise ValueError(f"path must end in .png, .svg or .pdf, got {str(path)!r}")
        figure = self.figure.picture.figure
        # The whole figure, never cropped, whatever the user's savefig.bbox is.
        figure.savefig(path, dpi=200, facecolor=figure.get_facecolor(), format=kind[1:], bbox_inches=figure.bbox_inches)

    def static(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give what is shown without a kernel, as a MIME bundle: picture and description, and the picture's size."""
        width, height = self.figure.picture.size
        words = self._scene.words if self._scene is not None else None
        data = {
            "text/plain": messages.alternative(words.status, words.sentence) if words is not None else "",
            "image/png": self.figure.static(),
        }
        return data, {"image/png": {"width": width, "height": height}}
