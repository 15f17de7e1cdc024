"""Explains one sample of a loader after another, all from one layer."""

import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import nn

from attn_widget.candidates import Classes
from attn_widget.capture import Forward, Grid, check_model, find_module, image_names
from attn_widget.explanation import Explanation, Glance, Question, explained
from attn_widget.explanation.pipeline import prepared
from attn_widget.exports.position_lists import checked_positions
from attn_widget.exports.sample_glances import glances_of
from attn_widget.layout_trial import tried
from attn_widget.methods import method_named
from attn_widget.predictions.review_record import as_samples
from attn_widget.refusal import Refusal
from attn_widget.samples import Sample
from attn_widget.samples.class_name_forms import given_names
from attn_widget.targets import Contrast, Target
from attn_widget.words import exports, forms


class SampleExplainer:
    """Explains samples as `explain` does; a layer left open is chosen for the first one that can be explained.

    `asked` holds further fields of a `Question`; class names in its target, and labels that are class names, are
    understood. Raises a TypeError or ValueError for a wrong method or layer.
    """

    def __init__(
        self,
        model: nn.Module,
        loader: Any,
        class_names: Any = None,
        *,
        layer: str | None,
        method: str,
        forward: Forward | None,
        asked: Mapping[str, Any],
    ) -> None:
        check_model(model)
        self._method = method_named(method)
        if layer is not None:
            find_module(model, layer)
        self.samples = as_samples(loader, image_names(model))
        names = self.samples.class_names if class_names is None else given_names(class_names)
        self.names = tuple(names or ())
        self._model, self._layer, self._forward = model, layer, forward
        self._classes = Classes(len(self.names) or None)
        self._asked = {**asked, "target": self._target(asked["target"])}
        Question.of({**self._asked, "model": model, "image": torch.zeros(1, 1, 1, 1)})  # raises what is wrong for all

    def __call__(self, sample: Sample) -> Explanation:
        """Explain a sample; raises what `explain` does."""
        return tried(sample.axes, self._forward, lambda forward: self._explained(sample, forward))

    def glances(self, positions: Iterable[int] | None) -> Iterator[Glance]:
        """Read and explain the samples at some positions, or all up to the end; an error is said, not raised."""
        return glances_of(self.samples.shared, self, positions)

    @property
    def layer(self) -> str:
        """The layer that samples are explained by; empty where there is none, or before it was chosen."""
        return self._layer or ""

    def name_of(self, index: int) -> str:
        """Name a class."""
        return self.names[index] if 0 <= index < len(self.names) else forms.class_number(index)

    def _explained(self, sample: Sample, forward: Forward | None) -> Explanation:
        label = self._index_in(sample.label) if sample.pair is None else sample.pair
        given = {**self._asked, "model": self._model, "image": sample.image, "label": label, "forward": forward}
        question = Question.of({**given, "classes": self._classes, "shift": True})
        self._classes = self._classes.beside(question.label)
        layer = self._layer
        if layer is None:
            layer, question = prepared(question, None, self._method, None, None, "zero")
        found = next(explained(question, [layer], [self._method.name]))
        if isinstance(found, Refusal):
            raise found
        self._layer = layer
        return found

    def _target(self, given: Any) -> Any:
        """Turn class names in a target into indices."""
        if isinstance(given, Contrast):
            return Contrast(self._target(given.of), self._target(given.against))
        found = self._index_in(given)
        if isinstance(found, str) and found not in ("predicted", "true"):
            raise ValueError(f"target must be 'predicted', 'true', a class index or a class name, got {given!r}")
        return found

    def _index_in(self, value: Any) -> Any:
        """Turn a label that is a class name into its index."""
        return self.names.index(value) if isinstance(value, str) and value in self.names else value


def explanations(
    model: nn.Module,
    loader: Any,
    *,
    positions: Iterable[int] | None = None,
    layer: str | None = None,
    call: int = -1,
    method: str = "channel-mean",
    top_k: int = 3,
    target: Target = "predicted",
    class_names: Any = None,
    forward: Forward | None = None,
    smooth: int = 0,
    grid: Grid | None = None,
    prefix: int | None = None,
) -> Iterator[tuple[int, Explanation]]:
    """Explain one sample after another, giving each position with its `Explanation`; nothing is kept.

    Samples that cannot be read or explained are left out, and a warning says for each why.

    Parameters
    ----------
    model, loader, positions, layer, call, method, top_k, target, class_names, forward, smooth, grid, prefix
        As in `save_heatmaps`.

    Raises
    ------
    TypeError, ValueError
        For a wrong argument.

    Examples
    --------
    >>> for position, explanation in explanations(model, loader, positions=review.misclassified()):
    ...     explanation.save(f"{position}.npz")
    """
    asked = {"call": call, "target": target, "top_k": top_k, "smooth": smooth, "grid": grid, "prefix": prefix}
    explainer = SampleExplainer(model, loader, class_names, layer=layer, method=method, forward=forward, asked=asked)
    return _found(explainer.glances(None if positions is None else checked_positions(positions)))


def _found(glances: Iterable[Glance]) -> Iterator[tuple[int, Explanation]]:
    for seen in glances:
        if seen.explanation is None:
            warnings.warn(exports.without_heatmap({seen.position: seen.said}), stacklevel=2)
        else:
            yield seen.position, seen.explanation
