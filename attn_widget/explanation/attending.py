"""What methods of the whole model's attention are given, and how what they give reads as maps."""

from functools import cached_property

import numpy as np
import torch

from attn_widget import texts
from attn_widget.capture import Capture
from attn_widget.explanation.asking import Question
from attn_widget.layers import Layout, NoMap, as_float32, layout_of_attention
from attn_widget.methods import Attentions
from attn_widget.outputs import Scores, read_scores
from attn_widget.targets import scores_of, settled


class Attended:
    """All the attention of one pass, checked to be of one grid.

    Parameters
    ----------
    question : Question
        The sample and the model.
    captured : Capture
        The attention weights.

    Raises
    ------
    NoMap
        Where there is no attention, or not between the same tokens in all layers.
    """

    def __init__(self, question: Question, captured: Capture) -> None:
        self._question, self._captured = question, captured
        self.dtype = captured.dtype
        sides = {tensor.shape[-1] for tensor in captured.tensors}
        if not sides:
            raise NoMap(texts.ATTENTION_IN_PARTS if captured.left_out else texts.NO_ATTENTION)
        if captured.left_out or len(sides) > 1:
            raise NoMap(texts.ATTENTION_IN_PARTS)
        self._tokens = question.tokens(captured)
        self.attentions = Attentions([self._array(tensor) for tensor in captured.tensors], self._gradients)

    @cached_property
    def scores(self) -> Scores | None:
        """The class scores in the model's output."""
        return read_scores(self._captured.output, self._question.label)

    @cached_property
    def target_score(self) -> float | None:
        """The target's score; None where the output has neither class scores nor a single value."""
        question = self._question
        target = settled(question.target, self.scores, question.label)
        scores = scores_of(target, self._captured.output, question.label)
        return None if scores is None else float(scores[0].detach())

    def layout(self, drawn: np.ndarray) -> Layout:
        """Say how what heads draw from tokens ``[heads, queries, N]`` reads as maps."""
        return self._question.layout(layout_of_attention(drawn.shape, self._tokens))

    def _gradients(self) -> list[np.ndarray]:
        captured = self._captured
        if not captured.gradients:
            (captured,) = self._question.differentiated([None])
        if len({tensor.shape[-3] for tensor in captured.tensors}) > 1:
            raise NoMap(texts.DIFFERENT_HEADS)
        return [
            np.zeros(tensor.shape[-3:], np.float32) if gradient is None else self._array(gradient)
            for tensor, gradient in zip(captured.tensors, captured.gradients, strict=True)
        ]

    @staticmethod
    def _array(tensor: torch.Tensor) -> np.ndarray:
        """Read weights as ``[heads, N, N]``."""
        return as_float32(tensor.reshape(tensor.shape[-3:]))
