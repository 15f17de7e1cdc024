"""What hangs on a data set: its transforms, the sets that it wraps, what its functions close over.

Only ``__dict__`` is looked into, never an attribute by name, so that no property of the user's runs.
"""

import functools
import types
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from attn_widget.user_code import own_attributes, parts_of_function

MANY = 64
"""Longer lists hold data, not transforms."""

MOST_OBJECTS = 2_000
"""Where looking stops."""

_ATOMS = frozenset({str, bytes, bool, int, float, type(None)})
"""What nothing hangs on, passed over for speed."""


def reachable(root: object, *, through_datasets: bool = False) -> Iterator[Any]:
    """Give `root` and what hangs on it, each once, in the order in which it is written there.

    Parameters
    ----------
    root : object
        A data set, a transform, a collate function, a sampler.
    through_datasets : bool
        Whether to go on into the data sets that `root` wraps.
    """
    seen: dict[int, object] = {}
    waiting = [root]
    while waiting and len(seen) < MOST_OBJECTS:
        value = waiting.pop()
        if type(value) in _ATOMS or id(value) in seen:
            continue
        seen[id(value)] = value
        if isinstance(value, Dataset) and value is not root and not through_datasets:
            continue
        yield value
        waiting += reversed(_parts(value))


def _parts(value: Any) -> list[Any]:
    if isinstance(value, Tensor | np.ndarray | type | types.ModuleType | str | bytes | int | float):
        return []
    if isinstance(value, list | tuple):
        return list(value) if len(value) <= MANY else []
    if isinstance(value, Mapping):
        return list(value.values()) if len(value) <= MANY else []
    if isinstance(value, types.MethodType):
        return [value.__self__, value.__func__]
    if isinstance(value, types.FunctionType):
        return parts_of_function(value)
    if isinstance(value, functools.partial):
        return [value.func, *value.args, *value.keywords.values()]
    return list(own_attributes(value).values())
