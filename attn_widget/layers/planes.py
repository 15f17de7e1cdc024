"""Which axis of a four-dimensional tensor holds the channels, if two others are the rows and columns of planes."""

import math

from torch import nn

from attn_widget.capture import Grid
from attn_widget.layers.provenance import Made
from attn_widget.layers.tokens import NoMap, Tokens, may_lie_over
from attn_widget.words import reasons

_SKEW = 0.3  # log of the ratio of a grid's two strides above which it cannot be the image's grid
_LITTLE_SKEW = 0.1  # the same for a grid that was not seen, whose strides differ only by what is left over at the edges
_MARGIN = 0.05  # how much less skewed than the other a grid that was seen must be
_WIDE_MARGIN = 0.15  # the same for one that was not

_CHANNELS_FIRST = (
    *(nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d, nn.InstanceNorm2d, nn.GroupNorm, nn.PixelShuffle),
    *(nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveMaxPool2d, nn.AdaptiveAvgPool2d, nn.Upsample),
)


def channels_in(made: Made, module: nn.Module, tokens: Tokens) -> int:
    """Say which axis holds the channels: 1 for ``[1, K, h, w]``, 3 for ``[1, h, w, K]``.

    Usually the module's type and the grids on which the image was seen settle it at no cost; otherwise the functions
    that made the tensor do. Raises `NoMap` if both axes remain possible, or neither.
    """
    shape = made.shape
    grids: dict[int, Grid] = {1: (shape[2], shape[3]), 3: (shape[1], shape[2])}
    first = isinstance(module, _CHANNELS_FIRST)
    between_tokens = tokens.may_attend and any(map(tokens.usual, shape[2:]))
    if first and not may_lie_over(grids[1], tokens.size):
        raise NoMap(reasons.unreadable_shape(shape))
    if first and not between_tokens:
        return 1
    axis = 1 if first else _normed_axis(shape, module)
    skews = {one: skew(grids[one], tokens.size) for one in ([1, 3] if axis is None else [axis])}
    seen = [one for one in skews if grids[one] in tokens.planes]
    possible = {one: amount for one, amount in skews.items() if one in seen or amount <= _SKEW}
    likely = _least(possible, _MARGIN)
    if not between_tokens and likely in seen:
        return likely
    known = made.axis()
    if known is not None and known.kind == "pairs":
        raise NoMap(reasons.BETWEEN_TOKENS)
    if known is not None and known.index in skews and (known.kind == "grid" or first):
        return known.index
    if between_tokens:
        possible = {one: possible[one] for one in seen if known is not None and known.index == one}
    elif known is not None:
        possible = {one: amount for one, amount in possible.items() if known.index == one}
    found = _least(possible, _WIDE_MARGIN)
    if found is None and known is None and 1 in possible and not tokens.planes:
        found = 1  # nothing but torch's convention is left: no plane was seen, nor a function that works on channels
    if found is None or (found not in seen and possible[found] > _LITTLE_SKEW):
        raise NoMap(_why_none(shape, tokens, several=len(possible) > 1))
    return found


def skew(grid: Grid, size: tuple[int, int]) -> float:
    """How far a grid's strides along the two sides of an image differ: 0 if they are equal."""
    if 0 in grid:
        return math.inf
    return abs(math.log(size[0] / grid[0] * grid[1] / size[1]))


def may_be_planes(grid: Grid, size: tuple[int, int]) -> bool:
    """Whether a grid's strides along the two sides of the image are nearly equal."""
    return skew(grid, size) <= _SKEW


def _least(skews: dict[int, float], margin: float) -> int | None:
    """Choose the only axis, or the one that is less skewed than all others by a margin; None if there is none."""
    best = min(skews, key=skews.__getitem__, default=None)
    if best is None or any(skews[best] > amount - margin for one, amount in skews.items() if one != best):
        return None
    return best


def _normed_axis(shape: tuple[int, ...], module: nn.Module) -> int | None:
    """Give the axis that a layer norm of one axis worked on: the last for torch's own, but others may take axis 1."""
    if "Norm" not in type(module).__name__:
        return None
    weight = module._parameters.get("weight")
    normed = tuple(getattr(module, "normalized_shape", () if weight is None else weight.shape))
    axes = [axis for axis in (1, 3) if normed == (shape[axis],)]
    if len(axes) == 2:
        return 3 if type(module) in (nn.LayerNorm, nn.RMSNorm) else None
    return axes[0] if axes else None


def _why_none(shape: tuple[int, ...], tokens: Tokens, *, several: bool) -> str:
    if several:
        return reasons.unclear_channels(shape)
    return reasons.BY_HEAD if any(map(tokens.could_fit, shape[2:])) else reasons.unreadable_shape(shape)
