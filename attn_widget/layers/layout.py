"""How a layer's output reads as maps: which axis holds the channels, which the grid."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from attn_widget import texts
from attn_widget.refusal import Refusal

_MOST_PREFIX_TOKENS = 16
_SKEW = 0.3  # log of how far a grid's two strides may differ before it cannot be the image's grid

_CHANNELS_FIRST = (
    *(nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d, nn.InstanceNorm2d, nn.GroupNorm, nn.PixelShuffle),
    *(nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveMaxPool2d, nn.AdaptiveAvgPool2d, nn.Upsample, nn.Dropout2d),
)


class NoMap(Refusal):
    """A layer's output has no grid over the image; the message says why, as a part of a sentence."""


@dataclass(frozen=True)
class Layout:
    """Where channels and grid lie in a tensor of batch size one.

    Attributes
    ----------
    order : str
        ``"channels first"`` for ``[1, K, h, w]``, ``"channels last"`` for ``[1, h, w, K]``, ``"tokens"`` for
        ``[1, N, K]`` or ``[N, 1, K]``, with ``N = prefix + h * w``.
    shape : tuple of int
        ``(K, h, w)``.
    prefix : int
        Tokens before those of the grid: class token, distillation token, registers.
    """

    order: Literal["channels first", "channels last", "tokens"]
    shape: tuple[int, int, int]
    prefix: int = 0

    def read(self, tensor: torch.Tensor) -> torch.Tensor:
        """Read a tensor as maps ``[K, h, w]``."""
        channels, height, width = self.shape
        if self.order == "channels first":
            return tensor[0]
        if self.order == "channels last":
            return tensor[0].permute(2, 0, 1)
        tokens = tensor.reshape(-1, channels)[self.prefix :]
        return tokens.T.reshape(channels, height, width)

    def write(self, maps: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
        """Write maps ``[n, K, h, w]`` as the layer would give them for a batch of `n`.

        Parameters
        ----------
        maps : Tensor ``[n, K, h, w]``
            What `read` would read of each.
        like : Tensor
            What the layer gave for one image; its prefix tokens stay.
        """
        if self.order == "channels first":
            return maps
        if self.order == "channels last":
            return maps.permute(0, 2, 3, 1)
        along = 0 if like.shape[1] == 1 and like.shape[0] > 1 else 1
        tokens = maps.flatten(2).permute(0, 2, 1)
        prefix = like.reshape(1, -1, like.shape[2])[:, : self.prefix].expand(len(maps), -1, -1)
        whole = torch.cat([prefix, tokens.to(like)], dim=1)
        return whole.transpose(0, 1) if along == 0 else whole


def layout_of(shape: tuple[int, ...], module: nn.Module, size: tuple[int, int], grids: list[tuple[int, int]]) -> Layout:
    """Decide how a tensor of `shape` reads as maps.

    Parameters
    ----------
    shape : tuple of int
        The tensor's shape, for a batch of one image.
    module : Module
        The module that gave it: some kinds settle where the channels are.
    size : tuple of int
        ``(H, W)`` of the image.
    grids : list of tuple of int
        The grids ``(h, w)`` of patch tokens that the model makes of that image (`token_grids`).

    Raises
    ------
    NoMap
        Where the tensor has no grid over the image.
    """
    if len(shape) == 4 and shape[0] == 1:
        return _layout_of_grid(shape, module, size, grids)
    if len(shape) == 3 and 1 in shape[:2]:
        return _layout_of_tokens(shape, module, grids)
    if len(shape) <= 2:
        raise NoMap(texts.ONE_VECTOR)
    raise NoMap(texts.unreadable_shape(shape))


def token_grids(model: nn.Module, size: tuple[int, int]) -> list[tuple[int, int]]:
    """List the grids of patches that the model's patch convolution makes of an image ``(H, W)``.

    The patch convolution is the first whose stride is its kernel's size. Its grid is followed by the halves
    that models make which merge patches from stage to stage, down to the last of more than one cell.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.stride == module.kernel_size and max(module.stride) > 1:
            height, width = size[0] // module.stride[0], size[1] // module.stride[1]
            grids = [(height, width)]
            while min(height, width) > 1:
                height, width = math.ceil(height / 2), math.ceil(width / 2)
                grids.append((height, width))
            return [grid for grid in grids if grid != (1, 1)]
    return []


def _layout_of_grid(
    shape: tuple[int, ...], module: nn.Module, size: tuple[int, int], grids: list[tuple[int, int]]
) -> Layout:
    _, first, second, third = shape
    if second == third and any(0 <= second - h * w <= _MOST_PREFIX_TOKENS for h, w in grids[:1]):
        raise NoMap(texts.ATTENTION_WEIGHTS)
    as_first, as_last = (second, third), (first, second)
    last_is_likely = not isinstance(module, _CHANNELS_FIRST) and (
        (isinstance(module, nn.Linear | nn.LayerNorm) and _skew(as_last, size) <= _SKEW)
        or _skew(as_last, size) <= min(_SKEW, _skew(as_first, size) - 0.05)
    )
    layout = (
        Layout("channels last", (third, first, second))
        if last_is_likely
        else Layout("channels first", (first, second, third))
    )
    if layout.shape[1:] == (1, 1):
        raise NoMap(texts.ONE_VECTOR)
    return layout


def _skew(grid: tuple[int, int], size: tuple[int, int]) -> float:
    """How differently a grid steps over an image along its two sides: 0 for the same stride."""
    if 0 in grid:
        return math.inf
    return abs(math.log(size[0] / grid[0] * grid[1] / size[1]))


def _layout_of_tokens(shape: tuple[int, ...], module: nn.Module, grids: list[tuple[int, int]]) -> Layout:
    count, channels = max(shape[:2]), shape[2]
    if isinstance(module, nn.Conv1d):
        raise NoMap(texts.ALONG_A_LINE)
    if count == 1:
        raise NoMap(texts.ONE_VECTOR)
    fitting = {grid: count - grid[0] * grid[1] for grid in grids}
    fitting = {grid: prefix for grid, prefix in fitting.items() if 0 <= prefix <= _MOST_PREFIX_TOKENS}
    exact = {grid: prefix for grid, prefix in fitting.items() if prefix == 0}
    unmerged = {grid: prefix for grid, prefix in fitting.items() if grid == grids[0]}
    fitting = exact or unmerged or fitting
    if not fitting:
        raise NoMap(texts.tokens_without_grid(count))
    if len(fitting) > 1:
        raise NoMap(texts.tokens_with_several_grids(count, sorted(fitting)))
    (grid, prefix), *_ = fitting.items()
    return Layout("tokens", (channels, *grid), prefix)
