"""The predictions over a whole loader, by position."""

import threading
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from torch import nn

from attn_widget.predictions import fiftyone_fields, review_files, review_table, save_conflicts, selection
from attn_widget.predictions.columns import NO_CLASS
from attn_widget.predictions.fingerprint import Fingerprint, why_stale
from attn_widget.predictions.marks import MARKS, NOWHERE, Mark, Marks, Said, said
from attn_widget.predictions.review_snapshot import Kept, Readings, Snapshot
from attn_widget.samples import Place, Samples, as_samples
from attn_widget.words import exports, refusals, reviews

_MOST_CLASSES = 2_000
"""A confusion matrix of more classes would not fit in memory."""


class Review(Readings):
    """What a model predicts for each sample of a loader, by position.

    `review` makes one, or `Reviewing` step by step: until that is complete, only the first `reviewed` positions are
    known. Arrays are read-only, on the CPU, and take 24 bytes a sample in all. The loader's `samples` give file names;
    a copy of a review shares them, one that is pickled or comes from another process leaves them behind.
    """

    def __init__(self, now: Snapshot, samples: Samples | None = None) -> None:
        self._now, self.samples = now, samples
        self._changing = threading.Lock()

    @property
    def snapshot(self) -> Snapshot:
        """The review at this moment, as a value: it may grow while another thread looks at it."""
        return self._now

    def become(self, change: Callable[[Snapshot], Snapshot]) -> None:
        """Replace the snapshot with what `change`, such as `review_growth.grown`, makes of it; any thread may do so."""
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
        """How many samples there are; None for a stream whose end has not been reached."""
        return self._now.count

    @property
    def class_count(self) -> int:
        """How many classes the model distinguishes; 0 before the first prediction."""
        return self._now.class_count

    @property
    def fingerprint(self) -> Fingerprint:
        """Identifies the model and the data set; see `stale`."""
        return self._now.fingerprint

    @property
    def names(self) -> tuple[str, ...] | None:
        """The class names, even if there is not one for each class; see `class_names`."""
        return self._now.names

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what was reviewed differently from what the loader would give."""
        return self._now.notes

    @property
    def broken_off(self) -> str | None:
        """The type and text of what the loader raised after the samples that are done; None if it did not break off.

        ``Reviewing(model, found.samples, review=found).steps()`` continues the review.
        """
        return self._now.broken_off

    @property
    def columns(self) -> Mapping[str, np.ndarray]:
        """All arrays by name; a stream's have room for more."""
        return MappingProxyType(self._now.columns)

    @property
    def errors(self) -> Mapping[int, str]:
        """By position, what was wrong with a sample; at most the first 10,000."""
        return MappingProxyType(self._now.errors)

    @property
    def kept(self) -> Mapping[int, Kept]:
        """By position, the worst samples of a stream, which cannot be fetched again."""
        return MappingProxyType(self._now.kept)

    def place(self, position: int) -> Place:
        """Say where a sample comes from: its index in the data set, and its file where known."""
        if self.samples is not None:
            return self.samples.place(position)
        mark = self.marks.get(position)
        return NOWHERE if mark is None else mark.place

    # --- selections and counts

    def misclassified(self) -> np.ndarray:
        """Give the positions of the mistakes, ascending: ``[m]``, int64."""
        return np.flatnonzero(self.wrong)

    def is_mistake(self, position: int) -> bool:
        """Whether the sample at a position is known to be misclassified."""
        now = self.snapshot
        if not 0 <= position < now.reviewed:
            return False
        label, predicted = int(now.labels[position]), int(now.predicted[position])
        return predicted != NO_CLASS and NO_CLASS < label < now.class_count and label != predicted

    def next_mistake(self, after: int, *, onwards: bool = True, order: np.ndarray | None = None) -> int | None:
        """Find the next known mistake after a position, or with ``onwards=False`` before it; None if there is none.

        `order` ``[m]``, int, holds the positions to search, in their order, such as `select` gives them; by default
        all. If `after` is not among them, the search starts at the beginning or, going back, at the end.
        """
        now = self.snapshot
        order = np.arange(len(now)) if order is None else order
        order = order if onwards else order[::-1]
        (found,) = np.nonzero(order == after)
        rest = order[found[0] + 1 :] if len(found) else order
        mistakes = rest[now.wrong[rest]]
        return int(mistakes[0]) if len(mistakes) else None

    def select(
        self,
        which: str = "all",
        true: int | None = None,
        predicted: int | None = None,
        confidence: tuple[float, float] = (0, 1),
    ) -> np.ndarray:
        """Give the positions of the samples to look at, in order.

        Parameters
        ----------
        which : str
            ``"all"``, ``"mistakes"`` or ``"right"``, by position; ``"least sure"``; ``"most surely wrong"``, the
            mistakes of highest confidence first; ``"highest loss"``; ``"marked"``, by position, including samples not
            reviewed yet.
        true, predicted : int, optional
            Only samples of this true class, and of this predicted class.
        confidence : tuple of float
            Only samples with a confidence in this range, including its ends.

        Returns
        -------
        ndarray ``[m]``, int64

        Raises
        ------
        ValueError
            For an unknown selection, or an invalid range.
        TypeError
            Where a class is not given by its index.
        """
        return selection.select(self.snapshot, which, true, predicted, confidence)

    def confusion(self) -> np.ndarray:
        """Count samples by true class (row) and predicted class (column): ``[n, n]``, int64.

        Raises
        ------
        ValueError
            For more than 2,000 classes.
        """
        now = self.snapshot
        classes = now.class_count
        if classes > _MOST_CLASSES:
            raise ValueError(refusals.too_many_classes(classes, _MOST_CLASSES))
        known = now.compared
        cells = now.labels[known].astype(np.int64) * classes + now.predicted[known]
        return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)

    def confused_pairs(self) -> list[tuple[int, int, int]]:
        """List the mistakes by true class, predicted class and count, most frequent first."""
        now = self.snapshot
        wrong = now.wrong
        pairs = np.stack([now.labels[wrong], now.predicted[wrong]], axis=1)
        found, counts = np.unique(pairs, axis=0, return_counts=True)
        listed = np.column_stack([found, counts])[np.argsort(-counts, kind="stable")]
        return [(true, predicted, count) for true, predicted, count in listed.tolist()]

    # --- marks

    @property
    def marks(self) -> Mapping[int, Mark]:
        """By position, what a person noted."""
        return MappingProxyType(self._now.marks.by_position)

    def mark(self, position: int, kind: str, note: str = "") -> None:
        """Mark a sample as ``"wrong label"``, ``"bad image"`` or ``"look again"``; this replaces an earlier mark.

        Raises
        ------
        ValueError
            For another kind.
        IndexError
            For a position outside the review.
        """
        if kind not in MARKS:
            raise ValueError(f"kind must be one of {', '.join(map(repr, MARKS))}, got {kind!r}")
        if not 0 <= position < len(self):
            raise IndexError(f"position must be from 0 to {len(self) - 1}, got {position}")
        self.take_over({int(position): Mark(kind, str(note), self.place(int(position)))})

    def unmark(self, position: int) -> None:
        """Remove a sample's mark, if it has one."""
        self._mark(lambda marks: marks.dropping(int(position)))

    @property
    def marks_known(self) -> set[Said]:
        """What the marks say, and what earlier ones said that were replaced or removed here."""
        return self._now.marks.known

    def add_marks(self, marks: Mapping[int, Mark]) -> None:
        """Add the marks of samples that have none here."""
        self._mark(lambda own: own.adding(marks))

    def take_over(self, marks: Mapping[int, Mark]) -> None:
        """Add marks; they replace those that the same samples have here."""
        self._mark(lambda own: own.taking_over(marks))

    def put_away(self, marks: Mapping[int, Mark]) -> None:
        """Count marks of a file as replaced or removed: they do not come back."""
        self._mark(lambda own: own.putting_away(said(marks)))

    def put_away_as(self, before: "Review") -> None:
        """Count as replaced or removed what is so in an earlier review of this data."""
        self._mark(lambda own: own.putting_away(before.snapshot.marks.put_away))

    def _mark(self, change: Callable[[Marks], Marks]) -> None:
        self.become(lambda now: replace(now, marks=change(now.marks)))

    # --- files

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the review to a file, which is either written completely or left as it was.

        If the file holds a review of the same data, this review first takes over its marks, except those that were
        replaced or removed here.

        The file is NumPy's ``.npz``, without pickle: the columns under their names, and ``about``, the UTF-8 bytes of
        a JSON object with ``format`` and ``version``, ``count`` and ``reviewed``, ``class_count`` and ``class_names``,
        ``fingerprint``, ``errors``, ``marks`` (each a list that begins with the position), ``broken_off`` and
        ``notes``; for the samples kept of a stream, also ``image_<position>`` and ``thumbnail_<position>``.

        Parameters
        ----------
        path : str or path
            Used as it is, whatever its suffix.
        overwrite : bool
            Whether to replace whatever is there with this review alone.

        Raises
        ------
        FileExistsError
            Where, without `overwrite`, something would be lost: different marks of the same samples, a review of other
            data that has marks, or a file that is not a review.
        OSError
            Where the file cannot be written.
        """
        path = Path(path)
        if not overwrite:
            self.add_marks(save_conflicts.marks_to_keep(self.snapshot, path))
        review_files.write(self.snapshot, path)

    def save_marks(self, path: str | PathLike[str]) -> Path:
        """Merge these marks with those in the file of a review of the same data, and write only the marks to it.

        Gives the path of the file that holds them: this one or, if it is large, one next to it until `save` is called.

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

        The loader that was reviewed gives the file names in `place` and `to_csv`; `stale` tells whether it still fits.

        Raises
        ------
        OSError
            Where there is no such file, or it cannot be read.
        ValueError
            Where it is truncated, or not a review.
        """
        return cls(review_files.read(Path(path)), None if loader is None else as_samples(loader))

    def to_fiftyone(
        self,
        dataset: Any,
        *,
        predictions: str = "predictions",
        heatmaps: str = "heatmap",
        explanations: Mapping[int, Any] | Iterable[tuple[int, Any]] = (),
        match: str = "path",
    ) -> fiftyone_fields.FiftyOneFields:
        """Write predictions, marks and heatmaps to the samples of a FiftyOne dataset, which are saved.

        Parameters
        ----------
        dataset : fiftyone.Dataset or view
            Of the same images.
        predictions, heatmaps : str
            The fields to write: a ``Classification`` with the predicted class and its confidence, and a ``Heatmap``.
            The kind of a mark becomes a tag.
        explanations : mapping of int to Explanation, or iterable of pairs
            By position, such as `attn_widget.exports.explanations` gives them one by one: each overall map, rectified
            and on its layer's grid, becomes a heatmap.
        match : str
            ``"path"``: samples are the same where their files are, as the loader's data set knows them. ``"order"``:
            the first sample of the dataset is at position 0, and so on.

        Returns
        -------
        FiftyOneFields
            How much was written, and what is in only one of the two; a warning says so too.

        Raises
        ------
        ImportError
            Where FiftyOne is not installed.
        Refusal
            Where the samples cannot be matched that way.

        Examples
        --------
        >>> from attn_widget.exports import explanations
        >>> found = explanations(model, loader, positions=review.misclassified(), method="grad-cam")
        >>> review.to_fiftyone(dataset, explanations=found)
        """
        if match not in fiftyone_fields.MATCHES:
            raise ValueError(f"match must be 'path' or 'order', got {match!r}")
        found = fiftyone_fields.write(
            self.snapshot,
            self.samples,
            dataset,
            predictions=predictions,
            heatmaps=heatmaps,
            explanations=explanations,
            match=match,
        )
        if found.not_in_dataset or found.not_in_review or found.without_heatmap:
            lists = (found.not_in_dataset, found.not_in_review, found.without_heatmap)
            warnings.warn(exports.not_matched(*lists), stacklevel=2)
        return found

    def to_csv(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write a CSV row for each reviewed sample: position, data-set index, file, predictions, mark, note, error.

        Parameters
        ----------
        path : str or path
            Used as it is, whatever its suffix. A table that this wrote before is replaced.
        overwrite : bool
            Whether to replace anything else, too.

        Raises
        ------
        FileExistsError
            Where, without `overwrite`, something would be lost: marks in a table that this review has never held, or a
            file that is no such table.
        OSError
            Where the file cannot be written.
        """
        path = Path(path)
        lost = None if overwrite else save_conflicts.table_conflict(self.snapshot, path)
        if lost is not None:
            raise FileExistsError(reviews.would_replace(path, lost))
        review_table.to_csv(self.snapshot, self.place, path)

    def stale(self, model: nn.Module | None = None, loader: Any = None) -> str | None:
        """Say in a sentence why this is not a review of this model and loader as they are now; None where it may be.

        This compares all parameters and buffers of the model, and the data set's length, class names, and first and
        last file. Images and labels are not read.
        """
        return why_stale(self.fingerprint, model, None if loader is None else as_samples(loader))
