"""Random generators that belong to a data set, its transforms, a sampler, or their code."""

from operator import is_
from typing import Any

from attn_widget.randomness import everybodys, is_generator
from attn_widget.samples.dataset_parts import Parts, Step, leads_nowhere, trail_from


def find_generators(*roots: object) -> tuple[Any, ...]:
    """The generators that can be reached from some objects, except the global ones."""
    return Generators(*roots).find()


class Generators:
    """The generators that can be reached from some objects and from what their code names.

    The roots are data sets, transforms, collate functions or samplers. The search is repeated only if anything on the
    way to a generator has been rebound: an attribute, an element of a list, a global that a function uses.
    """

    def __init__(self, *roots: object) -> None:
        self._roots = roots
        self._trail: list[Step] | None = None
        self._found: tuple[Any, ...] = ()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what was found: another process reaches other objects."""
        return {**self.__dict__, "_trail": None, "_found": ()}

    def find(self) -> tuple[Any, ...]:
        """Search, unless the way to everything found is unchanged."""
        if self._trail is None or not all(_is_unchanged(*step) for step in self._trail):
            trail = trail_from(*self._roots)
            shared = everybodys()
            found = {id(part): part for _, _, parts in trail for part in parts if is_generator(part)}
            self._found = tuple(generator for key, generator in found.items() if key not in shared)
            self._trail = trail
        return self._found


def _is_unchanged(look: Parts, value: Any, before: list[Any]) -> bool:
    """Whether the same hangs on an object as before, apart from numbers, texts and the like."""
    now = look(value)
    if len(now) != len(before):
        return False
    if all(map(is_, now, before)):
        return True
    pairs = zip(now, before, strict=True)
    return all(new is old or (leads_nowhere(new) and leads_nowhere(old)) for new, old in pairs)
