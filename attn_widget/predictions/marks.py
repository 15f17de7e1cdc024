"""What a person noted about samples."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from attn_widget.samples import Place

MARKS = ("wrong label", "bad image", "look again")
"""The kinds of mark."""

NOWHERE = Place(None, "")


@dataclass(frozen=True)
class Mark:
    """What a person noted about a sample: one of `MARKS`, and free text."""

    kind: str
    note: str = ""
    place: Place = NOWHERE  # the sample's index in the data set and its file, where known


Said = tuple[int, str, str]
"""What a mark says, wherever its sample lies: position, kind and note."""


@dataclass(frozen=True)
class Marks:
    """A review's marks, and what replaced or removed ones said (`put_away`), so that no file brings them back."""

    by_position: Mapping[int, Mark] = field(default_factory=dict)
    put_away: frozenset[Said] = frozenset()

    @property
    def known(self) -> set[Said]:
        """What these marks say, and what those put away said."""
        return said(self.by_position) | self.put_away

    def putting_away(self, known: Iterable[Said]) -> "Marks":
        """Count some more as put away."""
        return replace(self, put_away=self.put_away.union(known))

    def taking_over(self, marks: Mapping[int, Mark]) -> "Marks":
        """Add marks; they replace those of the same samples."""
        return self._changed_to({**self.by_position, **marks})

    def adding(self, marks: Mapping[int, Mark]) -> "Marks":
        """Add the marks of samples that have none here."""
        return self._changed_to({**marks, **self.by_position})

    def dropping(self, position: int) -> "Marks":
        """Remove a sample's mark, if it has one."""
        return self._changed_to({at: mark for at, mark in self.by_position.items() if at != position})

    def _changed_to(self, marks: Mapping[int, Mark]) -> "Marks":
        return Marks(marks, self.put_away | (said(self.by_position) - said(marks)))


def said(marks: Mapping[int, Mark]) -> set[Said]:
    """Give what marks say, whatever is known about their places."""
    return {(position, mark.kind, mark.note) for position, mark in marks.items()}


def without(marks: Mapping[int, Mark], known: Iterable[Said]) -> dict[int, Mark]:
    """Leave out the marks that say what is known already."""
    unknown = said(marks).difference(known)
    return {position: mark for position, mark in marks.items() if (position, mark.kind, mark.note) in unknown}


def written(marks: Mapping[int, Mark]) -> list[list[Any]]:
    """Turn marks into JSON: lists of position, kind, note, data-set index and file."""
    return [[position, mark.kind, mark.note, mark.place.index, mark.place.name] for position, mark in marks.items()]


def read(rows: list[list[Any]]) -> dict[int, Mark]:
    """Read what `written` made."""
    return {position: Mark(kind, note, Place(index, name)) for position, kind, note, index, name in rows}
