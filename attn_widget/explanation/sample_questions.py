"""What is asked of a model about the samples of a loader, one after another."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import torch
from torch import nn

from attn_widget.candidates import Classes
from attn_widget.capture import Forward, check_model, image_names
from attn_widget.explanation.question import Question
from attn_widget.layout_trial import tried
from attn_widget.samples import Sample, as_samples
from attn_widget.samples.class_name_forms import given_names
from attn_widget.targets import Contrast
from attn_widget.words import forms

T = TypeVar("T")


class SampleQuestions:
    """Asks the same about each sample; what its label says about the classes is known from then on.

    `asked` holds fields of a `Question`, its target among them. Class names in the target, and labels that are class
    names, are understood. Raises a TypeError or ValueError for what is wrong for all samples.

    Attributes
    ----------
    samples : Samples
        The loader's.
    target
        What is explained, with indices in the place of class names.
    """

    def __init__(
        self, model: nn.Module, loader: Any, class_names: Any, forward: Forward | None, asked: Mapping[str, Any]
    ) -> None:
        check_model(model)
        self.samples = as_samples(loader, image_names(model))
        names = self.samples.class_names if class_names is None else given_names(class_names)
        self._names = tuple(names or ())
        self._classes = Classes(len(self._names) or None)
        self._forward = forward
        self.target = self._target_in(asked["target"])
        self._asked = {**asked, "model": model, "target": self.target}
        Question.of({**self._asked, "image": torch.zeros(1, 1, 1, 1)})  # raises what is wrong for all

    def about(self, sample: Sample, work: Callable[[Question], T]) -> T:
        """Do work with the question about a sample, its axes in the order in which the model takes them."""
        return tried(sample.axes, self._forward, lambda forward: work(self._question(sample, forward)))

    def name_of(self, index: int) -> str:
        """Name a class, by its number where it has no name."""
        return self._names[index] if 0 <= index < len(self._names) else forms.class_number(index)

    def _question(self, sample: Sample, forward: Forward | None) -> Question:
        label = self._index_in(sample.label) if sample.pair is None else sample.pair
        question = Question.of({**self._asked, "image": sample.image, "label": label, "forward": forward})
        self._classes = self._classes.beside(question.label)
        return replace(question, classes=self._classes)

    def _target_in(self, given: Any) -> Any:
        """Turn class names in a target into indices."""
        if isinstance(given, Contrast):
            return Contrast(self._target_in(given.of), self._target_in(given.against))
        found = self._index_in(given)
        if isinstance(found, str) and found not in ("predicted", "true"):
            raise ValueError(f"target must be 'predicted', 'true', a class index or a class name, got {given!r}")
        return found

    def _index_in(self, value: Any) -> Any:
        """Turn a text that is a class name into its index."""
        return self._names.index(value) if isinstance(value, str) and value in self._names else value
