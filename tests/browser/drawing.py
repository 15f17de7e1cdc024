"""Runs in a notebook's kernel: what a panel should show, drawn from nothing."""

import base64
import io
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from attn_widget import explain
from attn_widget.explanation import Comparison
from attn_widget.figure import ExplanationFigure, Painter, SheetFigure, Style, Tile, opaque
from attn_widget.figure.lettering import DPI
from attn_widget.methods import METHODS
from attn_widget.samples import Samples
from attn_widget.words import forms, pictures


def drawn_afresh(explorer: Any, model: Any, loader: Any, ratio: float = 1) -> str:
    """Draw the state that a panel's traits describe on a new figure; a PNG in base 64."""
    samples = Samples(loader)
    sample, names = samples[explorer.sample], samples.class_names
    traits = {name: getattr(explorer, name) for name in ("layer", "call", "method", "top_k", "target", "at", "silence")}
    explanation = explain(model, sample.image, label=sample.label, **traits)
    comparison = None
    if explorer.compare is not None:
        traits["method" if explorer.compare in METHODS else "target"] = explorer.compare
        comparison = Comparison(explanation, explain(model, sample.image, label=sample.label, **traits))
    drawing = ExplanationFigure(width_of(explorer))
    canvas = FigureCanvasAgg(drawing.figure)
    drawing.figure.dpi *= ratio
    drawing.show(
        sample.picture,
        explanation,
        Style(explorer.view, explorer.alpha, explorer.cmap),
        lambda index: names[index],
        comparison=comparison,
    )
    canvas.draw()
    return _as_png(canvas)


def sheet_afresh(explorer: Any, model: Any, loader: Any, positions: list[int], width: int) -> str:
    """Draw the tiles of mistakes on a new figure, from a pass for each; a PNG in base 64."""
    samples, tiles = Samples(loader), []
    for position in positions:
        sample = samples[position]
        traits = {name: getattr(explorer, name) for name in ("layer", "call", "method", "target")}
        explanation = explain(model, sample.image, label=sample.label, **traits)
        pixels = Painter(sample.picture, Style(explorer.view, explorer.alpha, explorer.cmap)).heat(explanation.overall)
        probability = forms.percent(float(explanation.probabilities[explanation.predicted]))
        true, predicted = (samples.class_names[index] for index in (sample.label, explanation.predicted))
        caption = pictures.tile_caption(true, predicted, probability)
        tiles.append(Tile(opaque(sample.picture), caption, pixels, right=False))
    drawing = SheetFigure(width)
    canvas = FigureCanvasAgg(drawing.figure)
    drawing.show(tiles, "S", pairs=True)
    drawing.choose(positions.index(explorer.sample))
    canvas.draw()
    return _as_png(canvas)


def figure_of(root: Any, part: str) -> Any:
    """Find the figure of a panel's matrix, tiles or layers, by the class of the box around it; None without one."""
    inside = f"attn-{part}" in root._dom_classes
    for child in getattr(root, "children", ()):
        found = getattr(child, "figure", None) if inside else None
        found = found or figure_of(child, part) or (figure_of_any(child) if inside else None)
        if found is not None:
            return found
    return None


def figure_of_any(root: Any) -> Any:
    """Find the first figure below a widget."""
    if hasattr(root, "figure"):
        return root.figure
    return next(filter(None, map(figure_of_any, getattr(root, "children", ()))), None)


def cell_at(explorer: Any, true: int, predicted: int) -> tuple[float, float]:
    """Say where on its canvas a cell of the matrix is, as fractions from left and top."""
    figure = figure_of(explorer, "matrix")
    (axes,) = [axes for axes in figure.axes if axes.get_navigate()][:1]
    x, y = axes.transData.transform((predicted, true))
    return x / figure.bbox.width, 1 - y / figure.bbox.height


def tile_at(explorer: Any, part: str, number: int) -> tuple[float, float]:
    """Say where on its canvas a tile is, as fractions from left and top."""
    return list(_tiles(explorer, part).values())[number]


def tile_of(explorer: Any, part: str, name: str) -> tuple[float, float]:
    """Say where the tile is of which is said, under the mouse, what begins with a name."""
    return next(place for said, place in _tiles(explorer, part).items() if said.split()[0] == name)


def _tiles(explorer: Any, part: str) -> dict[str, tuple[float, float]]:
    """Find each tile by what is said of it under the mouse."""
    axes = figure_of(explorer, part).axes[0]
    right, bottom = axes.get_xlim()[1], axes.get_ylim()[0]
    hits: dict[str, list[tuple[float, float]]] = {}
    for y in range(12, int(bottom), 8):
        for x in range(12, int(right), 8):
            hits.setdefault(axes.format_coord(x, y), []).append((x / right, y / bottom))
    hits.pop("", None)
    return {said: tuple(np.mean(places, axis=0).tolist()) for said, places in hits.items()}


def width_of(explorer: Any) -> int:
    """Give the width of a panel's figure in CSS pixels."""
    return round(explorer.figure.get_size_inches()[0] * DPI)


def _as_png(canvas: FigureCanvasAgg) -> str:
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3]).save(buffer, "png")
    return base64.b64encode(buffer.getvalue()).decode("ascii")
