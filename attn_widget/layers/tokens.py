"""Which tokens of a sequence are the image's patches, and on which grid they lie."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from torch import nn

from attn_widget.capture import Grid, modules_of
from attn_widget.refusal import Refusal
from attn_widget.words import reasons

_MOST_BEFORE_PATCHES, _MOST_BEFORE_OTHERS = 16, 2
_OUT_OF_ORDER = "Hiera"  # it sorts its patches so that those to be merged are neighbours
_USUAL_PREFIXES = (0, 1, 2, 4, 5)
FEW = 9  # so few tokens may fit a grid by chance
_COARSER = 4  # how much coarser than any grid seen one that is offered may be: one further step that no module took
_CLASS_TOKENS = ("class_token", "cls_token", "class_embedding", "cls_embedding", "cls")


class NoMap(Refusal):
    """A layer's output has no grid over the image; the message says why, as part of a sentence.

    Attributes
    ----------
    grids : tuple of (int, int)
        The grids to choose from, if a choice is all that is missing.
    """

    def __init__(self, reason: str, grids: Sequence[Grid] = ()) -> None:
        super().__init__(reason)
        self.grids = tuple(grids)


@dataclass(frozen=True)
class Tokens:
    """What is known about the tokens that a model makes of an image.

    Attributes
    ----------
    model : Module
        Its parameters' names tell class tokens from registers.
    size : tuple of int
        ``(H, W)`` of the image.
    grids : tuple of (int, int)
        The grids ``(h, w)`` that the patches may form, those of the patch convolution first.
    planes : tuple of (int, int)
        The grids that the pass was seen to lay the image out on, whatever the user chooses for the patches.
    given : bool
        Whether the first of `grids` is the user's choice.
    prefix : int or None
        How many tokens come before the patches, if the user has said so.
    """

    model: nn.Module
    size: tuple[int, int]
    grids: tuple[Grid, ...]
    planes: tuple[Grid, ...] = ()
    given: bool = False
    prefix: int | None = None

    def laid_out(self, count: int) -> tuple[Grid, int]:
        """Give the grid that `count` tokens form, and how many come before it; raise `NoMap` if none or several fit."""
        if count == 1:
            raise NoMap(reasons.ONE_VECTOR)
        if not self._in_order:
            raise NoMap(reasons.OUT_OF_ORDER)
        fitting = {grid: count - grid[0] * grid[1] for grid in self.grids if self._fits(grid, count)}
        if self.prefix is not None:
            fitting = dict.fromkeys(fitting, self.prefix)
        least = min(fitting.values(), default=0)
        best = [grid for grid, prefix in fitting.items() if prefix == least]
        if len(best) == 1:
            return best[0], least
        if self.given:
            raise NoMap(reasons.tokens_not_of_grid(count, self.grids[0], self.prefix))
        possible = best or self._possible(count)
        if possible:
            raise NoMap(reasons.tokens_with_several_grids(count, possible), possible)
        raise NoMap(reasons.tokens_without_grid(count))

    def usual(self, count: int) -> bool:
        """Whether `count` tokens form a grid, after as many others as models usually have."""
        try:
            _, before = self.laid_out(count)
        except NoMap:
            return False
        return self.prefix is not None or before in _USUAL_PREFIXES

    def could_fit(self, count: int) -> bool:
        """Whether `count` tokens form a grid, or one that the user can choose."""
        try:
            self.laid_out(count)
        except NoMap as reason:
            return bool(reason.grids)
        return True

    def could_be_channels(self, heads: int, side: int) -> bool:
        """Whether weights ``[heads, side, side]`` could be between channels: some layer of the model has as many."""
        return any(heads * side * parts in self._widths for parts in (1, 2, 3))

    def class_token(self, prefix: int) -> bool:
        """Whether the first of `prefix` tokens before the patches is a class token."""
        return prefix == 1 or (prefix > 1 and not self._only_registers)

    @cached_property
    def _in_order(self) -> bool:
        """Whether the patches come row by row."""
        return not any(type(module).__name__.startswith(_OUT_OF_ORDER) for module in modules_of(self.model))

    @cached_property
    def _only_registers(self) -> bool:
        """Whether there are registers and no class token among the parameters."""
        own = (module._parameters.items() for module in modules_of(self.model))
        names = {name for parameters in own for name, one in parameters if one is not None}
        return any("reg" in name for name in names) and not names.intersection(_CLASS_TOKENS)

    @cached_property
    def may_attend(self) -> bool:
        """Whether the model may hold values for pairs of tokens: it has modules that models with attention have."""
        names = {type(module).__name__.lower() for module in modules_of(self.model)}
        return any("att" in name or "layernorm" in name or name == "softmax" for name in names)

    @cached_property
    def _widths(self) -> set[int]:
        """How many channels the model's layers give."""
        given = (getattr(one, name, 0) for one in modules_of(self.model) for name in ("out_channels", "out_features"))
        return {width for width in given if isinstance(width, int)}  # a backbone may list several

    def _fits(self, grid: Grid, count: int) -> bool:
        """Whether `count` leaves plausibly many tokens before the grid, and after it only those the user allows."""
        rest = count - grid[0] * grid[1]
        first = grid == self.grids[0]
        if self.prefix is not None:
            return rest == self.prefix or (first and self.given and rest > self.prefix)
        if self.given:
            return rest >= 0 if first else rest == 0
        return 0 <= rest <= (_MOST_BEFORE_PATCHES if first else _MOST_BEFORE_OTHERS)

    def _possible(self, count: int) -> list[Grid]:
        """List the grids of square patches that `count` tokens could form, for when no grid that was seen fits."""
        if self.grids and count <= FEW:
            return []
        height, width = self.size
        coarsest = min((rows for rows, _ in self.grids), default=0)
        least, most = (coarsest / _COARSER, coarsest - 1) if coarsest else (1, height)
        prefixes = _USUAL_PREFIXES if self.prefix is None else (self.prefix,)
        return sorted(
            (rows, patches // rows)
            for patches in (count - prefix for prefix in prefixes)
            for rows in range(1, patches + 1)
            if patches > 1 and patches % rows == 0 and height % rows == 0 and rows * width == height * (patches // rows)
            if least <= rows <= most
        )


def tokens_of(
    model: nn.Module,
    size: tuple[int, int],
    seen: Sequence[Grid],
    grid: Grid | None = None,
    prefix: int | None = None,
) -> Tokens:
    """Collect what is known about a model's tokens for an image of this size, ``(H, W)``.

    `seen` are the grids that the image was seen on, those of the patch convolution first. The user may give another
    grid ``(h, w)`` instead, and the number of tokens before it.
    """
    planes = tuple(one for one in seen if one != (1, 1) and may_lie_over(one, size))
    grids = planes if grid is None else tuple(one for one in (grid, *_halves(grid)) if one != (1, 1))
    return Tokens(model, size, grids, planes, given=grid is not None, prefix=prefix)


def may_lie_over(grid: Grid, size: tuple[int, int]) -> bool:
    """Whether a grid may lie over an image: not finer than its pixels along one side and much coarser on the other."""
    finer = [side > pixels for side, pixels in zip(grid, size, strict=True)]
    coarser = [2 * side < pixels for side, pixels in zip(grid, size, strict=True)]
    return not (any(finer) and any(coarser))


def _halves(grid: Grid) -> list[Grid]:
    """List the further grids of a model that merges patches from stage to stage."""
    height, width = grid
    halves = []
    while min(height, width) > 1:
        height, width = math.ceil(height / 2), math.ceil(width / 2)
        halves.append((height, width))
    return halves
