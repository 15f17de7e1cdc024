"""Several layers' overall heatmaps as one."""

from collections.abc import Sequence

import numpy as np

from attn_widget.explanation.heatmap import to_heatmap
from attn_widget.explanation.result import Explanation


def fuse(explanations: Sequence[Explanation]) -> np.ndarray:
    r"""Combine a sample's overall heatmaps from several layers into one: their maximum at each pixel.

    Each heatmap M in [0, 1] is boosted first, so that one layer's middling evidence counts beside another's best:

    .. math:: F = \max_l \tanh(2 M_l)

    Jiang et al., "LayerCAM: exploring hierarchical class activation maps for localization", IEEE TIP 2021,
    equation 9, normalised to [0, 1] afterwards.

    Parameters
    ----------
    explanations : sequence of Explanation
        Of images of one size, such as `explain_many` gives for several layers.

    Returns
    -------
    ndarray ``[H, W]``, float32
        In [0, 1]; NaN where one of the heatmaps is.

    Raises
    ------
    ValueError
        Where there are none, or their images differ in size.
    """
    sizes = {explanation.size for explanation in explanations}
    if len(sizes) != 1:
        raise ValueError(
            f"explanations must be at least one, all of images of one size, got {len(explanations)} of {sorted(sizes)}"
        )
    boosted = np.max([np.tanh(2 * explanation.overall) for explanation in explanations], axis=0)
    return to_heatmap(boosted, sizes.pop())
