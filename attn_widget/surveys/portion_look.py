"""One pass over a portion of samples that predicts them and weighs all channels of a layer."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from torch import Tensor, nn

from attn_widget.candidates import Classes
from attn_widget.capture import Forward, hooked_pass, lasting_shadow
from attn_widget.explanation import Question, Weighed, Weigher
from attn_widget.explanation.batch_output import Undivided
from attn_widget.layers import NoMap
from attn_widget.layout_trial import tried
from attn_widget.methods import Directions, method_named
from attn_widget.predictions.batch_scores import Scored
from attn_widget.predictions.columns import NO_CLASS, Columns
from attn_widget.predictions.predictor import Predictor
from attn_widget.refusal import Refusal
from attn_widget.samples import Axes, Portion
from attn_widget.targets import Contrast, Target
from attn_widget.words import surveys


@dataclass(frozen=True, eq=False)
class Look:
    """What one layer shows about N samples, whose maps lie on one grid."""

    positions: np.ndarray  # ``[N]``, int64, ascending
    labels: np.ndarray  # classes, or -1: ``[N]``, int32
    predicted: np.ndarray  # ``[N]``, int32, -1 for none
    losses: np.ndarray  # ``[N]``, float32
    confidences: np.ndarray  # ``[N]``, float32
    weighed: Weighed
    heat: np.ndarray  # overall heatmaps in [0, 1], as the panels show them: ``[N, h, w]``, float64

    def __len__(self) -> int:
        return len(self.positions)

    def rows(self, chosen: np.ndarray) -> "Look":
        """Take some of the samples."""
        return Look(
            self.positions[chosen],
            self.labels[chosen],
            self.predicted[chosen],
            self.losses[chosen],
            self.confidences[chosen],
            self.weighed.rows(chosen),
            self.heat[chosen],
        )


@dataclass(frozen=True, eq=False)
class Looked:
    """What was found of a portion: predictions as for a review, and what a layer shows of each sample."""

    scored: Scored
    looks: list[Look]
    errors: dict[int, str] = field(default_factory=dict)  # by position, why there is nothing to show
    notes: tuple[str, ...] = ()
    layer: str | None = None  # None while there was nothing to show
    parts: Directions | None = None  # what the method weighs in the place of channels


class Looking(Predictor):
    """Predicts one portion after another as a review does and, in the same pass, weighs a layer's channels.

    `layer` is None for the default one; `method`, `target` and `grid` are those of `attn_widget.survey`, and the rest
    is as for `Predictor`. All passes run on one shadow of the model or, where there can be none, on the model itself.
    """

    def __init__(
        self,
        model: nn.Module,
        forward: Forward | None,
        names: tuple[str, ...],
        known: Classes,
        question: Question,
        layer: str | None,
        method: str,
    ) -> None:
        tree = lasting_shadow(model, forward) or model
        super().__init__(tree, forward, names, known, lasting=False)
        self._weigher = Weigher(replace(question, model=tree), layer, method_named(method))
        self._may_lack_class = "true" in _parts(question.target)
        self._labels: np.ndarray | None = None
        self._last: Weighed | None = None
        self._why_not = ""
        self._found: list[tuple[int, Weighed]] = []
        self._without: dict[int, str] = {}

    def look(self, portion: Portion) -> Looked:
        """Predict and weigh a portion; raises nothing but what `Scored.refusal` says."""
        self._labels, self._found, self._without = None, [], {}
        whole = self._whole
        scored = self.predict(portion)
        if self._may_lack_class and (scored.columns["labels"] == NO_CLASS).any():
            self._whole = whole  # it was for a label, not for the model, that images were taken one by one
        positions = np.array(portion.positions, np.int64)
        errors = {**scored.errors, **{int(positions[at]): why for at, why in self._without.items()}}
        looks = [_look(positions[at : at + len(one.means)], portion.start, scored, one) for at, one in self._joined()]
        shown, lacking = list[Look](), dict[int, str]()
        for look in looks:
            finite = _are_finite(look.weighed)
            lacking |= dict.fromkeys(look.positions[~finite].tolist(), surveys.NOT_FINITE)
            if finite.any():
                shown.append(look if finite.all() else look.rows(finite))
        met = {position for look in shown for position in look.positions.tolist()}
        errors = {position: why for position, why in {**lacking, **errors}.items() if position not in met}
        return Looked(scored, shown, errors, tuple(self._weigher.notes), self._weigher.layer, self._weigher.parts)

    def _joined(self) -> list[tuple[int, Weighed]]:
        """Put consecutive samples on one grid together; each part with the place of its first sample."""
        groups: list[tuple[int, list[Weighed]]] = []
        for at, one in self._found:
            if groups:
                first, parts = groups[-1]
                follows = first + sum(len(part.means) for part in parts) == at
                if (
                    follows
                    and parts[0].overall_maps.shape[1:] == one.overall_maps.shape[1:]
                    and (parts[0].means.shape[1] == one.means.shape[1])
                ):
                    parts.append(one)
                    continue
            groups.append((at, [one]))
        return [(at, Weighed.together(parts)) for at, parts in groups]

    def _on_tree(self, work: Any) -> None:
        work(self._model)  # each pass sees to it that nothing changes

    def _output(self, tree: nn.Module, batch: Tensor, axes: Axes) -> Any:
        labels = np.full(len(batch), NO_CLASS) if self._labels is None else self._labels
        try:
            output, self._last = tried(
                axes, self._forward, lambda forward: self._weigher.weigh(batch, labels, self._known, forward)
            )
        except Refusal as refusal:
            if isinstance(refusal, NoMap) or not self._may_lack_class:
                raise
            if len(batch) > 1:
                raise Undivided from refusal  # alone, the image that lacks its class says so
            self._last, self._why_not = None, str(refusal)  # the sample has no class to explain
            return tried(axes, self._forward, lambda forward: hooked_pass(tree, batch, forward).output)
        return output

    def _pass(
        self, tree: nn.Module, batch: Tensor, portion: Portion, labels: np.ndarray, *, at: int = 0, inference: bool
    ) -> Columns:
        self._labels = labels
        columns = super()._pass(tree, batch, portion, labels, at=at, inference=inference)
        if self._last is None:
            self._without[at] = self._why_not
        else:
            self._found.append((at, self._last))
        return columns


def _parts(target: Target) -> tuple[Any, ...]:
    return (target.of, target.against) if isinstance(target, Contrast) else (target,)


def _look(positions: np.ndarray, start: int, scored: Scored, weighed: Weighed) -> Look:
    labels, predicted, losses, confidences = (
        scored.columns[name][positions - start] for name in ("labels", "predicted", "loss", "confidence")
    )
    return Look(positions, labels, predicted, losses, confidences, weighed, heat_of(weighed.overall_maps))


def heat_of(overall_maps: np.ndarray) -> np.ndarray:
    """Rectify overall maps ``[N, h, w]`` and normalise each to [0, 1], as `to_heatmap` does; flat ones become zeros."""
    positive = np.maximum(overall_maps, 0)
    low, high = (end(axis=(1, 2), keepdims=True) for end in (positive.min, positive.max))
    return (positive - low) / np.where(high > low, high - low, 1)


def _are_finite(weighed: Weighed) -> np.ndarray:
    """Say for which samples all numbers are finite: ``[N]``, bool."""
    parts = (weighed.means, weighed.peaks, weighed.shares, weighed.overall_maps.reshape(len(weighed.means), -1))
    return np.logical_and.reduce([np.isfinite(part).all(1) for part in parts])
