"""The predictions over a whole loader, by position."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from torch import nn

from attn_widget.predictions import class_counts, review_files, review_table, save_conflicts, selection
from attn_widget.predictions.fingerprint import Fingerprint, why_stale
from attn_widget.predictions.marks import MARKS, NOWHERE, Mark, Marks, Said, said
from attn_widget.predictions.review_snapshot import Kept, Readings, Snapshot
from attn_widget.samples import Place, Samples
from attn_widget.words import reviews


class Review(Readings):
    """What a model predicts for each sample of a loader, by position.

    `review` makes it, or `Reviewing` in steps: until that has come to the end, only the first `reviewed` positions
    are known. Arrays are read-only, on the CPU, and take 24 bytes a sample in all. A review that is pickled or comes
    from another process leaves its loader behind; a copy shares it.

    Parameters
    ----------
    now : Snapshot
        What is known so far.
    samples : Samples, optional
        The loader's, for file names.
    """

    def __init__(self, now: Snapshot, samples: Samples | None = None) -> None:
        self._now, self.samples = now, samples
        self._changing = threading.Lock()

    @property
    def snapshot(self) -> Snapshot:
        """What is known at this moment, as a value: a review may grow while another thread looks at it."""
        return self._now

    def become(self, change: Callable[[Snapshot], Snapshot]) -> None:
        """Change what is known, as `attn_widget.predictions.review_growth` does; another thread may be marking."""
        with self._changing:
            self._now = change(self._now)

    def __repr__(self) -> str:
        now = self.snapshot
        wrong, marks = int(now.wrong.sum()), len(now.marks.by_position)
        return reviews.review_summary(now.reviewed, now.count, now.accuracy, wrong, marks, now.broken_off)

    def __reduce__(self) -> tuple[type["Review"], tuple[Snapshot]]:
        return type(self), (self.snapshot,)

    def __copy__(self) -> "Review":
        now = self._now
        return type(self)(replace(now, columns={name: each.copy() for name, each in now.columns.items()}), self.samples)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Review":
        return self.__copy__()

    # --- what is known

    @property
    def reviewed(self) -> int:
        """How many samples are done: the positions 0 to ``reviewed - 1``."""
        return self._now.reviewed

    @property
    def count(self) -> int | None:
        """How many there are; None for a stream whose end has not been met."""
        return self._now.count

    @property
    def class_count(self) -> int:
        """How many classes the model tells apart; 0 while nothing has been predicted."""
        return self._now.class_count

    @property
    def fingerprint(self) -> Fingerprint:
        """Of which model and data set this is; see `stale`."""
        return self._now.fingerprint

    @property
    def names(self) -> tuple[str, ...] | None:
        """The classes' names, also where they are not as many as classes; see `class_names`."""
        return self._now.names

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what was reviewed that is not as the loader would give it."""
        return self._now.notes

    @property
    def broken_off(self) -> str | None:
        """What the loader raised after the samples that are done, where it could not go on: type and text.

        Until it is gone on with, ``Reviewing(model, found.samples, review=found).steps()``, the rest is not known.
        """
        return self._now.broken_off

    @property
    def columns(self) -> Mapping[str, np.ndarray]:
        """All arrays by name; a stream's have room for more."""
        return MappingProxyType(self._now.columns)

    @property
    def errors(self) -> Mapping[int, str]:
        """By position, what was wrong with a sample; of more than 10,000 only the first."""
        return MappingProxyType(self._now.errors)

    @property
    def kept(self) -> Mapping[int, Kept]:
        """By position, the worst samples of a stream, which cannot be fetched again."""
        return MappingProxyType(self._now.kept)

    def place(self, position: int) -> Place:
        """Say where a sample comes from: its index in the data set, and its file where that is known."""
        if self.samples is not None:
            return self.samples.place(position)
        mark = self.marks.get(position)
        return NOWHERE if mark is None else mark.place

    # --- chosen and counted

    def misclassified(self) -> np.ndarray:
        """Give the positions of the mistakes, ascending: ``[m]``, int64."""
        return np.flatnonzero(self.wrong)

    def is_mistake(self, position: int) -> bool:
        """Whether the sample at a position is known to be taken for another class."""
        return selection.is_mistake(self.snapshot, position)

    def next_mistake(self, after: int, *, onwards: bool = True, order: np.ndarray | None = None) -> int | None:
        """Give the mistake that is next to a sample, without running the model.

        Parameters
        ----------
        after : int
            The sample's position.
        onwards : bool
            Whether to go forward, or back.
        order : ndarray ``[m]``, int, optional
            Positions, such as `select` gives: the mistakes among them, in their order, from the beginning (going
            back, from the end) where `after` is not among them. By default all positions.

        Returns
        -------
        int or None
            None where there is none, as far as this review is done.
        """
        return selection.next_mistake(self.snapshot, after, onwards, order)

    def select(
        self,
        which: str = "all",
        true: int | None = None,
        predicted: int | None = None,
        confidence: tuple[float, float] = (0, 1),
    ) -> np.ndarray:
        """Give the positions of the samples to look at, in their order.

        Parameters
        ----------
        which : str
            ``"all"``, ``"mistakes"`` and ``"right"``, by position; ``"least sure"``; ``"most surely wrong"``, the
            mistakes of highest confidence first; ``"highest loss"``; ``"marked"``, by position, also where this
            review has not come yet.
        true, predicted : int, optional
            Only samples of this true class, and of this predicted one.
        confidence : tuple of float
            Only samples of a confidence in this range, both ends included.

        Returns
        -------
        ndarray ``[m]``, int64

        Raises
        ------
        ValueError
            For another selection, or a range that is none.
        """
        return selection.select(self.snapshot, which, true, predicted, confidence)

    def confusion(self) -> np.ndarray:
        """Count samples by true class (row) and predicted class (column): ``[n, n]``, int64.

        Raises
        ------
        ValueError
            Of more than 2,000 classes.
        """
        return class_counts.confusion(self.snapshot)

    def confused_pairs(self) -> list[tuple[int, int, int]]:
        """List the mistakes by true class, predicted class and count, most frequent first."""
        return class_counts.confused_pairs(self.snapshot)

    # --- marks

    @property
    def marks(self) -> Mapping[int, Mark]:
        """By position, what a person noted."""
        return MappingProxyType(self._now.marks.by_position)

    def mark(self, position: int, kind: str, note: str = "") -> None:
        """Note something of a sample; an earlier mark of it is replaced.

        Parameters
        ----------
        position : int
            Whose.
        kind : str
            ``"wrong label"``, ``"bad image"`` or ``"look again"``.
        note : str
            Free text.

        Raises
        ------
        ValueError
            For another kind.
        IndexError
            For a position that is not in the review.
        """
        if kind not in MARKS:
            raise ValueError(f"kind must be one of {', '.join(map(repr, MARKS))}, got {kind!r}")
        if not 0 <= position < len(self):
            raise IndexError(f"position must be from 0 to {len(self) - 1}, got {position}")
        self.take_over({int(position): Mark(kind, str(note), self.place(int(position)))})

    def unmark(self, position: int) -> None:
        """Take a sample's mark away, if it has one."""
        self._mark(lambda marks: marks.dropping(int(position)))

    @property
    def marks_known(self) -> set[Said]:
        """What the marks say, and what those said that were replaced or taken away here."""
        return self._now.marks.known

    def add_marks(self, marks: Mapping[int, Mark]) -> None:
        """Take in the marks of samples that have none here."""
        self._mark(lambda own: own.adding(marks))

    def take_over(self, marks: Mapping[int, Mark]) -> None:
        """Take in marks, in the place of those that the same samples have here."""
        self._mark(lambda own: own.taking_over(marks))

    def put_away(self, marks: Mapping[int, Mark]) -> None:
        """Know marks of a file as replaced or taken away: they do not come back."""
        self._mark(lambda own: own.putting_away(said(marks)))

    def put_away_as(self, before: "Review") -> None:
        """Know as put away what is so in an earlier review of this data."""
        self._mark(lambda own: own.putting_away(before.snapshot.marks.put_away))

    def _mark(self, change: Callable[[Marks], Marks]) -> None:
        self.become(lambda now: replace(now, marks=change(now.marks)))

    # --- files

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the review to a file, which then is whole or, where that fails, what it was before.

        Where a review of the same data is in the file, its marks are taken over into this one first, but for those
        that were replaced or taken away here.

        The file is NumPy's ``.npz``, without pickle: the columns under their names, and ``about``, the UTF-8 bytes of
        a JSON object with ``format`` and ``version``, ``count`` and ``reviewed``, ``class_count`` and ``class_names``,
        ``fingerprint``, ``errors``, ``marks`` (each a list that begins with the position), ``broken_off`` and
        ``notes``; of samples of a stream ``image_<position>`` and ``thumbnail_<position>``.

        Parameters
        ----------
        path : str or path
            Written as it is, whatever its ending.
        overwrite : bool
            Whether to write this review alone in the place of whatever is there.

        Raises
        ------
        FileExistsError
            Where, unless `overwrite`, something would be lost: marks of samples that this review marks otherwise, a
            review of other data with its marks, or a file that is no review.
        OSError
            Where the file cannot be written.
        """
        path = Path(path)
        if not overwrite:
            self.add_marks(save_conflicts.marks_to_keep(self.snapshot, path))
        review_files.write(self.snapshot, path)

    def save_marks(self, path: str | PathLike[str]) -> Path:
        """Bring the marks in a file with a review of the same data, and those here, to those of both.

        Returns
        -------
        Path
            Where they are now: in that file or, where it is large, in one beside it until the review is saved.

        Raises
        ------
        FileExistsError
            As `save` does.
        FileNotFoundError
            Where there is no file.
        """
        path = Path(path)
        self.add_marks(save_conflicts.marks_to_keep(self.snapshot, path))
        return review_files.write_marks(self.marks, path)

    @classmethod
    def load(cls, path: str | PathLike[str], loader: Any = None) -> "Review":
        """Read what `save` wrote.

        Parameters
        ----------
        path : str or path
            The file.
        loader : optional
            The loader that was reviewed, for file names in `place` and `to_csv`. Ask `stale` whether it still fits.

        Raises
        ------
        OSError
            Where there is no such file, or it cannot be read.
        ValueError
            Where it is cut short, or no review.
        """
        return cls(review_files.read(path), None if loader is None else as_samples(loader))

    def to_csv(self, path: str | PathLike[str]) -> None:
        """Write one row a sample that is done: position, data-set index, file, predictions, mark, note, error."""
        review_table.to_csv(self.snapshot, self.place, path)

    def stale(self, model: nn.Module | None = None, loader: Any = None) -> str | None:
        """Say in a sentence why this is no review of this model and loader as they are now; None where it may be.

        What is compared: all parameters and buffers of the model, and of the data set its length, class names, and
        the files of the first and last sample. Images and labels are not read.
        """
        return why_stale(self.fingerprint, model, None if loader is None else as_samples(loader))


def as_samples(loader: Any, prefer: Sequence[str] = ()) -> Samples:
    """Give the samples of a loader, read as `Samples` says, or those given."""
    return loader if isinstance(loader, Samples) else Samples(loader, prefer=prefer)
