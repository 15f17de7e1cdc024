"""Cells of a layer's maps, gathered from the first samples of a class."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from attn_widget.capture import Forward, Grid
from attn_widget.explanation import Explanation, Question, explained_batch
from attn_widget.layout_trial import tried
from attn_widget.refusal import Refusal
from attn_widget.samples import Portion, Samples, open_portions
from attn_widget.words import part_words

_MOST_NUMBERS = 2**20  # in all cells: 8 MB, and some seconds to factor
_MOST_CELLS = 2048
_ALL = 2**31 - 1  # channels
_PLAIN = "channel-mean"  # the method that asks for least


@dataclass(frozen=True, eq=False)
class Taken:
    """The cells taken from one sample."""

    position: int
    label: int  # -1 for none
    predicted: int  # -1 for none
    places: np.ndarray  # rows and columns of the cells, ``[m, 2]``
    values: np.ndarray  # ``[m, K]``, float32


@dataclass(frozen=True)
class Wanted:
    """What to gather."""

    layer: str
    class_: int | None  # the predicted class; None for any
    most: int  # samples
    call: int
    forward: Forward | None
    grid: Grid | None
    seed: int


def gather(
    model: nn.Module, samples: Samples, wanted: Wanted, progress: Callable[[int], None] | None
) -> tuple[list[Taken], int]:
    """Run the model on one batch after another until there are enough samples; count those that have been read.

    A sample for which anything is raised is passed over; where there is no other, that is raised. A Refusal before any
    sample has maps is that of the layer, and raised at once.
    """
    draw, found, read = np.random.default_rng(wanted.seed), list[Taken](), 0
    failed, has_maps = None, False
    with closing(open_portions(samples).read_from(0)) as portions:
        for portion in portions:
            for position, one in _explained(model, portion, wanted):
                if isinstance(one, Exception):
                    if isinstance(one, Refusal) and not has_maps:
                        raise one
                    failed = failed or one
                    continue
                has_maps = True
                if wanted.class_ is None or one.predicted == wanted.class_:
                    found.append(_taken(position, one))
            found = _thinned(found[: wanted.most], draw)
            read = portion.stop
            if progress is not None:
                progress(read)
            if len(found) >= wanted.most:
                break
    found = [one for one in found if len(one.values)]
    if not found and failed is not None:
        raise failed
    return found, read


def _explained(model: nn.Module, portion: Portion, wanted: Wanted) -> Iterator[tuple[int, Explanation | Exception]]:
    """Explain the samples of a portion with all channels: those of one shape together, else one by one."""
    images, positions = portion.images, portion.positions
    together = isinstance(images, torch.Tensor)
    groups = [slice(0, len(images))] if together else [slice(at, at + 1) for at in range(len(images))]
    for group in groups:
        batch = images[group] if isinstance(images, torch.Tensor) else torch.stack(images[group])
        if len(batch):
            given = {"model": model, "image": batch[:1], "call": wanted.call, "grid": wanted.grid, "top_k": _ALL}
            answers = partial(_answers, given, batch, list(portion.labels[group]), wanted.layer)
            found: Sequence[Explanation | Exception]
            try:
                found = tried(portion.axes_at(group.start), wanted.forward, answers)
            except Exception as error:  # of the user's model on these samples
                found = [error] * len(batch)
            yield from zip(positions[group], found, strict=True)


def _answers(
    given: dict[str, Any], batch: torch.Tensor, labels: list[Any], layer: str, forward: Forward | None
) -> list[Explanation | Exception]:
    """Explain images ``[B, C, H, W]``; raises what the model raises if it takes none of them."""
    base = Question.of({**given, "forward": forward})
    questions = [base.about(batch[at : at + 1], "predicted", label) for at, label in enumerate(labels)]
    found = list(explained_batch(questions, layer, _PLAIN))
    failures = [one for one in found if isinstance(one, Exception) and not isinstance(one, Refusal)]
    if len(failures) == len(found):
        raise failures[0]
    return found


def _taken(position: int, explanation: Explanation) -> Taken:
    """Take all finite cells of a sample."""
    if explanation.unit != "channel":
        raise Refusal(part_words.heads_have_no_parts(explanation.layer))
    maps = explanation.maps[np.argsort(explanation.channels)]
    count, _, width = maps.shape
    cells = maps.reshape(count, -1).T
    places = np.flatnonzero(np.isfinite(cells).all(axis=1))
    label, predicted = explanation.label, explanation.predicted
    return Taken(
        position,
        label if isinstance(label, int) else -1,
        -1 if predicted is None else predicted,
        np.stack([places // width, places % width], axis=1),
        cells[places],
    )


def _thinned(found: list[Taken], draw: np.random.Generator) -> list[Taken]:
    """Keep as many cells of each sample, at random places, as the bound on all of them leaves to each."""
    if not found:
        return found
    most = min(_MOST_NUMBERS // found[0].values.shape[1], _MOST_CELLS)
    return [_fewer(one, max(most // len(found), 1), draw) for one in found]


def _fewer(one: Taken, most: int, draw: np.random.Generator) -> Taken:
    if len(one.values) <= most:
        return one
    kept = np.sort(draw.choice(len(one.values), most, replace=False))
    return replace(one, places=one.places[kept], values=one.values[kept])
