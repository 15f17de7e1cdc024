"""Class names as they are given."""

from collections.abc import Iterable, Mapping
from typing import Any


def given_names(given: Any) -> tuple[str, ...]:
    """Read names from a list, or from a mapping of every index from 0 to its name.

    Raises
    ------
    TypeError, ValueError
        For anything else.
    """
    if isinstance(given, Mapping):
        if set(given) != set(range(len(given))):
            raise ValueError(f"class_names must map every index from 0 to a name, got the keys {list(given)[:10]}")
        given = [given[index] for index in range(len(given))]
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"class_names must be a list of names, one for each class, got {type(given).__name__}")
    return tuple(map(str, given))
