"""The predictions over a whole loader, by position."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from torch import nn

from attn_widget.predictions import marks_at_stake, review_table, selection
from attn_widget.predictions.batch_scores import Scored
from attn_widget.predictions.columns import NO_CLASS, empty_columns, resized
from attn_widget.predictions.fingerprint import Fingerprint, why_stale
from attn_widget.predictions.marks import Mark, Said, said
from attn_widget.predictions.review_files import Kept, read_stored
from attn_widget.samples import Place, Samples
from attn_widget.words import forms, reviews

NEAR_TIE = 1e-5
"""A margin below this may come out the other way round on another machine, or in a batch of another size."""

MOST_ERRORS = 10_000
"""So many samples keep the sentence of their error."""

MOST_NOTES = 10
"""So many different notes are kept."""

_FIRST_ROOM = 1024
_NOWHERE = Place(None, "")


class Review:
    """What a model predicts for each sample of a loader, by position.

    `review` makes it, or `Reviewing` in steps: until that has come to the end, only the first `reviewed` positions
    are known. Arrays are read-only, on the CPU, and take 24 bytes a sample in all. A review that is pickled or comes
    from another process leaves its loader behind; a copy shares it.

    Attributes
    ----------
    reviewed : int
        How many samples are done: the positions 0 to ``reviewed - 1``.
    count : int or None
        How many there are; None for a stream whose end has not been met.
    class_count : int
        How many classes the model tells apart; 0 while nothing has been predicted.
    fingerprint : Fingerprint
        Of which model and data set this is; see `stale`.
    notes : tuple of str
        Sentences about what was reviewed that is not as the loader would give it.
    broken_off : str or None
        What the loader raised after the samples that are done, where it could not go on: type and text. Until it is
        gone on with, ``Reviewing(model, found.samples, review=found).steps()``, the rest is not known.
    """

    def __init__(
        self,
        count: int | None,
        fingerprint: Fingerprint,
        names: tuple[str, ...] | None = None,
        samples: Samples | None = None,
    ) -> None:
        self.count, self.fingerprint = count, fingerprint
        self.reviewed = 0
        self.class_count = 0
        self.broken_off: str | None = None
        self.names, self.samples = names, samples
        self.notes: tuple[str, ...] = ()
        self.columns = empty_columns(_FIRST_ROOM if count is None else count)
        self._errors: dict[int, str] = {}
        self._marks: dict[int, Mark] = {}
        self._put_away: set[Said] = set()
        self._kept: dict[int, Kept] = {}
        self._unsure = ""

    def __len__(self) -> int:
        """The number of positions; of a stream, of those that were read."""
        return self.reviewed if self.count is None else self.count

    def __repr__(self) -> str:
        return reviews.review_summary(
            self.reviewed, self.count, self.accuracy, int(self.wrong.sum()), len(self._marks), self.broken_off
        )

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "samples": None}

    def __copy__(self) -> "Review":
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        return other

    def __deepcopy__(self, memo: dict[int, Any]) -> "Review":
        other = copy.copy(self)
        other.__dict__.update(copy.deepcopy(self.__getstate__(), memo))
        other.samples = self.samples
        return other

    # --- by position

    @property
    def labels(self) -> np.ndarray:
        """The true classes: ``[N]``, int32, -1 where a sample has none."""
        return self._column("labels")

    @property
    def predicted(self) -> np.ndarray:
        """The classes of highest score: ``[N]``, int32, -1 where there is none."""
        return self._column("predicted")

    @property
    def confidence(self) -> np.ndarray:
        """The predicted classes' probabilities: ``[N]``, float32, NaN where nothing is predicted."""
        return self._column("confidence")

    @property
    def margin(self) -> np.ndarray:
        """How much less probable the second class is: ``[N]``, float32, NaN where nothing is predicted."""
        return self._column("margin")

    @property
    def loss(self) -> np.ndarray:
        """The cross-entropies, in nats: ``[N]``, float32, NaN where the label is no class."""
        return self._column("loss")

    @property
    def true_probability(self) -> np.ndarray:
        """The true classes' probabilities: ``[N]``, float32, NaN where the label is no class."""
        return self._column("true_probability")

    @property
    def near_ties(self) -> np.ndarray:
        """Whether the two first classes are within 1e-5 of each other, and might change places: ``[N]``, bool."""
        return self.margin < NEAR_TIE

    @property
    def right(self) -> np.ndarray:
        """Whether the predicted class is the true one: ``[N]``, bool; neither right nor wrong where one is missing."""
        now = self.as_of_now()
        return now._compared & (now.labels == now.predicted)

    @property
    def wrong(self) -> np.ndarray:
        """Whether the predicted class is another one than the true one: ``[N]``, bool."""
        now = self.as_of_now()
        return now._compared & (now.labels != now.predicted)

    @property
    def errors(self) -> Mapping[int, str]:
        """By position, what was wrong with a sample; of more than 10,000 only the first."""
        return MappingProxyType(self._errors)

    @property
    def kept(self) -> Mapping[int, Kept]:
        """By position, the worst samples of a stream, which cannot be fetched again."""
        return MappingProxyType(self._kept)

    def place(self, position: int) -> Place:
        """Say where a sample comes from: its index in the data set, and its file where that is known."""
        if self.samples is not None:
            return self.samples.place(position)
        return self._marks[position].place if position in self._marks else _NOWHERE

    # --- all together

    @property
    def complete(self) -> bool:
        """Whether all samples are done: of a stream, whether its end was met."""
        return self.reviewed == self.count and self.broken_off is None

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """The classes' names; None where there are none, or not as many as classes."""
        return self.names if self.names and self.class_count in (0, len(self.names)) else None

    def name_of(self, index: int) -> str:
        """Name a class; its number where it has no name."""
        names = self.class_names
        return names[index] if names and 0 <= index < len(names) else forms.class_number(index)

    @property
    def accuracy(self) -> float:
        """The share of right ones among those that are right or wrong; NaN where there are none."""
        now = self.as_of_now()
        compared = int(now._compared.sum())
        return int(now.right.sum()) / compared if compared else float("nan")

    def misclassified(self) -> np.ndarray:
        """Give the positions of the mistakes, ascending: ``[m]``, int64."""
        return np.flatnonzero(self.wrong)

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
            mistakes of highest confidence first; ``"highest loss"``.
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
        return selection.select(self, which, true, predicted, confidence)

    def confusion(self) -> np.ndarray:
        """Count samples by true class (row) and predicted class (column): ``[n, n]``, int64.

        Raises
        ------
        ValueError
            Of more than 2,000 classes.
        """
        return selection.confusion(self)

    def confused_pairs(self) -> list[tuple[int, int, int]]:
        """List the mistakes by true class, predicted class and count, most frequent first."""
        return selection.confused_pairs(self)

    # --- marks

    @property
    def marks(self) -> Mapping[int, Mark]:
        """By position, what a person noted."""
        return MappingProxyType(self._marks)

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
        if kind not in reviews.MARKS:
            raise ValueError(f"kind must be one of {', '.join(map(repr, reviews.MARKS))}, got {kind!r}")
        if not 0 <= position < len(self):
            raise IndexError(f"position must be from 0 to {len(self) - 1}, got {position}")
        self.unmark(position)
        self._marks[int(position)] = Mark(kind, str(note), self.place(int(position)))

    def unmark(self, position: int) -> None:
        """Take a sample's mark away, if it has one."""
        position = int(position)
        if position in self._marks:
            self._put_away |= said({position: self._marks[position]})
            del self._marks[position]

    @property
    def marks_known(self) -> set[Said]:
        """What the marks say, and what those said that were replaced or taken away here."""
        return said(self._marks) | self._put_away

    def add_marks(self, marks: Mapping[int, Mark]) -> None:
        """Take in the marks of samples that have none here."""
        self._marks.update({position: mark for position, mark in marks.items() if position not in self._marks})

    def put_away(self, marks: Mapping[int, Mark]) -> None:
        """Know marks of a file as replaced or taken away: they do not come back."""
        self._put_away |= said(marks)

    def take_over(self, marks: Mapping[int, Mark]) -> None:
        """Take in marks, in the place of those that the same samples have here."""
        self.put_away({position: self._marks[position] for position in marks.keys() & self._marks.keys()})
        self._marks.update(marks)

    def put_away_as(self, before: "Review") -> None:
        """Know as put away what is so in an earlier review of this data."""
        self._put_away |= before._put_away

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
        marks_at_stake.save(self, Path(path), overwrite=overwrite)

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
        stored = read_stored(path)
        about, samples = stored.about, None if loader is None else as_samples(loader)
        review = cls(0, about.fingerprint, about.class_names, samples)
        review.count, review.columns = about.count, stored.columns
        review.reviewed, review.class_count, review.broken_off = about.reviewed, about.class_count, about.broken_off
        review.notes = about.notes
        review._errors, review._marks, review._kept = about.errors, about.marks, stored.kept
        return review

    def to_csv(self, path: str | PathLike[str]) -> None:
        """Write one row a sample that is done: position, data-set index, file, predictions, mark, note, error."""
        review_table.to_csv(self, path)

    def stale(self, model: nn.Module | None = None, loader: Any = None) -> str | None:
        """Say in a sentence why this is no review of this model and loader as they are now; None where it may be.

        What is compared: all parameters and buffers of the model, and of the data set its length, class names, and
        the files of the first and last sample. Images and labels are not read.
        """
        return why_stale(self.fingerprint, model, None if loader is None else as_samples(loader))

    # --- being filled

    def add(self, scored: Scored) -> None:
        """Take in what was found of the samples that follow those that are done.

        Raises
        ------
        ValueError
            Where they do not follow.
        """
        if scored.start != self.reviewed:
            raise ValueError(f"samples from {self.reviewed} on are awaited, and those from {scored.start} on came")
        size = len(scored.columns["labels"])
        stop = scored.start + size
        if stop > len(self.columns["labels"]):
            self.columns = resized(self.columns, 2 * stop)
        for name, column in scored.columns.items():
            self.columns[name][scored.start : stop] = column
        room = MOST_ERRORS - len(self._errors)
        self._errors.update(dict(list(scored.errors.items())[: max(room, 0)]))
        self.class_count = max(self.class_count, scored.classes)
        known = [note for note in self.notes if note != self._unsure]
        unsure = [scored.unsure] if scored.unsure else []
        self.notes = tuple(dict.fromkeys((*unsure, *known, *scored.notes)))[:MOST_NOTES]
        self._unsure = scored.unsure
        self.reviewed = stop  # last: another thread may be reading

    def begin_anew(self, why: str, *, kept: bool) -> None:
        """Forget what was predicted, and say why; where the samples are `kept` as done, they have no predictions."""
        done = self.reviewed if kept else 0
        fresh = empty_columns(len(self.columns["labels"]))
        fresh["labels"][:done] = self.columns["labels"][:done]
        self.reviewed, self.class_count, self.columns = done, 0, fresh
        self._errors, self._kept = (self._errors if kept else {}), {}
        self.notes = (*self.notes, why)[-MOST_NOTES:]

    def end(self) -> None:
        """Note that there is no further sample, however many a stream had stated."""
        if self.fingerprint.count is not None:
            self.fingerprint = replace(self.fingerprint, count=self.reviewed)
        self.count = self.reviewed
        self.columns = resized(self.columns, self.reviewed)

    def recount(self) -> None:
        """Note that there are not as many samples as there seemed to be: how many is known at the end."""
        self.count = None
        self.fingerprint = replace(self.fingerprint, count=None)

    def keep(self, kept: dict[int, Kept]) -> None:
        """Keep these samples, in the place of those that were kept before."""
        self._kept = kept

    def as_of_now(self) -> "Review":
        """Give what is known at this moment: a stream's arrays grow while another thread adds to them."""
        now = copy.copy(self)
        now.count = len(now)
        return now

    def _column(self, name: str) -> np.ndarray:
        column = self.columns[name][: len(self)]
        column.setflags(write=False)
        return column

    @property
    def _compared(self) -> np.ndarray:
        known = (self.predicted != NO_CLASS) & (self.labels > NO_CLASS)
        return known & (self.labels < self.class_count)


def as_samples(loader: Any, prefer: Sequence[str] = ()) -> Samples:
    """Give the samples of a loader, read as `Samples` says, or those given."""
    return loader if isinstance(loader, Samples) else Samples(loader, prefer=prefer)
