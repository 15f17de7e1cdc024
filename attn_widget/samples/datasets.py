"""What a data set knows of its items: file names, class names, and the set that an item comes from."""

import operator
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from torch.utils.data import ConcatDataset, Dataset, Subset

from attn_widget.samples.batch import LABEL_KEYS
from attn_widget.samples.graph import own_attributes

MOST_LEVELS = 16
"""How many data sets may be wrapped in one another."""


def origins(dataset: object, index: object) -> Iterator[tuple[Any, Any]]:
    """Give the data set, then those that it wraps, each with the item's index in it (None: not known).

    Parameters
    ----------
    dataset : object
        A data set: ``Subset``, ``ConcatDataset`` and wrappers with ``.dataset`` are looked through.
    index : object
        The item's index in `dataset`; None where the items have none, and all wrapped sets are given.
    """
    seen: list[object] = []
    waiting = [(dataset, index)]
    while waiting and len(seen) < MOST_LEVELS:
        present, at = waiting.pop(0)
        if any(present is other for other in seen):
            continue
        seen.append(present)
        yield present, at
        waiting += _wrapped(present, at)


def _wrapped(dataset: Any, index: Any) -> list[tuple[Any, Any]]:
    """The data sets directly inside this one, with the item's index in each; torch's own wrappers tell it."""
    attributes = own_attributes(dataset)
    number = whole_number(index)
    if isinstance(dataset, Subset) and index is not None:
        return [(dataset.dataset, dataset.indices[index])]
    if isinstance(dataset, ConcatDataset) and number is not None:
        part = bisect_right(dataset.cumulative_sizes, number % len(dataset))
        return [(dataset.datasets[part], number % len(dataset) - ([0, *dataset.cumulative_sizes][part]))]
    parts = attributes.get("datasets")
    inner = [attributes.get("dataset"), *(parts[:MOST_LEVELS] if isinstance(parts, list | tuple) else ())]
    inner += [value for value in attributes.values() if isinstance(value, Dataset)]
    return [(part, None) for part in {id(part): part for part in inner if part is not None}.values()]


def item_name(dataset: object, index: object) -> str:
    """The last two parts of the item's file, else ``"#17"``, its index; nothing where there is no index.

    The index is that in the set below every ``Subset``, but above a ``ConcatDataset``.
    """
    if dataset is None or index is None:
        return ""
    number, counting = index, True
    for present, at in origins(dataset, index):
        path = _path(present, at)
        if path is not None:
            return "/".join(path.parts[-2:])
        if counting and at is not None:
            number = at
        counting = counting and isinstance(present, Subset)
    whole = whole_number(number)
    return str(number) if whole is None else f"#{whole}"


def _path(dataset: object, index: object) -> PurePath | None:
    """The item's file, from the list that an ``ImageFolder`` or its like keeps."""
    attributes = own_attributes(dataset)
    number = whole_number(index)
    for files in (attributes.get("samples"), attributes.get("imgs")):
        if number is None or not isinstance(files, Sequence) or not 0 <= number < len(files):
            continue
        entry = files[number]
        path = entry[0] if isinstance(entry, tuple | list) and entry else entry
        if isinstance(path, str | PurePath):
            return PurePath(path)
    return None


def class_names(dataset: object, levels: int = MOST_LEVELS) -> tuple[str, ...] | None:
    """The names of the classes: ``classes``, or Hugging Face's ``features["label"].names``.

    Parameters
    ----------
    dataset : object
        A data set; where it knows no names, the sets that it wraps are asked.
    levels : int
        How many more levels to look into.

    Returns
    -------
    tuple of str or None
        None without names, or where joined sets disagree on them.
    """
    names = _listed(getattr_or_none(dataset, "classes")) or _featured(getattr_or_none(dataset, "features"))
    if names is not None or levels == 0:
        return names
    inner = (class_names(part, levels - 1) for part, _ in _wrapped(dataset, None))
    found = {names for names in inner if names is not None}
    return found.pop() if len(found) == 1 else None


def _listed(names: Any) -> tuple[str, ...] | None:
    """Names from a list of texts, or of lists of synonyms, of which the first counts."""
    if not isinstance(names, Sequence) or isinstance(names, str) or not names:
        return None
    firsts = [name[0] if isinstance(name, list | tuple) and name else name for name in names]
    return tuple(firsts) if all(isinstance(name, str) for name in firsts) else None


def _featured(features: Any) -> tuple[str, ...] | None:
    if not isinstance(features, Mapping):
        return None
    ordered = [features[key] for key in LABEL_KEYS if key in features] + list(features.values())
    found = (_listed(getattr_or_none(feature, "names")) for feature in ordered)
    return next((names for names in found if names), None)


def getattr_or_none(value: Any, name: str) -> Any:
    """An attribute of a foreign object; None where it has none, or where asking for it fails."""
    try:
        return getattr(value, name, None)
    except Exception:
        return None


def whole_number(index: Any) -> int | None:
    """An index as an int, from an int, a NumPy integer or an integer tensor; else None."""
    try:
        return operator.index(index)
    except TypeError:
        return None
