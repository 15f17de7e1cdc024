"""Positions as users give them."""

import operator
from collections.abc import Iterable
from typing import Any


def checked_positions(given: Iterable[Any]) -> list[int]:
    """Read positions, each once, in the order given; raise a TypeError or ValueError that names what is none."""
    if not isinstance(given, Iterable):
        raise TypeError(f"positions must be a list of whole numbers, got {given!r}")
    return list(dict.fromkeys(_position(each) for each in given))


def _position(given: Any) -> int:
    try:
        if isinstance(given, bool):
            raise TypeError
        found = operator.index(given)
    except TypeError:
        raise TypeError(
            f"positions must be whole numbers, got {given!r}: pass for example review.misclassified()"
        ) from None
    if found < 0:
        raise ValueError(f"positions must be 0 or more, got {found}")
    return found
