"""A part of an image, and the resolution at which it is seen."""

import math
from dataclasses import dataclass

PLENTY = 1024
"""An image none of whose sides is longer is always worked on as it is."""


@dataclass(frozen=True)
class Window:
    """A part of an image, and the grid of equal cells on which it is seen: its pixels themselves, or fewer.

    Attributes
    ----------
    top, bottom, left, right : int
        Its edges in pixels of the image: rows ``top`` to ``bottom - 1``, columns ``left`` to ``right - 1``.
    rows, columns : int
        How many cells there are.
    """

    top: int
    bottom: int
    left: int
    right: int
    rows: int
    columns: int

    @classmethod
    def whole(cls, size: tuple[int, int], most: tuple[float, float] | None = None) -> "Window":
        """See an image ``(H, W)`` whole: pixel for pixel, or, where it is large, on about `most` rows and columns."""
        height, width = size
        scale = 1.0
        if most is not None and max(size) > PLENTY:
            scale = min(1.0, max(most[0], 1) / height, max(most[1], 1) / width)
        return cls(0, height, 0, width, math.ceil(height * scale), math.ceil(width * scale))

    def shows(self, size: tuple[int, int]) -> bool:
        """Whether it is the whole of an image ``(H, W)``, pixel for pixel."""
        return self == Window.whole(size)

    @property
    def exact(self) -> bool:
        """Whether its cells are the image's pixels."""
        return (self.rows, self.columns) == (self.bottom - self.top, self.right - self.left)
