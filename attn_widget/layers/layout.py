"""How a layer's output reads as maps: which axis holds the channels, which the grid."""

import math
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import nn

from attn_widget import texts
from attn_widget.capture import modules_of
from attn_widget.layers.tokens import USUAL_PREFIXES, NoMap, Tokens

_SKEW = 0.3  # log of how far a grid's two strides may differ before it cannot be the image's grid

_CHANNELS_FIRST = (
    *(nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d, nn.InstanceNorm2d, nn.GroupNorm, nn.PixelShuffle),
    *(nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveMaxPool2d, nn.AdaptiveAvgPool2d, nn.Upsample, nn.Dropout2d),
)

_WITHOUT_BATCH = (
    *(nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveMaxPool2d, nn.AdaptiveAvgPool2d, nn.InstanceNorm2d),
    *(nn.PixelShuffle, nn.PixelUnshuffle),
)
"""What gives three axes only where it is given an image without the batch."""


@dataclass(frozen=True)
class Layout:
    """Where channels and grid lie in a tensor of batch size one.

    Attributes
    ----------
    order : str
        ``"channels first"`` for ``[1, K, h, w]`` or ``[K, h, w]``, ``"channels last"`` for ``[1, h, w, K]``,
        ``"tokens"`` for ``[1, N, K]`` or ``[N, 1, K]``, ``"attention"`` for weights ``[1, K, queries, N]`` of K
        heads; the patches are N tokens ``prefix`` to ``prefix + h * w``.
    shape : tuple of int
        ``(K, h, w)``.
    prefix : int
        Tokens before those of the grid: class token, distillation token, registers.
    query : int or None
        Of attention: the token whose attention to the patches is read; None for the mean over all patches'.
    queries : int
        Of attention: how many tokens attend.
    batched : bool
        Whether there is an axis for the batch; a model that drops it takes no more than one image.
    """

    order: Literal["channels first", "channels last", "tokens", "attention"]
    shape: tuple[int, int, int]
    prefix: int = 0
    query: int | None = None
    queries: int = 0
    batched: bool = True

    def read(self, tensor: torch.Tensor) -> torch.Tensor:
        """Read a tensor as maps ``[K, h, w]``."""
        channels = self.shape[0]
        if self.order == "channels first":
            return tensor[0] if self.batched else tensor
        if self.order == "channels last":
            return tensor[0].permute(2, 0, 1)
        if self.order == "attention":
            weights = tensor.reshape(channels, self.queries, -1)
            read = weights[:, self._patches].mean(1) if self.query is None else weights[:, self.query]
            return read[:, self._patches].reshape(self.shape)
        return tensor.reshape(-1, channels)[self._patches].T.reshape(self.shape)

    def read_gradient(self, tensor: torch.Tensor) -> torch.Tensor:
        """Read a gradient with respect to the tensor as one with respect to its maps ``[K, h, w]``."""
        mean_over_queries = self.order == "attention" and self.query is None
        return self.read(tensor) * (self._count if mean_over_queries else 1)

    def write(self, maps: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
        """Write maps ``[n, K, h, w]`` as the layer would give them for a batch of `n`.

        Parameters
        ----------
        maps : Tensor ``[n, K, h, w]``
            What `read` would read of each; a single one where there is no axis for the batch.
        like : Tensor
            What the layer gave for one image; its other tokens stay. Where maps are means over queries, each
            query's attention changes by the same factor.
        """
        if self.order == "channels first":
            return maps if self.batched else maps[0]
        if self.order == "channels last":
            return maps.permute(0, 2, 3, 1)
        maps = maps.to(like).flatten(2)
        if self.order == "attention":
            whole = like.reshape(1, self.shape[0], self.queries, -1).repeat(len(maps), 1, 1, 1)
            if self.query is None:
                means = self.read(like).flatten(1)
                factors = torch.where(means != 0, maps / means, 0)
                whole[:, :, self._patches, self._patches] *= factors[:, :, None]
            else:
                whole[:, :, self.query, self._patches] = maps
            return whole
        whole = like.reshape(1, -1, like.shape[2]).repeat(len(maps), 1, 1)
        whole[:, self._patches] = maps.transpose(1, 2)
        second = like.shape[1] == 1 and like.shape[0] > 1
        return whole.transpose(0, 1) if second else whole

    def asking(self, cell: tuple[int, int]) -> "Layout":
        """Read the attention of the patch in that cell ``(row, column)``; of a single query there is no other."""
        if self.order != "attention" or self.queries == 1:
            return self
        return replace(self, query=self.prefix + cell[0] * self.shape[2] + cell[1])

    @property
    def _count(self) -> int:
        return self.shape[1] * self.shape[2]

    @property
    def _patches(self) -> slice:
        return slice(self.prefix, self.prefix + self._count)


def layout_of(shape: tuple[int, ...], module: nn.Module, tokens: Tokens) -> Layout:
    """Decide how a tensor of `shape` reads as maps.

    Parameters
    ----------
    shape : tuple of int
        The tensor's shape, for a batch of one image.
    module : Module
        The module that gave it: some kinds settle where the channels are.
    tokens : Tokens
        What is known of the model's tokens.

    Raises
    ------
    NoMap
        Where the tensor has no grid over the image.
    """
    if len(shape) == 4 and shape[0] == 1:
        return _layout_of_grid(shape, module, tokens)
    if len(shape) == 3 and _without_batch(shape, module, tokens):
        if shape[1:] == (1, 1):
            raise NoMap(texts.ONE_VECTOR)
        return Layout("channels first", (shape[0], shape[1], shape[2]), batched=False)
    if len(shape) == 3 and 1 in shape[:2]:
        if isinstance(module, nn.Conv1d):
            raise NoMap(texts.ALONG_A_LINE)
        grid, prefix = tokens.laid_out(max(shape[:2]))
        return Layout("tokens", (shape[2], *grid), prefix)
    if len(shape) <= 2:
        raise NoMap(texts.ONE_VECTOR)
    raise NoMap(texts.unreadable_shape(shape))


def layout_of_attention(shape: tuple[int, ...], tokens: Tokens) -> Layout:
    """Decide how attention weights ``[1, heads, queries, keys]`` read as maps of the heads.

    A head's map is the class token's attention to the patches, or an only query's; without a class token it is
    the mean over the patches'.

    Raises
    ------
    NoMap
        Where the keys are no grid of patches.
    """
    heads, queries, keys = shape[-3:]
    grid, prefix = tokens.laid_out(keys)
    first = queries == 1 or tokens.class_token(prefix)
    return Layout("attention", (heads, *grid), prefix, query=0 if first else None, queries=queries)


def _without_batch(shape: tuple[int, ...], module: nn.Module, tokens: Tokens) -> bool:
    """Whether ``[K, h, w]`` are maps of a model that has dropped the batch, by the module's kind or its weights."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        return True  # nothing else that they give has three axes
    if 1 in shape[:2]:
        return False
    if isinstance(module, _WITHOUT_BATCH):
        return True
    inside = [one.out_channels for one in modules_of(module) if isinstance(one, nn.Conv2d | nn.ConvTranspose2d)]
    return shape[0] in inside and _skew((shape[1], shape[2]), tokens.size) <= _SKEW


def _layout_of_grid(shape: tuple[int, ...], module: nn.Module, tokens: Tokens) -> Layout:
    _, first, second, third = shape
    size = tokens.size
    if second == third and not isinstance(module, _CHANNELS_FIRST) and _are_all(second, tokens):
        return layout_of_attention(shape, tokens)
    as_first, as_last = (second, third), (first, second)
    skewed = min(_skew(as_first, size), _skew(as_last, size)) > _SKEW
    oblong = second != third and not isinstance(module, _CHANNELS_FIRST)
    if oblong and _of_heads(second, skewed=skewed, tokens=tokens):
        raise NoMap(texts.BY_HEAD)
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


def _are_all(count: int, tokens: Tokens) -> bool:
    """Whether so many are the tokens of the patches' own grid: a square of that side lies between tokens."""
    if not tokens.grids or count < math.prod(tokens.grids[0]):
        return False
    try:
        grid, prefix = tokens.laid_out(count)
    except NoMap:
        return False
    return grid == tokens.grids[0] and (prefix in USUAL_PREFIXES or prefix == tokens.prefix)


def _of_heads(count: int, *, skewed: bool, tokens: Tokens) -> bool:
    """Whether ``[1, heads, count, d]`` holds the queries, keys or values of that many tokens, and no maps."""
    try:
        tokens.laid_out(count)
    except NoMap as reason:  # whose grids are those that could be meant, where no convolution tells
        return bool(reason.grids) and (skewed or tokens.size[0] % count != 0)
    return skewed and _are_all(count, tokens)


def _skew(grid: tuple[int, int], size: tuple[int, int]) -> float:
    """How differently a grid steps over an image along its two sides: 0 for the same stride."""
    if 0 in grid:
        return math.inf
    return abs(math.log(size[0] / grid[0] * grid[1] / size[1]))
