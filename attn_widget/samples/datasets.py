"""What a data set knows of its items: file names, class names, and which wrapped set an item comes from."""

import operator
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from types import FunctionType
from typing import Any

from torch.utils.data import ConcatDataset, DataLoader, Dataset, Subset

from attn_widget.samples.class_name_forms import held_names
from attn_widget.user_code import own_attributes

MOST_SETS = 64
"""How many data sets and loaders, wrapped in or joined to one another, are looked at."""

MOST_LISTED = 16
"""Longer lists hold data, not loaders."""

WRAPPED = ("dataset", "dl", "dls", "loader", "dataloader", "data_loader", "base_dataloader")
"""Attributes in which wrappers of all kinds hold what they wrap."""


def origins(dataset: object, index: object) -> Iterator[tuple[Any, Any]]:
    """Give the data set and then those that it wraps, each once, with the item's index in it (None if not known).

    Looks through ``Subset``, ``ConcatDataset`` and wrappers, also of loaders. If the item has no index (None), all
    wrapped sets are given.
    """
    seen: dict[int, object] = {}
    waiting = [(dataset, index)]
    while waiting and len(seen) < MOST_SETS:
        present, at = waiting.pop(0)
        if id(present) not in seen:
            seen[id(present)] = present
            yield present, at
            waiting += _wrapped(present, at)


def _wrapped(dataset: Any, index: Any) -> list[tuple[Any, Any]]:
    """The data sets directly inside this one, with the item's index in each, which only torch's own wrappers tell."""
    number = whole_number(index)
    if isinstance(dataset, Subset) and index is not None:
        return [(dataset.dataset, dataset.indices[index])]
    if isinstance(dataset, ConcatDataset) and number is not None:
        part = bisect_right(dataset.cumulative_sizes, number % len(dataset))
        return [(dataset.datasets[part], number % len(dataset) - ([0, *dataset.cumulative_sizes][part]))]
    return [(part, None) for part in _held(own_attributes(dataset))]


def _held(attributes: dict[str, Any]) -> list[Any]:
    """The data sets and loaders among an object's attributes and in its short lists, each once."""
    inner = [attributes[name] for name in WRAPPED if attributes.get(name) is not None]
    inner += _members(attributes.get("datasets"))[:MOST_SETS]
    for value in attributes.values():
        members = _members(value)
        inner += [part for part in (value, *(members if len(members) <= MOST_LISTED else ())) if _gives_items(part)]
    return list({id(part): part for part in inner if not isinstance(part, FunctionType)}.values())


def _members(value: Any) -> Sequence[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list | tuple) else ()


def _gives_items(value: Any) -> bool:
    """Whether this is a data set or loader of torch, fastai or Hugging Face, or wraps one of torch's."""
    attributes = own_attributes(value)
    if not attributes or isinstance(value, Dataset | DataLoader):
        return bool(attributes)
    if "dataset" in attributes or (hasattr(type(value), "features") and isinstance(value, Iterable)):
        return True
    return any(isinstance(part, Dataset | DataLoader) for part in attributes.values())


def item_name(dataset: object, index: object) -> str:
    """The last two parts of the item's file path, else its index as ``"#17"``, else an empty text.

    The index is the one in the set below any ``Subset``, but above a ``ConcatDataset``.
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


def item_path(dataset: object, index: object) -> PurePath | None:
    """The item's file, as the data set has it; None where it knows none."""
    if dataset is None or index is None:
        return None
    found = (_path(present, at) for present, at in origins(dataset, index))
    return next((path for path in found if path is not None), None)


def _path(dataset: object, index: object) -> PurePath | None:
    """The item's file, from the list that ``ImageFolder`` and its like keep."""
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


def class_names(dataset: object) -> tuple[str, ...] | None:
    """The class names that the data set holds (see `held_names`), else those of the sets that it wraps.

    None if there are no names, or joined sets disagree on them.
    """
    found = set()
    seen: dict[int, object] = {}
    waiting = [dataset]
    while waiting and len(seen) < MOST_SETS:
        present = waiting.pop(0)
        if id(present) in seen:
            continue
        seen[id(present)] = present
        names = held_names(present)
        if names is None:
            waiting += [part for part, _ in _wrapped(present, None)]
        else:
            found.add(names)
    return found.pop() if len(found) == 1 else None


def whole_number(index: Any) -> int | None:
    """An int, NumPy integer or integer tensor as an int; None for anything else."""
    try:
        return operator.index(index)
    except TypeError:
        return None
