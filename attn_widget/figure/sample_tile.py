"""A sample as a tile of a sheet: its picture beside its heatmap, and its classes."""

from collections.abc import Callable

import numpy as np

from attn_widget.explanation import Explanation
from attn_widget.figure.colours import Painter, Style, opaque
from attn_widget.figure.sheet_figure import SheetFigure, Tile
from attn_widget.outputs import is_right
from attn_widget.window import Window
from attn_widget.words import forms, pictures


def sample_tile(
    position: int,
    picture: np.ndarray | None,
    explanation: Explanation | None,
    style: Style,
    name_of: Callable[[int], str],
    badge: str = "",
) -> Tile:
    """Make a tile of a picture ``[h, w, 3]`` that was drawn in a window of at most `SheetFigure.MOST`."""
    caption = classes_caption(position, explanation, name_of)
    if picture is None or explanation is None:
        return Tile(None if picture is None else opaque(picture), caption, badge=badge)
    heatmap = explanation.overall_in(Window.whole(explanation.size, SheetFigure.MOST))
    right = is_right(explanation.predicted, explanation.label)
    return Tile(opaque(picture), caption, Painter(picture, style).heat(heatmap), right, badge)


def classes_caption(position: int, explanation: Explanation | None, name_of: Callable[[int], str]) -> list[list[str]]:
    """Give the true class, the predicted class and its probability; without a prediction, the position."""
    if explanation is None or explanation.predicted is None:
        return [[str(position)]]
    predicted, probabilities = explanation.predicted, explanation.probabilities
    sure = "" if probabilities is None else forms.percent(float(probabilities[predicted]))
    return pictures.tile_caption(forms.label_text(explanation.label, name_of), name_of(predicted), sure)
