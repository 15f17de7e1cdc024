"""Pictures as small as the file must be: PNG, which loses nothing, or else JPEG of the best quality that fits."""

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

_FULL_COLOUR = 92  # from this quality on, colours have as many pixels as brightness


class PictureForm(NamedTuple):
    """How pictures are written."""

    quality: int | None  # of JPEG, from 0 to 100; None for PNG, which loses nothing
    most: int  # pixels along a side


_GOOD, _POOR = (95, 92, 89, 86, 83, 80, 75, 70), (60, 50, 40, 30)
FORMS = (
    PictureForm(None, LARGEST),
    *(PictureForm(quality, most) for most in (LARGEST, 384, 256) for quality in _GOOD),
    *(PictureForm(quality, most) for most in (256, 160, 96) for quality in _POOR),
)
"""From exact to small."""


class Pictures(NamedTuple):
    """All pictures as ``data:`` addresses, in order, with their ``(rows, columns)``, and their form."""

    addresses: list[str]
    sizes: list[tuple[int, int]]
    form: PictureForm


def picture_kept(rendering: Rendering) -> np.ndarray:
    """Draw a sample's picture, reduced if it is large: ``[rows, columns, 3]``, uint8."""
    height, width = rendering.size
    picture = rendering.part(Window(0, height, 0, width, *_reduced((height, width), LARGEST)))
    return (picture * 255 + 0.5).astype(np.uint8)


def pictures_within(pictures: Sequence[np.ndarray], most_bytes: int) -> Pictures:
    """Write pictures in the first form in which all take at most so many bytes; in the last where none does."""
    for form in FORMS:
        found, left = Pictures([], [], form), most_bytes
        for picture in pictures:
            address, size = _written(picture, form)
            found.addresses.append(address)
            found.sizes.append(size)
            left -= len(address)
            if left < 0 and form != FORMS[-1]:
                break
        else:
            break
    return found


def _written(picture: np.ndarray, form: PictureForm) -> tuple[str, tuple[int, int]]:
    image, file = Image.fromarray(picture), BytesIO()
    rows, columns = _reduced((image.height, image.width), form.most)
    if (rows, columns) != (image.height, image.width):
        image = image.resize((columns, rows), Image.Resampling.LANCZOS)
    if form.quality is None:
        image.save(file, "PNG")
        kind = "png"
    else:
        image.save(file, "JPEG", quality=form.quality, subsampling=0 if form.quality >= _FULL_COLOUR else 2)
        kind = "jpeg"
    return f"data:image/{kind};base64,{b64encode(file.getvalue()).decode()}", (rows, columns)


def _reduced(size: tuple[int, int], most: int) -> tuple[int, int]:
    scale = min(1.0, most / max(size))
    rows, columns = (max(math.ceil(side * scale), 1) for side in size)
    return rows, columns
