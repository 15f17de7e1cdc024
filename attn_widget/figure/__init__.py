"""An `Explanation` on a Matplotlib figure: artists are made once and updated in place.

`explanation_figure` is put together from the artists of `image_panel`, `colour_bar` and `notice` (text over the
pictures). `panel_layout` computes where they go and `theme` has their colours; `colours` turns maps into pixels, and
`pixel_sources` does so for the visible part only, and `overall_pixels` for a heatmap without a figure. `value_scale`
decides from which value to which the colours run, `scale_texts` says it, and `style_checks` checks
how to draw. `lettering` writes the `titles`, in
`fonts` that have their characters; `pointer_text` describes the place under the mouse. `sheet_figure` shows many small
pictures, such as a `sample_tile`, `confusion_figure` a confusion matrix, and `curves_figure` how the check of a heatmap
came out. Code that relies on Matplotlib's private attributes is in `fast`.
"""

from attn_widget.figure.colours import COLOUR_MAPS, VIEWS, Painter, Style, opaque
from attn_widget.figure.confusion_figure import ConfusionFigure
from attn_widget.figure.curves_figure import CurvesFigure
from attn_widget.figure.explanation_figure import Beside, ExplanationFigure, Pin
from attn_widget.figure.fonts import can_draw, drawn_language, in_drawn_language
from attn_widget.figure.overall_pixels import overall_pixels
from attn_widget.figure.panel_layout import MOST_CHANNELS, MOST_PINS
from attn_widget.figure.sample_tile import classes_caption, sample_tile
from attn_widget.figure.sheet_figure import SIZES, SheetFigure, Tile
from attn_widget.figure.theme import DARK, LIGHT
from attn_widget.figure.titles import (
    compared_names,
    models_predict,
    predicted_text,
    same_target,
    shift_wordings,
    target_text,
    why_empty,
)
from attn_widget.figure.value_scale import SCALES, FixedSpans, checked_scale, spans_of

__all__ = [
    "COLOUR_MAPS",
    "DARK",
    "LIGHT",
    "MOST_CHANNELS",
    "MOST_PINS",
    "SCALES",
    "SIZES",
    "VIEWS",
    "Beside",
    "ConfusionFigure",
    "CurvesFigure",
    "ExplanationFigure",
    "FixedSpans",
    "Painter",
    "Pin",
    "SheetFigure",
    "Style",
    "Tile",
    "can_draw",
    "checked_scale",
    "classes_caption",
    "compared_names",
    "drawn_language",
    "in_drawn_language",
    "models_predict",
    "opaque",
    "overall_pixels",
    "predicted_text",
    "same_target",
    "sample_tile",
    "shift_wordings",
    "spans_of",
    "target_text",
    "why_empty",
]
