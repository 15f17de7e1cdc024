"""Class names: given, or found in the data set, or numbers."""

from typing import Any

from attn_widget.samples import Label
from attn_widget.samples.class_name_forms import given_names
from attn_widget.targets import Contrast, Target
from attn_widget.words import messages


class ClassNames:
    """Names for class indices.

    Parameters
    ----------
    given : iterable of str, mapping, or None
        The names, in the order of the model's outputs, in any form that `given_names` reads.
    found : tuple of str or None
        What the data set calls its classes; taken where none are given.

    Attributes
    ----------
    given : bool
        Whether they were given.
    """

    def __init__(self, given: Any, found: tuple[str, ...] | None) -> None:
        self._names = given_names(given) if given is not None else tuple(found or ())
        self._fit = True
        self.given = given is not None
        self._listed: dict[tuple[int, bool], list[str]] = {}

    def fit(self, outputs: int | None) -> str:
        """Set the names aside where their count is not the model's number of classes; say so in a sentence."""
        self._fit = not self._names or outputs is None or outputs == len(self._names)
        return "" if self._fit else messages.names_set_aside(len(self._names), outputs or 0)

    @property
    def used(self) -> bool:
        """Whether classes are shown by name."""
        return bool(self._names) and self._fit

    @property
    def all(self) -> tuple[str, ...] | None:
        """The names, where there are any."""
        return self._names or None

    @property
    def count(self) -> int | None:
        """How many classes there are by their names; None where they have none."""
        return len(self._names) or None

    def of(self, index: int) -> str:
        """Name a class; its number where it has no name."""
        return self._names[index] if self._fit and 0 <= index < len(self._names) else f"class {index}"

    def listed(self, outputs: int) -> list[str]:
        """Name so many classes; the same list each time, for models of thousands."""
        key = outputs, self._fit
        if key not in self._listed:
            self._listed[key] = [self.of(index) for index in range(outputs)]
        return self._listed[key]

    def index_of(self, label: Label) -> Label:
        """Turn a label that is a class's name into its index; others stay."""
        return self._names.index(label) if isinstance(label, str) and label in self._names else label

    def indices_in(self, target: Target) -> Any:
        """Turn the class names in a target into indices."""
        if isinstance(target, Contrast):
            return Contrast(self.indices_in(target.of), self.indices_in(target.against))
        return self.index_of(target) if isinstance(target, str) else target

    def __contains__(self, name: object) -> bool:
        return name in self._names
