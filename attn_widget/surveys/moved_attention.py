"""Where attention moved: how far the heat of every sample lies apart in two models."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from attn_widget.candidates import Classes
from attn_widget.capture import Forward, Grid, image_names
from attn_widget.explanation import Explanation
from attn_widget.explanation.class_shift import total_variation
from attn_widget.explanation.heatmap import resized
from attn_widget.methods import method_named
from attn_widget.predictions.columns import NO_CLASS
from attn_widget.refusal import Refusal
from attn_widget.samples import Axes, Portion, as_samples, open_portions
from attn_widget.samples.class_name_forms import given_names
from attn_widget.surveys.model_side import Answer, Asked, ModelSide
from attn_widget.targets import Target
from attn_widget.words import forms, several_models


@dataclass(frozen=True, eq=False)
class AttentionMoves:
    r"""How far the heat of each of N samples lies apart in two models, and what both predict.

    Attributes
    ----------
    layers : tuple of str
        The layer of each model; empty for a method that reads none.
    method, target
        What was asked of both.
    distance : ndarray ``[N]``, float32
        The total variation of the two overall maps M, rectified and each divided by its sum, from 0 to 1 (as in
        `Explanation.class_shift`):

        .. math:: \frac{1}{2} \sum_{ij} \left| \frac{\max(M^1_{ij}, 0)}{\sum \max(M^1, 0)}
            - \frac{\max(M^2_{ij}, 0)}{\sum \max(M^2, 0)} \right|

        Maps on different grids are first resized (bilinearly) to the finer one. NaN where one of the maps is blank or
        not finite, and for samples that could not be explained.
    one_sided : ndarray ``[N]``, bool
        Whether only one of the models has any heat, so that there is no distance, and yet all of the heat moved.
    predicted, other_predicted : ndarray ``[N]``, int64
        The class that each model predicts; -1 for none.
    between_samples : float
        The control: the mean distance between a sample and the next one in the first model. Two heatmaps that have
        nothing in common but the model lie this far apart. NaN where there are no two to compare.
    errors : mapping of int to str
        By position, why a sample could not be explained.
    broken_off : str or None
        What a stream raised after the last sample, if it broke off there.
    """

    layers: tuple[str, str]
    method: str
    target: Target
    distance: np.ndarray
    one_sided: np.ndarray
    predicted: np.ndarray
    other_predicted: np.ndarray
    between_samples: float
    errors: Mapping[int, str] = field(default_factory=dict)
    broken_off: str | None = None

    def __repr__(self) -> str:
        return f"AttentionMoves: {self.said(*several_models.UNNAMED)}"

    def said(self, first: str, second: str) -> str:
        """Sum it up in a sentence, with names for the two models."""
        known = self.distance[np.isfinite(self.distance)]
        one_sided, count = int(self.one_sided.sum()), len(self.distance)
        return several_models.moves_found(
            (first, second),
            self.method,
            self.layers,
            (float(np.median(known)) if len(known) else None, self.between_samples),
            (int(self.changed.sum()), one_sided, count - len(known) - one_sided, count),
            self.broken_off,
        )

    @cached_property
    def changed(self) -> np.ndarray:
        """Whether the models predict different classes: ``[N]``, bool."""
        known = (self.predicted != NO_CLASS) & (self.other_predicted != NO_CLASS)
        return known & (self.predicted != self.other_predicted)

    @cached_property
    def positions(self) -> np.ndarray:
        """All positions: one-sided ones, then the largest distance first, then the others: ``[N]``, int64."""
        return self.sorted_by("distance")

    def sorted_by(self, first: Literal["distance", "changed"]) -> np.ndarray:
        """Give all positions by distance, or first those where the prediction changed: ``[N]``, int64."""
        distance = np.where(self.one_sided, -np.inf, np.nan_to_num(-self.distance, nan=np.inf))
        keys = (distance, ~self.changed) if first == "changed" else (distance,)
        return np.lexsort(keys)


def attention_moves(
    model: nn.Module,
    other: nn.Module,
    loader: Any,
    *,
    layer: str | tuple[str | None, str | None] | None = None,
    method: str = "grad-cam",
    target: Target = "predicted",
    class_names: Any = None,
    forward: Forward | None = None,
    grid: Grid | None = None,
    progress: Callable[[int, int | None], object] | None = None,
) -> AttentionMoves:
    """Explain every sample of a loader by two models, such as two epochs of one training, and compare the heatmaps.

    Each batch takes one pass of each model, with a backward pass if the method needs gradients. The loader is read as
    `review` reads it, and a stream to its end.

    Parameters
    ----------
    model, other : Module
        In any mode; they are left exactly as they were.
    loader : DataLoader, data set, list or iterable of batches, or Tensor ``[N, C, H, W]``
        Anything that `Samples` takes; both models get its images.
    layer : str or pair of str, optional
        A layer that both have, or one of each; by default, and for None, each one's default.
    method : str
        How channels are weighed.
    target
        As `explain` takes it; ``"predicted"`` explains what each model itself predicts.
    class_names : list of str, or mapping of int to str, optional
        The names of the classes, for labels that are texts; by default the data set's own.
    forward : callable, optional
        ``forward(model, batch)``, called instead of ``model(batch)``.
    grid : tuple of int, optional
        As in `explain`.
    progress : callable, optional
        Called after each batch with the number of samples done and the total (None for a stream); what it raises ends
        the work.

    Raises
    ------
    Refusal
        Where not one sample could be explained by both; it says why.
    TypeError, ValueError
        For an argument that is wrong, such as a layer that a model does not have.

    Examples
    --------
    >>> moves = attention_moves(first, fifth, loader)
    >>> moves.positions[:10], moves.distance[moves.positions[:10]]
    """
    samples = as_samples(loader, image_names(model))
    names = tuple(samples.class_names or ()) if class_names is None else given_names(class_names)
    asked = Asked(method_named(method).name, target, forward, grid, Classes(len(names) or None))
    layers = layer if isinstance(layer, tuple) else (layer, layer)
    if len(layers) != 2:
        raise ValueError(f"layer must be a module's name, or a pair of them, one for each model, got {layer!r}")
    first, second = (ModelSide(one, own, asked) for one, own in zip((model, other), layers, strict=True))
    walk = _Walk(first, second, names)
    with closing(open_portions(samples).read_from(0)) as portions:
        for portion in portions:
            walk.take(portion)
            if progress is not None:
                progress(portion.stop, samples.count)
    return walk.moves(asked)


class _Walk:
    """Takes one portion of samples after another."""

    def __init__(self, first: ModelSide, second: ModelSide, names: tuple[str, ...]) -> None:
        self._sides = first, second
        self._index = {name: index for index, name in enumerate(names)}
        self._rows: list[tuple[float, bool, int, int]] = []  # by position: distance, one-sided, and both predictions
        self._between: list[float] = []
        self._last: list[np.ndarray] = []  # the first model's last overall map, if there is one
        self._errors: dict[int, str] = {}
        self._failure: Exception | None = None
        self._broken_off: str | None = None

    def take(self, portion: Portion) -> None:
        self._rows += [(np.nan, False, NO_CLASS, NO_CLASS)] * (portion.stop - len(self._rows))
        self._errors |= portion.errors
        self._broken_off = portion.broken
        for positions, images, axes, labels in _by_form(portion):
            known = [self._index.get(label, label) if isinstance(label, str) else label for label in labels]
            first, second = (side.answers(images, axes, known) for side in self._sides)
            for position, *pair in zip(positions, first, second, strict=True):
                self._note(position, *pair)
            maps = [*self._last, *(one.overall_map for one in first if isinstance(one, Explanation))]
            self._last = maps[-1:]
            self._between += [map_distance(*pair) for pair in pairwise(maps)]

    def _note(self, position: int, one: Answer, other: Answer) -> None:
        """Keep what was found about a sample."""
        failure = next((each for each in (one, other) if isinstance(each, Exception)), None)
        if failure is not None:
            self._failure = self._failure or failure
            self._errors[position] = str(failure) if isinstance(failure, Refusal) else forms.failed_pass(failure)
        predicted, other_predicted = _predicted(one), _predicted(other)
        distance, one_sided = np.nan, False
        if isinstance(one, Explanation) and isinstance(other, Explanation):
            distance = map_distance(one.overall_map, other.overall_map)
            one_sided = {_most(one.overall_map) > 0, _most(other.overall_map) > 0} == {True, False}
        self._rows[position] = distance, one_sided, predicted, other_predicted

    def moves(self, asked: Asked) -> AttentionMoves:
        """Give what was found; raises a Refusal where no sample could be explained by both."""
        if self._rows and len(self._errors) == len(self._rows):
            raise Refusal(several_models.none_explained(self._errors[min(self._errors)])) from self._failure
        distance, one_sided, predicted, other = np.array(self._rows, np.float64).reshape(-1, 4).T
        first, second = (side.layer or "" for side in self._sides)
        known = [one for one in self._between if one == one]
        return AttentionMoves(
            (first, second),
            asked.method,
            asked.target,
            distance.astype(np.float32),
            one_sided.astype(bool),
            predicted.astype(np.int64),
            other.astype(np.int64),
            float(np.mean(known)) if known else np.nan,
            self._errors,
            self._broken_off,
        )


def _most(map_: np.ndarray) -> float:
    """Give the largest value of a map; NaN where it holds NaN or infinite values."""
    return float(map_.max()) if np.isfinite(map_).all() else np.nan


def _predicted(answer: Answer) -> int:
    predicted = answer.predicted if isinstance(answer, Explanation) else None
    return NO_CLASS if predicted is None else predicted


def map_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Give the total variation of two overall maps ``[h, w]``, on the finer grid where they have two.

    NaN where one of them is nowhere positive, or holds NaN or infinite values.
    """
    if first.shape == second.shape:
        return total_variation(first, second)
    rows, columns = (max(sizes) for sizes in zip(first.shape, second.shape, strict=True))
    return total_variation(*(_on_grid(map_, (rows, columns)) for map_ in (first, second)))


def _on_grid(map_: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Rectify a map and resize it; NaN and infinite values stay where they are."""
    heat = np.maximum(map_.astype(np.float64), 0)
    most = heat.max()
    if not 0 < most < np.inf:
        return np.full(grid, np.nan)
    return resized(heat / most, grid)


def _by_form(portion: Portion) -> Iterator[tuple[list[int], torch.Tensor, Axes, list[Any]]]:
    """Give the samples of a portion whose images have one form: positions, images ``[B, C, H, W]``, axes, labels."""
    positions, labels = portion.positions, list(portion.labels)
    forms_: dict[Any, list[int]] = {}
    for at in range(len(positions)):
        image = portion.images[at]
        forms_.setdefault((portion.axes_at(at), image.shape, image.dtype), []).append(at)
    for (axes, _, _), places in forms_.items():
        images = torch.stack([portion.images[at] for at in places])
        yield [positions[at] for at in places], images, axes, [_plain(labels[at]) for at in places]


def _plain(label: Any) -> Any:
    """Give a label as a plain number, and None for one that stands for no class."""
    if isinstance(label, np.integer):
        return int(label) if label != NO_CLASS else None
    return label
