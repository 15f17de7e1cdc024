"""Two plain facts about a picture: how bright it is, and how sharp."""

import numpy as np

from attn_widget.samples.picture import Rendering
from attn_widget.window import Window

_MOST = (416.0, 416.0)  # rows and columns looked at of a picture that is larger than `window.PLENTY`
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_EVEN = 1e-6  # of the luminance's variance: a picture of less is one even area


def brightness_and_sharpness(rendering: Rendering) -> tuple[float, float]:
    """Measure a picture's brightness and sharpness.

    Brightness is the mean luminance Y, from 0 for black to 1 for white. Sharpness is

        log10( var(L * Y) / var(Y) ),   L = [[0, 1, 0], [1, -4, 1], [0, 1, 0]]

    the variance of the Laplacian (Pertuz, Puig & Garcia 2013, "Analysis of focus measure operators for
    shape-from-focus", LAPV), relative to that of the luminance, so that a darker or flatter picture is not less sharp
    for it: from about -4 for a strongly blurred picture to 1.3 for noise. NaN for one even area, or where a picture has
    fewer than 3 rows or columns.
    """
    picture = rendering.part(Window.whole(rendering.size, _MOST))
    luminance = (picture @ _LUMA).astype(np.float64)
    varies = float(luminance.var())
    if min(luminance.shape) < 3 or varies < _EVEN:
        return float(luminance.mean()), float("nan")
    inner = luminance[1:-1, 1:-1]
    beside = luminance[:-2, 1:-1] + luminance[2:, 1:-1] + luminance[1:-1, :-2] + luminance[1:-1, 2:]
    edges = float((beside - 4 * inner).var())
    return float(luminance.mean()), float(np.log10(max(edges, 1e-12) / varies))
