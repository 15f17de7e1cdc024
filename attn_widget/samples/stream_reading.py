"""What can only be iterated, one after another: neither an error nor an interrupt passes for its end."""

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

_BROKEN_IN_A_ROW = 2
"""So many errors, one after another, are items that are broken; a stream that raises once more is broken off."""

_ASK_AGAIN = "Asked again, it tries to go on."
_ONLY_ONCE = "It cannot go on: it can be iterated only once."
_OTHERS = "It cannot go on: opened anew, it gives other samples than before."
_SOONER = "It cannot go on: opened anew, it ends sooner than before."

Read = Callable[[Any], Rows]


class BrokenOff(SampleError):
    """A stream raised before its end.

    Attributes
    ----------
    why : str
        The error's type and text.
    """

    def __init__(self, position: int, why: str, outlook: str) -> None:
        super().__init__(position, why, outlook)
        self.why = why

    def __str__(self) -> str:
        position, why, outlook = self.args
        return f"The loader broke off at sample {position} ({why}). {outlook}"


class Feed:
    """The batches that an iterable gives, in their order and once each, whatever comes between.

    An iterator that raises is asked again. Where it goes on at once, one item was broken. Where it does not, the
    stream is broken off, and whoever asks later has it tried again: first on the same iterator; one that ends right
    after an error, as a generator does, is dead, and the stream is opened anew and read up to where it was.

    Parameters
    ----------
    ways : list of (iterable, callable)
        What is iterated, and what reads a batch of what it gives. The next one is tried where one raises before it
        has given anything.
    draws : SteadyDraws
        Gives the stream and the reader the same draws each time.

    Attributes
    ----------
    broken : str or None
        What the stream raised, while it has given nothing since.
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
        """Give a batch: the one given last, again, or the one after it; None past the end.

        They are numbered from 0; `position` is the sample with which it begins, for the words of an error.

        Raises
        ------
        BrokenOff
            Where the stream raises and gives nothing more.
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
        """Have the stream give one more, behind what is broken before it; nothing at the end."""
        errors: list[Exception] = []
        while True:
            try:
                rows = self._draws.read(self._at, self._step, repeatable=False)
            except Exception as error:  # of the stream's own
                if self._go_another_way():
                    continue
                errors.append(_unwrapped(error))
                if self._iterator is None or len(errors) > _BROKEN_IN_A_ROW:
                    raise BrokenOff(position, self.broken or "", _ASK_AGAIN) from errors[0]
                continue
            if rows is None and self._raised:
                if errors:
                    raise BrokenOff(position, self.broken or "", self._outlook) from errors[0]
                self._open_anew(position)
            elif self._at == self._given:
                return [] if rows is None else [*map(_broken, errors), rows]
            elif rows is None:
                raise BrokenOff(position, self.broken or "", _SOONER)
            elif self._at == self._given - 1 and not _same(rows, self._batches[-1]):
                raise BrokenOff(position, self.broken or "", _OTHERS)
            else:  # it was given before the stream was opened anew
                errors.clear()
                self._waiting, self._at, self._raised = [], self._at + 1, False

    def _step(self) -> Rows | None:
        """Read what waits, or what the iterator gives next; None where it gives nothing."""
        if not self._waiting:
            self._advance()
        if not self._waiting:
            return None
        try:
            return self._ways[0][1](self._waiting[0])
        except Exception as error:  # of the collate function, or there is no image: the stream itself goes on
            return _broken(error)

    def _advance(self) -> None:
        try:
            if self._iterator is None:
                self._iterator = iter(self._ways[0][0])
            # `extend` keeps what it is given before an interrupt can come, which a call of `next` would lose
            self._waiting.extend(islice(self._iterator, 1))
        except BaseException as error:  # an interrupt ends a generator as well
            self._raised, self.broken = True, _text(error)
            raise

    def _go_another_way(self) -> bool:
        """Where nothing was given yet, take the next way in which the stream can be iterated, if there is one."""
        if self._given or len(self._ways) == 1:
            return False
        self._ways, self._iterator, self._raised, self.broken = self._ways[1:], None, False, None
        return True

    @property
    def _outlook(self) -> str:
        return _ONLY_ONCE if self._iterator is self._ways[0][0] else _ASK_AGAIN

    def _open_anew(self, position: int) -> None:
        if self._iterator is self._ways[0][0]:
            raise BrokenOff(position, self.broken or "", _ONLY_ONCE)
        self._iterator, self._at, self._raised = None, 0, False


@dataclass(frozen=True, eq=False)
class ThroughWorker:
    """A loader's iterable data set, iterated by one worker, which it may need: ``get_worker_info()`` is None here.

    It gives what the loader's collate function makes of each item alone. Each iteration has a worker of its own,
    with the same seed.
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
    """Stand for an item that cannot be read."""

    def fail(_row: int) -> tuple[Any, Any]:
        raise error

    return Rows(1, fail)


def _same(a: Rows, b: Rows) -> bool:
    """Whether two batches begin with the same sample; so it is taken to be where one cannot be read."""
    try:
        return are_same(as_item(a, 0), as_item(b, 0))
    except Exception:
        return True


def _text(error: BaseException) -> str:
    """Write an error: its type and its first line."""
    plain = _unwrapped(error) if isinstance(error, Exception) else error
    first = next(iter(str(plain).splitlines()), "")
    return f"{type(plain).__name__}: {first}" if first else type(plain).__name__


def _unwrapped(error: Exception) -> Exception:
    """Give the error that a worker met, in whose text torch writes the worker's traceback, without that."""
    lines = str(error).rstrip().splitlines()
    if len(lines) < 2 or not lines[0].startswith(f"Caught {type(error).__name__} in DataLoader worker"):
        return error
    try:
        return type(error)(lines[-1].partition(": ")[2])
    except Exception:  # it is made of something else than one text
        return error
