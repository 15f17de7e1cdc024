"""The search for the next mistake, on a thread of its own so that it can be stopped."""

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from torch import nn

from attn_widget.capture import Forward
from attn_widget.explorer.names import ClassNames
from attn_widget.predictions import verdicts
from attn_widget.samples import Samples


@dataclass(frozen=True)
class Found:
    """How a search ended, or how far it is.

    Attributes
    ----------
    position : int or None
        The first mistake; None where there is none yet.
    tried, unknown : int
        How many samples were tried, and of how many nothing can be said.
    onwards : bool
        Whether the search goes forward.
    """

    position: int | None
    tried: int
    unknown: int
    onwards: bool


def mistakes_among(
    model: nn.Module,
    samples: Samples,
    start: int,
    *,
    onwards: bool,
    names: ClassNames,
    forward: Forward | None,
    draws: bool | None,
) -> Iterator[Found]:
    """Look for the first mistake after `start`, or before it; yields after each batch, and at the mistake."""
    positions = _after(start, samples.count) if onwards else range(start - 1, -1, -1)
    tried = unknown = 0
    yield Found(None, 0, 0, onwards)
    for batch in verdicts(model, samples, positions, label_of=names.index_of, forward=forward, draws=draws):
        for verdict in batch:
            tried += 1
            unknown += verdict.right is None
            if verdict.right is False:
                yield Found(verdict.position, tried, unknown, onwards)
                return
        yield Found(None, tried, unknown, onwards)


def _after(start: int, count: int | None) -> Iterable[int]:
    return itertools.count(start + 1) if count is None else range(start + 1, count)


class Search:
    """One search at a time, on a daemon thread that ends within a batch when it is stopped.

    Parameters
    ----------
    progress : callable
        Is given a `Found` after each batch that has no mistake.
    done : callable
        Is given the last `Found` and whether the search was stopped, or the exception that ended it.
    """

    def __init__(self, progress: Callable[[Found], None], done: Callable[[Found | Exception, bool], None]) -> None:
        self._progress = progress
        self._done = done
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether a search is on its way."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, steps: Iterator[Found]) -> None:
        """Begin; a search on its way is forgotten first."""
        self.forget()
        self._thread = threading.Thread(target=self._run, args=(steps, self._stop), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the search before its next batch."""
        self._stop.set()

    def forget(self) -> None:
        """End the search, and hear no more of it."""
        self._stop.set()
        self._stop = threading.Event()

    def _run(self, steps: Iterator[Found], stop: threading.Event) -> None:
        try:
            for found in steps:
                if stop.is_set():
                    break
                if found.position is None:
                    self._progress(found)
        except Exception as error:  # what fails on this thread is shown in the panel
            end: Found | Exception = error
        else:
            end = found
        if self._stop is stop:
            self._done(end, stop.is_set())
