"""Class names: given by the user, found in the data set, or numbers."""

from typing import Any

from attn_widget.samples import Label
from attn_widget.samples.class_name_forms import given_names
from attn_widget.targets import Contrast, Target
from attn_widget.words import forms, messages


class ClassNames:
    """Names for class indices: the user's, in any form that `given_names` reads, else those found in the data set."""

    def __init__(self, given: Any, found: tuple[str, ...] | None) -> None:
        self._names = given_names(given) if given is not None else tuple(found or ())
        self.given = given is not None
        self.classes: list[str] = []  # a name for each of the model's classes, once `fit` knows how many there are
        self.misfit = ""  # says that there are not as many names as classes, which are then numbered; or empty

    def fit(self, outputs: int | None) -> None:
        """Name the classes of a model with this many outputs; `classes` stays the same list while the count does."""
        if outputs is None:
            self.classes, self.misfit = [], ""
        elif outputs != len(self.classes):
            fits = len(self._names) in (0, outputs)
            self.misfit = "" if fits else messages.names_set_aside(len(self._names), outputs)
            self.classes = [self.of(index) for index in range(outputs)]

    @property
    def used(self) -> bool:
        """Whether classes are shown by name."""
        return bool(self._names) and not self.misfit

    @property
    def all(self) -> tuple[str, ...] | None:
        """The names; None where there are none."""
        return self._names or None

    @property
    def count(self) -> int | None:
        """The number of names; None where there are none."""
        return len(self._names) or None

    def of(self, index: int) -> str:
        """Name a class; by its number where it has no name."""
        return self._names[index] if self.used and 0 <= index < len(self._names) else forms.class_number(index)

    def index_of(self, label: Label) -> Label:
        """Turn a label that is a class name into its index; other labels stay."""
        return self._names.index(label) if isinstance(label, str) and label in self._names else label

    def indices_in(self, target: Target) -> Any:
        """Turn the class names in a target into indices."""
        if isinstance(target, Contrast):
            return Contrast(self.indices_in(target.of), self.indices_in(target.against))
        return self.index_of(target) if isinstance(target, str) else target

    def __contains__(self, name: object) -> bool:
        return name in self._names
