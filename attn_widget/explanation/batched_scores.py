"""Scores of many images or maps: in batches while the model takes them so, else one by one."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TypeVar

import torch

BATCH = 32

Part = TypeVar("Part")
Score = Callable[[Sequence[Part]], tuple[torch.Tensor, bool]]
"""Gives the target's score for each of some parts, ``[n]``, and whether the pass drew random numbers."""


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

    def all(self, parts: Iterable[Part], score: Score[Part]) -> torch.Tensor:
        """Score any number of parts, of which no more than a batch is held at a time: ``[n]``, float64."""
        rest, found = iter(parts), [torch.zeros(0, dtype=torch.float64)]
        while batch := list(islice(rest, BATCH)):
            found.append(self.batch(batch, score).to("cpu", torch.float64))
        return torch.cat(found)

    def batch(self, parts: Sequence[Part], score: Score[Part]) -> torch.Tensor:
        """Score one batch of parts.

        Raises
        ------
        Exception
            What the model raises for a part by itself.
        """
        whole = None if self._single or len(parts) == 1 else self._whole(parts, score)
        if whole is not None:
            return self._counted(whole)
        return torch.cat([self._counted(score([part])[0]) for part in parts])

    def _whole(self, parts: Sequence[Part], score: Score[Part]) -> torch.Tensor | None:
        """Score all parts in one pass; None where that does not do, nor will for those that follow."""
        try:
            scores, self._single = score(parts)
        except Exception:  # what a single part raises is the model's own error
            self._single = True
        return None if self._single else scores

    def _counted(self, scores: torch.Tensor) -> torch.Tensor:
        self._done += len(scores)
        if self._progress is not None:
            self._progress(self._done)
        return scores
