"""The pictures of a group of mistakes: those of typical members, and their mean."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from attn_widget.explanation import to_heatmap
from attn_widget.samples import Sample
from attn_widget.surveys import Group, Mistakes
from attn_widget.window import Window

_SIDE = 128  # pixels of the longer side
_AVERAGED = 24  # members whose pictures make up the mean


@dataclass(frozen=True, eq=False)
class Pictured:
    """Pictures ``[h, w, 3]`` in [0, 1], None for one that cannot be read, each with its heatmap ``[h, w]``."""

    position: int | None  # None for the mean
    picture: np.ndarray | None
    heatmap: np.ndarray | None


def pictures_of(
    group: Group, mistakes: Mistakes, read: Callable[[int], Sample], report: Callable[[], object]
) -> tuple[Pictured, ...]:
    """Give the mean over the most typical members, and five of them; heatmaps are the survey's.

    `report` is called after each that was read; what it raises ends the work.
    """
    row_of = {position: row for row, position in enumerate(mistakes.positions.tolist())}
    found: dict[int, np.ndarray | None] = {}
    for position in group.positions[:_AVERAGED].tolist():
        found[position] = _small(position, read)
        report()
    known = [picture for picture in found.values() if picture is not None]
    members = [
        _pictured(position, found[position], mistakes.maps[row_of[position]]) for position in group.members.tolist()
    ]
    return (_pictured(None, _mean(known), group.mean_map), *members)


def _pictured(position: int | None, picture: np.ndarray | None, heat: np.ndarray) -> Pictured:
    if picture is None or np.isnan(heat).any():
        return Pictured(position, picture, None)
    height, width, _ = picture.shape
    return Pictured(position, picture, to_heatmap(heat, (height, width)))


def _small(position: int, read: Callable[[int], Sample]) -> np.ndarray | None:
    """Read a sample's picture, reduced; None where it cannot be read."""
    try:
        rendering = read(position).rendering
    except Exception:  # of this sample: its tile stays grey
        return None
    picture = rendering.part(Window.whole(rendering.size, (2.0 * _SIDE, 2.0 * _SIDE)))
    return _resized(picture, min(1.0, _SIDE / max(picture.shape[:2])))


def _resized(picture: np.ndarray, scale: float, size: tuple[int, int] | None = None) -> np.ndarray:
    """Scale a picture, or give it a size ``(h, w)``."""
    height, width = size or (max(round(length * scale), 1) for length in picture.shape[:2])
    if picture.shape[:2] == (height, width):
        return picture
    pixels = Image.fromarray(np.round(picture * 255).astype(np.uint8))
    return np.asarray(pixels.resize((width, height), Image.Resampling.BILINEAR), np.float32) / 255


def _mean(pictures: Sequence[np.ndarray]) -> np.ndarray | None:
    """Give the mean of pictures, in the size of the first."""
    if not pictures:
        return None
    height, width, _ = pictures[0].shape
    return np.stack([_resized(each, 1.0, (height, width)) for each in pictures]).mean(0)
