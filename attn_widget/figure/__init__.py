"""An `Explanation` on a Matplotlib figure: artists made once, updated in place.

`layout` says where the panels lie, `colours` turns maps into pixels, `panel` holds one panel's artists,
`fonts` finds fonts for class names, and `whole` puts them together. `confusion` draws
a review's confusion matrix.
"""

from attn_widget.figure.colours import COLOUR_MAPS, VIEWS, Style
from attn_widget.figure.confusion import ConfusionFigure
from attn_widget.figure.layout import MOST_CHANNELS
from attn_widget.figure.whole import ExplanationFigure, predicted_text

__all__ = ["COLOUR_MAPS", "MOST_CHANNELS", "VIEWS", "ConfusionFigure", "ExplanationFigure", "Style", "predicted_text"]
