"""Explains one sample of a loader after another, all from one layer."""

import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from torch import nn

from attn_widget.capture import Forward, Grid, find_module
from attn_widget.explanation import Explanation, Glance, Question, explained
from attn_widget.explanation.pipeline import prepared
from attn_widget.explanation.sample_questions import SampleQuestions
from attn_widget.exports.sample_glances import glances_of
from attn_widget.methods import method_named
from attn_widget.refusal import Refusal
from attn_widget.samples import Sample
from attn_widget.samples.position_lists import checked_positions
from attn_widget.targets import Target
from attn_widget.words import exports


class SampleExplainer:
    """Explains samples as `explain` does; a layer left open is chosen for the first one that can be explained.

    `asked` holds further fields of a `Question`, as `SampleQuestions` takes them. Raises a TypeError or ValueError for
    a wrong method or layer.
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
        self._method = method_named(method)
        self._questions = SampleQuestions(model, loader, class_names, forward, {**asked, "shift": True})
        if layer is not None:
            find_module(model, layer)
        self._layer = layer
        self.samples, self.name_of = self._questions.samples, self._questions.name_of

    def __call__(self, sample: Sample) -> Explanation:
        """Explain a sample; raises what `explain` does."""
        return self._questions.about(sample, self._explained)

    def glances(self, positions: Iterable[int] | None) -> Iterator[Glance]:
        """Read and explain the samples at some positions, or all up to the end; an error is said, not raised."""
        return glances_of(self.samples.shared, self, positions)

    @property
    def layer(self) -> str:
        """The layer that samples are explained by; empty where there is none, or before it was chosen."""
        return self._layer or ""

    def _explained(self, question: Question) -> Explanation:
        layer = self._layer
        if layer is None:
            layer, question = prepared(question, None, self._method, None, None, "zero")
        found = next(explained(question, [layer], [self._method.name]))
        if isinstance(found, Refusal):
            raise found
        self._layer = layer
        return found


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
