"""Which of a tensor's four axes holds the channels, where two others are the rows and columns of planes."""

import math

from torch import nn

from attn_widget.capture import Grid
from attn_widget.layers.provenance import Made
from attn_widget.layers.tokens import NoMap, Tokens
from attn_widget.words import reasons

_SKEW = 0.3  # log of how far a grid's two strides may differ before it cannot be the image's grid
_LITTLE_SKEW = 0.1  # the same for a grid that was not seen, which steps alike but for what is left over at the edges
_MARGIN = 0.05  # by how much less a grid that was seen must be skewed than one that was not
_WIDE_MARGIN = 0.15  # the same where nothing was seen

_CHANNELS_FIRST = (
    *(nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d, nn.InstanceNorm2d, nn.GroupNorm, nn.PixelShuffle),
    *(nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveMaxPool2d, nn.AdaptiveAvgPool2d, nn.Upsample),
)


def channels_in(made: Made, module: nn.Module, tokens: Tokens) -> int:
    """Tell ``[1, K, h, w]``, which is 1, from ``[1, h, w, K]``, which is 3.

    The module's kind and the grids on which the image was seen to lie settle it mostly, and cost nothing; else
    what made the tensor does.

    Raises
    ------
    NoMap
        Where that leaves both, or neither.
    """
    shape = made.shape
    grids: dict[int, Grid] = {1: (shape[2], shape[3]), 3: (shape[1], shape[2])}
    first = isinstance(module, _CHANNELS_FIRST)
    between_tokens = tokens.may_attend and any(map(tokens.usual, shape[2:]))
    if first and not tokens.may_lie_on(grids[1]):
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
        found = 1  # a pass without a plane or a layer that works on channels has nothing but torch's convention
    if found is None or (found not in seen and possible[found] > _LITTLE_SKEW):
        raise NoMap(_why_none(shape, tokens, several=len(possible) > 1))
    return found


def skew(grid: Grid, size: tuple[int, int]) -> float:
    """How differently a grid steps over an image along its two sides: 0 for the same stride."""
    if 0 in grid:
        return math.inf
    return abs(math.log(size[0] / grid[0] * grid[1] / size[1]))


def may_be_planes(grid: Grid, size: tuple[int, int]) -> bool:
    """Whether a grid steps over the image alike along its two sides, nearly."""
    return skew(grid, size) <= _SKEW


def _least(skews: dict[int, float], margin: float) -> int | None:
    """Choose the only one, or the one that is less skewed than all others by a margin."""
    best = min(skews, key=skews.__getitem__, default=None)
    if best is None or any(skews[best] > amount - margin for one, amount in skews.items() if one != best):
        return None
    return best


def _normed_axis(shape: tuple[int, ...], module: nn.Module) -> int | None:
    """Give the axis that a layer norm of one axis worked on; torch's own takes the last, others may take the first."""
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
