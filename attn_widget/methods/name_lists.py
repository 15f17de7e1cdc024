"""Lists of names, as a user gives them."""

from collections.abc import Iterable
from typing import Any


def check_name_list(argument: str, given: Any) -> None:
    """Raise a TypeError for what is no list, such as a single name, which would be read letter by letter."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"{argument} must be a list of names, got {given!r}")
