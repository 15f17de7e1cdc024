"""Long work on a thread of its own, so that it can be stopped."""

import threading
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from attn_widget.main_thread import is_idle
from attn_widget.words import spoken

P = TypeVar("P")
R = TypeVar("R")

_PAUSE = 0.2  # seconds between two reports of progress
_PATIENCE = 1.0  # seconds that a job waits at most for the main thread, which has begun it, to finish its part


class Tell(Protocol):
    """Tells the panel, on any thread, that there is something else to show."""

    def __call__(self, work: Callable[[], object] | None = None, *, last: bool = False) -> None:
        """Do `work` under the panel's lock, then show the next scene; skipped while it is taken, unless `last`."""


class Stopped(Exception):  # not an error: somebody asked for it
    """Work was stopped; its one argument is the last progress reported."""


class _Job:
    """The state of a job; plain flags, since an interrupt in an `Event` can leave its lock taken for good."""

    running = stopped = False


class Worker(Generic[P, R]):
    """One job at a time, on a daemon thread; a job that is stopped ends when it next reports.

    A job speaks the language that was spoken when it was begun.

    `progress` is given what a job reports, a few times a second at most; `done` what it returned, or the exception
    that ended it, `Stopped` among them.
    """

    def __init__(self, progress: Callable[[P], None], done: Callable[[R | Exception], None]) -> None:
        self._progress, self._done = progress, done
        self._job = _Job()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether a job is running."""
        return self._job.running

    def start(self, work: Callable[[Callable[[P], None]], R]) -> None:
        """Forget the present job and begin another, which is given a function to report its progress with."""
        self.forget()
        self._job.running = True
        by_main = threading.current_thread() is threading.main_thread()
        self._thread = threading.Thread(target=spoken(self._run), args=(work, self._job, by_main), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the job when it next reports."""
        self._job.stopped = True

    def forget(self) -> None:
        """End the job, and report neither progress nor end."""
        self._job.stopped = True
        self._job = _Job()

    def _run(self, work: Callable[[Callable[[P], None]], R], job: _Job, by_main: bool) -> None:
        told = 0.0

        def report(progress: P) -> None:
            nonlocal told
            if job.stopped:
                raise Stopped(progress)
            if time.monotonic() - told >= _PAUSE:
                told = time.monotonic()
                self._progress(progress)

        if by_main:
            _let_main_finish()
        try:
            end: R | Exception = work(report)
        except Exception as error:  # shown in the panel
            end = error
        job.running = False
        if self._job is job:
            self._done(end)


def _let_main_finish() -> None:
    """Wait until the main thread has shown what it began: of draws while it is busy, nobody can tell whose they are."""
    latest = time.monotonic() + _PATIENCE
    while time.monotonic() < latest and not is_idle():
        pass
