"""Remove and debias: how the score changes as pixels are replaced by what their neighbours make likely."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import torch
from torch import nn

from attn_widget.capture import Forward, written_in
from attn_widget.evidence.curves import Curve, scores_for
from attn_widget.evidence.heat import pixels_by_heat
from attn_widget.evidence.linear_imputation import LinearImputation
from attn_widget.explanation import Explanation
from attn_widget.explanation.result import read_only
from attn_widget.samples import Label
from attn_widget.targets import Target

FRACTIONS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""How much of the image is replaced, by default."""

NOISE = 0.01


def road(
    model: nn.Module,
    image: torch.Tensor | np.ndarray,
    heatmap: np.ndarray | Explanation,
    *,
    target: Target | None = None,
    label: Label = None,
    forward: Forward | None = None,
    first: Literal["hottest", "coldest"] = "hottest",
    fractions: Sequence[float] = FRACTIONS,
    noise: float = NOISE,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Curve:
    r"""Replace pixels in the order of the heatmap by noisy linear imputation, which hides where they were.

    A plain fill leaves the outline of what was removed to be seen, so deletion also measures that. Here the removed
    pixels are the solution of a linear system, each the weighted mean of its eight neighbours (`LinearImputation`),
    plus normal noise of the standard deviation `noise` times that of all of the image's values. The curve has the
    score of the image itself at 0, and then that at each fraction q, with the round(q H W) hottest (or coldest) pixels
    replaced.

    Rong, Leemann, Borisov, Kasneci & Kasneci, "A consistent and efficient evaluation strategy for attribution methods",
    ICML 2022. There the score is the accuracy over a data set; here it is the class's probability for one image.
    Hottest first, lower areas are better; coldest first, higher ones.

    Parameters
    ----------
    model, image, heatmap, target, label, forward
        As in `deletion`.
    first : str
        ``"hottest"`` pixels first (MoRF), or ``"coldest"`` (LeRF). Pixels without positive heat are equally cold, and
        go row by row.
    fractions : sequence of float
        Ascending, each more than 0 and less than 1.
    noise : float
        Of the standard deviation of the image's values.
    seed : int
        Of the noise.
    progress : callable, optional
        Is told after each batch how many images were scored; what it raises ends the work.

    Returns
    -------
    Curve

    Raises
    ------
    Refusal, TypeError, ValueError
        If an argument is invalid, or the target makes no sense for the model's output.
    """
    if first not in ("hottest", "coldest"):
        raise ValueError(f"first must be 'hottest' or 'coldest', got {first!r}")
    if not fractions or list(fractions) != sorted(fractions) or fractions[0] <= 0 or fractions[-1] >= 1:
        raise ValueError(f"fractions must be ascending, each more than 0 and less than 1, got {fractions!r}")
    scores = scores_for(model, image, heatmap, target, label, forward, progress)
    whole = scores.image
    height, width = whole.shape[-2:]
    order = pixels_by_heat(heatmap, (height, width), coldest=first == "coldest")
    pixels = whole.detach().to("cpu", torch.float64).numpy().reshape(len(whole), -1).T
    imputation, generator = LinearImputation((height, width)), np.random.default_rng(seed)
    counts = [0, *(round(fraction * order.size) for fraction in fractions)]

    def version(count: int) -> torch.Tensor:
        if count == 0:
            return whole
        missing, changed = np.sort(order[:count]), pixels.copy()
        drawn = generator.standard_normal((count, pixels.shape[1]))
        changed[missing] = imputation.fill(pixels, missing) + noise * pixels.std() * drawn
        values = torch.from_numpy(np.ascontiguousarray(changed.T)).reshape(whole.shape)
        return written_in(values, whole.dtype, whole).to(whole.device)

    found = scores.of(map(version, counts))
    measure = "road" if first == "hottest" else "road, coldest first"
    return Curve(read_only(np.array(counts) / order.size), read_only(found), measure)
