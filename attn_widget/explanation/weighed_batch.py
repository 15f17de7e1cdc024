"""All channels of a layer, weighed for batch after batch as arrays: no Explanation is made for each image."""

from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np
import torch

from attn_widget.candidates import Classes
from attn_widget.capture import Capture, Forward, capture_batch, tensors_in
from attn_widget.explanation.assembly import check_parts_layer, shares_of
from attn_widget.explanation.batch_output import Take, Undivided, take_from
from attn_widget.explanation.batch_pass import Alone, are_alike, form_of
from attn_widget.explanation.pipeline import prepared
from attn_widget.explanation.question import Question
from attn_widget.layers import NoMap, as_float32
from attn_widget.methods import Activation, BatchActivation, Directions, Method, Weighing, weighing_by
from attn_widget.outputs import class_scores, score_rows
from attn_widget.targets import Contrast, Target, needed
from attn_widget.words import reasons, refusals

_NUMBERS = 2**20  # in the maps that are weighed at a time: 8 MB in float64


@dataclass(frozen=True, eq=False)
class Weighed:
    """What K channels, or parts of them, on a grid ``(h, w)`` show about N samples."""

    means: np.ndarray  # of each map over the grid: ``[N, K]``, float64
    peaks: np.ndarray  # each map's largest value: ``[N, K]``, float32
    cells: np.ndarray  # where that is, ``row * w + column``, the first of several: ``[N, K]``, int32
    weights: np.ndarray  # ``[N, K]``, float64
    strengths: np.ndarray  # the grid mean of each channel's contribution: ``[N, K]``, float64
    shares: np.ndarray  # as `Explanation.shares`, of all channels: ``[N, K]``, float64
    overall_maps: np.ndarray  # not rectified: ``[N, h, w]``, float64

    @classmethod
    def of(cls, weighing: Weighing, activation: Activation, maps: np.ndarray) -> "Weighed":
        """Sum up maps ``[N, K, h, w]``, float32, of which the activation may hold one without the first axis."""
        count, grid = len(maps), maps.shape[2:]
        cells = weighing.weighed(maps).reshape(count, -1, grid[0] * grid[1])
        highest = cells.argmax(-1)
        strengths = weighing.strengths(activation.maps).reshape(count, -1)
        return cls(
            means=cells.mean(-1, dtype=np.float64),
            peaks=np.take_along_axis(cells, highest[..., None], -1)[..., 0].astype(np.float32),
            cells=highest.astype(np.int32),
            weights=weighing.weights.reshape(count, -1),
            strengths=strengths,
            shares=shares_of(strengths),
            overall_maps=weighing.overall_map(activation.maps).reshape(count, *grid),
        )

    @classmethod
    def together(cls, parts: list["Weighed"]) -> "Weighed":
        """Put those of several samples, on one grid, together."""
        if len(parts) == 1:
            return parts[0]
        return cls(**{one.name: np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(cls)})

    def rows(self, chosen: np.ndarray) -> "Weighed":
        """Take those of some samples."""
        return type(self)(**{one.name: getattr(self, one.name)[chosen] for one in fields(self)})


class Weigher:
    """Weighs the channels of one batch after another.

    Parameters
    ----------
    question : Question
        Asked of each image: its model, target and grid count; not its image and label.
    layer : str or None
        None for the default layer, which is chosen for the first image that has one.
    method : Method
        One that reads a layer. A batch takes one pass if it is `Method.batched`.

    Attributes
    ----------
    layer : str or None
        The layer's name, once it is chosen.
    parts : Directions or None
        The parts that the method weighs in the place of channels, once it has weighed some.
    notes : list of str
        Why images had to be taken one by one.
    """

    def __init__(self, question: Question, layer: str | None, method: Method) -> None:
        self.layer, self.notes = layer, list[str]()
        self.parts: Directions | None = None
        self._question, self._method = question, method
        self._alone: tuple[tuple[Any, ...], Alone] | None = None  # one image's pass, which tells how a batch is read

    def weigh(
        self, images: torch.Tensor, labels: np.ndarray, classes: Classes, forward: Forward | None
    ) -> tuple[Any, Weighed]:
        """Run images ``[N, C, H, W]`` through the model; gives its output and what the layer shows.

        `labels` are classes ``[N]`` or -1, and `classes` is what is known of the model's. Raises `Undivided` where
        several images must be taken one by one, and else what `explain` raises for one of them.
        """
        asked = replace(self._question, classes=classes, forward=forward)
        if len(images) == 1:
            alone = self._pass_alone(self._about(asked, images, labels, 0))
            answers = needed(alone.answers)
            activation = Activation(answers.maps, answers)
            return alone.captured.output, self._summed_up(activation, answers.maps[None])
        if not self._method.batched or callable(asked.target):
            raise Undivided
        return self._together(asked, images, labels)

    def _about(self, asked: Question, images: torch.Tensor, labels: np.ndarray, at: int) -> Question:
        label = int(labels[at])
        return asked.about(images[at : at + 1], asked.target, None if label < 0 else label)

    def _pass_alone(self, question: Question) -> Alone:
        if self.layer is None:
            self.layer, chosen = prepared(question, None, self._method, None, None, "zero")
            self._question = replace(self._question, calls=chosen.calls)
        return Alone.of(replace(question, calls=self._question.calls), self.layer, self._method)

    def _together(self, asked: Question, images: torch.Tensor, labels: np.ndarray) -> tuple[Any, Weighed]:
        middle = len(images) // 2  # what is carried from image to image, either way, shows there
        key = (*images.shape[1:], images.dtype)
        known = self._alone[1] if self._alone is not None and self._alone[0] == key else None
        alone = known or self._pass_alone(self._about(asked, images, labels, middle))
        captured = capture_batch(
            asked.model,
            images,
            self.layer,
            call=alone.captured.call,
            forward=asked.forward,
            score=partial(_total, asked.target, labels, asked.classes) if self._method.gradients else None,
        )
        if captured.drew:
            self._note(reasons.ALL_DRAWN_ALONE)
            raise Undivided
        try:
            takes = _takes(captured, alone.captured, len(images))
            if known is None and not _agrees(captured, alone.captured, takes, middle, len(images)):
                raise Undivided
        except Undivided:
            self._note(reasons.ALL_ALONE)
            raise
        self._alone = key, alone
        return captured.output, self._weighed(captured, alone, takes, len(images))

    def _weighed(self, captured: Capture, alone: Alone, takes: list[Take], count: int) -> Weighed:
        """Weigh the channels of as many images at a time as fit into the processor's caches."""
        answers = needed(alone.answers)
        place, layout = answers.read
        take, tensor = takes[place], captured.tensors[place]
        gradient = captured.gradients[place] if captured.gradients else None
        if gradient is None and self._method.gradients:
            raise NoMap(refusals.no_gradient(self.layer or "", reasons.NOT_REACHED))
        each = max(_NUMBERS // answers.maps.size, 1)
        parts = []
        for start in range(0, count, each):
            some = range(start, min(start + each, count))
            maps = as_float32(torch.stack([layout.read(take(tensor, at)) for at in some]))
            gradients = None
            if gradient is not None:
                gradients = as_float32(torch.stack([layout.read_gradient(take(gradient, at)) for at in some]))
            parts.append(self._summed_up(BatchActivation(maps, gradients), maps))
        return Weighed.together(parts)

    def _summed_up(self, activation: Activation, maps: np.ndarray) -> Weighed:
        weighing = weighing_by(self._method, activation)
        check_parts_layer(weighing, self._method, self.layer or "")
        self.parts = weighing.parts
        return Weighed.of(weighing, activation, maps)

    def _note(self, why: str) -> None:
        if why not in self.notes:
            self.notes.append(why)


def _takes(captured: Capture, alone: Capture, count: int) -> list[Take]:
    """Find out where the images are in each tensor that was kept."""
    if form_of(captured) != form_of(alone):
        raise Undivided
    return [take_from(*both, count) for both in zip(captured.tensors, alone.tensors, strict=True)]


def _agrees(captured: Capture, alone: Capture, takes: list[Take], at: int, count: int) -> bool:
    """Whether the image at this place in a batch has, up to rounding, what it has alone."""
    outputs, own = list(tensors_in(captured.output)), list(tensors_in(alone.output))
    if len(outputs) != len(own):
        return False
    of_output = [take_from(*both, count) for both in zip(outputs, own, strict=True)]
    given = [(take, tensor) for take, tensor in zip([*takes, *of_output], [*captured.tensors, *outputs], strict=True)]
    given += [(take, tensor) for take, tensor in zip(takes, captured.gradients, strict=False) if tensor is not None]
    alike = [*alone.tensors, *own, *(tensor for tensor in alone.gradients if tensor is not None)]
    return all(are_alike(take(tensor, at), other) for (take, tensor), other in zip(given, alike, strict=True))


def _total(target: Target, labels: np.ndarray, classes: Classes, output: Any) -> torch.Tensor:
    """Sum the targets' scores of all images, to be differentiated once."""
    scores = needed(class_scores(score_rows(output, len(labels), classes), 0))
    of, against = (target.of, target.against) if isinstance(target, Contrast) else (target, None)
    total = _of_class(scores, of, labels).sum()
    return total if against is None else total - _of_class(scores, against, labels).sum()


def _of_class(scores: torch.Tensor, part: Any, labels: np.ndarray) -> torch.Tensor:
    """Pick from class scores ``[N, n]`` those of the predicted, the true or a given class: ``[N]``."""
    if part == "predicted":
        classes = scores.detach().argmax(1)
    elif part == "true":
        classes = torch.from_numpy(labels.astype(np.int64)).to(scores.device)
    else:
        classes = torch.full((len(scores),), int(part), device=scores.device)
    if bool(((classes < 0) | (classes >= scores.shape[1])).any()):
        raise Undivided  # alone, the image whose class that is says so
    return scores.gather(1, classes[:, None])[:, 0]
