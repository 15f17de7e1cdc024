"""What a survey learns of each sample of a portion: one batched pass for all of them that fit together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.candidates import UNKNOWN
from attn_widget.capture import Forward, Grid
from attn_widget.explanation import ChannelReader, ChannelRow, Question
from attn_widget.explanation.pipeline import prepared
from attn_widget.layout_trial import tried
from attn_widget.methods import method_named
from attn_widget.samples import Axes, Label, Pair, Portion
from attn_widget.targets import Target

_ALL = 2**31  # channels: more than any layer has


@dataclass(frozen=True, eq=False)
class Asked:
    """What a survey asks of each sample."""

    model: nn.Module
    layer: str | None  # None until the first sample has chosen it
    method: str
    target: Target
    forward: Forward | None
    grid: Grid | None
    names: tuple[str, ...]

    def question(self, image: torch.Tensor, label: Label | Pair) -> Question:
        """Put it to one image ``[C, H, W]``."""
        arguments: dict[str, Any] = {**vars(self), "image": image[None], "label": label, "top_k": _ALL}
        return replace(Question.of(arguments), classes=replace(UNKNOWN, count=len(self.names) or None))

    def index_of(self, label: Label | Pair) -> Label | Pair:
        """Give a class name its index."""
        return self.names.index(label) if isinstance(label, str) and label in self.names else label


class SampleReader:
    """Reads one portion after another; images of one size and layout are read in one pass."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self._readers: dict[object, tuple[Question, ChannelReader]] = {}

    def read(self, portion: Portion) -> Iterator[tuple[int, ChannelRow | Exception]]:
        """Give the position and the row of each sample, or why there is none."""
        labels = portion.labels.tolist() if isinstance(portion.labels, np.ndarray) else portion.labels
        labels = [self.asked.index_of(label) for label in labels]
        kinds: dict[tuple[Any, ...], list[int]] = {}
        for place, image in enumerate(portion.images):
            kinds.setdefault((image.shape, image.dtype, portion.axes_at(place)), []).append(place)
        for (*_, axes), places in kinds.items():
            images = [portion.images[place] for place in places]
            rows = self._rows(images, [labels[place] for place in places], axes)
            yield from zip([portion.positions[place] for place in places], rows, strict=True)

    def _rows(
        self, images: Sequence[torch.Tensor], labels: Sequence[Label | Pair], axes: Axes
    ) -> list[ChannelRow | Exception]:
        """Read images of one size; where the model takes none of them in one layout, they are tried in another."""

        def rows(forward: Forward | None) -> list[ChannelRow | Exception]:
            base, reader = self._reader(images[0], labels[0], forward)
            target = self.asked.target
            asked = [base.about(image[None], target, label) for image, label in zip(images, labels, strict=True)]
            found = list(reader.rows(asked))
            if all(isinstance(one, Exception) for one in found) and axes != "CHW":
                raise next(one for one in found if isinstance(one, Exception))
            return found

        try:
            return tried(axes, self.asked.forward, rows)
        except Exception as error:  # said for each of them, as for one that fails alone
            return [error] * len(images)

    def _reader(
        self, image: torch.Tensor, label: Label | Pair, forward: Forward | None
    ) -> tuple[Question, ChannelReader]:
        """Find what reads images of this size; the first chooses the layer for all, if none was asked for."""
        key = image.shape, image.dtype, getattr(forward, "axes", None)
        if key not in self._readers:
            asked = self.asked
            question = replace(asked.question(image, label), forward=forward)
            layer, question = prepared(question, asked.layer, method_named(asked.method), None, None, "zero")
            self.asked = replace(asked, layer=layer)
            self._readers[key] = question, ChannelReader(layer, asked.method)
        question, reader = self._readers[key]
        return replace(question, forward=forward), reader
