"""A review at one moment, as a value: what selections, counts, tables and files are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from attn_widget.predictions.columns import NO_CLASS, Columns
from attn_widget.predictions.fingerprint import Fingerprint
from attn_widget.predictions.marks import Marks
from attn_widget.words import forms

NEAR_TIE = 1e-5
"""A margin below this may come out the other way round on another machine, or in a batch of another size."""


@dataclass(frozen=True, eq=False)
class Kept:
    """A sample that cannot be fetched again.

    Attributes
    ----------
    image : ndarray ``[C, H, W]``
        As the model takes it.
    thumbnail : ndarray ``[h, w, 3]``, uint8
        To look at.
    """

    image: np.ndarray
    thumbnail: np.ndarray


class Readings:
    """What a review says, now or at one moment: of each position, and of all of them."""

    @property
    def snapshot(self) -> "Snapshot":
        """The review at this moment."""
        raise NotImplementedError

    @property
    def labels(self) -> np.ndarray:
        """The true classes: ``[N]``, int32, -1 where a sample has none."""
        return self.snapshot.column("labels")

    @property
    def predicted(self) -> np.ndarray:
        """The classes of highest score: ``[N]``, int32, -1 where there is none."""
        return self.snapshot.column("predicted")

    @property
    def confidence(self) -> np.ndarray:
        """The predicted classes' probabilities: ``[N]``, float32, NaN where nothing is predicted."""
        return self.snapshot.column("confidence")

    @property
    def margin(self) -> np.ndarray:
        """How much less probable the second class is: ``[N]``, float32, NaN where nothing is predicted."""
        return self.snapshot.column("margin")

    @property
    def loss(self) -> np.ndarray:
        """The cross-entropies, in nats: ``[N]``, float32, NaN where the label is no class."""
        return self.snapshot.column("loss")

    @property
    def true_probability(self) -> np.ndarray:
        """The true classes' probabilities: ``[N]``, float32, NaN where the label is no class."""
        return self.snapshot.column("true_probability")

    @property
    def near_ties(self) -> np.ndarray:
        """Whether the two first classes are within 1e-5 of each other, and might change places: ``[N]``, bool."""
        return self.margin < NEAR_TIE

    @property
    def right(self) -> np.ndarray:
        """Whether the predicted class is the true one: ``[N]``, bool; neither right nor wrong where one is missing."""
        now = self.snapshot
        return now.compared & (now.labels == now.predicted)

    @property
    def wrong(self) -> np.ndarray:
        """Whether the predicted class is another one than the true one: ``[N]``, bool."""
        now = self.snapshot
        return now.compared & (now.labels != now.predicted)

    @property
    def complete(self) -> bool:
        """Whether all samples are done: of a stream, whether its end was met."""
        now = self.snapshot
        return now.reviewed == now.count and now.broken_off is None

    @property
    def accuracy(self) -> float:
        """The share of right ones among those that are right or wrong; NaN where there are none."""
        now = self.snapshot
        compared = int(now.compared.sum())
        return int(now.right.sum()) / compared if compared else float("nan")

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """The classes' names; None where there are none, or not as many as classes."""
        now = self.snapshot
        return now.names if now.names and now.class_count in (0, len(now.names)) else None

    def name_of(self, index: int) -> str:
        """Name a class; its number where it has no name."""
        names = self.class_names
        return names[index] if names and 0 <= index < len(names) else forms.class_number(index)

    def __len__(self) -> int:
        """The number of positions; of a stream, of those that were read."""
        now = self.snapshot
        return now.reviewed if now.count is None else now.count


@dataclass(frozen=True, eq=False)
class Snapshot(Readings):
    """A review at one moment; a review that grows has another one after each batch and each mark.

    Attributes
    ----------
    count, reviewed, class_count, fingerprint, names, notes, broken_off, errors, kept
        See `attn_widget.Review`.
    marks : Marks
        What a person noted.
    columns : dict of str to ndarray ``[N]`` or longer
        See `attn_widget.predictions.columns`; what comes later is written behind the first `reviewed`.
    unsure : str
        Which of the notes is taken back once the labels show which scores are meant.
    """

    count: int | None
    fingerprint: Fingerprint
    names: tuple[str, ...] | None = None
    columns: Columns = field(default_factory=dict)
    reviewed: int = 0
    class_count: int = 0
    broken_off: str | None = None
    notes: tuple[str, ...] = ()
    unsure: str = ""
    errors: Mapping[int, str] = field(default_factory=dict)
    kept: Mapping[int, Kept] = field(default_factory=dict)
    marks: Marks = field(default_factory=Marks)

    @property
    def snapshot(self) -> "Snapshot":
        """Itself."""
        return self

    def column(self, name: str) -> np.ndarray:
        """Give a column, ``[N]``, read-only."""
        column = self.columns[name][: len(self)]
        column.setflags(write=False)
        return column

    @property
    def compared(self) -> np.ndarray:
        """Whether a sample is right or wrong: ``[N]``, bool."""
        known = (self.predicted != NO_CLASS) & (self.labels > NO_CLASS) & (self.labels < self.class_count)
        known[self.reviewed :] = False  # another thread may be writing there
        return known
