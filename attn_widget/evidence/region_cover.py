"""`Cover`: a region of an image, and what covers it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from attn_widget.evidence.covering import Fill, cover
from attn_widget.evidence.regions import region_mask
from attn_widget.refusal import Refusal
from attn_widget.samples import Sample
from attn_widget.words import evidence

CoverFill = Literal["blur", "mean", "noise", "sample"]
"""What covers a region: see `cover`; ``"sample"`` is another sample's patch at that place."""

COVER_FILLS: tuple[CoverFill, ...] = ("blur", "mean", "noise", "sample")

Point = tuple[float, float]


@dataclass(frozen=True)
class Cover:
    """A region of an image and what covers it, compared by value.

    Attributes
    ----------
    points : tuple of pair of float
        The corners ``(x, y)`` in pixels, measured from the image's upper left corner: two opposite ones of a rectangle,
        or all of a polygon.
    fill : str
        ``"blur"``, ``"mean"``, ``"noise"`` or ``"sample"``.
    other : int or None
        The position of the other sample, for ``"sample"``.
    """

    points: tuple[Point, ...]
    fill: CoverFill = "blur"
    other: int | None = None

    @classmethod
    def rectangle(
        cls, left: float, top: float, right: float, bottom: float, fill: CoverFill = "blur", other: int | None = None
    ) -> "Cover":
        """Cover columns `left` to `right` and rows `top` to `bottom`, the last ones not included."""
        return cls(((left, top), (right, bottom)), fill, other)

    @classmethod
    def polygon(cls, points: Sequence[Point], fill: CoverFill = "blur", other: int | None = None) -> "Cover":
        """Cover the pixels whose centres lie inside a closed line through `points`, also where it crosses itself."""
        return cls(tuple((x, y) for x, y in points), fill, other)

    def mask(self, size: tuple[int, int]) -> np.ndarray:
        """Give the region in an image of this size ``(H, W)``: booleans ``[H, W]``."""
        if len(self.points) == 2:
            (left, top), (right, bottom) = self.points
            return region_mask([(left, top, right, bottom)], size)
        return _inside(self.points, size)

    def on(self, sample: Sample, other: Sample | None = None) -> Sample:
        """Give a sample with the region covered in the image and in its picture; the noise is the same each time.

        Parameters
        ----------
        sample : Sample
            Stays as it is.
        other : Sample, optional
            The one at the position `other`, for the fill ``"sample"``.

        Raises
        ------
        Refusal
            If no pixel of the image lies in the region, or the other sample is of another size.
        ValueError
            If the other sample is missing.
        """
        covered = cover(sample.image, self.region(sample.rendering.size), self.patch(sample, other))
        return replace(sample, image=covered, rendering=replace(sample.rendering, image=covered))

    def region(self, size: tuple[int, int]) -> np.ndarray:
        """Give the mask ``[H, W]``; raises a `Refusal` if it has no pixel."""
        mask = self.mask(size)
        if not mask.any():
            raise Refusal(evidence.no_pixel_covered(size))
        return mask

    def patch(self, sample: Sample, other: Sample | None) -> Fill:
        """Give what `cover` takes as its `fill`; raises what `on` raises."""
        if self.fill != "sample":
            return self.fill
        if other is None:
            raise ValueError("other must be the sample whose patch is taken, got None")
        if other.image.shape != sample.image.shape:
            raise Refusal(evidence.other_size(other.position, other.image.shape, sample.image.shape))
        return other.image


def _inside(points: Sequence[Point], size: tuple[int, int]) -> np.ndarray:
    """Find the pixels around which a closed line winds: booleans ``[H, W]``."""
    rows, columns = (np.arange(pixels) + 0.5 for pixels in size)
    winding = np.zeros(size, np.int32)
    for (x0, y0), (x1, y1) in pairwise([*points, points[0]]):
        crossed = np.flatnonzero((y0 <= rows) != (y1 <= rows))
        if len(crossed):
            at = x0 + (rows[crossed] - y0) * (x1 - x0) / (y1 - y0)
            winding[crossed] += np.where(columns < at[:, None], 1 if y1 > y0 else -1, 0)
    return winding != 0
