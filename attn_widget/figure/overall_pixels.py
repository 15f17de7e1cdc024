"""The overall heatmap of an explanation as pixels, in the panel's figure and without it."""

from functools import partial

import numpy as np

from attn_widget.explanation import Explanation, on_scale
from attn_widget.figure.colours import DIFFERENCES, Style
from attn_widget.figure.pixel_sources import Painters, Values, raw_source
from attn_widget.figure.value_scale import Scale, scales_of
from attn_widget.samples import Rendering
from attn_widget.window import Window


def overall_pixels(explanation: Explanation, rendering: Rendering, style: Style) -> np.ndarray:
    """Paint the overall heatmap at the image's full size as the panel does: opaque RGB, uint8 ``[H, W, 3]``.

    In the view ``"raw"``, each pixel has the colour of the layer's cell under it.
    """
    scale = scales_of(style, explanation, 0).overall
    if style.view != "raw":
        source = Painters(rendering.part, rendering.size, style).heat(overall_in(explanation, style, scale))
        return source.paint(Window.whole(rendering.size))[..., :3]
    map_ = explanation.overall_map
    cells = raw_source(map_, *coloured(scale, style)).paint(Window.whole(map_.shape))
    rows, columns = (
        (np.arange(pixels) * len_ // pixels) for pixels, len_ in zip(explanation.size, map_.shape, strict=True)
    )
    return cells[np.ix_(rows, columns)][..., :3]


def overall_in(explanation: Explanation, style: Style, scale: Scale) -> Values:
    """Return a function that computes parts of the overall heatmap on a scale."""
    if style.scale == "own":
        return explanation.overall_in
    return partial(on_scale, np.maximum(explanation.overall_map, 0), scale.span, explanation.size)


def coloured(scale: Scale, style: Style) -> tuple[str, float, float]:
    """Give a scale's colour map and ends."""
    return DIFFERENCES if scale.signed else style.cmap, scale.low, scale.high
