"""An explanation as a figure of its own, for scripts and for notebooks without the panel."""

from typing import Any

import numpy as np

from attn_widget.explanation import Comparison, Explanation
from attn_widget.figure.explanation_figure import ExplanationFigure
from attn_widget.figure.fast.redrawn_figure import RedrawnFigure
from attn_widget.figure.fonts import drawn_language, readable
from attn_widget.figure.style_checks import checked_style
from attn_widget.samples import Rendering, Sample, as_rendering
from attn_widget.samples.class_name_forms import given_names
from attn_widget.words import forms, said_in, summaries

_GROUND = 0.93  # light grey, in place of a picture that was not given


def figure_of(
    explanation: Explanation,
    picture: Any,
    *,
    compare: Explanation | None,
    models: tuple[str, str] | None,
    view: str,
    alpha: float,
    cmap: str,
    class_names: Any,
    width: int,
    scale: Any,
    fade: bool,
) -> RedrawnFigure:
    """Draw an explanation; the arguments are those of `Explanation.show`."""
    names = () if class_names is None else given_names(class_names)

    def name_of(index: int) -> str:
        return names[index] if 0 <= index < len(names) else forms.class_number(index)

    style = checked_style("heatmap" if picture is None and view == "overlay" else view, alpha, cmap, scale, fade)
    drawing = ExplanationFigure(width)
    comparison = None if compare is None else Comparison(explanation, compare, models)
    drawing.show(_rendering(picture, explanation.size), explanation, style, name_of, comparison=comparison)
    if picture is None:
        image, text = drawing.figure.axes[0], said_in(drawn_language(), lambda: summaries.NO_PICTURE)
        written = image.text(0.5, 0.5, text, transform=image.transAxes, ha="center", va="center", color="0.4")
        written.set_fontfamily(readable(text)[1])
    return drawing.figure


def _rendering(picture: Any, size: tuple[int, int]) -> Rendering:
    """Convert a picture given in any form; raise a ValueError if it does not have the image's size ``(H, W)``."""
    if isinstance(picture, Sample):
        picture = picture.rendering
    if isinstance(picture, Rendering):
        shape = (*picture.size, 3)
    else:
        picture = np.full((*size, 3), _GROUND, np.float32) if picture is None else np.asarray(picture)
        shape = picture.shape
        picture = picture / np.float32(255) if picture.dtype == np.uint8 else picture
    if shape != (*size, 3):
        raise ValueError(f"picture must be a Sample or an array {[*size, 3]} in [0, 1], got shape {list(shape)}")
    return as_rendering(picture)
