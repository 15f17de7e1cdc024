"""A review at one moment, as a value: selections, counts, tables and files are made from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from attn_widget.predictions.columns import NO_CLASS, Columns
from attn_widget.predictions.fingerprint import Fingerprint
from attn_widget.predictions.marks import Marks
from attn_widget.words import forms

NEAR_TIE = 1e-5
"""With a smaller margin, another machine or another batch size may swap the first two classes."""


@dataclass(frozen=True, eq=False)
class Kept:
    """A sample that cannot be fetched again."""

    image: np.ndarray  # [C, H, W], as the model takes it
    thumbnail: np.ndarray  # [h, w, 3], uint8


class Readings:
    """What a review, or a snapshot of one, says of each position and of all of them."""

    @property
    def snapshot(self) -> "Snapshot":
        """The review at this moment."""
        raise NotImplementedError

    @property
    def labels(self) -> np.ndarray:
        """The true classes: ``[N]``, int32, -1 for a sample without one."""
        return self.snapshot.column("labels")

    @property
    def predicted(self) -> np.ndarray:
        """The classes of highest score: ``[N]``, int32, -1 for a sample without a prediction."""
        return self.snapshot.column("predicted")

    @property
    def confidence(self) -> np.ndarray:
        """The predicted classes' probabilities: ``[N]``, float32, NaN without a prediction."""
        return self.snapshot.column("confidence")

    @property
    def margin(self) -> np.ndarray:
        """How much less probable the second class is: ``[N]``, float32, NaN without a prediction."""
        return self.snapshot.column("margin")

    @property
    def loss(self) -> np.ndarray:
        """The cross-entropies, in nats: ``[N]``, float32, NaN where the label is not a class."""
        return self.snapshot.column("loss")

    @property
    def true_probability(self) -> np.ndarray:
        """The true classes' probabilities: ``[N]``, float32, NaN where the label is not a class."""
        return self.snapshot.column("true_probability")

    @property
    def near_ties(self) -> np.ndarray:
        """Whether the first two classes are within 1e-5 of each other, and may swap places: ``[N]``, bool."""
        return self.margin < NEAR_TIE

    @property
    def right(self) -> np.ndarray:
        """Whether the predicted class is the true one: ``[N]``, bool; without one of them, neither right nor wrong."""
        now = self.snapshot
        return now.compared & (now.labels == now.predicted)

    @property
    def wrong(self) -> np.ndarray:
        """Whether the predicted class is not the true one: ``[N]``, bool."""
        now = self.snapshot
        return now.compared & (now.labels != now.predicted)

    @property
    def complete(self) -> bool:
        """Whether all samples are done; for a stream, whether its end was reached."""
        now = self.snapshot
        return now.reviewed == now.count and now.broken_off is None

    @property
    def accuracy(self) -> float:
        """The fraction of right predictions among the right and wrong ones; NaN where there are none."""
        now = self.snapshot
        compared = int(now.compared.sum())
        return int(now.right.sum()) / compared if compared else float("nan")

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """The class names; None where there are none, or not one for each class."""
        now = self.snapshot
        return now.names if now.names and now.class_count in (0, len(now.names)) else None

    def name_of(self, index: int) -> str:
        """Name a class, by its number if it has no name."""
        names = self.class_names
        return names[index] if names and 0 <= index < len(names) else forms.class_number(index)

    def __len__(self) -> int:
        """The number of positions; for a stream, of those read so far."""
        now = self.snapshot
        return now.reviewed if now.count is None else now.count


@dataclass(frozen=True, eq=False)
class Snapshot(Readings):
    """A review at one moment, with the fields of `attn_widget.Review`; each batch and each mark gives a new one."""

    count: int | None
    fingerprint: Fingerprint
    names: tuple[str, ...] | None = None
    columns: Columns = field(default_factory=dict)  # [N] or longer: later results go after the first `reviewed`
    reviewed: int = 0
    class_count: int = 0
    broken_off: str | None = None
    notes: tuple[str, ...] = ()
    unsure: str = ""  # the note to drop once the labels show which scores are meant
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
        """Whether a prediction is right or wrong: ``[N]``, bool."""
        known = (self.predicted != NO_CLASS) & (self.labels > NO_CLASS) & (self.labels < self.class_count)
        known[self.reviewed :] = False  # another thread may be writing these
        return known
