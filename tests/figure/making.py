"""Explanations with maps of one's own choice, and figures drawn to pixels."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import nn

from attn_widget import Explanation, explain
from attn_widget.figure import ExplanationFigure, Style

SIZE = (16, 16)


class Given(nn.Module):
    """A model whose `layer` gives the maps that it was made with."""

    def __init__(self, maps: np.ndarray) -> None:
        super().__init__()
        self.layer = nn.Conv2d(1, len(maps), 1)
        self.maps = torch.tensor(maps, dtype=torch.float32)[None]
        self.layer.register_forward_hook(lambda layer, inputs, output: self.maps)

    def forward(self, batch):
        return self.layer(batch[:, :1]).mean((2, 3))


def some_maps(count: int, grid: tuple[int, int] = (4, 4), seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((count, *grid), dtype=np.float32) * 3


def explained(
    given: np.ndarray | int = 3, size: tuple[int, int] = SIZE, top_k: int | None = None, **changes: Any
) -> Explanation:
    """Explain the maps given, or that many random ones, for an image of the given size; `changes` replace fields."""
    maps = some_maps(given) if isinstance(given, int) else given
    found = explain(Given(maps), torch.zeros(3, *size), layer="layer", top_k=top_k or len(maps))
    return replace(found, **changes)


def picture(size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.random.default_rng(1).random((*size, 3), dtype=np.float32)


def shown(explanation: Explanation, style: Style | None = None, width: int = 680, **options: Any) -> ExplanationFigure:
    drawing = ExplanationFigure(width)
    drawing.show(picture(explanation.size), explanation, style or Style(), **options)
    return drawing


def drawn(figure: Figure) -> np.ndarray:
    """Draw a figure to pixels ``[height, width, 3]``."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


def image_axes(drawing: ExplanationFigure) -> list[Axes]:
    """List the visible panels: the image, the overall heatmap, the channels."""
    return [axes for axes in drawing.figure.axes if axes.get_visible() and axes.get_navigate()]


def pixels_of(drawing: ExplanationFigure, panel: int, rows: int, columns: int) -> np.ndarray:
    """Draw, and read the colour at the centre of each cell of a grid over the panel's image: ``[rows, columns, 3]``."""
    frame = drawn(drawing.figure)
    axes = image_axes(drawing)[panel]
    height, width = axes.get_ylim()[0] + 0.5, axes.get_xlim()[1] + 0.5
    y, x = (np.arange(rows) + 0.5) * height / rows - 0.5, (np.arange(columns) + 0.5) * width / columns - 0.5
    places = axes.transData.transform(np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)).astype(int)
    return frame[frame.shape[0] - 1 - places[:, 1], places[:, 0]].reshape(rows, columns, 3)


def writing(drawing: ExplanationFigure) -> list[str]:
    """List what is written and visible."""
    return [text.get_text() for text in drawing.figure.texts if text.get_visible() and text.get_text()]
