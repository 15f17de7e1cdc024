"""Scores of many images or maps: in batches as long as the model takes them, else one by one."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TypeVar

import torch

BATCH = 32

Part = TypeVar("Part")
Score = Callable[[Sequence[Part]], tuple[torch.Tensor, bool]]
"""Gives the target's score for each of some parts, ``[n]``, and whether the pass drew random numbers."""


class Batches:
    """Runs images or maps through the model in batches, or one by one (`single`) once a batch has not worked.

    A batch does not work where the model raises, for instance because it has further inputs of one sample; where it
    does not give one score each; and where it draws random numbers, which would differ from row to row: alone, each
    part gets the same ones as the clean image. `progress` is told how many are done; what it raises ends the work.
    """

    def __init__(self, progress: Callable[[int], None] | None, *, single: bool) -> None:
        self._progress, self._single = progress, single
        self._done = 0

    def all(self, parts: Iterable[Part], score: Score[Part]) -> torch.Tensor:
        """Score any number of parts, holding at most a batch of them at a time: ``[n]``, float64."""
        rest, found = iter(parts), [torch.zeros(0, dtype=torch.float64)]
        while batch := list(islice(rest, BATCH)):
            found.append(self.batch(batch, score).to("cpu", torch.float64))
        return torch.cat(found)

    def batch(self, parts: Sequence[Part], score: Score[Part]) -> torch.Tensor:
        """Score one batch of parts; raises what the model raises for a part alone."""
        whole = None if self._single or len(parts) == 1 else self._whole(parts, score)
        if whole is not None:
            return self._counted(whole)
        return torch.cat([self._counted(score([part])[0]) for part in parts])

    def _whole(self, parts: Sequence[Part], score: Score[Part]) -> torch.Tensor | None:
        """Score all parts in one pass; None where that does not work, now and from now on."""
        try:
            scores, self._single = score(parts)
        except Exception:  # what a part raises alone is the model's own error
            self._single = True
        return None if self._single else scores

    def _counted(self, scores: torch.Tensor) -> torch.Tensor:
        self._done += len(scores)
        if self._progress is not None:
            self._progress(self._done)
        return scores
