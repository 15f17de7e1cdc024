"""A part of an image, and the resolution it is shown at."""

import math
from dataclasses import dataclass

PLENTY = 1024
"""Images with no side longer than this are always worked on pixel for pixel."""


@dataclass(frozen=True)
class Window:
    """A part of an image, pixel rows ``top`` to ``bottom - 1`` and columns ``left`` to ``right - 1``.

    It is shown on a grid of ``rows`` by ``columns`` equal cells: the pixels themselves, or fewer.
    """

    top: int
    bottom: int
    left: int
    right: int
    rows: int
    columns: int

    @classmethod
    def whole(cls, size: tuple[int, int], most: tuple[float, float] | None = None) -> "Window":
        """Show a whole image ``(H, W)``: pixel for pixel, or on about `most` rows and columns if it is large."""
        height, width = size
        scale = 1.0
        if most is not None and max(size) > PLENTY:
            scale = min(1.0, max(most[0], 1) / height, max(most[1], 1) / width)
        return cls(0, height, 0, width, math.ceil(height * scale), math.ceil(width * scale))

    def shows(self, size: tuple[int, int]) -> bool:
        """Whether it shows the whole of an image ``(H, W)`` pixel for pixel."""
        return self == Window.whole(size)

    @property
    def exact(self) -> bool:
        """Whether its cells are the image's pixels."""
        return (self.rows, self.columns) == (self.bottom - self.top, self.right - self.left)
