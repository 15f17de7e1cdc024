"""What can only be iterated, one after another: neither an error nor an interrupt is taken for its end."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch.utils.data import DataLoader

from attn_widget.samples.batch_reading import Rows
from attn_widget.samples.items import are_same, as_item
from attn_widget.samples.sample import SampleError
from attn_widget.samples.steady_draws import SteadyDraws
from attn_widget.words import forms, sample_notes

_BROKEN_IN_A_ROW = 2
"""So many consecutive errors are broken items; a stream that raises once more has broken off."""

Read = Callable[[Any], Rows]


class BrokenOff(SampleError):
    """A stream raised before its end; `why` is the error's type and text, `outlook` a key of the sentence after it."""

    def __init__(self, position: int, why: str, outlook: str) -> None:
        super().__init__(position, why, outlook)
        self.why = why

    def __str__(self) -> str:
        return sample_notes.broke_off(*self.args)


class Feed:
    """The batches that an iterable gives, in order and once each, whatever goes wrong.

    An iterator that raises is asked again. If it then goes on, one item was broken. If not, the stream has broken off,
    and the next call tries again, on the same iterator first. One that ends right after an error, as a generator does,
    is dead: the stream is reopened and read up to where it was.

    `ways` are pairs of an iterable and of what reads a batch of what it gives; if one raises before it has given
    anything, the next is tried. `broken` is what the stream raised, until it gives something again.
    """

    def __init__(self, ways: list[tuple[Iterable[Any], Read]], draws: SteadyDraws) -> None:
        self._ways, self._draws = ways, draws
        self.broken: str | None = None
        self._first, self._batches = 0, list[Rows]()
        self._iterator: Iterator[Any] | None = None
        self._raised = False
        self._waiting: list[Any] = []
        self._at = self._given = 0

    def get(self, number: int, position: int) -> Rows | None:
        """Give a batch: the latest again, or the next; None past the end.

        Batches are numbered from 0. If the stream raises and gives nothing more, a `BrokenOff` is raised, which names
        the batch's first sample, `position`.
        """
        if number - self._first >= len(self._batches):
            found = self._pull(position)
            if not found:
                return None
            # plain assignments, which call nothing: no interrupt comes between them
            self._first, self._batches, self._waiting = number, found, []
            self._at, self._given = self._at + 1, self._given + 1
            self._raised, self.broken = False, None
        return self._batches[number - self._first]

    def _pull(self, position: int) -> list[Rows]:
        """Have the stream give one more batch, after any broken items before it; nothing at the end."""
        errors: list[Exception] = []
        while True:
            try:
                rows = self._draws.read(self._at, self._step, repeatable=False)
            except Exception as error:  # of the stream itself
                if self._try_next_way():
                    continue
                errors.append(_unwrapped(error))
                if self._iterator is None or len(errors) > _BROKEN_IN_A_ROW:
                    raise self._broken_off(position, "ask again") from errors[0]
                continue
            if rows is None and self._raised:
                only_once = self._iterator is self._ways[0][0]
                if errors or only_once:
                    outlook = "only once" if only_once else "ask again"
                    raise self._broken_off(position, outlook) from next(iter(errors), None)
                self._iterator, self._at, self._raised = None, 0, False
            elif self._at == self._given:
                return [] if rows is None else [*map(_broken, errors), rows]
            elif rows is None:
                raise self._broken_off(position, "sooner")
            elif self._at == self._given - 1 and not _same(rows, self._batches[-1]):
                raise self._broken_off(position, "others")
            else:  # given before the stream was reopened
                errors.clear()
                self._waiting, self._at, self._raised = [], self._at + 1, False

    def _step(self) -> Rows | None:
        """Read what waits, else what the iterator gives next; None if it gives nothing."""
        if not self._waiting:
            self._advance()
        if not self._waiting:
            return None
        try:
            return self._ways[0][1](self._waiting[0])
        except Exception as error:  # the collate function failed, or found no image: the stream itself goes on
            return _broken(error)

    def _advance(self) -> None:
        try:
            if self._iterator is None:
                self._iterator = iter(self._ways[0][0])
            # `extend` keeps what it is given before an interrupt can come, which a call of `next` would lose
            self._waiting.extend(islice(self._iterator, 1))
        except BaseException as error:  # an interrupt, too, ends a generator
            self._raised, self.broken = True, forms.error_text(_unwrapped(error))
            raise

    def _try_next_way(self) -> bool:
        """Switch to the next way of iterating the stream, if there is one and nothing was given yet."""
        if self._given or len(self._ways) == 1:
            return False
        self._ways, self._iterator, self._raised, self.broken = self._ways[1:], None, False, None
        return True

    def _broken_off(self, position: int, outlook: str) -> BrokenOff:
        return BrokenOff(position, self.broken or "", outlook)


@dataclass(frozen=True, eq=False)
class ThroughWorker:
    """A loader's iterable data set, iterated in one worker, in case it needs ``get_worker_info()``.

    It gives what the loader's collate function makes of each item alone. Each iteration starts a new worker, with the
    same seed.
    """

    loader: "DataLoader[Any]"

    def __iter__(self) -> Iterator[Any]:
        names = ("collate_fn", "worker_init_fn", "timeout", "multiprocessing_context")
        return iter(
            DataLoader(
                self.loader.dataset,
                batch_size=None if self.loader.batch_sampler is None else 1,
                num_workers=1,
                prefetch_factor=1,
                generator=torch.Generator(),  # else the global one is drawn from
                **{name: getattr(self.loader, name) for name in names},
            )
        )


def _broken(error: Exception) -> Rows:
    """Stand in for an item that cannot be read."""

    def fail(_row: int) -> tuple[Any, Any]:
        raise error

    return Rows(1, fail)


def _same(a: Rows, b: Rows) -> bool:
    """Whether two batches begin with the same sample; if one cannot be read, that is assumed."""
    try:
        return are_same(as_item(a, 0), as_item(b, 0))
    except Exception:
        return True


def _unwrapped(error: Any) -> Any:
    """Give an error from a worker as the worker met it, without the traceback that torch writes into its text."""
    lines = str(error).rstrip().splitlines()
    if len(lines) < 2 or not lines[0].startswith(f"Caught {type(error).__name__} in DataLoader worker"):
        return error
    try:
        return type(error)(lines[-1].partition(": ")[2])
    except Exception:  # it is not made from one text
        return error
