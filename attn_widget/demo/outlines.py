"""Outlines as signed distance functions: how far a point lies outside (positive) or inside (negative).

All are centred on the origin with a radius of about one, in a plane whose y axis points down. After Inigo Quilez, "2D
distance functions".
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Outline = Callable[[Array, Array], Array]


def _circle(x: Array, y: Array) -> Array:
    return np.hypot(x, y) - 0.9


def polygon(x: Array, y: Array, corners: Array) -> Array:
    """Signed distance of points (x, y), each [h, w], to the closed polygon with these corners [n, 2], in order."""
    nearest = np.full(x.shape, np.inf)
    inside = np.zeros(x.shape, dtype=bool)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, 1, axis=0), strict=True):
        along = np.clip(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2), 0, 1)
        nearest = np.minimum(nearest, (x - ax - along * (bx - ax)) ** 2 + (y - ay - along * (by - ay)) ** 2)
        if ay != by:
            inside ^= ((ay > y) != (by > y)) & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
    distance = np.sqrt(nearest)
    return np.where(inside, -distance, distance)


def ring_of_corners(radii: list[float], start: float = -np.pi / 2) -> Array:
    """Corners [n, 2] at equal angles, clockwise from `start`, at the given distances from the origin."""
    angles = start + 2 * np.pi * np.arange(len(radii)) / len(radii)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1) * np.asarray(radii)[:, None]


def _square(x: Array, y: Array) -> Array:
    return polygon(x, y, ring_of_corners([1.12] * 4, start=-np.pi / 4))


def _triangle(x: Array, y: Array) -> Array:
    return polygon(x, y, ring_of_corners([1.15] * 3))


def _star(x: Array, y: Array) -> Array:
    return polygon(x, y, ring_of_corners([1.15, 0.53] * 5))


def _heart(x: Array, y: Array) -> Array:
    x, y = np.abs(x) / 1.7, (0.95 - y) / 1.7
    lobe = np.hypot(x - 0.25, y - 0.75) - np.sqrt(2) / 4
    slope = 0.5 * np.maximum(x + y, 0)
    flank = np.minimum(np.hypot(x, y - 1), np.hypot(x - slope, y - slope)) * np.sign(x - y)
    return 1.7 * np.where(x + y > 1, lobe, flank)


def _moon(x: Array, y: Array) -> Array:
    x = x - 0.3
    return np.maximum(np.hypot(x, y) - 1, 0.95 - np.hypot(x - 0.8, y))


def _pebble(x: Array, y: Array) -> Array:
    angle = np.arctan2(y, x)
    return np.hypot(x * 0.75, y * 1.2) - 0.75 - 0.1 * np.cos(3 * angle + 1) - 0.05 * np.cos(5 * angle)


def _leaf(x: Array, y: Array) -> Array:
    return np.hypot(np.abs(x) + 0.85, y) - 1.3


def _twig(x: Array, y: Array) -> Array:
    bend = x + 0.12 * np.sin(2.5 * y)
    return np.hypot(bend, np.maximum(np.abs(y) - 1, 0)) - 0.1


CLASSES: dict[str, Outline] = {
    "circle": _circle,
    "heart": _heart,
    "moon": _moon,
    "square": _square,
    "star": _star,
    "triangle": _triangle,
}
CLUTTER: dict[str, Outline] = {"pebble": _pebble, "leaf": _leaf, "twig": _twig}
