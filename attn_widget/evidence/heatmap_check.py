"""Whether a heatmap orders an image's pixels better than maps that know nothing of the image."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from attn_widget.capture import Forward
from attn_widget.evidence.curves import STEPS, Curve, curve_of, scores_for
from attn_widget.evidence.image_scores import ImageScores
from attn_widget.explanation import Explanation, to_heatmap
from attn_widget.refusal import Refusal
from attn_widget.samples import Label
from attn_widget.words import evidence

DRAWS = 9
"""How many random maps a heatmap is compared with, by default."""

_COARSEST = 14  # cells of a side: single pixels at random would break up an image more than any heatmap does


@dataclass(frozen=True, eq=False)
class HeatmapCheck:
    """Deletion and insertion by a heatmap, and by maps of the same heat elsewhere.

    Attributes
    ----------
    deletion, insertion : Curve
        By the heatmap.
    random : tuple of pair of Curve
        Deletion and insertion by each random map.
    centred : pair of Curve
        The same by the centred map.
    clean : float
        The score of the image itself.
    unit : str
        What the score is: ``"probability"`` or ``"score"``.
    """

    deletion: Curve
    insertion: Curve
    random: tuple[tuple[Curve, Curve], ...]
    centred: tuple[Curve, Curve]
    clean: float
    unit: str

    @property
    def beaten_by_deletion(self) -> int:
        """How many random maps have a larger area under the deletion curve than the heatmap."""
        return sum(deletion.area > self.deletion.area for deletion, _ in self.random)

    @property
    def beaten_by_insertion(self) -> int:
        """How many random maps have a smaller area under the insertion curve than the heatmap."""
        return sum(insertion.area < self.insertion.area for _, insertion in self.random)

    @property
    def beats_centred(self) -> tuple[bool, bool]:
        """Whether the heatmap does better than the centred map: by deletion, by insertion."""
        deletion, insertion = self.centred
        return self.deletion.area < deletion.area, self.insertion.area > insertion.area

    def verdict(self, name: str | None = None) -> str:
        """Say what was measured, in sentences; `name` is what is explained, such as a class."""
        return evidence.check_verdict(
            (name or evidence.THE_CLASS) if self.unit == "probability" else None,
            (self.deletion.area, [one.area for one, _ in self.random], self.centred[0].area, self.beaten_by_deletion),
            (self.insertion.area, [one.area for _, one in self.random], self.centred[1].area, self.beaten_by_insertion),
        )

    def __repr__(self) -> str:
        return f"HeatmapCheck: {self.verdict()}"


def check_heatmap(
    model: nn.Module,
    image: torch.Tensor | np.ndarray,
    explanation: Explanation,
    *,
    label: Label = None,
    forward: Forward | None = None,
    draws: int = DRAWS,
    steps: int = STEPS,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> HeatmapCheck:
    """Set deletion and insertion by a heatmap beside those by random maps and by a centred one.

    The controls have exactly the heat of the heatmap, in other places: a random map has the overall map's own cells in
    a random order, the centred one in order of their distance from the centre, hottest in the middle. (A map finer than
    14x14 is first averaged to that.) So they differ from it in nothing but where the heat is. Lower is better for
    deletion, higher for insertion (see there).

    Parameters
    ----------
    model, image, label, forward
        As in `explain`.
    explanation : Explanation
        Of this image. What it explains is scored.
    draws : int
        How many random maps.
    steps : int
        Of each curve.
    seed : int
        Of the random maps.
    progress : callable, optional
        Is told after each batch how many of `images_of_check` were scored; what it raises ends the work.

    Raises
    ------
    Refusal
        Where the heatmap is blank or flat, so that it orders nothing, or the target has no score.
    TypeError
        For a heatmap that is no Explanation: its layer's own cells are shuffled.
    """
    if not isinstance(explanation, Explanation):
        raise TypeError(f"explanation must be an Explanation, got {type(explanation).__name__}: deletion takes arrays")
    scores = scores_for(model, image, explanation, None, label, forward, progress)
    return checked(scores, explanation, draws=draws, steps=steps, seed=seed)


def images_of_check(size: tuple[int, int], draws: int = DRAWS, steps: int = STEPS) -> int:
    """Count the versions of an image of this size ``(H, W)`` that a check scores."""
    pixels = size[0] * size[1]
    points = -(-pixels // -(-pixels // steps)) + 1
    return 2 * (draws + 2) * points


def checked(
    scores: ImageScores, explanation: Explanation, *, draws: int = DRAWS, steps: int = STEPS, seed: int = 0
) -> HeatmapCheck:
    """Check a heatmap of an image that can be scored."""
    cells = _cells(explanation)
    generator = np.random.default_rng(seed)

    def both(heatmap: np.ndarray) -> tuple[Curve, Curve]:
        return curve_of(scores, heatmap, "deletion", "mean", steps), curve_of(
            scores, heatmap, "insertion", "blur", steps
        )

    def shown(map_: np.ndarray) -> np.ndarray:
        return to_heatmap(map_, explanation.size)

    deletion, insertion = both(explanation.overall)
    random = tuple(both(shown(generator.permutation(cells.ravel()).reshape(cells.shape))) for _ in range(draws))
    return HeatmapCheck(deletion, insertion, random, both(shown(_centred(cells))), scores.clean, scores.unit)


def _cells(explanation: Explanation) -> np.ndarray:
    """Give the heat of an overall map on a grid that is not too fine; refuse one without an order."""
    heat = np.maximum(np.nan_to_num(explanation.overall_map, nan=0.0, posinf=0.0), 0)
    if heat.max() == heat.min():
        raise Refusal(evidence.FLAT if heat.any() else evidence.BLANK)
    grid = min(heat.shape[0], _COARSEST), min(heat.shape[1], _COARSEST)
    means: np.ndarray = nn.functional.adaptive_avg_pool2d(torch.from_numpy(heat)[None].double(), grid)[0].numpy()
    return means


def _centred(cells: np.ndarray) -> np.ndarray:
    """Arrange cells by their distance from the centre, the hottest in the middle."""
    rows, columns = ((np.arange(count) + 0.5) / count - 0.5 for count in cells.shape)
    distance = rows[:, None] ** 2 + columns**2
    found = np.empty(cells.size)
    found[np.argsort(distance, axis=None, kind="stable")] = -np.sort(-cells, axis=None)
    return found.reshape(cells.shape)
