"""What an `Activation` asks about a layer, answered from its output and by further passes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from attn_widget.capture import Capture, Pass, hooked_pass, run_with_outputs, written_in
from attn_widget.explanation.batched_scores import Batches, Part
from attn_widget.explanation.coarser_layers import coarser_behind
from attn_widget.explanation.heatmap import to_heatmap
from attn_widget.explanation.question import Question
from attn_widget.layers import Layout, NoMap, as_float32, made_in, readable
from attn_widget.methods import Activation, Weighing
from attn_widget.refusal import Refusal
from attn_widget.targets import needed
from attn_widget.words import reasons, refusals

Alteration = Callable[[torch.Tensor, int], None]
"""Alters in place what a layer gave for one image; the axis of its channels is counted from the last."""


class LayerAnswers:
    """A layer's output read as `maps` ``[K, h, w]``, float32, and what an `Activation` asks about it.

    `unreached` tells, once gradients were asked for, whether the score depends on none of the layer's patches, only on
    other tokens. `read` says which of the tensors is read, and how, where that is known. Raises NoMap where the output
    cannot be read as maps.
    """

    def __init__(
        self, question: Question, layer: str, captured: Capture, read: tuple[int, Layout] | None = None
    ) -> None:
        self._question, self._layer, self._captured = question, layer, captured
        self._place, self._layout = self._readable() if read is None else read
        self.output = question.read(captured.output)
        self.unreached = False
        self.maps = as_float32(self._layout.read(captured.tensors[self._place]))

    def gradients(self) -> np.ndarray:
        """Read the gradients that came with the pass; without any, run another pass for them."""
        return self._gradients_in(self._captured if self._captured.gradients else self._differentiated(self._question))

    def class_scores(self) -> tuple[np.ndarray, tuple[int, ...]]:
        """Give the class scores in the model's output, and which of them are explained."""
        scores, settled = self.output.scores, self.output.settled
        if scores is None or not isinstance(settled, int | tuple):
            raise Refusal(reasons.NO_CLASSES_TO_COMPARE)
        return as_float32(scores.logits).astype(np.float64), settled if isinstance(settled, tuple) else (settled,)

    def gradients_of(self, mixture: np.ndarray) -> np.ndarray:
        """Run a pass with the mixture of class scores as the score."""

        def mixed(output: Any) -> torch.Tensor:
            logits = needed(self._question.read(output).scores).logits
            return logits @ torch.from_numpy(mixture).to(logits)

        return self._gradients_in(self._differentiated(replace(self._question, target=mixed, shift=False)))

    def heatmaps_behind(self, weigh: Callable[[Activation], Weighing]) -> np.ndarray:
        """Weigh the coarser layers behind this one, all from one pass besides the recorded one that finds them."""
        question, (_, height, width) = self._question, self.maps.shape
        own = question.name_of(self._captured.module)
        names = coarser_behind(question.layers(question.recording), own)
        captured = replace(question, call=-1, shift=False).captured(names, gradients=True) if names else []
        found = np.ones((len(names), height, width), np.float32)
        for heatmap, name, one in zip(found, names, captured, strict=True):
            behind = LayerAnswers(question, name, one)
            activation = Activation(behind.maps, behind)
            overall = weigh(activation).overall_map(activation.maps)
            heatmap[:] = to_heatmap(np.maximum(overall, 0), (height, width))
        return found

    def _differentiated(self, question: Question) -> Capture:
        return replace(question, shift=False).captured([self._layer], gradients=True)[0]

    def _gradients_in(self, captured: Capture) -> np.ndarray:
        gradient = captured.gradients[self._place]
        if gradient is None:
            raise NoMap(refusals.no_gradient(self._layer, reasons.NOT_REACHED))
        read = as_float32(self._layout.read_gradient(gradient))
        self.unreached = not read.any() and bool(gradient.any())
        return read

    def second_gradients(self) -> np.ndarray | None:
        """Read those of the second class of `ScoredOutput.pair`; None where they did not come with the pass."""
        further = self._captured.further
        if further is None:
            return None
        gradient = further[self._place]
        return np.zeros_like(self.maps) if gradient is None else as_float32(self._layout.read_gradient(gradient))

    @property
    def read(self) -> tuple[int, Layout]:
        """Which of the captured tensors is read, and how."""
        return self._place, self._layout

    @property
    def of_heads(self) -> bool:
        """Whether the channels are attention heads."""
        return self._layout.order == "attention"

    @property
    def place(self) -> int:
        """Which of the captured tensors is read."""
        return self._place

    @property
    def channel_axis(self) -> int:
        """The axis of that tensor which holds the channels, counted from the last."""
        return self._layout.channel_axis

    @property
    def channel_means(self) -> np.ndarray:
        """The mean of each channel over all places of the layer's output, ``[K]``, float64."""
        tensor, axis = self._captured.tensors[self._place], self.channel_axis
        tensor = tensor.dequantize() if tensor.is_quantized else tensor
        rows: np.ndarray = tensor.double().movedim(axis, 0).flatten(1).mean(1).cpu().numpy()
        return rows

    @property
    def ranked_at(self) -> tuple[int, int] | None:
        """The place whose values rank the channels; None where the maps show the attention from that place."""
        attends = self.of_heads and self._layout.queries > 1
        return None if attends else self._question.at

    def score(self) -> float:
        """Give the target's score, without which a method that asks for it cannot work."""
        return needed(self.output.value)

    def scores_with(self, changed: Iterable[np.ndarray]) -> np.ndarray:
        """Score other maps in the layer's place."""
        tensor = self._captured.tensors[self._place]

        def outputs_of(maps: Sequence[np.ndarray]) -> torch.Tensor:
            return self._layout.write(torch.from_numpy(np.stack(maps)), tensor)

        return self._read_with(changed, outputs_of, self.output.scores_in)

    def probabilities_with(self, alterations: Iterable[Alteration]) -> np.ndarray:
        """Give the class probabilities ``[n, classes]`` with each of some alterations of what the layer gives."""
        tensor = self._captured.tensors[self._place]
        tensor = tensor.dequantize() if tensor.is_quantized else tensor

        def outputs_of(some: Sequence[Alteration]) -> torch.Tensor:
            whole, each = self._layout.copies(tensor, len(some))
            for one, alter in zip(each, some, strict=True):
                alter(one, self._layout.channel_axis)
            return whole

        return self._read_with(alterations, outputs_of, self.output.probabilities_in)

    def _read_with(
        self,
        parts: Iterable[Part],
        outputs_of: Callable[[Sequence[Part]], torch.Tensor],
        read: Callable[[Pass, int], torch.Tensor],
    ) -> np.ndarray:
        """Read what the model gives with other outputs in the layer's place, one for each part."""
        wide = False

        def read_with(some: Sequence[Part]) -> tuple[torch.Tensor, bool]:
            nonlocal wide
            outputs, count = outputs_of(some), len(some)
            if not wide and count > 1:
                try:
                    done = self._pass_with(outputs, count, wide=False)
                    return read(done, count), done.drew
                except Exception:  # the model's other branches do not broadcast
                    wide = True
            done = self._pass_with(outputs, count, wide=True)
            return read(done, count), done.drew

        return self._batches().all(parts, read_with).numpy()

    def scores_through(self, masks: Iterable[np.ndarray]) -> np.ndarray:
        """Score the image under masks."""
        question, captured = self._question, self._captured
        image = question.image if question.image.is_floating_point() else question.image.float()

        def scored_through(some: Sequence[np.ndarray]) -> tuple[torch.Tensor, bool]:
            seen = torch.from_numpy(np.stack([to_heatmap(mask, captured.size) for mask in some]))
            images = written_in(image * seen[:, None].to(image), captured.dtype, question.image)
            done = hooked_pass(question.model, images, question.forward)
            return self.output.scores_in(done, len(some)), done.drew

        return self._batches().all(masks, scored_through).numpy()

    def _batches(self) -> Batches:
        """Score one by one for a callable target, which is written for one image, or without a batch axis."""
        single = callable(self.output.settled) or not self._layout.batched
        return Batches(self._question.progress, single=single)

    def _pass_with(self, outputs: torch.Tensor, count: int, *, wide: bool) -> Pass:
        """Run what precedes the layer once and the rest for the batch; or, `wide`, the whole model for the batch."""
        question, captured = self._question, self._captured
        return run_with_outputs(
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
            raise NoMap(refusals.no_map(self._layer, str(reason))) from None
        return place, question.layout(layout)


class GradientsAlone:
    """Answers of a pass that is over: the gradients of another score, and nothing else."""

    def __init__(self, gradients: np.ndarray) -> None:
        self._gradients = gradients

    def gradients(self) -> np.ndarray:
        """Give the gradients."""
        return self._gradients

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name} of another class would take further passes")
