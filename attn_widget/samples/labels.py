"""A label as one of a few plain kinds."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor

from attn_widget.samples.batch_reading import LABEL_KEYS
from attn_widget.samples.sample import Label, Pair

_DEEPEST = 4
"""How many lists may be nested around a label."""


def read_label(value: Any) -> Label | Pair:
    """Read one sample's label, whatever the loader gives as that.

    Returns
    -------
    int
        From an integer or bool, a one-hot vector, or a vector of probabilities (the most probable class).
    tuple of int
        From a multi-hot vector (the classes that are set) or several integers.
    float
        From a float.
    str
        From a text.
    Pair
        From [0, 1] and [1, 0], which are one-hot or two class indices, depending on the number of classes.
    None
        From None, a mask, boxes, and anything else that is no label.
    """
    return _read(value, _DEEPEST)


def _read(value: Any, depth: int) -> Label | Pair:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool | np.bool_ | int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value)
    if isinstance(value, Tensor):
        value = value.detach().cpu()
        return _from_array((value.double() if value.is_floating_point() else value).numpy())
    if isinstance(value, np.ndarray):
        return _from_array(value)
    if isinstance(value, Mapping):
        return _from_fields(value)
    return _from_list(list(value), depth - 1) if isinstance(value, list | tuple) and depth else None


def _from_array(values: "np.ndarray[Any, Any]", *, listed: bool = False) -> Label | Pair:
    if values.size == 1:
        return read_label(values.reshape(()).item())
    if values.ndim != 1 or values.size == 0 or values.dtype.kind not in "buif":
        return None
    if np.isin(values, (0, 1)).all():
        if values.dtype.kind in "ui" and len(values) == 2 and values[0] != values[1]:
            return Pair((int(values[0]), int(values[1])), listed)
        classes = tuple(int(index) for index in np.flatnonzero(values))
        return classes[0] if len(classes) == 1 else classes
    if values.dtype.kind != "f":
        return tuple(int(value) for value in values)
    if (values >= 0).all() and abs(values.sum() - 1) < 1e-2:
        return int(values.argmax())
    return None


def _from_fields(fields: Mapping[Any, Any]) -> Label | Pair:
    """The class in a target that is a dictionary; a detection target has many boxes, and so no single class."""
    for name in LABEL_KEYS:
        value = fields.get(name)
        if isinstance(value, str | int | np.integer) or (isinstance(value, Tensor | np.ndarray) and value.ndim == 0):
            return read_label(value)
    return None


def _from_list(values: list[Any], depth: int) -> Label | Pair:
    if len(values) == 1:
        return _read(values[0], depth)
    if values and all(isinstance(value, bool | int | float | np.number) for value in values):
        return _from_array(np.asarray(values), listed=True)
    if all(isinstance(value, str | bytes) for value in values):
        return None  # captions
    return next((label for label in (_read(value, depth) for value in values) if label is not None), None)
