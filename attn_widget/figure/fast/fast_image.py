"""An image that is resampled to the screen's pixels fast."""

from dataclasses import dataclass
from math import ceil, floor
from typing import Any, TypeGuard

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.image import AxesImage
from torch.nn import functional

from attn_widget.figure.pixel_sources import Source
from attn_widget.window import Window

_OFF = 1e-3  # edges this many dots apart count as equal: the difference is invisible
_FEW = 1.05  # dots per stored pixel that still count as one, to allow for rounding
_SHARP = 3  # an image enlarged by more than this, or by exactly 1 or 2, is not interpolated, as in Matplotlib


class PixelImage(AxesImage):
    """An image that fills its axes: the same on every renderer, and several times as fast as its base class.

    If the axes show the whole image, enlarged less than threefold, it is resampled by bicubic interpolation (with
    antialiasing if it is reduced), which keeps more detail than the base class's Hann window. If it is enlarged more,
    its own pixels are shown. If only a part of it is visible, and in files that store images in their own size, the
    base class does everything.

    Of a large image, not all pixels are stored. If those are too few, for an enlarged part or a file of high
    resolution, the visible part is painted again at the resolution that is needed.

    Parameters
    ----------
    axes : Axes
        The axes to which it is added.
    """

    def __init__(self, axes: Axes) -> None:
        super().__init__(axes, interpolation="auto", origin="upper", resample=True)
        self._source: Source | None = None
        self._spread: tuple[int, int] | None = None
        self._sampled: tuple[tuple[bool, tuple[int, int]], np.ndarray] | None = None
        self.mouseover = False  # the axes' format_coord is enough; the image would add its colour
        axes.add_image(self)
        self.set_clip_path(axes.patch)

    def show(self, pixels: np.ndarray, *, smooth: bool = True, over: tuple[int, int] | None = None) -> None:
        """Show new pixels.

        Parameters
        ----------
        pixels : ndarray ``[h, w, 4]``, uint8
            Opaque RGBA.
        smooth : bool
            Whether to interpolate between them; otherwise they are squares, however small.
        over : tuple of int, optional
            The size ``(H, W)`` of the image over which they are stretched; by default ``(h, w)``.
        """
        self._source = self._sampled = None
        self._A = pixels  # as `set_data` does, after checks that take longer than the drawing
        self.changed()
        if self.get_array() is not pixels:  # another version of Matplotlib stores them elsewhere
            self.set_data(pixels)
        self.set_interpolation("auto" if smooth else "nearest")
        self.stretch(over or (pixels.shape[0], pixels.shape[1]))

    def show_source(
        self, source: Source, most: tuple[float, float], *, smooth: bool = True, over: tuple[int, int] | None = None
    ) -> None:
        """Show the colours of a source, as `show` does; of a large one, store only about `most` rows and columns."""
        window = Window.whole(source.size, most)
        self.show(source.paint(window), smooth=smooth, over=over)
        self._source = None if window.exact else source

    def stretch(self, size: tuple[int, int]) -> None:
        """Stretch over an image ``(H, W)``, which becomes the extent of the axes' data."""
        if self._spread != size:  # setting it takes Matplotlib longer than comparing
            self._spread = size
            self.set_extent((-0.5, size[1] - 0.5, size[0] - 0.5, -0.5))
            self.axes.relim()

    def draw(self, renderer: RendererBase) -> None:
        """Draw, as `AxesImage.draw` does, but without blending on an Agg canvas: the pixels are opaque."""
        plain = self.get_visible() and self.get_alpha() is None and self.get_agg_filter() is None
        if (
            plain
            and draws_on_pixels(renderer)
            and self._lay_on(
                np.asarray(renderer.buffer_rgba())  # type: ignore[no-untyped-call]  # untyped
            )
        ):
            self.stale = False
        else:
            super().draw(renderer)

    def make_image(self, renderer: RendererBase, magnification: float = 1.0, unsampled: bool = False) -> Any:
        """Return the pixels on the screen, RGBA, and their place, as `AxesImage.make_image` does."""
        place = None if unsampled else self._place(magnification)
        if place is not None:
            left, bottom, width, height = place
            return np.ascontiguousarray(self._dots(width, height)[::-1]), left, bottom, None  # Agg begins at the bottom
        part = None if unsampled or self._source is None else self._part_of(self._source, magnification)
        if part is None:
            return super().make_image(renderer, magnification, unsampled)
        return part.make_image(renderer, magnification)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state for copying and pickling: with the stored pixels, but without their source."""
        state: dict[str, Any] = dict(super().__getstate__())  # type: ignore[call-overload]  # typed as an object
        return state | {"_source": None, "_sampled": None}

    def _lay_on(self, canvas: np.ndarray) -> bool:
        """Write the dots to a canvas ``[H, W, 4]`` if the whole image lies within it; return whether it does."""
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
        """Return the image as dots of the screen, RGBA ``[height, width, 4]``, top row first."""
        key = (self.get_interpolation() == "auto", (height, width))
        if self._sampled is None or self._sampled[0] != key:
            pixels = self._enough(width, height)
            smooth = key[0] and not _is_sharp(pixels, width, height)
            self._sampled = key, (_resampled if smooth else _repeated)(pixels, key[1])
        return self._sampled[1]

    def _enough(self, width: int, height: int) -> np.ndarray:
        """Return the whole image in as many pixels as that many dots need."""
        held = np.asarray(self.get_array())
        source = self._source
        if source is None or (height <= _FEW * held.shape[0] and width <= _FEW * held.shape[1]):
            return held
        rows, columns = source.size
        return source.paint(Window(0, rows, 0, columns, min(height, rows), min(width, columns)))

    def _part_of(self, source: Source, magnification: float) -> AxesImage | None:
        """Return the visible part as an image of its own; None if the stored pixels are enough for it."""
        box, seen, (left, right, bottom, top) = self.axes.bbox, self.axes.viewLim, self.get_extent()
        held = np.asarray(self.get_array()).shape
        across = _Seen.of((seen.x0, seen.x1), (left, right), source.size[1], box.width * magnification)
        down = _Seen.of((seen.y0, seen.y1), (top, bottom), source.size[0], box.height * magnification)
        enough = all(
            seen.dots * cells <= _FEW * few for seen, cells, few in zip((down, across), source.size, held, strict=False)
        )
        if enough or down.last <= down.first or across.last <= across.first:
            return None
        window = Window(down.first, down.last, across.first, across.last, down.cells, across.cells)
        extent = (across.place(across.first), across.place(across.last), down.place(down.last), down.place(down.first))
        part = AxesImage(
            self.axes, interpolation=self.get_interpolation(), origin="upper", resample=True, extent=extent
        )
        part.set_data(source.paint(window))
        part.set_figure(self.axes.figure)
        part.set_transform(self.get_transform())
        return part

    def _place(self, magnification: float) -> tuple[int, int, int, int] | None:
        """Return left and bottom edge, width and height in dots; None unless the axes show exactly the whole image."""
        left, right, bottom, top = self.get_extent()
        extent = np.reshape((left, bottom, right, top), (2, 2))
        seen = self.axes.bbox.get_points() * magnification
        own = self.get_transform().transform(extent) * magnification
        if np.abs(own - seen).max() > _OFF:
            return None
        (x0, y0), (x1, y1) = np.floor(seen + 0.5).astype(int)
        return None if x1 <= x0 or y1 <= y0 else (x0, y0, x1 - x0, y1 - y0)


def draws_on_pixels(renderer: RendererBase) -> TypeGuard[RendererAgg]:
    """Whether a renderer draws straight to pixels in memory, not to a file, and not only to measure."""
    return type(renderer) is RendererAgg and "draw_text" not in vars(renderer)


@dataclass(frozen=True)
class _Seen:
    """The visible pixels of a source along one axis: from `first` to `last`, each `dots` wide.

    `start` is where the first of all pixels begins in data coordinates, and `step` the distance from one to the next.
    """

    first: int
    last: int
    dots: float
    start: float
    step: float

    @classmethod
    def of(cls, limits: tuple[float, float], extent: tuple[float, float], pixels: int, room: float) -> "_Seen":
        start, step = extent[0], (extent[1] - extent[0]) / pixels
        low, high = sorted((limit - start) / step for limit in limits)
        dots = room / (high - low)
        beyond = 2 + 2 / dots  # the neighbours with which pixels at the edge are interpolated
        return cls(max(floor(low - beyond), 0), min(ceil(high + beyond), pixels), dots, start, step)

    @property
    def cells(self) -> int:
        """How many pixels to paint: two per dot, because they are not aligned with dots, or all there are."""
        return min(self.last - self.first, ceil((self.last - self.first) * self.dots * 2))

    def place(self, pixel: int) -> float:
        """Return where a pixel begins, in data coordinates."""
        return self.start + pixel * self.step


def _is_sharp(pixels: np.ndarray, width: int, height: int) -> bool:
    rows, columns = pixels.shape[:2]
    return all(
        dots > _SHARP * cells or dots in (cells, 2 * cells) for dots, cells in ((width, columns), (height, rows))
    )


def _resampled(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    # `unsqueeze`, because the stride of an axis added by NumPy hides from torch that the colours are contiguous
    tensor = torch.from_numpy(np.ascontiguousarray(pixels)).unsqueeze(0).permute(0, 3, 1, 2)
    with torch.no_grad():
        sampled = functional.interpolate(tensor, size=size, mode="bicubic", antialias=True)
    return sampled[0].permute(1, 2, 0).numpy()


def _repeated(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    cells = zip(size, pixels.shape, strict=False)
    # a dot halfway between two pixels takes the first of them, as in Matplotlib
    rows, columns = (np.ceil((np.arange(dots) + 0.5) * count / dots).astype(int) - 1 for dots, count in cells)
    colours = np.ascontiguousarray(pixels).view(np.uint32)[..., 0]  # NumPy indexes one number faster than four
    return colours[rows[:, None], columns][..., None].view(np.uint8)
