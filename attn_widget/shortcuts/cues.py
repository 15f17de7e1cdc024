"""What is transplanted from one picture to another: a region, or the colours."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from attn_widget.capture import written_in


@dataclass(frozen=True, eq=False)
class RegionCue:
    """A region of each sample of a class; `size` is its share of the picture or, for a frame, of the shorter side."""

    kind: str
    size: float
    images: Sequence[torch.Tensor]  # the class's surest samples
    masks: Sequence[np.ndarray]

    def onto(self, source: int, target: torch.Tensor) -> torch.Tensor:
        """Paste the region onto a picture."""
        return pasted(self.masks[source], self.images[source], target)

    def without(self, source: int, other: torch.Tensor) -> torch.Tensor:
        """Paste the same region of another picture onto the sample."""
        return pasted(self.masks[source], other, self.images[source])

    def mask(self, source: int) -> np.ndarray:
        """Say which pixels the region has."""
        return self.masks[source]


def pasted(mask: np.ndarray, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Give `target` with the region of `source` at the same place; both are ``[C, H, W]``."""
    return torch.where(torch.from_numpy(mask), source, target)


@dataclass(frozen=True, eq=False)
class Colours:
    """The mean and the standard deviation of each channel over all pixels of some pictures: ``[C, 1, 1]``, float64."""

    mean: torch.Tensor
    spread: torch.Tensor

    @classmethod
    def of(cls, images: Sequence[torch.Tensor]) -> "Colours":
        """Measure the colours of pictures ``[C, H, W]``."""
        pixels = torch.stack([image.double() for image in images])
        mean, spread = pixels.mean((0, 2, 3)), pixels.std((0, 2, 3), correction=0)
        return cls(mean[:, None, None], spread[:, None, None])


@dataclass(frozen=True, eq=False)
class ColourCue:
    r"""The colours of a class, apart from those of the others.

    Each channel x of a picture becomes :math:`(x - \mu_o) \sigma_c / \sigma_o + \mu_c`, with the mean and the standard
    deviation over all pixels of the class's pictures (c) and of the others' (o), after Reinhard et al., "Color transfer
    between images", 2001, who do that for single pictures in a decorrelated space. Values stay within the data's range.
    """

    images: Sequence[torch.Tensor]
    own: Colours
    others: Colours
    range: tuple[float, float]
    kind: str = "colours"
    size: float = 1.0

    def onto(self, _source: int, target: torch.Tensor) -> torch.Tensor:
        """Give a picture the class's colours, which all sources share."""
        return self._recoloured(target, self.others, self.own)

    def without(self, source: int, _other: torch.Tensor) -> torch.Tensor:
        """Give the sample the others' colours, which all pictures of other classes share."""
        return self._recoloured(self.images[source], self.own, self.others)

    def mask(self, source: int) -> np.ndarray:
        """Say that all pixels take part."""
        return np.ones(self.images[source].shape[1:], bool)

    def _recoloured(self, image: torch.Tensor, before: Colours, after: Colours) -> torch.Tensor:
        scale = torch.where(before.spread > 0, after.spread / before.spread, 1.0)
        values = (image.double() - before.mean) * scale + after.mean
        return written_in(values.clamp(*self.range), image.dtype, image)


Cue = RegionCue | ColourCue
"""A class's cue; its sources, the class's surest samples, are numbered."""
