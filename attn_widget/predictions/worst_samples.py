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
"""How many samples are kept, and how many bytes of their images."""

_LARGEST_THUMBNAIL = 96


class Worst:
    """Keeps for a review those of highest loss; where there is no label, those that surprise most: the least sure.

    Parameters
    ----------
    samples : Samples
        Make the pictures.
    now : Snapshot
        Of the review for which they are kept; what it has kept already counts.
    """

    def __init__(self, samples: Samples, now: Snapshot) -> None:
        self._samples = samples
        self._heap = [(float(_surprise(now.loss[at], now.confidence[at])), at, kept) for at, kept in now.kept.items()]
        heapq.heapify(self._heap)

    def consider(self, portion: Portion, scored: Scored) -> None:
        """Keep those of a portion that are worse than what is kept; done twice, after an interrupt, it is the same."""
        surprise = _surprise(scored.columns["loss"], scored.columns["confidence"])
        held = {position for _, position, _ in self._heap}
        for position, image in zip(portion.positions, portion.images, strict=True):
            value = float(surprise[position - portion.start])
            full = len(self._heap) >= MOST_KEPT or self._bytes >= MOST_BYTES
            if value == value and position not in held and not (full and value <= self._heap[0][0]):
                self._push(value, position, image)

    @property
    def kept(self) -> dict[int, Kept]:
        """By position, what is kept."""
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
    plain = image.float() if image.dtype == torch.bfloat16 else image  # which NumPy has not
    return plain.numpy().copy()
