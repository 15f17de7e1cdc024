"""An ipympl canvas made fit for a panel: one lock, whole and light frames, a picture that fits its cell, no traces.

What is particular to ipympl and to its versions stays in this file.
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

from attn_widget.frames import encoded

# ipympl makes itself the backend when it is imported after Matplotlib (ipympl#623): the user's choice stays.
with patch.object(matplotlib, "use"):
    from ipympl.backend_nbagg import Canvas, FigureManager

_STATIC_DPI = 150

# ipympl tells the kernel neither a canvas's width on the page nor the page's theme, and places the pointer as if no
# picture were ever scaled. So the layer that takes the mouse reaches above the picture, out of sight, by `_RAISE` CSS
# pixels times a number that is even for each `_STEP` pixels of the box's width, and one more on a dark page. Every
# message about the pointer then carries that number, and `_place` takes it out again.
_RAISE, _STEP = 8192, 4  # more than a picture is high
_ABOVE = 512  # a pointer that leaves is at most so far above the picture

DARK_PAGE = ':is([data-jp-theme-light="false"], .theme-dark, .vscode-dark, [theme="dark"])'
"""What selects the dark pages of JupyterLab, Notebook, Voila, VS Code and Colab."""

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
"""What pages that show a `PanelCanvas` must hold in a ``<style>``.

With it a picture is never wider than its box, which must have a width of its own, and Tab passes the picture by:
focused, ipympl's canvas would keep every key, and only what is visible can be focused.
"""


class Surroundings(NamedTuple):
    """What a browser has told of the page around a picture: the box's width in CSS pixels, and whether it is dark."""

    width: int
    dark: bool


class PanelCanvas(Canvas):  # type: ignore[misc]  # ipympl is untyped, and so are the attributes it defines
    """A canvas for a figure that pyplot does not know.

    Parameters
    ----------
    figure : Figure
        Is given this canvas, and a manager with ipympl's toolbar.
    lock : RLock
        Held while the canvas answers the browser: messages come on other threads than the cells run on.
    moved : function, optional
        Called, under the lock, when the pointer comes to the picture and `surroundings` have changed.

    Attributes
    ----------
    surroundings : Surroundings or None
        None until the pointer was on the picture.
    on_dark_page : bool
        Whether the page is dark on which the pointer was last on any picture.
    """

    on_dark_page: ClassVar[bool] = False

    if TYPE_CHECKING:
        _png_is_old: bool

    def __init__(
        self, figure: Figure, lock: threading.RLock, moved: Callable[[Surroundings], object] | None = None
    ) -> None:
        self._lock, self._moved = lock, moved
        self.surroundings: Surroundings | None = None
        self._ratios: dict[str | None, float] = {}
        self._awaited = False  # whether a page has asked for a picture, and has not been sent one since
        self._changed = True  # whether there is something to draw that no page has been sent
        super().__init__(figure)
        self.manager = FigureManager(self, 0)
        self.header_visible = False
        self.toolbar_visible = "hidden"  # it would lie over the figure (ipympl#497)
        self.resizable = False  # its corner is sought where the picture has none
        self.add_class("attn-canvas")

    def fit_figure(self) -> None:
        """Tell the browser the figure's size, where it has changed, and ask for a picture."""
        width, height = self.figure.bbox.size
        ratio = self.device_pixel_ratio
        if tuple(self._size) != (width / ratio, height / ratio):
            self.manager.resize(width, height)
        self.draw_idle()

    def draw_idle(self) -> None:
        """Send a new picture: at once where a page waits for one, or else as soon as a page asks for it."""
        with self._lock:
            self._changed = True
            if self._awaited:
                self._answer()
            else:
                self.send_event("draw")

    def handle_draw(self, _event: Any) -> None:
        """Take a page's request for a picture, which waits until there is something new to draw."""
        self._awaited = True
        if self._changed:
            self._answer()

    def _answer(self) -> None:
        """Send a picture, and have the page ask for the next one now, so that no time is lost when there is one.

        Never more than one picture is under way, so a page that is slow is not flooded.
        """
        self._awaited = self._changed = False
        try:
            self.draw()
        except BaseException:
            self._awaited = True  # without a picture the page would not ask again
            raise
        self.send_event("draw")

    def use_tool(self, name: str) -> None:
        """Make dragging pan, zoom, or, with an empty name, do nothing."""
        present = self.toolbar.mode.name.lower()
        if name and name != present:
            getattr(self.toolbar, name)()
        elif not name and present != "none":
            getattr(self.toolbar, present)()

    def forget_pointer(self) -> None:
        """Take away what is written of the place under the mouse, which was true of the last picture."""
        self.toolbar.set_message("")

    def static_picture(self) -> str:
        """Draw the figure for pages without a kernel: a PNG in base 64, kept in the widget's state as well."""
        text = base64.b64encode(self._png(_STATIC_DPI)).decode("ascii")
        if self.syncing_data_url:
            width, height = self.figure.bbox.size / self.device_pixel_ratio
            self._size = (width, height)
            self._data_url = f"data:image/png;base64,{text}"
        return text

    def save_as(self, name: str) -> None:
        """Have the browser save the figure as `name` with ``.png``, at twice the size at which it is shown.

        ipympl before 0.10 saves what is shown.
        """
        self._figure_label = name
        message = {"data": json.dumps({"type": "save", "format": "png"})}
        self.send(message, buffers=[self._png(2 * self.figure.dpi / self.device_pixel_ratio)])

    def _png(self, dpi: float) -> bytes:
        """Draw the figure once more, whole and in its own colours, whatever the user's settings for savefig are."""
        buffer, whole = io.BytesIO(), self.figure.bbox_inches
        self.figure.savefig(buffer, format="png", dpi=dpi, facecolor="auto", bbox_inches=whole)
        return buffer.getvalue()

    def get_diff_image(self) -> bytes | None:
        """Encode the whole picture, opaque: of two frames that follow each other closely a browser drops the first.

        Two pages that show the canvas ask for two frames at once, and differences would then be laid over what lacks
        the ones before them.
        """
        if not self._png_is_old:
            return None
        self._png_is_old = False
        return encoded(np.asarray(self.get_renderer().buffer_rgba()))

    def send_binary(self, data: bytes) -> None:
        """Send a frame; ipympl would encode it once more for a page without a kernel (see `static_picture`)."""
        self.send({"data": '{"type": "binary"}'}, buffers=[data])

    def handle_resize(self, _event: Any) -> None:
        """Keep the size: pages whose style has not come, or that have lost the kernel, still offer the corner."""
        for _ in range(2):  # the first only ends the page's own resizing
            self.manager.resize(*self.figure.bbox.size)

    def _handle_message(self, widget: Any, content: dict[str, Any], buffers: Any) -> None:
        with self._lock:
            kind, page, before = content["type"], _page(), self.surroundings
            if kind == "set_device_pixel_ratio":
                self._ratios[page] = content["device_pixel_ratio"]
            elif kind == "initialized":
                self._draw_for(self._ratios.setdefault(page, 1))  # of which a page says nothing
                self.send_state("resizable")  # which a page sets by itself
            elif kind == "figure_enter" and page in self._ratios:
                self._draw_for(self._ratios[page])
            super()._handle_message(widget, self._placed(content), buffers)
            if self._moved is not None and self.surroundings not in (None, before):
                self._moved(self.surroundings)

    def _draw_for(self, ratio: float) -> None:
        """Draw for the pixels of the page that was opened last, or that the pointer is on."""
        self.handle_set_device_pixel_ratio({"device_pixel_ratio": ratio})

    def _placed(self, content: dict[str, Any]) -> dict[str, Any]:
        """Give a message about the pointer its place on the figure, and keep what it tells of the page."""
        if not {"x", "y"} <= content.keys():
            return content
        ratio = self.device_pixel_ratio
        number, y = divmod(content["y"] / ratio + _ABOVE, _RAISE)
        if number < 2:  # the page has no style
            return content
        width = int(number) // 2 * _STEP
        if content["type"] == "figure_enter":  # not while it moves: what is drawn anew must not move under it
            self.surroundings = Surroundings(width, bool(number % 2))
            PanelCanvas.on_dark_page = self.surroundings.dark
        scale = max(1, self._size[0] / width)
        return {**content, "x": content["x"] * scale, "y": (y - _ABOVE) * ratio * scale}


def _page() -> str | None:
    """Name the page whose message is answered: each has a session of its own with the kernel."""
    kernel = getattr(get_ipython(), "kernel", None)
    return None if kernel is None else kernel.get_parent().get("header", {}).get("session")
