"""What an `Activation` asks about a layer, answered from its output and by further passes."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch

from attn_widget.capture import Capture, hooked_pass, run_with_outputs, written_in
from attn_widget.explanation.batched_scores import Batches
from attn_widget.explanation.heatmap import to_heatmap
from attn_widget.explanation.question import Question
from attn_widget.layers import Layout, NoMap, as_float32, made_in, readable
from attn_widget.targets import needed
from attn_widget.words import reasons


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
        captured = self._captured
        if not captured.gradients:
            (captured,) = self._question.captured([self._layer], gradients=True)
        gradient = captured.gradients[self._place]
        if gradient is None:
            raise NoMap(f"layer {self._layer!r} gives no gradient: {reasons.NOT_REACHED}")
        read = as_float32(self._layout.read_gradient(gradient))
        self.unreached = not read.any() and bool(gradient.any())
        return read

    @property
    def read(self) -> tuple[int, Layout]:
        """Which of the captured tensors is read, and how."""
        return self._place, self._layout

    @property
    def of_heads(self) -> bool:
        """Whether the channels are attention heads."""
        return self._layout.order == "attention"

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
        wide = False

        def scored_with(maps: Sequence[np.ndarray]) -> tuple[torch.Tensor, bool]:
            nonlocal wide
            outputs = self._layout.write(torch.from_numpy(np.stack(maps)), tensor)
            if not wide and len(maps) > 1:
                try:
                    return self._scores_from(outputs, len(maps), wide=False)
                except Exception:  # the model's other branches do not broadcast
                    wide = True
            return self._scores_from(outputs, len(maps), wide=True)

        return self._batches().all(changed, scored_with).numpy()

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

    def _scores_from(self, outputs: torch.Tensor, count: int, *, wide: bool) -> tuple[torch.Tensor, bool]:
        """Run what precedes the layer once and the rest for the batch; or, `wide`, the whole model for the batch."""
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
        return self.output.scores_in(done, count), done.drew

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
