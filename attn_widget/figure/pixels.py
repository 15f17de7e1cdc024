"""An image that is brought to the screen's pixels fast."""

from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.image import AxesImage
from torch.nn import functional

_OFF = 1e-3  # by how many dots an edge may lie elsewhere and still count as the same: less than is ever seen
_SHARP = 3  # an image enlarged so much, or twice, or not at all, shows its own pixels, as Matplotlib decides it


class PixelImage(AxesImage):
    """Pixels of colours that fill axes; the same for every renderer, and several times as fast as their base class.

    Where the axes show the whole image, and the image is enlarged less than threefold, it is resampled by bicubic
    interpolation (with antialiasing where it is made smaller), which keeps more detail than the base class's window
    of Hann. Otherwise its own pixels are shown. Where only a part of it is seen, and in files that keep images in
    their own size, the base class does all.

    Parameters
    ----------
    axes : Axes
        Where it is added.
    """

    def __init__(self, axes: Axes) -> None:
        super().__init__(axes, interpolation="auto", origin="upper", resample=True)
        self._sampled: tuple[tuple[bool, tuple[int, int]], np.ndarray] | None = None
        self.mouseover = False  # the axes' format_coord says all; the image would add its colour
        axes.add_image(self)
        self.set_clip_path(axes.patch)

    def show(self, pixels: np.ndarray, *, smooth: bool = True) -> None:
        """Show other pixels, opaque RGBA, uint8 ``[h, w, 4]``; unless `smooth`, they are squares however small."""
        self._sampled = None
        self._A = pixels  # what `set_data` does after checks that take longer than to draw them
        self.changed()
        if self.get_array() is not pixels:  # another Matplotlib keeps them elsewhere
            self.set_data(pixels)
        self.set_interpolation("auto" if smooth else "nearest")

    def draw(self, renderer: RendererBase) -> None:
        """Draw, as `AxesImage.draw` does; on Agg's own pixels, opaque ones need no blending."""
        plain = self.get_visible() and self.get_alpha() is None and self.get_agg_filter() is None
        if (
            plain
            and type(renderer) is RendererAgg
            and self._lay_on(
                np.asarray(renderer.buffer_rgba())  # type: ignore[no-untyped-call]  # untyped
            )
        ):
            self.stale = False
        else:
            super().draw(renderer)

    def make_image(self, renderer: RendererBase, magnification: float = 1.0, unsampled: bool = False) -> Any:
        """Give the pixels on the screen, RGBA, and their place, as `AxesImage.make_image` does."""
        place = None if unsampled else self._place(magnification)
        if place is None:
            return super().make_image(renderer, magnification, unsampled)
        left, bottom, width, height = place
        return np.ascontiguousarray(self._dots(width, height)[::-1]), left, bottom, None  # Agg begins below

    def _lay_on(self, canvas: np.ndarray) -> bool:
        """Write the dots on a canvas ``[H, W, 4]``, where the whole image lies on it; gives whether it does."""
        place = self._place(1.0)
        if place is None:
            return False
        left, bottom, width, height = place
        top = canvas.shape[0] - bottom - height
        inside = min(left, bottom, top) >= 0 and left + width <= canvas.shape[1]
        if inside:
            canvas[top : top + height, left : left + width] = self._dots(width, height)
        return inside

    def _dots(self, width: int, height: int) -> np.ndarray:
        """Give the pixels as dots of the screen, RGBA ``[height, width, 4]`` from the highest row."""
        smooth = self.get_interpolation() == "auto" and not self._is_sharp(width, height)
        key = (smooth, (height, width))
        if self._sampled is None or self._sampled[0] != key:
            self._sampled = key, (_resampled if smooth else _repeated)(np.asarray(self.get_array()), key[1])
        return self._sampled[1]

    def _place(self, magnification: float) -> tuple[int, int, int, int] | None:
        """Give left and bottom edge, width and height in dots; None where the axes do not show exactly the image."""
        left, right, bottom, top = self.get_extent()
        extent = np.reshape((left, bottom, right, top), (2, 2))
        seen = self.axes.bbox.get_points() * magnification
        own = self.get_transform().transform(extent) * magnification
        if np.abs(own - seen).max() > _OFF:
            return None
        (x0, y0), (x1, y1) = np.floor(seen + 0.5).astype(int)
        return None if x1 <= x0 or y1 <= y0 else (x0, y0, x1 - x0, y1 - y0)

    def _is_sharp(self, width: int, height: int) -> bool:
        rows, columns = np.asarray(self.get_array()).shape[:2]
        return all(
            dots > _SHARP * cells or dots in (cells, 2 * cells) for dots, cells in ((width, columns), (height, rows))
        )


def _resampled(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    # `unsqueeze` and not NumPy's `None`, whose stride hides from torch that the colours lie side by side
    tensor = torch.from_numpy(np.ascontiguousarray(pixels)).unsqueeze(0).permute(0, 3, 1, 2)
    with torch.no_grad():
        sampled = functional.interpolate(tensor, size=size, mode="bicubic", antialias=True)
    return sampled[0].permute(1, 2, 0).numpy()


def _repeated(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    cells = zip(size, pixels.shape, strict=False)
    # a dot in the middle between two pixels takes the first of them, as in Matplotlib
    rows, columns = (np.ceil((np.arange(dots) + 0.5) * count / dots).astype(int) - 1 for dots, count in cells)
    colours = np.ascontiguousarray(pixels).view(np.uint32)[..., 0]  # NumPy picks one number faster than four
    return colours[rows[:, None], columns][..., None].view(np.uint8)
