"""Pictures as small as the file's size demands: PNG, which loses nothing, or else JPEG of the best quality that fits."""

import math
from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple

import numpy as np
from PIL import Image

from attn_widget.samples import Rendering
from attn_widget.window import Window

LARGEST = 512
"""The most pixels along a side; larger pictures are reduced."""

_QUALITIES = (95, 92, 89, 86, 83, 80, 75, 70, 60, 50, 40, 30)
_FULL_COLOUR = 92  # from this quality on, colours have as many pixels as brightness


class Pictures(NamedTuple):
    """All pictures as ``data:`` addresses, in order, and the quality they have: None where nothing is lost."""

    addresses: list[str]
    quality: int | None


def picture_kept(rendering: Rendering) -> np.ndarray:
    """Draw a sample's picture, reduced if it is large: ``[rows, columns, 3]``, uint8."""
    height, width = rendering.size
    scale = min(1.0, LARGEST / max(height, width))
    rows, columns = (max(math.ceil(side * scale), 1) for side in (height, width))
    picture = rendering.part(Window(0, height, 0, width, rows, columns))
    return (picture * 255 + 0.5).astype(np.uint8)


def pictures_within(pictures: Sequence[np.ndarray], most_bytes: int) -> Pictures:
    """Write pictures so that all together take at most so many bytes; those of the lowest quality where none does."""
    found = [_address("png", _png(picture)) for picture in pictures]
    if sum(map(len, found)) <= most_bytes:
        return Pictures(found, None)
    for quality in _QUALITIES:
        found = [_address("jpeg", _jpeg(picture, quality)) for picture in pictures]
        if sum(map(len, found)) <= most_bytes:
            break
    return Pictures(found, quality)


def _png(picture: np.ndarray) -> bytes:
    file = BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def _jpeg(picture: np.ndarray, quality: int) -> bytes:
    file = BytesIO()
    subsampling = 0 if quality >= _FULL_COLOUR else 2
    Image.fromarray(picture).save(file, "JPEG", quality=quality, subsampling=subsampling, optimize=True)
    return file.getvalue()


def _address(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{b64encode(content).decode()}"
