"""An `Explanation` on a Matplotlib figure: artists made once, updated in place.

`layout` says where the panels lie, `colours` turns maps into pixels and `source` does so for as much as is seen,
`panel` holds one panel's artists and `bar` the colour bar's, `wording` writes the titles, `pointing` what stands under
the mouse, `fonts` finds fonts for class names, and `whole` puts them together; `sheet` shows many small pictures,
`confusion` a confusion matrix.
"""

from attn_widget.figure.colours import COLOUR_MAPS, VIEWS, Painter, Style, opaque
from attn_widget.figure.confusion_figure import ConfusionFigure
from attn_widget.figure.explanation_figure import ExplanationFigure, Pin
from attn_widget.figure.image_panel import INK, WRONG
from attn_widget.figure.panel_layout import MOST_CHANNELS, MOST_PINS
from attn_widget.figure.sheet_figure import SheetFigure, Tile
from attn_widget.figure.titles import compared_names, predicted_text, target_text

__all__ = [
    "COLOUR_MAPS",
    "INK",
    "MOST_CHANNELS",
    "MOST_PINS",
    "VIEWS",
    "WRONG",
    "ConfusionFigure",
    "ExplanationFigure",
    "Painter",
    "Pin",
    "SheetFigure",
    "Style",
    "Tile",
    "compared_names",
    "opaque",
    "predicted_text",
    "target_text",
]
