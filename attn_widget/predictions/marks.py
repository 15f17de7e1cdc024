"""What a person noted of samples."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from attn_widget.samples import Place

MARKS = ("wrong label", "bad image", "look again")
"""The kinds of mark."""

NOWHERE = Place(None, "")


@dataclass(frozen=True)
class Mark:
    """What a person noted of a sample.

    Attributes
    ----------
    kind : str
        One of `MARKS`.
    note : str
        Free text.
    place : Place
        The sample's index in the data set and its file, where they are known.
    """

    kind: str
    note: str = ""
    place: Place = NOWHERE


Said = tuple[int, str, str]
"""A mark by what a person said: position, kind and note."""


@dataclass(frozen=True)
class Marks:
    """The marks of a review, and those that it had.

    Attributes
    ----------
    by_position : mapping of int to Mark
        As they are.
    put_away : frozenset of (int, str, str)
        What was said by those that were replaced or taken away: they do not come back from a file.
    """

    by_position: Mapping[int, Mark] = field(default_factory=dict)
    put_away: frozenset[Said] = frozenset()

    @property
    def known(self) -> set[Said]:
        """What is said by these marks, and was by those put away."""
        return said(self.by_position) | self.put_away

    def putting_away(self, known: Iterable[Said]) -> "Marks":
        """Know some as put away."""
        return replace(self, put_away=self.put_away | frozenset(known))

    def taking_over(self, marks: Mapping[int, Mark]) -> "Marks":
        """Take marks in, in the place of those that the same samples have."""
        replaced = {position: self.by_position[position] for position in marks.keys() & self.by_position.keys()}
        return replace(self.putting_away(said(replaced)), by_position={**self.by_position, **marks})

    def adding(self, marks: Mapping[int, Mark]) -> "Marks":
        """Take in the marks of samples that have none."""
        return replace(self, by_position={**marks, **self.by_position})

    def dropping(self, position: int) -> "Marks":
        """Take a sample's mark away, if it has one."""
        dropped = {at: mark for at, mark in self.by_position.items() if at == position}
        left = {at: mark for at, mark in self.by_position.items() if at != position}
        return replace(self.putting_away(said(dropped)), by_position=left)


def said(marks: Mapping[int, Mark]) -> set[Said]:
    """Give marks by what was said, whatever is known of their places."""
    return {(position, mark.kind, mark.note) for position, mark in marks.items()}


def without(marks: Mapping[int, Mark], known: Iterable[Said]) -> dict[int, Mark]:
    """Leave out the marks that say what is known."""
    unknown = said(marks).difference(known)
    return {position: mark for position, mark in marks.items() if (position, mark.kind, mark.note) in unknown}


def written(marks: Mapping[int, Mark]) -> list[list[Any]]:
    """Turn marks into what JSON can hold: lists of position, kind, note, data-set index and file."""
    return [[position, mark.kind, mark.note, mark.place.index, mark.place.name] for position, mark in marks.items()]


def read(rows: list[list[Any]]) -> dict[int, Mark]:
    """Read what `written` made."""
    return {position: Mark(kind, note, Place(index, name)) for position, kind, note, index, name in rows}
