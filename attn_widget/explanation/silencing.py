"""`Silencing`: which channels of a layer are silenced, or which parts of it."""

from dataclasses import dataclass
from typing import Literal

from attn_widget.methods import Directions

Fill = Literal["zero", "mean", "values"]


@dataclass(frozen=True)
class Silencing:
    """Which channels of which layer have other values than the model gives them.

    Attributes
    ----------
    layer : str
        The layer's name.
    channels : tuple of int
        The channels, attention heads or `parts` that are silenced.
    fill : str
        ``"zero"``; ``"mean"`` where `values` are the channels' means over several samples (`evidence.channel_means`),
        or ``"values"`` for any others.
    values : tuple of float
        The value of each of the layer's channels where it is silenced, at all places; empty for zero.
    call : int
        Which call of the layer, as an index into a list; by default the last one that sees the image.
    parts : Directions or None
        What `channels` are parts of: their amounts along their directions are taken out of the layer's output, at all
        places. None for the layer's own channels.
    """

    layer: str
    channels: tuple[int, ...]
    fill: Fill = "zero"
    values: tuple[float, ...] = ()
    call: int = -1
    parts: Directions | None = None

    def values_of(self, count: int) -> tuple[float, ...]:
        """Give the values for a layer with `count` channels, zeros included."""
        return self.values or (0.0,) * count
