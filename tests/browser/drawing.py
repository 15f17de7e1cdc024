"""Runs in a notebook's kernel: what a panel should show, drawn from nothing."""

import base64
import io
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from attn_widget import explain
from attn_widget.explanation import Comparison
from attn_widget.figure import ExplanationFigure, Painter, SheetFigure, Style, Tile
from attn_widget.methods import METHODS
from attn_widget.samples import Samples


def drawn_afresh(explorer: Any, model: Any, loader: Any, ratio: float = 1) -> str:
    """Draw the state that a panel's traits describe on a new figure; a PNG in base 64."""
    samples = Samples(loader)
    sample, names = samples[explorer.sample], samples.class_names
    traits = {name: getattr(explorer, name) for name in ("layer", "call", "method", "top_k", "target", "at")}
    explanation = explain(model, sample.image, label=sample.label, **traits)
    comparison = None
    if explorer.compare is not None:
        traits["method" if explorer.compare in METHODS else "target"] = explorer.compare
        comparison = Comparison(explanation, explain(model, sample.image, label=sample.label, **traits))
    drawing = ExplanationFigure()
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


def sheet_afresh(explorer: Any, model: Any, loader: Any, positions: list[int]) -> str:
    """Draw a contact sheet of mistakes on a new figure, from a pass for each; a PNG in base 64."""
    samples, tiles = Samples(loader), []
    for position in positions:
        sample = samples[position]
        traits = {name: getattr(explorer, name) for name in ("layer", "call", "method", "target")}
        explanation = explain(model, sample.image, label=sample.label, **traits)
        pixels = Painter(sample.picture, Style(explorer.view, explorer.alpha, explorer.cmap)).heat(explanation.overall)
        caption = f"{position} · {samples.class_names[explanation.predicted]}"
        tiles.append(Tile(pixels, [[caption, str(position)]], right=False))
    drawing = SheetFigure(680)
    canvas = FigureCanvasAgg(drawing.figure)
    drawing.show(tiles, "M")
    drawing.choose(positions.index(explorer.sample))
    canvas.draw()
    return _as_png(canvas)


def _as_png(canvas: FigureCanvasAgg) -> str:
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3]).save(buffer, "png")
    return base64.b64encode(buffer.getvalue()).decode("ascii")
