"""Class names as they are given."""

from collections.abc import Iterator, Mapping
from typing import Any

from attn_widget.samples.batch import describe
from attn_widget.samples.classes import as_names


def given_names(given: Any) -> tuple[str, ...]:
    """Read names from any of the forms that `attn_widget.samples.classes.as_names` knows.

    Raises
    ------
    TypeError, ValueError
        For anything else.
    """
    if isinstance(given, Iterator):
        given = list(given)
    names = as_names(given, numbers=True)
    if names is not None:
        return names
    if isinstance(given, Mapping):
        raise ValueError(
            "class_names must map every index from 0 to a name, or every name to its index, "
            f"got the keys {list(given)[:10]} and the values {list(given.values())[:10]}"
        )
    raise TypeError(f"class_names must be a list of names, one for each class, got {describe(given)}")
