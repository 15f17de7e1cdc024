"""Text for the place under the mouse: pixel, cell and values."""

from collections.abc import Callable

import numpy as np

from attn_widget.explanation import Comparison
from attn_widget.figure.value_scale import Scale
from attn_widget.window import Window
from attn_widget.words import forms, pictures

Pointer = Callable[[float, float], str]
"""Describes a place ``(x, y)`` in the image; returns an empty text outside it."""


def pixel_at(x: float, y: float, size: tuple[int, int]) -> tuple[int, int] | None:
    """Return the pixel ``(row, column)`` at a place in an image ``(H, W)``; None outside it."""
    column, row = int(np.floor(x + 0.5)), int(np.floor(y + 0.5))
    return (row, column) if 0 <= row < size[0] and 0 <= column < size[1] else None


def on_picture(size: tuple[int, int], describe: Callable[[int, int], str] | None = None) -> Pointer:
    """Describe the pixel ``(row, column)`` of an image ``(H, W)``; by default, name it."""

    def under_the_mouse(x: float, y: float) -> str:
        pixel = pixel_at(x, y, size)
        return "" if pixel is None else (describe or forms.pixel)(*pixel)

    return under_the_mouse


def on_map(map_: np.ndarray, scale: Scale, size: tuple[int, int]) -> Pointer:
    """Name the pixel, the cell of a map ``[h, w]`` over it, and the cell's value: raw, and normalised as on the bar.

    Normalised is from 0 to 1, or from -1 to 1 on a scale that is symmetric about zero.
    """
    low, high = (0.0, scale.high) if scale.signed else scale.span
    least = -1.0 if scale.signed else 0.0

    def under_the_mouse(x: float, y: float) -> str:
        pixel = pixel_at(x, y, size)
        if pixel is None:
            return ""
        row, column = int((y + 0.5) * map_.shape[0] / size[0]), int((x + 0.5) * map_.shape[1] / size[1])
        unit = min(max((float(map_[row, column]) - low) / (high - low), least), 1.0) if high > low else 0.0
        return pictures.pixel_value(*pixel, (row, column), float(map_[row, column]), unit)

    return under_the_mouse


def on_difference(comparison: Comparison) -> Pointer:
    """Name the pixel and its value in the signed difference of two heatmaps."""

    def describe(row: int, column: int) -> str:
        here = comparison.difference_in(Window(row, row + 1, column, column + 1, 1, 1))
        return pictures.pixel_difference(row, column, float(here[0, 0]))

    return on_picture(comparison.first.size, describe)
