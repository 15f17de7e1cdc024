"""What the methods ask of the model, and the passes that answer it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import torch
from torch import nn

from attn_widget import texts
from attn_widget.candidates import UNKNOWN, Classes
from attn_widget.capture import (
    Calls,
    Capture,
    Forward,
    Grid,
    Notes,
    Pass,
    Recording,
    capture,
    differentiable,
    fitted,
    hooked_pass,
    named_modules,
    record,
    run_with_outputs,
    tensors_in,
    written_in,
)
from attn_widget.explanation.batching import BATCH, Batches, Scored
from attn_widget.explanation.heatmap import to_heatmap
from attn_widget.explanation.record import cell_under
from attn_widget.layers import Layer, Layout, NoMap, Tokens, as_float32, layers_in, made_in, readable, tokens_of
from attn_widget.methods import Input
from attn_widget.outputs import Scores, placed, read_scores, score_rows
from attn_widget.refusal import Refusal
from attn_widget.samples import Label, Pair
from attn_widget.targets import Settled, Target, as_target, classes_in, scores_of, settled

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

    def seen(self, weigh: Callable[[Input], np.ndarray]) -> "Seen":
        """Give what `weigh` makes of the image as methods without channels see it, and what the pass gave."""
        clean = fitted(self.model, self.image, lambda batch: hooked_pass(self.model, batch, self.forward))
        known = placed(clean.output, self.known)
        scores = read_scores(clean.output, self.label, classes=known)
        target = settled(self.target, scores, self.label)
        score = float(_given(scores_of(target, clean.output, self.label, classes=known))[0])
        batches = Batches(self.progress, single=callable(target))

        def weighed(image: torch.Tensor, run: Callable[[torch.Tensor], Pass]) -> np.ndarray:
            pixels = _Pixels(self.image, clean, run)

            def scored(images: Sequence[torch.Tensor]) -> Scored:
                done = pixels.run(torch.stack(list(images)))
                return _scored(target, done, self.label, len(images), known, like=clean.output)

            def scores_for(images: torch.Tensor) -> torch.Tensor:
                return batches.batch(list(images), scored)

            return weigh(Input(image, scores_for, 1 if callable(target) else BATCH))

        found = differentiable(self.model, self.image.to(clean.dtype), weighed, forward=self.forward)
        return Seen(found, scores, score, clean.dtype)

    def score_in(self, output: Any) -> torch.Tensor:
        """Give the target's score, a scalar, in the model's output."""
        target = settled(self.target, read_scores(output, self.label, classes=self.known), self.label)
        return _given(scores_of(target, output, self.label, classes=self.known))[0]


@dataclass(frozen=True, eq=False)
class Seen:
    """What a method without channels made of an image.

    Attributes
    ----------
    overall_map : ndarray ``[H, W]``
        What it gave.
    scores : Scores or None
        The class scores.
    score : float
        The target's score.
    dtype : dtype
        That of the image as the model took it.
    """

    overall_map: np.ndarray
    scores: Scores | None
    score: float
    dtype: torch.dtype


class _Pixels:
    """Runs the model on images that a method made of floats, where it may take whole numbers.

    Parameters
    ----------
    image : Tensor ``[1, C, H, W]``
        The image as it was given.
    clean : Pass
        The pass of that image.
    run : callable
        Runs the model on a batch.
    """

    def __init__(self, image: torch.Tensor, clean: Pass, run: Callable[[torch.Tensor], Pass]) -> None:
        self._image, self._clean, self._run = image, clean, run
        self._as_floats = clean.dtype.is_floating_point

    def run(self, images: torch.Tensor) -> Pass:
        """Run the model on images in the dtype that it takes; on floats, where they are differentiated."""
        if self._clean.dtype.is_floating_point:
            return self._run(images)
        if not (torch.is_grad_enabled() and images.requires_grad):
            return self._run(written_in(images, self._clean.dtype, self._image))
        self._check_floats()
        return self._run(images)

    def _check_floats(self) -> None:
        """Refuse to differentiate floats of which the model makes something else than of the image itself."""
        if self._as_floats:
            return
        try:
            with torch.no_grad():
                output = self._run(self._image.to(torch.float32)).output
            parts = zip(tensors_in(output), tensors_in(self._clean.output), strict=True)
            self._as_floats = all(_are_close(*both) for both in parts)
        except Exception as error:
            raise Refusal(texts.no_gradients_of_pixels(self._clean.dtype)) from error
        if not self._as_floats:
            raise Refusal(texts.no_gradients_of_pixels(self._clean.dtype))


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
        return read_scores(self._captured.output, self._question.label, classes=self._known)

    @cached_property
    def target_score(self) -> float | None:
        """The target's score; None where the output has neither class scores nor a single value."""
        scores = scores_of(self._target, self._captured.output, self._question.label, classes=self._known)
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
        wide = False

        def scored(maps: Sequence[np.ndarray]) -> Scored:
            nonlocal wide
            outputs = self._layout.write(torch.from_numpy(np.stack(maps)), tensor)
            if not wide and len(maps) > 1:
                try:
                    return self._with(outputs, len(maps), wide=False)
                except Exception:  # the model's branches cannot be broadcast
                    wide = True
            return self._with(outputs, len(maps), wide=True)

        return self._batches().all(changed, scored).numpy()

    def scores_through(self, masks: Iterable[np.ndarray]) -> np.ndarray:
        """Run the model on the image under masks."""
        question, captured = self._question, self._captured
        image = question.image if question.image.is_floating_point() else question.image.float()

        def scored(some: Sequence[np.ndarray]) -> Scored:
            seen = torch.from_numpy(np.stack([to_heatmap(mask, captured.size) for mask in some]))
            images = written_in(image * seen[:, None].to(image), captured.dtype, question.image)
            return self._scored(hooked_pass(question.model, images, question.forward), len(some))

        return self._batches().all(masks, scored).numpy()

    def _batches(self) -> Batches:
        """Make ready; a callable target is written for one image, and some models have no axis for the batch."""
        single = callable(self._target) or not self._layout.batched
        return Batches(self._question.progress, single=single)

    def _with(self, outputs: torch.Tensor, count: int, *, wide: bool) -> Scored:
        """Run the stem once and the tail for the batch; or, wide, the whole of the model."""
        question, captured = self._question, self._captured
        done = run_with_outputs(
            question.model,
            question.image.to(captured.dtype),
            self._layer,
            outputs,
            count,
            place=self._place,
            attention=captured.attention,
            call=captured.call,
            wide=wide,
            forward=question.forward,
        )
        return self._scored(done, count)

    def _scored(self, done: Pass, count: int) -> Scored:
        return _scored(self._target, done, self._question.label, count, self._known, like=self._captured.output)

    @cached_property
    def _known(self) -> Classes:
        """What is known of the classes, and where the clean image's output has their scores."""
        return placed(self._captured.output, self._question.known)

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


def _scored(target: Settled, done: Pass, label: Label | Pair, count: int, known: Classes, *, like: Any) -> Scored:
    """Read the target's score for each of some images; `like` is the output for one image.

    Raises
    ------
    ValueError
        Where there is not one for each.
    """
    if count > 1 and _width(done.output, count, known) != _width(like, 1, known):
        raise ValueError(f"the model gave no score for each of a batch of {count}")
    return Scored(_given(scores_of(target, done.output, label, count, known)), done.drew)


def _width(output: Any, count: int, classes: Classes) -> int:
    """Count the scores for each of so many images; 0 where there are none."""
    rows = score_rows(output, count, classes)
    return 0 if rows is None or len(rows) != count else rows.shape[1]


def _are_close(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two outputs are the same but for rounding."""
    one, other = one.detach().double(), other.detach().double()
    spread = float(other.abs().max()) if other.numel() else 0.0
    return one.shape == other.shape and torch.allclose(one, other, rtol=0, atol=1e-4 * spread, equal_nan=True)


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
