"""What is asked of a model about one sample, and the passes that answer it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.candidates import UNKNOWN, Classes
from attn_widget.capture import (
    Calls,
    Capture,
    Forward,
    FurtherScore,
    Grid,
    Notes,
    Recording,
    as_batch,
    capture,
    named_modules,
    record,
    written_in,
)
from attn_widget.explanation.nan_origin import nan_origin
from attn_widget.explanation.result import cell_under
from attn_widget.explanation.scored_output import ScoredOutput
from attn_widget.explanation.silencing import Silencing
from attn_widget.layers import Layer, Layout, Tokens, check_grid, layers_in, tokens_of
from attn_widget.samples import Label, Pair, read_label
from attn_widget.targets import Target, as_target, classes_in, needed


@dataclass(frozen=True, eq=False)
class Question:
    """One sample put to one model: the arguments of `explain`, checked, except for layer and method.

    A new argument of `explain` becomes a field here, read in `of`. `progress` is called after each batch with how many
    images a method's further passes have taken; what it raises ends the work.
    """

    model: nn.Module
    image: torch.Tensor  # [1, C, H, W]
    call: int = -1
    target: Target = "predicted"
    label: Label | Pair = None  # how a pair reads depends on the model's number of classes
    forward: Forward | None = None
    smooth: int = 0
    top_k: int = 3
    at: tuple[int, int] | None = None
    grid: Grid | None = None
    prefix: int | None = None
    progress: Callable[[int], None] | None = None
    classes: Classes = UNKNOWN  # what is known of them besides the label and the target
    shift: bool = False  # whether `Explanation.class_shift` is wanted
    affords: Callable[[float, float], bool] | None = None  # decides what that may cost, see `FurtherScore`
    silenced: Silencing | None = None  # what `forward` alters in the model (see `altered`)
    calls: Calls = field(default_factory=dict)  # which calls of modules see the image, if a recorded pass has told

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> "Question":
        """Make a question of those arguments that are its fields; raises TypeError or ValueError for an invalid one."""
        given = cls(**{one.name: arguments[one.name] for one in fields(cls) if one.name in arguments})
        image = as_batch(given.image)
        check_grid(given.grid, given.prefix)
        return replace(
            given,
            image=image,
            label=_label(given.label),
            smooth=_whole_number("smooth", given.smooth, 0),
            top_k=_whole_number("top_k", given.top_k, 1),
            at=_place(given.at, image),
            grid=None if given.grid is None else (int(given.grid[0]), int(given.grid[1])),
        )

    def about(self, image: torch.Tensor, target: Target, label: Any) -> "Question":
        """Ask the same about another image ``[1, C, H, W]`` of this size, with its own target and label."""
        return replace(self, image=image, target=target, label=_label(label))

    @property
    def known(self) -> Classes:
        """What is known of the classes; it tells which of the model's outputs are their scores."""
        return self.classes.beside(self.label).beside(classes_in(self.target))

    @property
    def size(self) -> tuple[int, int]:
        """The image's ``(H, W)``."""
        height, width = self.image.shape[-2:]
        return height, width

    def captured(self, layers: Sequence[str | None], *, gradients: bool, notes: Notes | None = None) -> list[Capture]:
        """Run the pass, with `gradients` of the target's score if wanted.

        With `smooth`, these are averages over noisy copies; each copy takes one pass for all layers.
        """
        if gradients and self.smooth:
            return self._smoothed(layers, notes)
        return capture(
            self.model,
            self.image,
            layers,
            call=self.call,
            forward=self.forward,
            score=self.score_in if gradients else None,
            further=FurtherScore(self.second_score_in, self.affords) if gradients and self.shift else None,
            notes=notes,
        )

    def _smoothed(self, layers: Sequence[str | None], notes: Notes | None) -> list[Capture]:
        clean = self.captured(layers, gradients=False, notes=notes)
        read = self.read(clean[0].output)
        # the same class for all, even if the noise changes the prediction
        copies = replace(self, target=as_target(read.settled), classes=read.placed, shift=False).noisy(clean[0].dtype)
        total = [one.gradients for one in next(copies).captured(layers, gradients=True)]
        for copy in copies:
            found = copy.captured(layers, gradients=True)
            total = [_sums(sums, one.gradients) for sums, one in zip(total, found, strict=True)]
        means = [[None if part is None else part / self.smooth for part in sums] for sums in total]
        return [replace(one, gradients=mean) for one, mean in zip(clean, means, strict=True)]

    def layout(self, layout: Layout) -> Layout:
        """Read attention from the patch at the place in question, if there is one."""
        return layout if self.at is None else layout.attending_from(cell_under(self.at, self.size, layout.shape[1:]))

    def tokens(self, captured: Capture, further: tuple[Grid, ...] = ()) -> Tokens:
        """Say what a pass has shown of the model's tokens, which may also lie on `further` grids."""
        return tokens_of(self.model, captured.size, captured.grids + further, self.grid, self.prefix)

    @cached_property
    def recording(self) -> Recording:
        """How the modules ran; this costs a pass."""
        return record(self.model, self.image, forward=self.forward)

    @cached_property
    def nan_origin(self) -> str:
        """Where NaN first appears, in a sentence; this costs a pass."""
        return nan_origin(self.model, self.image, self.forward)

    def name_of(self, module: nn.Module) -> str:
        """Name one of the model's modules, without the prefixes of wrappers."""
        return next(name for name, one in named_modules(self.model) if one is module)

    def layers(self, recording: Recording) -> list[Layer]:
        """List the model's layers, as a recording shows them."""
        return layers_in(self.model, recording, self.grid, self.prefix, self.score_in)

    def noisy(self, dtype: torch.dtype) -> Iterator["Question"]:
        """Ask the same about noisy copies of the image, in the model's dtype and with the same noise each time."""
        image = self.image.float()
        spread = 0.1 * float(image.max() - image.min())
        generator = torch.Generator().manual_seed(0)
        for _ in range(self.smooth):
            noise = spread * torch.randn(image.shape, generator=generator)
            yield replace(self, image=written_in(image + noise.to(image.device), dtype, self.image), smooth=0)

    def score_in(self, output: Any) -> torch.Tensor:
        """Find the target's score, a scalar, in the model's output."""
        return needed(self.read(output).target_score)

    def second_score_in(self, output: Any) -> torch.Tensor | None:
        """Find the score of the second class of `ScoredOutput.pair` in the model's output."""
        return self.read(output).second_score

    def read(self, output: Any) -> ScoredOutput:
        """Read what the model gave for the image."""
        return ScoredOutput(output, self.target, self.label, self.known)


def _sums(parts: Sequence[torch.Tensor | None], others: Sequence[torch.Tensor | None]) -> list[torch.Tensor | None]:
    """Add gradients; a sum is None where one of them is."""
    return [None if part is None or other is None else part + other for part, other in zip(parts, others, strict=True)]


def _label(value: Any) -> Label | Pair:
    """Read a tensor, array or list like a loader's label."""
    return read_label(value) if isinstance(value, torch.Tensor | np.ndarray | np.generic | list) else value


def _whole_number(name: str, value: Any, least: int) -> int:
    if not _is_whole(value) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return int(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _place(at: Any, image: torch.Tensor) -> tuple[int, int] | None:
    if at is None:
        return None
    height, width = image.shape[-2:]
    pair = isinstance(at, tuple | list) and len(at) == 2 and all(map(_is_whole, at))
    if not pair or not (0 <= at[0] < height and 0 <= at[1] < width):
        raise ValueError(f"at must be a pixel (row, column) of the image's {height}x{width}, got {at!r}")
    return int(at[0]), int(at[1])
