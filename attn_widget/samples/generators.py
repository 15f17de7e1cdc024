"""Generators of random numbers that a data set, its transforms, a sampler or their code have for themselves."""

from operator import is_
from typing import Any

from attn_widget.randomness import everybodys, is_generator
from attn_widget.samples.dataset_parts import Parts, Step, leads_nowhere, trail_from


def find_generators(*roots: object) -> tuple[Any, ...]:
    """The generators that can be reached from some objects, but for the global ones."""
    return Generators(*roots).find()


class Generators:
    """The generators that can be reached from some objects, and from what their code names.

    They are looked for anew whenever anything on the way to one has been bound anew: an attribute, an element of a
    list, a global that a function uses. The roots are a data set, a transform, a collate function, a sampler.
    """

    def __init__(self, *roots: object) -> None:
        self._roots = roots
        self._trail: list[Step] | None = None
        self._found: tuple[Any, ...] = ()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is looked for anew: in another process other objects are reached."""
        return {**self.__dict__, "_trail": None, "_found": ()}

    def find(self) -> tuple[Any, ...]:
        """Look for them, or see that the way to them is as it was."""
        trail = self._trail
        if trail is None or not all(_is_as_before(*step) for step in trail):
            self._look()
        return self._found

    def _look(self) -> None:
        trail = trail_from(*self._roots)
        shared = everybodys()
        found = {id(part): part for _, _, parts in trail for part in parts if is_generator(part)}
        self._found = tuple(generator for key, generator in found.items() if key not in shared)
        self._trail = trail


def _is_as_before(look: Parts, value: Any, before: list[Any]) -> bool:
    """Whether the same hangs on an object, but for numbers, texts and the like."""
    now = look(value)
    if len(now) != len(before):
        return False
    if all(map(is_, now, before)):
        return True
    pairs = zip(now, before, strict=True)
    return all(new is old or (leads_nowhere(new) and leads_nowhere(old)) for new, old in pairs)
