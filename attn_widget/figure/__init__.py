"""An `Explanation` on a Matplotlib figure: artists made once, updated in place.

`panel_layout` says where the panels lie, `theme` in which colours, `colours` turns maps into pixels and `pixel_sources`
does so for as much as is seen. `image_panel` holds one panel's artists, `colour_bar` the bar's and `notice` words over
the pictures; `titles` are written by `lettering` in `fonts` that have their characters, and `pointer_text` stands under
the mouse. `explanation_figure` puts them together; `sheet_figure` shows many small pictures, `confusion_figure` a
confusion matrix. What reaches into Matplotlib's privates is in `fast`.
"""

from attn_widget.figure.colours import COLOUR_MAPS, VIEWS, Painter, Style, opaque
from attn_widget.figure.confusion_figure import ConfusionFigure
from attn_widget.figure.explanation_figure import ExplanationFigure, Pin
from attn_widget.figure.panel_layout import MOST_CHANNELS, MOST_PINS
from attn_widget.figure.sheet_figure import SIZES, SheetFigure, Tile
from attn_widget.figure.theme import DARK, LIGHT, Theme
from attn_widget.figure.titles import compared_names, predicted_text, same_target, target_text, why_empty

__all__ = [
    "COLOUR_MAPS",
    "DARK",
    "LIGHT",
    "MOST_CHANNELS",
    "MOST_PINS",
    "SIZES",
    "VIEWS",
    "ConfusionFigure",
    "ExplanationFigure",
    "Painter",
    "Pin",
    "SheetFigure",
    "Style",
    "Theme",
    "Tile",
    "compared_names",
    "opaque",
    "predicted_text",
    "same_target",
    "target_text",
    "why_empty",
]
