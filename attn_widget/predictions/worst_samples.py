"""The worst samples of a stream, kept because they cannot be fetched again."""

import heapq

import numpy as np
import torch

from attn_widget.predictions.batch_scores import Scored
from attn_widget.predictions.review_snapshot import Kept, Snapshot
from attn_widget.samples import Portion, Samples
from attn_widget.samples.items import Item
from attn_widget.window import Window

MOST_KEPT = 200
MOST_BYTES = 64 * 2**20
"""Limits of how many samples are kept, and of how many bytes their images take."""

_LARGEST_THUMBNAIL = 96


class Worst:
    """Keeps the samples of highest loss or, among those without a label, the least sure ones.

    It starts with those that the review `now` has kept already; `samples` render the thumbnails.
    """

    def __init__(self, samples: Samples, now: Snapshot) -> None:
        self._samples = samples
        self._heap = [(float(_surprise(now.loss[at], now.confidence[at])), at, kept) for at, kept in now.kept.items()]
        heapq.heapify(self._heap)

    def consider(self, portion: Portion, scored: Scored) -> None:
        """Keep a portion's samples that are worse than those kept; after an interrupt this can safely be repeated."""
        surprise = _surprise(scored.columns["loss"], scored.columns["confidence"])
        held = {position for _, position, _ in self._heap}
        for position, image in zip(portion.positions, portion.images, strict=True):
            value = float(surprise[position - portion.start])
            full = len(self._heap) >= MOST_KEPT or self._bytes >= MOST_BYTES
            if value == value and position not in held and not (full and value <= self._heap[0][0]):
                self._push(value, position, image)

    @property
    def kept(self) -> dict[int, Kept]:
        """The samples kept, by position."""
        return {position: kept for _, position, kept in self._heap}

    @property
    def _bytes(self) -> int:
        return sum(kept.image.nbytes for *_, kept in self._heap)

    def _push(self, value: float, position: int, image: torch.Tensor) -> None:
        heapq.heappush(self._heap, (value, position, Kept(_as_array(image), self._thumbnail(position, image))))
        while len(self._heap) > MOST_KEPT or (self._bytes > MOST_BYTES and len(self._heap) > 1):
            heapq.heappop(self._heap)

    def _thumbnail(self, position: int, image: torch.Tensor) -> np.ndarray:
        rendering = self._samples.as_sample(position, Item(image, None)).rendering
        picture = rendering.part(Window.whole(rendering.size, (_LARGEST_THUMBNAIL, _LARGEST_THUMBNAIL)))
        step = max(1, -(-max(picture.shape[:2]) // _LARGEST_THUMBNAIL))
        return (picture[::step, ::step] * 255 + 0.5).astype(np.uint8)


def _surprise(loss: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.where(np.isnan(loss), -np.log(confidence), loss)


def _as_array(image: torch.Tensor) -> np.ndarray:
    plain = image.float() if image.dtype == torch.bfloat16 else image  # NumPy has no bfloat16
    return plain.numpy().copy()
