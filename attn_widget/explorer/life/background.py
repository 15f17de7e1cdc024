"""Long work on a thread of its own, so that it can be stopped."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

P = TypeVar("P")
R = TypeVar("R")


class Stopped(Exception):  # not an error: somebody asked for it
    """Work was stopped; its one argument is the progress that was reported last."""


class _Wish:
    """Whether a job is to end; a plain flag, since an interrupt in an `Event` can leave its lock taken for good."""

    stop = False


class Worker(Generic[P, R]):
    """One job at a time, on a daemon thread that ends when the job reports the next time after a stop.

    Parameters
    ----------
    progress : callable
        Is given what a job reports.
    done : callable
        Is given what a job returned, or the exception that ended it, `Stopped` among them.

    Attributes
    ----------
    running : bool
        Whether a job is on its way.
    """

    def __init__(self, progress: Callable[[P], None], done: Callable[[R | Exception], None]) -> None:
        self._progress = progress
        self._done = done
        self._wish = _Wish()
        self._thread: threading.Thread | None = None
        self.running = False

    def start(self, job: Callable[[Callable[[P], None]], R]) -> None:
        """Begin; a job on its way is forgotten first.

        Parameters
        ----------
        job : callable
            Is given a function by which it reports progress, now and then.
        """
        self.forget()
        self.running = True
        self._thread = threading.Thread(target=self._run, args=(job, self._wish), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the job when it reports the next time."""
        self._wish.stop = True

    def forget(self) -> None:
        """End the job, and hear no more of it."""
        self.running = False
        self._wish.stop = True
        self._wish = _Wish()

    def _run(self, job: Callable[[Callable[[P], None]], R], wish: _Wish) -> None:
        def report(progress: P) -> None:
            if wish.stop:
                raise Stopped(progress)
            self._progress(progress)

        try:
            end: R | Exception = job(report)
        except Exception as error:  # what fails on this thread is shown in the panel
            end = error
        if self._wish is wish:
            self.running = False
            self._done(end)
