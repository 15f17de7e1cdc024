"""How a layer's output reads as maps: which axis holds the channels, which the grid."""

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import nn

from attn_widget.capture import modules_of
from attn_widget.layers.planes import channels_in, may_be_planes
from attn_widget.layers.provenance import Made
from attn_widget.layers.tokens import FEW, NoMap, Tokens
from attn_widget.words import reasons

_ALONG_A_LINE = (
    *(nn.Conv1d, nn.ConvTranspose1d, nn.BatchNorm1d, nn.InstanceNorm1d, nn.MaxPool1d, nn.AvgPool1d),
    *(nn.AdaptiveAvgPool1d, nn.AdaptiveMaxPool1d, nn.LPPool1d, nn.Dropout1d),
)
"""Their channels are in the second of three axes, a sequence in the last."""

_WITHOUT_BATCH = (
    *(nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveMaxPool2d, nn.AdaptiveAvgPool2d, nn.InstanceNorm2d),
    *(nn.PixelShuffle, nn.PixelUnshuffle),
)
"""They give three axes only if they are given an image without the batch axis."""


@dataclass(frozen=True)
class Layout:
    """Where channels and grid lie in a tensor of batch size one.

    Attributes
    ----------
    order : str
        ``"channels first"`` for ``[1, K, h, w]`` or ``[K, h, w]``, ``"channels last"`` for ``[1, h, w, K]``,
        ``"tokens"`` for ``[1, N, K]`` or ``[N, 1, K]``, ``"tokens last"`` for ``[1, K, N]``, ``"attention"`` for
        weights ``[1, K, queries, N]`` of K heads. Of N tokens, ``prefix`` to ``prefix + h * w`` are the patches.
    shape : tuple of int
        ``(K, h, w)``.
    prefix : int
        How many tokens come before the grid: class token, distillation token, registers.
    query : int or None
        For attention: the token whose attention to the patches is read; None for the mean over all patches.
    queries : int
        For attention: how many tokens attend.
    batched : bool
        Whether there is a batch axis; a model that drops it takes a single image only.
    """

    order: Literal["channels first", "channels last", "tokens", "tokens last", "attention"]
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
        if self.order == "tokens last":
            return tensor[0, :, self._patches].reshape(self.shape)
        return tensor.reshape(-1, channels)[self._patches].T.reshape(self.shape)

    def read_gradient(self, tensor: torch.Tensor) -> torch.Tensor:
        """Turn a gradient with respect to the tensor into one with respect to its maps ``[K, h, w]``."""
        mean_over_queries = self.order == "attention" and self.query is None
        return self.read(tensor) * (self._count if mean_over_queries else 1)

    def write(self, maps: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
        """Write maps ``[n, K, h, w]`` as the layer would give them for a batch of `n`: the reverse of `read`.

        `like` is what the layer gave for one image; tokens that are no patches are taken from it. If the maps are means
        over queries, the attention of each query changes by the same factor. Without a batch axis, `n` is one.
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
        if self.order == "tokens last":
            whole = like.repeat(len(maps), 1, 1)
            whole[:, :, self._patches] = maps
            return whole
        whole = like.reshape(1, -1, like.shape[2]).repeat(len(maps), 1, 1)
        whole[:, self._patches] = maps.transpose(1, 2)
        second = like.shape[1] == 1 and like.shape[0] > 1
        return whole.transpose(0, 1) if second else whole

    def copies(self, tensor: torch.Tensor, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Give what the layer would for `count` images like this one, and a view of that with the images first.

        `tensor` is what it gave for one image. Without a batch axis, `count` is one.
        """
        if not self.batched:
            whole = tensor.clone()
            return whole, whole[None]
        if self.order == "attention":
            tensor = tensor.reshape(1, self.shape[0], self.queries, -1)
        second = self.order == "tokens" and tensor.shape[1] == 1 and tensor.shape[0] > 1
        whole = tensor.repeat_interleave(count, int(second))
        return whole, whole.transpose(0, 1) if second else whole

    def attending_from(self, cell: tuple[int, int]) -> "Layout":
        """Read the attention of the patch in that cell ``(row, column)`` instead, unless there is only one query."""
        if self.order != "attention" or self.queries == 1:
            return self
        return replace(self, query=self.prefix + cell[0] * self.shape[2] + cell[1])

    @property
    def channel_axis(self) -> int:
        """The axis that holds the channels or heads, counted from the last, as there may be a batch before them."""
        return {"channels first": -3, "channels last": -1, "tokens": -1, "tokens last": -2, "attention": -3}[self.order]

    @property
    def _count(self) -> int:
        return self.shape[1] * self.shape[2]

    @property
    def _patches(self) -> slice:
        return slice(self.prefix, self.prefix + self._count)


def layout_of(made: Made, module: nn.Module, tokens: Tokens) -> Layout:
    """Decide how a tensor that a module gave for a batch of one image reads as maps.

    Raises `NoMap` if the tensor has no grid over the image, or if nothing tells which of its axes are the grid.
    """
    shape = made.shape
    if made.weights:  # only those between all tokens, or of a single query, are maps: of heads
        if len(shape) != 4 or shape[0] != 1 or shape[2] not in (1, shape[3]) or not tokens.could_fit(shape[3]):
            raise NoMap(reasons.WEIGHTS)
        return layout_of_weights(made, tokens)
    if len(shape) == 4 and shape[0] == 1:
        return _layout_of_planes(made, module, tokens)
    if len(shape) == 3 and _without_batch(shape, module, tokens):
        if shape[1:] == (1, 1):
            raise NoMap(reasons.ONE_VECTOR)
        return Layout("channels first", (shape[0], shape[1], shape[2]), batched=False)
    if len(shape) == 3 and 1 in shape[:2]:
        return _layout_of_sequence(made, module, tokens)
    if len(shape) <= 2:
        raise NoMap(reasons.ONE_VECTOR)
    raise NoMap(reasons.unreadable_shape(shape))


def layout_of_attention(shape: tuple[int, ...], tokens: Tokens) -> Layout:
    """Decide how attention weights ``[1, heads, queries, keys]`` read as maps, one for each head.

    A head's map is the attention that the class token, or the only query, pays to the patches; without a class token,
    the mean over that of all patches. Raises `NoMap` if the keys are no grid of patches.
    """
    heads, queries, keys = shape[-3:]
    grid, prefix = tokens.laid_out(keys)
    first = queries == 1 or tokens.class_token(prefix)
    return Layout("attention", (heads, *grid), prefix, query=0 if first else None, queries=queries)


def layout_of_weights(made: Made, tokens: Tokens) -> Layout:
    """Decide the same for weights that might be between channels; raise `NoMap` if they are, or if nothing tells."""
    heads, queries, keys = made.shape[-3:]
    layout = layout_of_attention(made.shape, tokens)
    if queries > 1 and tokens.could_be_channels(heads, keys):
        axis = made.axis()
        if axis is None or axis.kind != "pairs":
            raise NoMap(reasons.BETWEEN_CHANNELS if axis is not None else reasons.perhaps_between_channels(keys))
    return layout


def _without_batch(shape: tuple[int, ...], module: nn.Module, tokens: Tokens) -> bool:
    """Whether ``[K, h, w]`` are maps without a batch axis, judging by the module's type or its weights."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        return True  # they give three axes in no other case
    if 1 in shape[:2]:
        return False
    if isinstance(module, _WITHOUT_BATCH):
        return True
    inside = [one.out_channels for one in modules_of(module) if isinstance(one, nn.Conv2d | nn.ConvTranspose2d)]
    return shape[0] in inside and may_be_planes((shape[1], shape[2]), tokens.size)


def _layout_of_sequence(made: Made, module: nn.Module, tokens: Tokens) -> Layout:
    """Read ``[1, N, K]`` or ``[N, 1, K]``, or ``[1, K, N]`` if that is certain."""
    shape = made.shape
    if isinstance(module, _ALONG_A_LINE):
        raise NoMap(reasons.ALONG_A_LINE)
    count, last = max(shape[:2]), shape[2]
    transposed = shape[0] == 1 and shape[1] > 1 and last > 1 and tokens.usual(last)
    if count <= FEW or transposed:
        if not transposed:
            tokens.laid_out(count)  # raises the reason if they fit no grid
        axis = made.axis()
        if transposed and axis is not None and axis.index == 1 and axis.kind != "pairs":
            grid, prefix = tokens.laid_out(last)
            return Layout("tokens last", (shape[1], *grid), prefix)
        if axis is None or axis.index != 2 or axis.kind == "pairs":
            raise NoMap(reasons.unclear_channels(shape))
    grid, prefix = tokens.laid_out(count)
    return Layout("tokens", (last, *grid), prefix)


def _layout_of_planes(made: Made, module: nn.Module, tokens: Tokens) -> Layout:
    _, first, second, third = made.shape
    if second == 1 and 1 in (first, third):
        raise NoMap(reasons.ONE_VECTOR)
    if channels_in(made, module, tokens) == 1:
        return Layout("channels first", (first, second, third))
    return Layout("channels last", (third, first, second))
