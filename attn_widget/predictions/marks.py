"""What a person noted of samples."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from attn_widget.samples import Place

_NOWHERE = Place(None, "")


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
    place: Place = _NOWHERE


Said = tuple[int, str, str]
"""A mark by what a person said: position, kind and note."""


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
