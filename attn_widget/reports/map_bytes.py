"""Maps as small as the file's size demands: exact floats, or whole numbers, on their own grid or a coarser one."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.functional import adaptive_avg_pool2d

FINEST = 224
"""The most cells along a side of a map that is kept."""


class MapForm(NamedTuple):
    """How maps are written: what one value is, and the most cells along a side."""

    kind: str  # "f4", or "u2" or "u1" from the map's least to its greatest value, where the highest number is NaN
    most: int

    @property
    def exact(self) -> bool:
        """Whether nothing is lost that could be seen."""
        return self.kind == "f4"


FORMS = (
    *(MapForm("f4", FINEST), MapForm("u2", FINEST), MapForm("u1", FINEST)),
    *(MapForm("u1", 112), MapForm("u1", 56), MapForm("u1", 28)),
)
"""From exact to small."""


def heat_kept(overall_map: np.ndarray) -> np.ndarray:
    """Rectify an overall map ``[h, w]``, and average its cells where there are more than a page can show: float32."""
    return _coarser(np.maximum(overall_map, 0).astype(np.float32), FINEST)


def form_within(maps: Sequence[np.ndarray], most_bytes: int) -> MapForm:
    """Choose the first form in which all maps, as base64, take at most so many bytes; the last where none does."""
    return next((form for form in FORMS if sum(_length(map_, form) for map_ in maps) <= most_bytes), FORMS[-1])


def written(map_: np.ndarray, form: MapForm) -> dict[str, Any]:
    """Write a map ``[h, w]``: its grid, and its values row by row in base64, little-endian."""
    map_ = _coarser(map_, form.most)
    values = map_.astype("<f4") if form.exact else _in_whole_numbers(map_, np.dtype(f"<{form.kind}"))
    return {"grid": list(map_.shape), "data": b64encode(values.tobytes()).decode()}


def _in_whole_numbers(map_: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
    """Spread a map's finite values over all whole numbers but the highest, which is NaN; infinite ones saturate."""
    highest, finite = np.iinfo(dtype).max, map_[np.isfinite(map_)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    unit = np.clip((map_.astype(np.float64) - low) / (high - low if high > low else 1), 0, 1)
    return np.where(np.isnan(unit), highest, np.rint(np.nan_to_num(unit) * (highest - 1))).astype(dtype)


def _length(map_: np.ndarray, form: MapForm) -> int:
    height, width = (min(side, form.most) for side in map_.shape)
    return -(-height * width * np.dtype(form.kind).itemsize // 3) * 4


def _coarser(map_: np.ndarray, most: int) -> np.ndarray:
    """Average the cells of a map that has more than `most` along a side."""
    if max(map_.shape) <= most:
        return map_
    height, width = (min(side, most) for side in map_.shape)
    return adaptive_avg_pool2d(torch.from_numpy(map_)[None], (height, width))[0].numpy()
