"""A sample that drives a channel."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One of the samples that drive a channel most."""

    position: int
    cell: tuple[int, int]  # the row and column of the layer's grid where the channel is strongest
    value: float  # of the channel's map there, or the mean of its contribution over the grid
    label: int  # -1 for none
    predicted: int  # -1 for none
