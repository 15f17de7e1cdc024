"""What covering a region does to the class probabilities of one image, beside covering the same shape elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.capture import Forward
from attn_widget.evidence.covering import Fill, filling
from attn_widget.evidence.image_scores import ImageScores
from attn_widget.evidence.regions import region_mask
from attn_widget.explanation.result import read_only
from attn_widget.samples import Label
from attn_widget.targets import needed
from attn_widget.words import evidence, forms

PLACES = 8
"""At how many other places the same shape is covered, by default."""

_OVERLAP = 0.25  # of the region, where a shape so large has no place beside it


@dataclass(frozen=True, eq=False, repr=False)
class CoveringEffect:
    """What covering a region does to one image's class probabilities; arrays are read-only.

    Attributes
    ----------
    before, after : ndarray ``[n]``, float64
        The probabilities of the image as it is, and with the region covered.
    places : ndarray ``[places, H, W]``, bool
        The same shape at other places, drawn at random. They do not overlap the region; a shape so large that it has no
        place beside the region goes on at the opposite edge of the image, and overlaps a quarter of the region at most.
        Empty where there is no such place either.
    others : ndarray ``[places, n]``, float64
        The probabilities with each of them covered in the same way, instead of the region.
    """

    before: np.ndarray
    after: np.ndarray
    places: np.ndarray
    others: np.ndarray

    @property
    def flips(self) -> bool:
        """Whether the predicted class becomes another one."""
        return bool(self.before.argmax() != self.after.argmax())

    @property
    def others_flip(self) -> float:
        """At which fraction of the other places it does; NaN where there are none."""
        flips = self.others.argmax(axis=-1) != self.before.argmax()
        return float(flips.mean()) if len(flips) else float("nan")

    def __repr__(self) -> str:
        return f"CoveringEffect: {covering_said(self, forms.class_number)}"


def covering_said(effect: CoveringEffect, name_of: Callable[[int], str]) -> str:
    """Say what covering does to the class that the model predicts for the whole image, beside the shape elsewhere."""
    predicted = int(effect.before.argmax())
    before, after = float(effect.before[predicted]), float(effect.after[predicted])
    said = evidence.effect(name_of(predicted), before, after)
    others = effect.others[:, predicted]
    if not len(others):
        return forms.together(forms.ended(said), evidence.NOWHERE_ELSE)
    return forms.clauses(said, evidence.elsewhere(before, float(others.mean()), len(others)))


def covering_effect(
    model: nn.Module,
    image: torch.Tensor | np.ndarray,
    region: Any,
    fill: Fill = "blur",
    *,
    label: Label = None,
    forward: Forward | None = None,
    places: int = PLACES,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> CoveringEffect:
    """Cover a region of one image and, in its place, the same shape elsewhere.

    What it shows is how much the prediction depends on what is seen there, with what covers it in mind: a patch is
    never nothing. A shape that changes the prediction as much wherever it is says that covering any so large part does.

    Parameters
    ----------
    model, image, label, forward
        As in `explain`.
    region, fill
        As in `cover`.
    places : int
        At how many other places the same shape is covered.
    seed : int
        Of the generator that draws them.
    progress : callable, optional
        Is told after each batch how many images were scored; what it raises ends the work.

    Raises
    ------
    Refusal
        Where the model's output is no class scores.
    TypeError, ValueError
        For another invalid argument.
    """
    scores = ImageScores(model, image, label=label, forward=forward, progress=progress)
    return effect_of_covering(scores, region, fill, places=places, seed=seed)


def effect_of_covering(
    scores: ImageScores, region: Any, fill: Fill, *, places: int = PLACES, seed: int = 0
) -> CoveringEffect:
    """Give the same for an image that can be scored."""
    image = scores.image
    mask = region_mask(region, (image.shape[-2], image.shape[-1]))
    others = _elsewhere(mask, places, seed)
    filled = filling(image, fill)
    masks = (torch.from_numpy(one).to(image.device) for one in (mask, *others))
    after, *rest = scores.probabilities_of(torch.where(one, filled, image) for one in masks)
    before = needed(scores.probabilities)
    found = np.array(rest).reshape(-1, len(after))
    return CoveringEffect(read_only(before), read_only(after), read_only(others), read_only(found))


def _elsewhere(mask: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Draw places for a mask, each once: ``[n, H, W]``, bool."""
    spectrum = np.fft.rfft2(mask)
    overlap = np.rint(np.fft.irfft2(spectrum * spectrum.conj(), mask.shape))  # of the mask with itself, by its move
    beside = _moves_inside(mask) & (overlap == 0)
    moves = np.argwhere(beside if beside.any() else overlap <= _OVERLAP * mask.sum())
    chosen = np.random.default_rng(seed).permutation(len(moves))[:count]
    return np.array([np.roll(mask, move, (0, 1)) for move in moves[chosen]], bool).reshape(-1, *mask.shape)


def _moves_inside(mask: np.ndarray) -> np.ndarray:
    """Tell by which moves (rows down, columns to the right, both from 0) a mask stays inside the image."""
    inside = []
    for axis, pixels in enumerate(mask.shape):
        used = np.flatnonzero(mask.any(axis=1 - axis))
        allowed = np.zeros(pixels, bool)
        if len(used):
            allowed[np.arange(-used[0], pixels - used[-1])] = True
        inside.append(allowed)
    return np.outer(*inside)
