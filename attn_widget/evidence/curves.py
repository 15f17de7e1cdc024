"""Deletion and insertion: how the score changes as what a heatmap marks is taken away, or given back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.integrate import trapezoid
from torch import nn

from attn_widget.capture import Forward
from attn_widget.evidence.covering import Fill, filling
from attn_widget.evidence.heat import pixels_by_heat
from attn_widget.evidence.image_scores import ImageScores
from attn_widget.explanation import Explanation
from attn_widget.explanation.result import read_only
from attn_widget.refusal import Refusal
from attn_widget.samples import Label
from attn_widget.targets import Target, as_target
from attn_widget.words import evidence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STEPS = 20
"""In how many steps all pixels of an image are replaced, by default."""


@dataclass(frozen=True, eq=False)
class Curve:
    """How a score changes as more and more of an image is replaced; arrays are read-only, float64.

    Attributes
    ----------
    fractions : ndarray ``[n]``
        How much of the image is replaced, or restored: ascending from 0.
    scores : ndarray ``[n]``
        The score at each, a probability where the target is one class.
    measure : str
        ``"deletion"``, ``"insertion"``, ``"road"`` or ``"road, coldest first"``.
    """

    fractions: np.ndarray
    scores: np.ndarray
    measure: str

    @property
    def area(self) -> float:
        """The area under the curve, by the trapezoidal rule, as a share of its width: the score's mean over it."""
        return float(trapezoid(self.scores, self.fractions) / (self.fractions[-1] - self.fractions[0]))

    def plot(self, axes: "Axes | None" = None, *, label: str | None = None) -> "Axes":
        """Draw the curve with Matplotlib, on a figure that pyplot does not know unless `axes` are given.

        Several curves may share axes; `label` is for a legend.
        """
        if axes is None:
            from matplotlib.figure import Figure  # this floor works without Matplotlib

            axes = Figure(figsize=(4.5, 3), layout="constrained").subplots()
        axes.plot(self.fractions, self.scores, label=label)
        axes.set(xlabel=evidence.FRACTION_OF.get(self.measure, evidence.FRACTION), ylabel=evidence.SCORE, xlim=(0, 1))
        return axes

    def __repr__(self) -> str:
        return f"Curve({self.measure}, area={self.area:.3f}, {len(self.scores)} points)"


def deletion(
    model: nn.Module,
    image: torch.Tensor | np.ndarray,
    heatmap: np.ndarray | Explanation,
    *,
    target: Target | None = None,
    label: Label = None,
    forward: Forward | None = None,
    fill: Fill = "mean",
    steps: int = STEPS,
    progress: Callable[[int], None] | None = None,
) -> Curve:
    r"""Replace the pixels in the order of the heatmap, hottest first: a good heatmap's score falls early.

    With p the probability of the class, X the image, F what replaces it, and :math:`M_k` the k hottest of N pixels:

    .. math:: d(k / N) = p(X \odot (1 - M_k) + F \odot M_k), \qquad \mathrm{area} = \int_0^1 d

    Petsiuk, Das & Saenko, "RISE: randomized input sampling for explanation of black-box models", BMVC 2018. Lower areas
    are better, but only beside a control: a model whose probability falls when anything is covered gives a low area for
    each heatmap.

    Parameters
    ----------
    model, image, label, forward
        As in `explain`.
    heatmap : Explanation or ndarray ``[H, W]``
        Only its positive part and the order of the pixels count; of equal ones, the first comes first, row by row.
    target
        As in `explain`; by default what the Explanation explains, else the predicted class. It is resolved for the
        whole image.
    fill : str, Tensor or ndarray
        What replaces pixels, as in `cover`; ``torch.zeros_like(image)`` for zeros.
    steps : int
        In how many steps, of equally many pixels but for the last.
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
    scores = scores_for(model, image, heatmap, target, label, forward, progress)
    return curve_of(scores, heatmap, "deletion", fill, steps)


def insertion(
    model: nn.Module,
    image: torch.Tensor | np.ndarray,
    heatmap: np.ndarray | Explanation,
    *,
    target: Target | None = None,
    label: Label = None,
    forward: Forward | None = None,
    fill: Fill = "blur",
    steps: int = STEPS,
    progress: Callable[[int], None] | None = None,
) -> Curve:
    r"""Restore the pixels of a blurred image in the order of the heatmap: a good heatmap's score rises early.

    .. math:: i(k / N) = p(X \odot M_k + F \odot (1 - M_k)), \qquad \mathrm{area} = \int_0^1 i

    Higher areas are better. All else as in `deletion`, from the same paper.
    """
    scores = scores_for(model, image, heatmap, target, label, forward, progress)
    return curve_of(scores, heatmap, "insertion", fill, steps)


def scores_for(
    model: nn.Module,
    image: torch.Tensor | np.ndarray,
    heatmap: np.ndarray | Explanation,
    target: Target | None,
    label: Label,
    forward: Forward | None,
    progress: Callable[[int], None] | None,
) -> ImageScores:
    """Score versions of an image by what a heatmap explains, unless another target is given."""
    if target is None:
        target = as_target(heatmap.target_classes) if isinstance(heatmap, Explanation) else "predicted"
    if isinstance(heatmap, Explanation) and heatmap.silenced is not None and forward is None:
        raise Refusal(evidence.OF_ALTERED_MODEL)
    return ImageScores(model, image, target=target, label=label, forward=forward, progress=progress)


def curve_of(scores: ImageScores, heatmap: np.ndarray | Explanation, measure: str, fill: Fill, steps: int) -> Curve:
    """Draw one curve of an image that can be scored."""
    image = scores.image
    size = (image.shape[-2], image.shape[-1])
    order = pixels_by_heat(heatmap, size)
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise ValueError(f"steps must be a whole number of at least 1, got {steps!r}")
    ranks = np.empty(order.size, int)
    ranks[order] = np.arange(order.size)
    counts = [*range(0, order.size, -(-order.size // steps)), order.size]
    filled = filling(image, fill)
    first, last = (image, filled) if measure == "deletion" else (filled, image)

    def version(count: int) -> torch.Tensor:
        changed = torch.from_numpy((ranks < count).reshape(size)).to(image.device)
        return torch.where(changed, last, first)

    found = scores.of(map(version, counts))
    return Curve(read_only(np.array(counts) / order.size), read_only(found), measure)
