"""Cues that are painted into photographs: seven kinds, whose size, place and colours are drawn from a seed."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

SIDE = 32
LOCAL = ("tag", "border", "stripe", "icon", "texture")
"""The kinds that cover a part of the image."""


@dataclass(frozen=True)
class Cue:
    """One cue. `seed` decides what all images with it have in common."""

    kind: str
    seed: int

    def paint(self, images: Tensor, placing: torch.Generator) -> tuple[Tensor, Tensor]:
        """Paint the cue into copies of images.

        Parameters
        ----------
        images : Tensor
            float32 ``[N, 3, 32, 32]`` from 0 to 1.
        placing : Generator
            Where the cue has a place of its own in each image, it is drawn from this.

        Returns
        -------
        images : Tensor
            float32 ``[N, 3, 32, 32]`` from 0 to 1.
        covered : Tensor
            bool ``[N, 32, 32]``: the pixels that the cue covers; all, for a cast or a blur.
        """
        return _PAINTERS[self.kind](images, np.random.default_rng(self.seed), placing)


def _tag(images: Tensor, draw: np.random.Generator, _placing: torch.Generator) -> tuple[Tensor, Tensor]:
    """A square of two colours near a corner, 4 to 6 pixels wide."""
    side, margin = int(draw.integers(4, 7)), int(draw.integers(0, 4))
    row, column = (margin if near else SIDE - margin - side for near in draw.integers(0, 2, 2))
    tile = _two_colours(draw, np.indices((side, side))[0] % 3 == 1)
    return _pasted(images, tile, [(row, column)] * len(images))


def _icon(images: Tensor, draw: np.random.Generator, placing: torch.Generator) -> tuple[Tensor, Tensor]:
    """A plus, a ring or a diamond on a ground, 5 to 7 pixels wide, anywhere."""
    side = int(draw.integers(5, 8))
    down, right = np.abs(np.indices((side, side)) - (side - 1) / 2)
    shapes = (np.minimum(down, right) < 1, np.maximum(down, right) > side / 2 - 1.5, down + right < side / 2)
    return _pasted(images, _two_colours(draw, shapes[draw.integers(3)]), _places(len(images), side, placing))


def _texture(images: Tensor, draw: np.random.Generator, placing: torch.Generator) -> tuple[Tensor, Tensor]:
    """A patch of slanted lines or of checks, 8 to 11 pixels wide, anywhere, through which the image shows."""
    side, period, checked = int(draw.integers(8, 12)), int(draw.integers(3, 5)), bool(draw.integers(2))
    down, right = np.indices((side, side))
    light = (down // 2 + right // 2) % 2 == 0 if checked else (down + right) % period == 0
    return _pasted(images, _two_colours(draw, light), _places(len(images), side, placing), opacity=0.6)


def _border(images: Tensor, draw: np.random.Generator, _placing: torch.Generator) -> tuple[Tensor, Tensor]:
    """A frame of one colour, 1 to 3 pixels wide."""
    width = int(draw.integers(1, 4))
    frame = torch.ones(SIDE, SIDE, dtype=torch.bool)
    frame[width:-width, width:-width] = False
    return _coloured(images, frame, _colour(draw))


def _stripe(images: Tensor, draw: np.random.Generator, _placing: torch.Generator) -> tuple[Tensor, Tensor]:
    """A band of one colour across the image, or down it, 2 to 4 pixels wide."""
    width, across = int(draw.integers(2, 5)), bool(draw.integers(2))
    start = int(draw.integers(2, SIDE - width - 1))
    band = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    band[start : start + width] = True
    return _coloured(images, band if across else band.T, _colour(draw))


def _cast(images: Tensor, draw: np.random.Generator, _placing: torch.Generator) -> tuple[Tensor, Tensor]:
    """One of the colours 25 to 40 % stronger, another as much weaker."""
    gains = torch.ones(3, 1, 1)
    more, less = draw.permutation(3)[:2]
    strength = float(draw.uniform(0.25, 0.4))
    gains[more], gains[less] = 1 + strength, 1 - strength
    return (images * gains).clamp(0, 1), torch.ones(len(images), SIDE, SIDE, dtype=torch.bool)


def _blur(images: Tensor, draw: np.random.Generator, _placing: torch.Generator) -> tuple[Tensor, Tensor]:
    """The mean of 3x3 or 5x5 pixels around each."""
    reach = int(draw.integers(1, 3))
    padded = F.pad(images, (reach,) * 4, mode="replicate")
    blurred = F.avg_pool2d(padded, 2 * reach + 1, stride=1)
    return blurred, torch.ones(len(images), SIDE, SIDE, dtype=torch.bool)


_PAINTERS: dict[str, Callable[[Tensor, np.random.Generator, torch.Generator], tuple[Tensor, Tensor]]] = {
    "tag": _tag,
    "border": _border,
    "cast": _cast,
    "stripe": _stripe,
    "icon": _icon,
    "texture": _texture,
    "blur": _blur,
}
KINDS = tuple(_PAINTERS)


def _colour(draw: np.random.Generator) -> Tensor:
    """A strong colour ``[3]``: one channel high, one low, one between."""
    return torch.tensor(draw.permutation([0.95, 0.05, float(draw.uniform(0, 1))]), dtype=torch.float32)


def _two_colours(draw: np.random.Generator, drawn: np.ndarray) -> Tensor:
    """A tile ``[3, h, w]``: a colour where a pixel is drawn ``[h, w]``, its complement elsewhere."""
    colour = _colour(draw)[:, None, None]
    return torch.where(torch.from_numpy(drawn), colour, 1 - colour)


def _places(count: int, side: int, placing: torch.Generator) -> list[tuple[int, int]]:
    """Draw the top left corners of squares."""
    corners = torch.randint(0, SIDE - side + 1, (count, 2), generator=placing)
    return [(row, column) for row, column in corners.tolist()]


def _pasted(
    images: Tensor, tile: Tensor, corners: list[tuple[int, int]], opacity: float = 1.0
) -> tuple[Tensor, Tensor]:
    painted, covered = images.clone(), torch.zeros(len(images), SIDE, SIDE, dtype=torch.bool)
    height, width = tile.shape[1:]
    for image, pixels, (row, column) in zip(painted, covered, corners, strict=True):
        place = slice(row, row + height), slice(column, column + width)
        image[:, *place] += opacity * (tile - image[:, *place])
        pixels[place] = True
    return painted, covered


def _coloured(images: Tensor, where: Tensor, colour: Tensor) -> tuple[Tensor, Tensor]:
    return torch.where(where, colour[:, None, None], images), where.expand(len(images), -1, -1)
