"""What the panel is timed beside: the tutorial's function, and a figure like the panel's on stock ipympl."""

import io
import json
from typing import Any

import matplotlib
import numpy as np
import torch
from ipympl.backend_nbagg import Canvas, FigureManager
from matplotlib import cbook
from matplotlib.figure import Figure
from PIL import Image
from scipy.ndimage import zoom
from torch import nn

PANELS = 5  # image, overall heatmap, three channels


def photographs(count: int, size: int) -> torch.Tensor:
    """Cut squares ``[count, 3, size, size]`` in [0, 1] out of the photograph that comes with Matplotlib."""
    whole = Image.open(cbook.get_sample_data("grace_hopper.jpg")).convert("RGB")
    generator = np.random.default_rng(0)
    lefts, tops = (generator.integers(0, side - 224, count) for side in whole.size)
    corners = zip(lefts, tops, strict=True)
    squares = [whole.crop((left, top, left + 224, top + 224)).resize((size, size)) for left, top in corners]
    return torch.from_numpy(np.stack([np.asarray(square) for square in squares])).permute(0, 3, 1, 2).float() / 255


class Browser:
    """Takes the place of the page that a canvas talks to: keeps the frames, and answers as ipympl's front-end does."""

    def __init__(self, canvas: Any) -> None:
        self._canvas = canvas
        self._told: list[str] = []
        self.frame = b""
        canvas.send = self._receive
        for kind in ("refresh", "send_image_mode", "initialized"):
            self._say(kind)
        self.fetch()

    def fetch(self) -> bytes:
        """Wait for the picture: ask for it, as the page does when it hears that there is a new one."""
        while "draw" in self._told:
            self._told.clear()
            self._say("draw")
        return self.frame

    def _say(self, kind: str) -> None:
        self._canvas._handle_message(self._canvas, {"type": kind}, [])

    def _receive(self, content: Any, buffers: Any = None) -> None:
        if buffers:
            self.frame = bytes(buffers[0])
        self._told.append(json.loads(content["data"])["type"])


def pixels_of(canvas: Any) -> np.ndarray:
    """Copy a canvas's picture, ``[H, W, 4]``."""
    return np.array(canvas.get_renderer().buffer_rgba())


def stock_encoding(frame: np.ndarray, before: np.ndarray) -> bytes:
    """Encode a frame as stock ipympl does: the pixels that differ, by Pillow at its own level."""
    output = np.where((frame != before).any(axis=2, keepdims=True), frame, 0).astype(np.uint8)
    with io.BytesIO() as png:
        Image.fromarray(output).save(png, format="png")
        return png.getvalue()


class StockFigure:
    """A copy of a panel's figure as anybody would write it, on ipympl's own canvas, updated in place.

    Parameters
    ----------
    figure : Figure
        The panel's.
    """

    def __init__(self, figure: Figure) -> None:
        own = Figure(figsize=figure.get_size_inches(), dpi=figure.dpi)
        self.canvas = Canvas(own)
        self.canvas.manager = FigureManager(self.canvas, 0)
        self._images, self._texts = [], []
        for axes in _image_axes(figure):
            copy = own.add_axes(axes.get_position(original=True), xticks=[], yticks=[])
            self._images.append(copy.imshow(axes.images[0].get_array()))
        for text in figure.texts:
            place = {"ha": text.get_ha(), "fontsize": text.get_fontsize(), "weight": text.get_weight()}
            self._texts.append(own.text(*text.get_position(), text.get_text(), parse_math=False, **place))
        self._browser = Browser(self.canvas)

    def show(self, state: tuple[list[np.ndarray], list[str]]) -> bytes:
        """Show what another figure showed, and give the frame."""
        for image, pixels in zip(self._images, state[0], strict=True):
            image.set_data(pixels)
        for text, words in zip(self._texts, state[1], strict=True):
            text.set_text(words)
        self.canvas.draw_idle()
        return self._browser.fetch()

    def close(self) -> None:
        """Leave no widget behind."""
        for widget in (self.canvas.toolbar.layout, self.canvas.toolbar, self.canvas.layout, self.canvas):
            widget.close()


def state_of(figure: Figure) -> tuple[list[np.ndarray], list[str]]:
    """Give the pixels and the words that a figure shows."""
    pixels = [np.array(axes.images[0].get_array()) for axes in _image_axes(figure)]
    return pixels, [text.get_text() for text in figure.texts]


def _image_axes(figure: Figure) -> list[Any]:
    return [axes for axes in figure.axes if axes.get_visible() and axes.get_navigate()]


def tutorial(model: nn.Module, layer: str, image: torch.Tensor, inches: tuple[float, float]) -> bytes:
    """Make a new figure of image, overall heatmap and the three channels of highest mean, as tutorials do."""
    from matplotlib import pyplot

    kept = {}
    hook = model.get_submodule(layer).register_forward_hook(lambda module, given, output: kept.update(maps=output))
    with torch.no_grad():
        model(image[None])
    hook.remove()
    maps = kept["maps"][0].numpy()
    strongest = np.argsort(maps.mean((1, 2)))[::-1][: PANELS - 2]
    picture, side = image.permute(1, 2, 0).numpy(), image.shape[-1]
    with matplotlib.rc_context():
        figure, axes = pyplot.subplots(2, 3, figsize=inches)
        axes.flat[-1].axis("off")
        heatmaps = [None, maps.mean(0), *maps[strongest]]
        titles = ["image", "overall", *(f"channel {channel}" for channel in strongest)]
        for each, heatmap, title in zip(axes.flat, heatmaps, titles, strict=False):
            each.imshow(picture)
            if heatmap is not None:
                each.imshow(zoom(heatmap, side / heatmap.shape[0]), cmap="jet", alpha=0.5)
            each.set_title(title)
            each.axis("off")
        figure.tight_layout()
        with io.BytesIO() as png:
            figure.savefig(png, format="png")
            pyplot.close(figure)
            return png.getvalue()
