"""What a review stores for each sample: parallel arrays, one per quantity."""

from collections.abc import Mapping
from typing import Any

import numpy as np

NO_CLASS = -1
"""Stands for a missing label or prediction."""

KINDS: Mapping[str, tuple[Any, Any]] = {
    "labels": (np.int32, NO_CLASS),
    "predicted": (np.int32, NO_CLASS),
    "confidence": (np.float32, np.nan),
    "margin": (np.float32, np.nan),
    "loss": (np.float32, np.nan),
    "true_probability": (np.float32, np.nan),
}
"""Each column's dtype, and its value while nothing is known: 24 bytes a sample."""

Columns = dict[str, np.ndarray]


def empty_columns(count: int) -> Columns:
    """Make columns ``[count]`` in which nothing is known."""
    return {name: np.full(count, empty, dtype) for name, (dtype, empty) in KINDS.items()}


def resized(columns: Columns, count: int) -> Columns:
    """Copy columns to another length; nothing is known in the part that is added."""
    longer = empty_columns(count)
    for name, column in columns.items():
        kept = min(count, len(column))
        longer[name][:kept] = column[:kept]
    return longer
