"""What the methods ask of the model, and the passes that answer it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar

import numpy as np
import torch
from torch import nn

from attn_widget import texts
from attn_widget.capture import (
    Capture,
    Forward,
    Grid,
    Notes,
    Recording,
    capture,
    differentiable,
    hooked_pass,
    named_modules,
    record,
    run_with_outputs,
)
from attn_widget.explanation.heatmap import to_heatmap
from attn_widget.explanation.record import cell_under
from attn_widget.layers import Layer, Layout, NoMap, Tokens, as_float32, find_layers, made_in, readable, tokens_of
from attn_widget.methods import Input
from attn_widget.outputs import Scores, read_scores, score_rows
from attn_widget.refusal import Refusal
from attn_widget.samples import Label, Pair
from attn_widget.targets import Settled, Target, as_target, scores_of, settled

_BATCH = 32
_Given = TypeVar("_Given")


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
            score=self._score if gradients else None,
            notes=notes,
        )

    def differentiated(self, layers: Sequence[str | None], notes: Notes | None = None) -> list[Capture]:
        """Run the pass with gradients; smoothed, they are the means over noisy copies, each one pass for all layers."""
        if not self.smooth:
            return self.captured(layers, gradients=True, notes=notes)
        clean = self.captured(layers, gradients=False, notes=notes)
        target = settled(self.target, read_scores(clean[0].output, self.label), self.label)
        # of one class for all, whatever the noise makes of the prediction
        copies = replace(self, target=as_target(target)).noisy()
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
        """How the modules ran; it costs a pass, and is asked for where a layer's own tensors do not tell."""
        return record(self.model, self.image, forward=self.forward)

    def name_of(self, module: nn.Module) -> str:
        """Give the name of one of the model's modules, without the prefixes of wrappers."""
        return next(name for name, one in named_modules(self.model) if one is module)

    def layers(self) -> list[Layer]:
        """List the model's layers, which costs a pass."""
        return find_layers(self.model, self.image, forward=self.forward, grid=self.grid, prefix=self.prefix)

    def noisy(self) -> Iterator["Question"]:
        """Ask the same of noisy copies of the image, the same ones each time."""
        image = self.image.float()
        spread = 0.1 * float(image.max() - image.min())
        generator = torch.Generator().manual_seed(0)
        for _ in range(self.smooth):
            noise = spread * torch.randn(image.shape, generator=generator)
            yield replace(self, image=image + noise.to(image.device), smooth=0)

    def seen(self, weigh: Callable[[Input], np.ndarray]) -> tuple[np.ndarray, Scores | None, float]:
        """Give what `weigh` makes of the image as methods without channels see it, the class scores, the target's."""

        def weighed(image: torch.Tensor, run: Callable[[torch.Tensor], Any]) -> tuple[np.ndarray, Scores | None, float]:
            with torch.no_grad():
                batch_of_one = run(image)
            classes = read_scores(batch_of_one, self.label)
            target = settled(self.target, classes, self.label)
            score = _given(scores_of(target, batch_of_one, self.label))
            done = 0

            def scores(images: torch.Tensor) -> torch.Tensor:
                nonlocal done
                output = run(images)
                if len(images) > 1 and _width(output, len(images)) != _width(batch_of_one, 1):  # it drops the batch
                    return torch.cat([scores(image[None]) for image in images])
                found = _given(scores_of(target, output, self.label, len(images)))
                done += len(images)
                if self.progress is not None:
                    self.progress(done)
                return found

            return weigh(Input(image, scores, 1 if callable(target) else _BATCH)), classes, float(score[0])

        return differentiable(self.model, self.image, weighed, forward=self.forward)

    def _score(self, output: Any) -> torch.Tensor:
        target = settled(self.target, read_scores(output, self.label), self.label)
        return _given(scores_of(target, output, self.label))[0]


class Answers:
    """Answers what an `Activation` asks about one layer.

    Parameters
    ----------
    question : Question
        The sample and the model.
    layer : str
        The layer.
    captured : Capture
        What it gave.

    Raises
    ------
    NoMap
        Where that does not read as maps.

    Attributes
    ----------
    maps : ndarray ``[K, h, w]``, float32
        What it gave, read as maps.
    unreached : bool
        Whether gradients were asked for, and the score depends on none of the layer's patches but on other tokens.
    """

    def __init__(self, question: Question, layer: str, captured: Capture) -> None:
        self._question, self._layer, self._captured = question, layer, captured
        self._place, self._layout = self._readable()
        self.unreached = False
        self.maps = as_float32(self._layout.read(captured.tensors[self._place]))

    @cached_property
    def scores(self) -> Scores | None:
        """The class scores in the model's output."""
        return read_scores(self._captured.output, self._question.label)

    @cached_property
    def target_score(self) -> float | None:
        """The target's score; None where the output has neither class scores nor a single value."""
        scores = scores_of(self._target, self._captured.output, self._question.label)
        return None if scores is None else float(scores[0].detach())

    def gradients(self) -> np.ndarray:
        """Read the gradients that came with the pass; where they did not, take another one for them."""
        captured = self._captured
        if not captured.gradients:
            (captured,) = self._question.differentiated([self._layer])
        gradient = captured.gradients[self._place]
        if gradient is None:
            raise NoMap(f"layer {self._layer!r} gives no gradient: {texts.NOT_REACHED}")
        read = as_float32(self._layout.read_gradient(gradient))
        self.unreached = not read.any() and bool(gradient.any())
        return read

    @property
    def of_heads(self) -> bool:
        """Whether the channels are attention heads."""
        return self._layout.order == "attention"

    @property
    def ranked_at(self) -> tuple[int, int] | None:
        """The place by whose values channels are ranked; none where that place asks for its own attention."""
        asks = self.of_heads and self._layout.queries > 1
        return None if asks else self._question.at

    def score(self) -> float:
        """Give the target's score, which methods that ask for it cannot do without."""
        return _given(self.target_score)

    def scores_with(self, changed: Iterable[np.ndarray]) -> np.ndarray:
        """Run what lies behind the layer for other maps."""
        tensor = self._captured.tensors[self._place]
        found: list[float] = []
        wide = False
        for maps in self._batches(changed):
            outputs = self._layout.write(torch.from_numpy(np.stack(maps)), tensor)
            scores = None if wide else self._narrow(outputs, len(maps))
            wide = scores is None
            found += self._run(outputs, len(maps), wide=True) if scores is None else scores
        return np.array(found)

    def scores_through(self, masks: Iterable[np.ndarray]) -> np.ndarray:
        """Run the model on the image under masks."""
        question, found = self._question, []
        image = question.image if question.image.is_floating_point() else question.image.float()
        for batch in self._batches(masks):
            seen = torch.from_numpy(np.stack([to_heatmap(mask, self._captured.size) for mask in batch]))
            images = image * seen[:, None].to(image)
            output = hooked_pass(question.model, images, question.forward).output
            found += self._read(output, len(batch))
        return np.array(found)

    def _batches(self, parts: Iterable[np.ndarray]) -> Iterator[list[np.ndarray]]:
        """Make batches, of one for a callable target, which is written for one image, or a model without a batch."""
        rest, done = iter(parts), 0
        single = callable(self._target) or not self._layout.batched
        while batch := list(islice(rest, 1 if single else _BATCH)):
            yield batch
            done += len(batch)
            if self._question.progress is not None:
                self._question.progress(done)

    def _narrow(self, outputs: torch.Tensor, count: int) -> list[float] | None:
        """Run the stem once and the tail for the batch; None where the model's branches do not allow it."""
        try:
            return self._run(outputs, count, wide=False)
        except (RuntimeError, ValueError):
            return None

    def _run(self, outputs: torch.Tensor, count: int, *, wide: bool) -> list[float]:
        question = self._question
        output = run_with_outputs(
            question.model,
            question.image,
            self._layer,
            outputs,
            count,
            place=self._place,
            attention=self._captured.attention,
            call=self._captured.call,
            wide=wide,
            forward=question.forward,
        )
        return self._read(output, count)

    def _read(self, output: Any, count: int) -> list[float]:
        scores = _given(scores_of(self._target, output, self._question.label, count))
        if len(scores) != count:
            raise ValueError(f"the model gave no score for each of a batch of {count}")
        return [float(score) for score in scores.double()]

    @cached_property
    def _target(self) -> Settled:
        """The target as the clean image settles it."""
        return settled(self._question.target, self.scores, self._question.label)

    def _readable(self) -> tuple[int, Layout]:
        captured, question = self._captured, self._question
        made = made_in(captured, lambda: question.recording.ran.get(question.name_of(captured.module)))
        try:
            try:
                place, layout = readable(*made, captured.module, question.tokens(captured))
            except NoMap:
                tokens = question.tokens(captured, question.recording.further_grids)
                place, layout = readable(*made, captured.module, tokens)
        except NoMap as reason:
            raise NoMap(f"layer {self._layer!r} gives no map: {reason}") from None
        return place, question.layout(layout)


def _width(output: Any, count: int) -> int:
    """Count the scores for each of so many images; 0 where there are none."""
    rows = score_rows(output, count)
    return 0 if rows is None or len(rows) != count else rows.shape[1]


def _sums(parts: Sequence[torch.Tensor | None], others: Sequence[torch.Tensor | None]) -> list[torch.Tensor | None]:
    """Add gradients; what one of them does not reach has none."""
    return [None if part is None or other is None else part + other for part, other in zip(parts, others, strict=True)]


def _given(score: _Given | None) -> _Given:
    """Refuse a target that has no score in the model's output."""
    if score is None:
        raise Refusal(
            "target 'predicted' needs class scores, and the model's output has none: give a callable of the output"
        )
    return score
