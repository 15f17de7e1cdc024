"""What is asked of the model about one sample, and the passes that answer it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import torch
from torch import nn

from attn_widget.candidates import UNKNOWN, Classes
from attn_widget.capture import (
    Calls,
    Capture,
    Forward,
    Grid,
    Notes,
    Recording,
    capture,
    named_modules,
    record,
    written_in,
)
from attn_widget.explanation.result import cell_under
from attn_widget.layers import Layer, Layout, Tokens, layers_in, tokens_of
from attn_widget.outputs import placed, read_scores
from attn_widget.samples import Label, Pair
from attn_widget.targets import Target, as_target, classes_in, needed, scores_of, settled


@dataclass(frozen=True, eq=False)
class Question:
    """One sample put to one model: what does not depend on layer and method.

    Attributes
    ----------
    model, call, target, label, forward
        As in `explain`; a label may be a `Pair`, which the model's number of classes settles.
    image : Tensor ``[1, C, H, W]``
        The image.
    smooth : int
        Over how many noisy copies of the image gradients are averaged; 0 for the image itself.
    top_k, at
        How many channels to keep, and the place whose values rank them; as in `explain`.
    grid, prefix
        On which grid the patch tokens lie, and how many tokens come before them; as in `explain`.
    progress : callable or None
        Is told how many images further passes have taken.
    classes : Classes
        What is known of the classes beside the label and the target.
    calls : mapping
        Which calls of modules see the image, as far as a recorded pass has told.
    """

    model: nn.Module
    image: torch.Tensor
    call: int
    target: Target
    label: Label | Pair
    forward: Forward | None
    smooth: int
    top_k: int
    at: tuple[int, int] | None
    grid: Grid | None = None
    prefix: int | None = None
    progress: Callable[[int], None] | None = None
    classes: Classes = UNKNOWN
    calls: Calls = field(default_factory=dict)

    @property
    def known(self) -> Classes:
        """What is known of the classes, which tells their scores among the model's outputs."""
        return self.classes.beside(self.label).beside(classes_in(self.target))

    @property
    def size(self) -> tuple[int, int]:
        """The image's ``(H, W)``."""
        height, width = self.image.shape[-2:]
        return height, width

    def captured(
        self,
        layers: Sequence[str | None],
        *,
        gradients: bool,
        notes: Notes | None = None,
    ) -> list[Capture]:
        """Run the pass, with the gradients of the target's score where they are wanted."""
        return capture(
            self.model,
            self.image,
            layers,
            call=self.call,
            forward=self.forward,
            score=self.score_in if gradients else None,
            notes=notes,
        )

    def differentiated(self, layers: Sequence[str | None], notes: Notes | None = None) -> list[Capture]:
        """Run the pass with gradients; smoothed, they are the means over noisy copies, each one pass for all layers."""
        if not self.smooth:
            return self.captured(layers, gradients=True, notes=notes)
        clean = self.captured(layers, gradients=False, notes=notes)
        known = placed(clean[0].output, self.known)
        target = settled(self.target, read_scores(clean[0].output, self.label, classes=known), self.label)
        # of one class for all, whatever the noise makes of the prediction
        copies = replace(self, target=as_target(target), classes=known).noisy(clean[0].dtype)
        total = [one.gradients for one in next(copies).captured(layers, gradients=True)]
        for copy in copies:
            found = copy.captured(layers, gradients=True)
            total = [_sums(sums, one.gradients) for sums, one in zip(total, found, strict=True)]
        means = [[None if part is None else part / self.smooth for part in sums] for sums in total]
        return [replace(one, gradients=mean) for one, mean in zip(clean, means, strict=True)]

    def layout(self, layout: Layout) -> Layout:
        """Read attention as that of the patch at the place in question, where there is one."""
        return layout if self.at is None else layout.asking(cell_under(self.at, self.size, layout.shape[1:]))

    def tokens(self, captured: Capture, further: tuple[Grid, ...] = ()) -> Tokens:
        """Say what is known of the model's tokens, once a pass has ended, and on which `further` grids they may lie."""
        return tokens_of(self.model, captured.size, captured.grids + further, self.grid, self.prefix)

    @cached_property
    def recording(self) -> Recording:
        """How the modules ran, which costs a pass."""
        return record(self.model, self.image, forward=self.forward)

    def name_of(self, module: nn.Module) -> str:
        """Give the name of one of the model's modules, without the prefixes of wrappers."""
        return next(name for name, one in named_modules(self.model) if one is module)

    def layers(self, recording: Recording) -> list[Layer]:
        """List the model's layers as a recording shows them."""
        return layers_in(self.model, recording, self.grid, self.prefix, self.score_in)

    def noisy(self, dtype: torch.dtype) -> Iterator["Question"]:
        """Ask the same of noisy copies of the image in a dtype that the model takes, the same ones each time."""
        image = self.image.float()
        spread = 0.1 * float(image.max() - image.min())
        generator = torch.Generator().manual_seed(0)
        for _ in range(self.smooth):
            noise = spread * torch.randn(image.shape, generator=generator)
            yield replace(self, image=written_in(image + noise.to(image.device), dtype, self.image), smooth=0)

    def score_in(self, output: Any) -> torch.Tensor:
        """Give the target's score, a scalar, in the model's output."""
        target = settled(self.target, read_scores(output, self.label, classes=self.known), self.label)
        return needed(scores_of(target, output, self.label, classes=self.known))[0]


def _sums(parts: Sequence[torch.Tensor | None], others: Sequence[torch.Tensor | None]) -> list[torch.Tensor | None]:
    """Add gradients; what one of them does not reach has none."""
    return [None if part is None or other is None else part + other for part, other in zip(parts, others, strict=True)]
