"""An ipympl canvas adapted to a panel: one lock, complete frames, a picture that fits its cell, no traces left.

All knowledge of ipympl and its versions stays in this file.
"""

import base64
import io
import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from unittest.mock import patch

import matplotlib
import numpy as np
from IPython import get_ipython
from matplotlib.figure import Figure

from attn_widget import words
from attn_widget.frames import encoded

# ipympl makes itself the backend if it is imported after Matplotlib (ipympl#623); keep the user's choice.
with patch.object(matplotlib, "use"):
    from ipympl.backend_nbagg import Canvas, FigureManager

_STATIC_DPI = 150

# ipympl tells the kernel neither how wide a canvas is on the page nor the page's theme, and it computes the pointer's
# position as if the picture were never scaled. So the layer that receives the mouse extends above the picture, out of
# sight, by `_RAISE` CSS pixels times a number: twice the box's width in units of `_STEP`, plus one on a dark page.
# Every pointer message then carries that number, and `_placed` takes it out again.
_RAISE, _STEP = 8192, 4  # CSS pixels; no picture is that high
_ABOVE = 512  # a pointer leaving the picture is at most this far above it

DARK_PAGE = ':is([data-jp-theme-light="false"], .theme-dark, .vscode-dark, [theme="dark"])'
"""The CSS selector for dark pages in JupyterLab, Notebook, Voila, VS Code and Colab."""

CANVAS_STYLE = f"""
.attn-canvas {{ container-type: inline-size; width: 100%; }}
.attn-canvas .jupyter-matplotlib-canvas-div {{ visibility: hidden; }}
.attn-canvas .jupyter-matplotlib-canvas-div canvas {{ visibility: visible; }}
{DARK_PAGE} .attn-canvas {{ --attn-dark: 1px; }}
@supports (width: round(down, 1cqw, 1px)) {{
  .attn-canvas .jupyter-matplotlib-figure {{ max-width: round(down, 100cqw, {_STEP}px); }}
  .attn-canvas .jupyter-matplotlib-canvas-container {{ overflow: hidden; margin: 0; }}
  .attn-canvas .jupyter-matplotlib-canvas-div {{
    max-width: 100%; height: auto !important; margin: 0; overflow: clip;
  }}
  .attn-canvas canvas:first-child {{ position: static !important; max-width: 100%; height: auto !important; }}
  .attn-canvas canvas + canvas {{
    top: auto !important; bottom: 0; width: 100% !important; object-fit: contain; object-position: left bottom;
    height: calc(
      100% + {_RAISE} * (2 * round(down, 100cqw, {_STEP}px) / {_STEP} + var(--attn-dark, 0px))
    ) !important;
  }}
}}
"""
"""The style sheet that a page showing a `PanelCanvas` must include.

It keeps a picture from being wider than its box, which must have a width of its own, and makes Tab skip the picture: a
focused ipympl canvas would keep every key, and only visible elements can be focused.
"""


class Surroundings(NamedTuple):
    """What the browser has said about the page: the width of the picture's box in CSS pixels, and the theme."""

    width: int
    dark: bool


class PanelCanvas(Canvas):  # type: ignore[misc]  # ipympl is untyped, and so are the attributes it defines
    """A canvas for a figure unknown to pyplot.

    Parameters
    ----------
    figure : Figure
        Gets this canvas, and a manager with ipympl's toolbar.
    lock : RLock
        Held while the canvas answers the browser: messages may arrive on another thread than the one that runs cells.
    moved : function, optional
        Called under the lock when the pointer enters the picture and `surroundings` have changed.

    Attributes
    ----------
    surroundings : Surroundings or None
        None until the pointer has been on the picture.
    on_dark_page : bool
        Whether the page where the pointer was last on any picture is dark.
    """

    on_dark_page: ClassVar[bool] = False

    if TYPE_CHECKING:
        _png_is_old: bool

    def __init__(
        self, figure: Figure, lock: threading.RLock, moved: Callable[[Surroundings], object] | None = None
    ) -> None:
        self._lock, self._moved, self._language = lock, moved, words.language()
        self.surroundings: Surroundings | None = None
        self._ratios: dict[str | None, float] = {}
        self._awaited = False  # whether a page has asked for a picture and has not been sent one since
        self._changed = True  # whether the figure has changed since a picture was sent
        super().__init__(figure)
        self.manager = FigureManager(self, 0)
        self.header_visible = False
        self.toolbar_visible = "hidden"  # it would lie over the figure (ipympl#497)
        self.resizable = False  # ipympl looks for its corner where the scaled picture has none
        self.add_class("attn-canvas")

    def fit_figure(self) -> None:
        """Tell the browser the figure's size if that has changed, and send a new picture."""
        width, height = self.figure.bbox.size
        ratio = self.device_pixel_ratio
        if tuple(self._size) != (width / ratio, height / ratio):
            self.manager.resize(width, height)
        self.draw_idle()

    def draw_idle(self) -> None:
        """Send a new picture: at once if a page is waiting for one, else as soon as a page asks for it."""
        with self._lock:
            self._changed = True
            if self._awaited:
                self._answer()
            else:
                self.send_event("draw")

    def handle_draw(self, _event: Any) -> None:
        """Answer a page's request for a picture, as soon as there is something new to draw."""
        self._awaited = True
        if self._changed:
            self._answer()

    def _answer(self) -> None:
        """Send a picture, and have the page request the next one now, so that it can be sent without being asked for.

        At most one picture is on its way at a time, so a slow page is never flooded.
        """
        self._awaited = self._changed = False
        try:
            self.draw()
        except BaseException:  # an interrupt, too: the page still waits, and would not ask again
            self._awaited = True
            raise
        self.send_event("draw")

    def use_tool(self, name: str) -> None:
        """Make dragging pan or zoom; with an empty name, nothing."""
        present = self.toolbar.mode.name.lower()
        if name and name != present:
            getattr(self.toolbar, name)()
        elif not name and present != "none":
            getattr(self.toolbar, present)()

    def forget_pointer(self) -> None:
        """Clear the text about the point under the mouse, which belongs to the last picture."""
        self.toolbar.set_message("")

    def static_picture(self) -> str:
        """Draw the figure for pages without a kernel: a PNG in base 64, also stored in the widget's state."""
        text = base64.b64encode(self._png(_STATIC_DPI)).decode("ascii")
        if self.syncing_data_url:
            width, height = self.figure.bbox.size / self.device_pixel_ratio
            self._size = (width, height)
            self._data_url = f"data:image/png;base64,{text}"
        return text

    def save_as(self, name: str) -> None:
        """Have the browser save the figure as ``{name}.png``, at twice the size at which it is shown.

        With ipympl before 0.10 it is saved as it is shown.
        """
        self._figure_label = name
        message = {"data": json.dumps({"type": "save", "format": "png"})}
        self.send(message, buffers=[self._png(2 * self.figure.dpi / self.device_pixel_ratio)])

    def _png(self, dpi: float) -> bytes:
        """Draw the whole figure in its own colours, whatever the user's settings for savefig are."""
        buffer, whole = io.BytesIO(), self.figure.bbox_inches
        self.figure.savefig(buffer, format="png", dpi=dpi, facecolor="auto", bbox_inches=whole)
        return buffer.getvalue()

    def get_diff_image(self) -> bytes | None:
        """Encode the whole picture, opaque, not only what has changed.

        If two frames follow each other closely, a browser drops the first, and the changes in the second would be drawn
        over a picture that lacks those in the first.
        """
        if not self._png_is_old:
            return None
        self._png_is_old = False
        return encoded(np.asarray(self.get_renderer().buffer_rgba()))

    def send_binary(self, data: bytes) -> None:
        """Send a frame; ipympl would also encode it for pages without a kernel (see `static_picture`)."""
        self.send({"data": '{"type": "binary"}'}, buffers=[data])

    def handle_resize(self, _event: Any) -> None:
        """Keep the size: a page that lacks the style sheet or has lost the kernel still offers to change it."""
        for _ in range(2):  # the first one only ends the page's own resizing
            self.manager.resize(*self.figure.bbox.size)

    def _handle_message(self, widget: Any, content: dict[str, Any], buffers: Any) -> None:
        """Take a message from a page, in the language that was spoken when the canvas was made."""
        words.said_in(self._language, self._take, widget, content, buffers)

    def _take(self, widget: Any, content: dict[str, Any], buffers: Any) -> None:
        with self._lock:
            kind, page, before = content["type"], _page(), self.surroundings
            if kind == "set_device_pixel_ratio":
                self._ratios[page] = content["device_pixel_ratio"]
            elif kind == "initialized":
                self._draw_for(self._ratios.setdefault(page, 1))  # a page does not report a ratio of 1
                self.send_state("resizable")  # which a page sets by itself
            elif kind == "figure_enter" and page in self._ratios:
                self._draw_for(self._ratios[page])
            super()._handle_message(widget, self._placed(content), buffers)
            if self._moved is not None and self.surroundings not in (None, before):
                self._moved(self.surroundings)

    def _draw_for(self, ratio: float) -> None:
        """Draw for the pixel ratio of the page that was opened last, or that has the pointer."""
        self.handle_set_device_pixel_ratio({"device_pixel_ratio": ratio})

    def _placed(self, content: dict[str, Any]) -> dict[str, Any]:
        """Return a pointer message with the position on the figure, and store what it says about the page."""
        if not {"x", "y"} <= content.keys():
            return content
        ratio = self.device_pixel_ratio
        number, y = divmod(content["y"] / ratio + _ABOVE, _RAISE)
        if number < 2:  # the page lacks the style sheet
            return content
        width = int(number) // 2 * _STEP
        if content["type"] == "figure_enter":  # only then: what is redrawn must not shift under a moving pointer
            self.surroundings = Surroundings(width, bool(number % 2))
            PanelCanvas.on_dark_page = self.surroundings.dark
        scale = max(1, self._size[0] / width)
        return {**content, "x": content["x"] * scale, "y": (y - _ABOVE) * ratio * scale}


def _page() -> str | None:
    """Identify the page whose message is being answered: each has a session of its own with the kernel."""
    kernel = getattr(get_ipython(), "kernel", None)
    return None if kernel is None else kernel.get_parent().get("header", {}).get("session")
