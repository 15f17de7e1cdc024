"""`Silencing`: which channels of a layer are silenced."""

from dataclasses import dataclass
from typing import Literal

Fill = Literal["zero", "mean", "values"]


@dataclass(frozen=True)
class Silencing:
    """Which channels of which layer have other values than the model gives them.

    Attributes
    ----------
    layer : str
        The layer's name.
    channels : tuple of int
        The channels, or attention heads, that are silenced.
    fill : str
        ``"zero"``; ``"mean"`` where `values` are the channels' means over several samples (`evidence.channel_means`),
        or ``"values"`` for any others.
    values : tuple of float
        What each of `channels` is set to, at all places; empty for zero.
    call : int
        Which call of the layer, as an index into a list; by default the last one that sees the image.
    """

    layer: str
    channels: tuple[int, ...]
    fill: Fill = "zero"
    values: tuple[float, ...] = ()
    call: int = -1
