"""Long work on a thread of its own, so that it can be stopped."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

P = TypeVar("P")
R = TypeVar("R")

_PAUSE = 0.2  # seconds between two words about the progress


class Stopped(Exception):  # not an error: somebody asked for it
    """Work was stopped; its one argument is the progress that was reported last."""


class _Job:
    """How a job is; plain flags, since an interrupt in an `Event` can leave its lock taken for good."""

    running = stopped = False


class Worker(Generic[P, R]):
    """One job at a time, on a daemon thread that ends when the job reports the next time after a stop.

    Parameters
    ----------
    progress : callable
        Is given what a job reports, but no more than a few times a second.
    done : callable
        Is given what a job returned, or the exception that ended it, `Stopped` among them.
    """

    def __init__(self, progress: Callable[[P], None], done: Callable[[R | Exception], None]) -> None:
        self._progress, self._done = progress, done
        self._job = _Job()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether a job is on its way."""
        return self._job.running

    def start(self, work: Callable[[Callable[[P], None]], R]) -> None:
        """Begin; a job on its way is forgotten first.

        Parameters
        ----------
        work : callable
            Is given a function by which it reports progress, now and then.
        """
        self.forget()
        self._job.running = True
        self._thread = threading.Thread(target=self._run, args=(work, self._job), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the job when it reports the next time."""
        self._job.stopped = True

    def forget(self) -> None:
        """End the job, and hear no more of it."""
        self._job.stopped = True
        self._job = _Job()

    def _run(self, work: Callable[[Callable[[P], None]], R], job: _Job) -> None:
        told = 0.0

        def report(progress: P) -> None:
            nonlocal told
            if job.stopped:
                raise Stopped(progress)
            if time.monotonic() - told >= _PAUSE:
                told = time.monotonic()
                self._progress(progress)

        try:
            end: R | Exception = work(report)
        except Exception as error:  # what fails on this thread is shown in the panel
            end = error
        job.running = False
        if self._job is job:
            self._done(end)
