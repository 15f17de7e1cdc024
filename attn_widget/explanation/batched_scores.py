"""Scores of many images or maps: in batches while the model takes them so, else one by one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import torch

from attn_widget.candidates import Classes
from attn_widget.capture import Pass
from attn_widget.outputs import score_rows
from attn_widget.samples import Label, Pair
from attn_widget.targets import Settled, needed, scores_of

BATCH = 32

Part = TypeVar("Part")


@dataclass(frozen=True, eq=False)
class Scored:
    """What a pass gave for some parts.

    Attributes
    ----------
    scores : Tensor ``[n]``
        The target's score for each, with the graph that the pass has.
    drew : bool
        Whether the model drew random numbers in the pass.
    """

    scores: torch.Tensor
    drew: bool


class Batches:
    """Puts parts to the model in batches, and one by one as soon as a batch does not do.

    It does not where the model raises, as with further inputs that are those of one sample; where it gives not one
    score for each; and where it draws random numbers, which would be other ones for each row: by itself each part sees
    what the clean image has seen.

    Parameters
    ----------
    single : bool
        Whether it is known from the start that a batch does not do.
    progress : callable or None
        Is told how many parts are done; what it raises ends the work.
    """

    def __init__(self, progress: Callable[[int], None] | None, *, single: bool) -> None:
        self._progress, self._single = progress, single
        self._done = 0

    def all(self, parts: Iterable[Part], score: Callable[[Sequence[Part]], Scored]) -> torch.Tensor:
        """Score any number of parts, of which no more than a batch is held at a time: ``[n]``, float64."""
        rest, found = iter(parts), [torch.zeros(0, dtype=torch.float64)]
        while batch := list(islice(rest, BATCH)):
            found.append(self.batch(batch, score).to("cpu", torch.float64))
        return torch.cat(found)

    def batch(self, parts: Sequence[Part], score: Callable[[Sequence[Part]], Scored]) -> torch.Tensor:
        """Score one batch of parts.

        Raises
        ------
        Exception
            What the model raises for a part by itself.
        """
        whole = None if self._single or len(parts) == 1 else self._whole(parts, score)
        if whole is not None:
            return self._counted(whole)
        return torch.cat([self._counted(score([part]).scores) for part in parts])

    def _whole(self, parts: Sequence[Part], score: Callable[[Sequence[Part]], Scored]) -> torch.Tensor | None:
        """Score all parts in one pass; None where that does not do, nor will for those that follow."""
        try:
            found = score(parts)
        except Exception:  # what a single part raises is the model's own error
            found = None
        self._single = found is None or found.drew
        return None if found is None or found.drew else found.scores

    def _counted(self, scores: torch.Tensor) -> torch.Tensor:
        self._done += len(scores)
        if self._progress is not None:
            self._progress(self._done)
        return scores


def scored(target: Settled, done: Pass, label: Label | Pair, count: int, known: Classes, *, like: Any) -> Scored:
    """Read the target's score for each of some images; `like` is the output for one image.

    Raises
    ------
    ValueError
        Where there is not one for each.
    """
    if count > 1 and _width(done.output, count, known) != _width(like, 1, known):
        raise ValueError(f"the model gave no score for each of a batch of {count}")
    return Scored(needed(scores_of(target, done.output, label, count, known)), done.drew)


def _width(output: Any, count: int, classes: Classes) -> int:
    """Count the scores for each of so many images; 0 where there are none."""
    rows = score_rows(output, count, classes)
    return 0 if rows is None or len(rows) != count else rows.shape[1]
