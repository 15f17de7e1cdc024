"""An ipympl canvas made fit for a panel: one lock, light pictures, nothing left behind.

What is particular to ipympl and to its versions stays in this file.
"""

import base64
import io
import threading
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from attn_widget.frames import encoded

# ipympl makes itself the backend when it is imported after Matplotlib (ipympl#623): the user's choice stays.
with patch.object(matplotlib, "use"):
    from ipympl.backend_nbagg import Canvas, FigureManager

_STATIC_DPI = 150


class PanelCanvas(Canvas):  # type: ignore[misc]  # ipympl is untyped, and so are the attributes it defines
    """A canvas for a figure that pyplot does not know.

    Parameters
    ----------
    figure : Figure
        Is given this canvas, and a manager with ipympl's toolbar.
    lock : RLock
        Held while the canvas answers the browser: messages come on other threads than the cells run on.
    """

    if TYPE_CHECKING:
        _png_is_old: bool
        _force_full: bool
        _last_buff: np.ndarray

    def __init__(self, figure: Figure, lock: threading.RLock) -> None:
        self._lock = lock
        super().__init__(figure)
        self.manager = FigureManager(self, 0)
        self.header_visible = False
        self.toolbar_visible = "hidden"  # it would lie over the figure (ipympl#497)

    def fit_figure(self) -> None:
        """Tell the browser the figure's size, where it has changed, and ask for a picture."""
        width, height = self.figure.bbox.size
        ratio = self.device_pixel_ratio
        if tuple(self._size) != (width / ratio, height / ratio):
            self.manager.resize(width, height)
        self.draw_idle()

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
        buffer = io.BytesIO()
        whole = self.figure.bbox_inches  # not cropped, whatever the user's savefig.bbox is
        self.figure.savefig(buffer, format="png", dpi=_STATIC_DPI, facecolor="white", bbox_inches=whole)
        text = base64.b64encode(buffer.getvalue()).decode("ascii")
        if self.syncing_data_url:
            width, height = self.figure.bbox.size / self.device_pixel_ratio
            self._size = (width, height)
            self._data_url = f"data:image/png;base64,{text}"
        return text

    def get_diff_image(self) -> bytes | None:
        """Encode what has changed, lightly: most of a redraw at Pillow's default level is compression."""
        if not self._png_is_old:
            return None
        pixels = np.array(self.get_renderer().buffer_rgba())
        pixels[..., 3] = 255  # the figure is opaque
        frame = pixels.view(np.uint32)[..., 0]
        whole = self._force_full or frame.shape != self._last_buff.shape
        self.set_image_mode("full" if whole else "diff")
        image = encoded(frame, None if whole else self._last_buff)
        self._last_buff, self._force_full, self._png_is_old = frame, False, False
        return image

    def send_binary(self, data: bytes) -> None:
        """Send a frame; ipympl would encode it once more for a page without a kernel (see `static_picture`)."""
        self.send({"data": '{"type": "binary"}'}, buffers=[data])

    def _handle_message(self, widget: Any, content: dict[str, Any], buffers: Any) -> None:
        with self._lock:
            super()._handle_message(widget, content, buffers)
