"""What methods that read the whole model's attention get, and how their results read as maps."""

import math
from collections import Counter

import numpy as np
import torch

from attn_widget.capture import Capture, Shape
from attn_widget.explanation.question import Question
from attn_widget.layers import Layout, NoMap, Tokens, as_float32, layout_of_attention
from attn_widget.methods import Attentions
from attn_widget.words import reasons

_CLASS_AND_REGISTERS = 5


class AttentionAnswers:
    """The `attentions` between the tokens of one grid in all layers of a pass; `notes` say which ones were left out.

    Raises NoMap where there is no attention, or most of it lies within windows or on other grids.
    """

    def __init__(self, question: Question, captured: Capture) -> None:
        self._question, self._captured = question, captured
        self.output = question.read(captured.output)
        self._tokens = question.tokens(captured)
        self._places, self.notes = _between_the_images_tokens(captured, self._tokens)
        weights = [_array(captured.tensors[place]) for place in self._places]
        self.attentions = Attentions(weights, self._gradients)

    def layout(self, relevance: np.ndarray) -> Layout:
        """Say how the relevance of tokens for each head, ``[heads, queries, N]``, reads as maps."""
        return self._question.layout(layout_of_attention(relevance.shape, self._tokens))

    def _gradients(self) -> list[np.ndarray]:
        captured = self._captured
        if not captured.gradients:
            (captured,) = self._question.captured([None], gradients=True)
        return self._read(captured, captured.gradients)

    def second_gradients(self) -> list[np.ndarray] | None:
        """Read those of the second class of `ScoredOutput.pair`; None where they did not come with the pass."""
        captured = self._captured
        return None if captured.further is None else self._read(captured, captured.further)

    def _read(self, captured: Capture, gradients: list[torch.Tensor | None]) -> list[np.ndarray]:
        found = [(captured.tensors[place], gradients[place]) for place in self._places]
        return [
            np.zeros(tensor.shape[-3:], np.float32) if gradient is None else _array(gradient)
            for tensor, gradient in found
        ]


def _array(tensor: torch.Tensor) -> np.ndarray:
    """Read weights as ``[heads, N, N]``."""
    return as_float32(tensor.reshape(tensor.shape[-3:]))


def _between_the_images_tokens(captured: Capture, tokens: Tokens) -> tuple[list[int], tuple[str, ...]]:
    """Choose the largest set of attention layers between the same tokens of the image.

    This leaves out attention between other things, such as a head that pools all tokens into one vector, or a text
    tower. Attention within windows, or between the tokens of another grid, is also the image's: there may not be more
    of it than of what is read. Gives the layers' indices among the captured tensors, and a note on what was left out.
    """
    shapes = [_shape(tensor) for tensor in captured.tensors]
    counts = Counter(shape[-1] for shape in shapes)
    if not counts:
        raise NoMap(reasons.ATTENTION_IN_PARTS if captured.left_out else reasons.NO_ATTENTION)
    side = _side_on_the_grid(counts, tokens)
    left_out = [*captured.left_out, *(shape for shape in shapes if shape[-1] != side)]
    if sum(_is_the_images(shape, tokens) for shape in left_out) > counts[side]:
        raise NoMap(reasons.ATTENTION_IN_PARTS)
    kinds = Counter((groups, queries, keys) for groups, _, queries, keys in left_out)
    notes = (reasons.attention_left_out(kinds, len(left_out) + counts[side], side),) if left_out else ()
    return [place for place, shape in enumerate(shapes) if shape[-1] == side], notes


def _side_on_the_grid(counts: Counter[int], tokens: Tokens) -> int:
    """Find the number of tokens that fits the image's grid; if several do, that of most layers.

    Where none of several fits, the `NoMap` offers the grids to choose from.
    """
    if len(counts) == 1:
        return next(iter(counts))
    refused: list[NoMap] = []
    fitting: list[tuple[bool, int, bool, int]] = []
    for side, count in counts.most_common():
        try:
            grid, prefix = tokens.laid_out(side)
        except NoMap as reason:
            refused.append(reason)
        else:
            fitting.append((_is_usual(prefix, tokens), count, grid == tokens.grids[0], side))
    if not fitting:
        raise next((reason for reason in refused if reason.grids), refused[0])
    return max(fitting)[-1]


def _is_usual(prefix: int, tokens: Tokens) -> bool:
    """Whether the number of tokens before a grid is small, or what the user said; a text may happen to have more."""
    return prefix <= _CLASS_AND_REGISTERS or prefix == tokens.prefix


def _is_the_images(shape: Shape, tokens: Tokens) -> bool:
    """Whether attention lies between tokens of the image: on one of its grids, or within windows that tile one."""
    groups, _, queries, keys = shape
    if queries != keys:
        return False
    if groups == 1:
        try:
            return _is_usual(tokens.laid_out(keys)[1], tokens)
        except NoMap:
            return False
    side = math.isqrt(keys)
    return any(
        groups * keys == rows * columns
        or (side**2 == keys and groups == math.ceil(rows / side) * math.ceil(columns / side))
        for rows, columns in tokens.grids
    )


def _shape(weights: torch.Tensor) -> Shape:
    heads, queries, keys = weights.shape[-3:]
    return 1, heads, queries, keys
