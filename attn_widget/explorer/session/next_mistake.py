"""The search for the next mistake."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from torch import nn

from attn_widget.candidates import Classes
from attn_widget.capture import Forward
from attn_widget.explorer.class_names import ClassNames
from attn_widget.predictions import verdicts
from attn_widget.samples import Samples


@dataclass(frozen=True)
class Found:
    """How a search ended, or how far it is.

    Attributes
    ----------
    position : int or None
        The first mistake; None where there is none yet.
    tried, unknown : int
        How many samples were tried, and of how many nothing can be said.
    onwards : bool
        Whether the search goes forward.
    """

    position: int | None
    tried: int
    unknown: int
    onwards: bool


def mistakes_among(
    model: nn.Module,
    samples: Samples,
    start: int,
    *,
    onwards: bool,
    names: ClassNames,
    forward: Forward | None,
) -> Iterator[Found]:
    """Look for the first mistake after `start`, or before it; yields after each batch, and at the mistake."""
    positions = _after(start, samples.count) if onwards else range(start - 1, -1, -1)
    tried = unknown = 0
    yield Found(None, 0, 0, onwards)
    known = Classes(names.count)
    for batch in verdicts(model, samples, positions, label_of=names.index_of, forward=forward, classes=known):
        for verdict in batch:
            tried += 1
            unknown += verdict.right is None
            if verdict.right is False:
                yield Found(verdict.position, tried, unknown, onwards)
                return
        yield Found(None, tried, unknown, onwards)


def _after(start: int, count: int | None) -> Iterable[int]:
    return itertools.count(start + 1) if count is None else range(start + 1, count)


def run_search(steps: Iterator[Found], report: Callable[[Found], None]) -> Found:
    """Look until the steps end; reports each that found nothing yet, and gives the last."""
    for found in steps:
        if found.position is None:
            report(found)
    return found
