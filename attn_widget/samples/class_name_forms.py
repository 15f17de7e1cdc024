"""Class names, in any form in which a data set holds them or a user gives them."""

import operator
from collections.abc import Iterable, Iterator, Mapping, Sized
from typing import Any

from torch import Tensor

from attn_widget.samples.batch_reading import LABEL_KEYS, describe
from attn_widget.user_code import own_attributes

MOST_NESTED = 4
"""How many sequences around a feature are looked into."""


def held_names(holder: Any) -> tuple[str, ...] | None:
    """The class names that a data set or loader holds itself; None if it holds none.

    Looked for in ``classes``, Hugging Face's ``features``, MedMNIST's ``info["label"]``, ``class_to_idx``,
    ``idx_to_class``, ``id2label`` and fastai's ``vocab``, in this order.
    """
    info = own_attributes(holder).get("info")
    return (
        as_names(getattr_or_none(holder, "classes"))
        or _of_features(getattr_or_none(holder, "features"))
        or (as_names(info.get("label")) if isinstance(info, Mapping) else None)
        or as_names(getattr_or_none(holder, "class_to_idx"))
        or as_names(getattr_or_none(holder, "idx_to_class"))
        or as_names(getattr_or_none(holder, "id2label"))
        or _of_vocabulary(getattr_or_none(holder, "vocab"))
    )


def as_names(value: Any, *, numbers: bool = False) -> tuple[str, ...] | None:
    """Read class names by class index; None if the value holds none.

    Parameters
    ----------
    value : object
        A list, a one-dimensional array or a pandas Index of names, where a name may be a list of synonyms, of which the
        first counts; a categorical, for its categories; a mapping of every index from 0 (also as a text) to a name, or
        of every name to its index; or a Hugging Face ``ClassLabel``.
    numbers : bool
        Whether names in a list may be numbers.
    """
    if isinstance(value, str | bytes | set | frozenset | Tensor | type):
        return None
    if getattr_or_none(value, "ndim") not in (None, 1):
        return None
    if isinstance(value, Mapping):
        return _from_mapping(value, numbers)
    categories = _categories(value)
    if categories is not None:
        value, numbers = categories, True
    elif not isinstance(value, Iterable):
        value = _names_of_feature(value)
    return _all_named(value, numbers) if isinstance(value, Iterable) and isinstance(value, Sized) else None


def given_names(given: Any) -> tuple[str, ...]:
    """Read the names that a user gives, in any form that `as_names` knows; else raises a TypeError or ValueError."""
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


def _from_mapping(mapping: Mapping[Any, Any], numbers: bool) -> tuple[str, ...] | None:
    pairs = list(mapping.items())
    if all(isinstance(key, str) and not isinstance(value, str) and _index(value) is not None for key, value in pairs):
        pairs = [(value, key) for key, value in reversed(pairs)]  # of two names for one index the first stays
    by_index = {_index(key): value for key, value in pairs}
    if set(by_index) != set(range(len(by_index))):
        return None
    return _all_named([by_index[index] for index in range(len(by_index))], numbers)


def _index(value: Any) -> int | None:
    """A class index, which may be a text, as JSON's keys are."""
    if isinstance(value, str):
        return int(value) if value.isdecimal() else None
    try:
        return operator.index(value)
    except TypeError:
        return None


def _categories(value: Any) -> Any:
    """The categories of a pandas Categorical or the like, or of a column of it."""
    column = getattr_or_none(value, "cat")
    return getattr_or_none(value if column is None else column, "categories")


def _all_named(values: Iterable[Any], numbers: bool) -> tuple[str, ...] | None:
    names = [_name(value, numbers) for value in values]
    return tuple(name for name in names if name is not None) if None not in names else None


def _name(value: Any, numbers: bool) -> str | None:
    """One class's name, the first of several; None if this is no name."""
    if isinstance(value, list | tuple) and value:
        value = value[0]
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, str):
        return str(value)
    return str(value) if numbers and value is not None and not isinstance(value, Iterable) else None


def _of_features(features: Any) -> tuple[str, ...] | None:
    """The names of the feature that is read as the label, else of the first that has any."""
    if not isinstance(features, Mapping):
        return None
    ordered = [features[key] for key in LABEL_KEYS if key in features] + list(features.values())
    return next(filter(None, (as_names(_names_of_feature(feature)) for feature in ordered)), None)


def _names_of_feature(feature: Any) -> Any:
    """The list of names of a ``ClassLabel``, or of a sequence of it."""
    for _ in range(MOST_NESTED):
        inner = feature[0] if isinstance(feature, list) and len(feature) == 1 else getattr_or_none(feature, "feature")
        feature = feature if inner is None else inner
    return getattr_or_none(feature, "names")


def _of_vocabulary(vocabulary: Any) -> tuple[str, ...] | None:
    """The names in a ``vocab``; if it has one for each target, the first, as the first target is the label."""
    if vocabulary is None or isinstance(vocabulary, Mapping):
        return as_names(vocabulary)
    parts = list(vocabulary) if isinstance(vocabulary, Iterable) and isinstance(vocabulary, Sized) else []
    several = bool(parts) and all(isinstance(part, Iterable) and not isinstance(part, str) for part in parts)
    return as_names(parts[0] if several else vocabulary, numbers=True)


def getattr_or_none(value: Any, name: str) -> Any:
    """An attribute of somebody else's object; None if it has none, or asking for it fails."""
    try:
        return getattr(value, name, None)
    except Exception:
        return None
