"""A picture file as the colours that a person sees, whatever its format."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from attn_widget.shell.outcome import one_line
from attn_widget.words import shell_words


class UnreadablePicture(Exception):
    """A file that Pillow cannot read as a picture; the message says why, on one line."""


def decoded(file: Path) -> Image.Image:
    """Read a picture as RGB, turned as its EXIF data says, and on white where it is transparent.

    Of several frames, the first. Values of 16 bits are divided by 256; other integers that exceed a byte, and floats
    that exceed [0, 1], are stretched from their minimum to their maximum.

    Raises
    ------
    UnreadablePicture
        Where Pillow cannot read it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about EXIF data and sizes: the picture is read nevertheless
        try:
            with Image.open(file) as picture:
                picture.load()
                return _as_rgb(ImageOps.exif_transpose(picture))
        except UnidentifiedImageError:
            raise UnreadablePicture(shell_words.UNKNOWN_FORMAT) from None
        except Exception as error:  # each format of Pillow's has its own
            raise UnreadablePicture(one_line(getattr(error, "strerror", None) or str(error))) from error


def _as_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I") or picture.mode == "F":
        return Image.fromarray(_as_bytes(np.asarray(picture), short=picture.mode.startswith("I;16"))).convert("RGB")
    if picture.mode == "LAB":
        lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        turned = ImageCms.profileToProfile(picture, lab, rgb, outputMode="RGB")
        assert turned is not None  # it is only where it works in place
        return turned
    if picture.has_transparency_data:
        seen = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB")
    return picture.convert("RGB")


def _as_bytes(values: np.ndarray, *, short: bool) -> np.ndarray:
    """Bring grey values ``[H, W]`` of any type into a byte."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if short or (values.dtype.kind == "i" and low >= 0 and 255 < high < 2**16):
        return (values // 256).astype(np.uint8)
    if values.dtype.kind == "f" and low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    scaled = (values.astype(np.float64) - low) * (255 / (high - low) if high > low else 0.0)
    return np.clip(np.nan_to_num(scaled.round()), 0, 255).astype(np.uint8)
