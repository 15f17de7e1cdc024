"""What is undone or finished, whatever happens."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def do_and_undo(work: Callable[[], T], undo: Callable[[], object]) -> T:
    """Give what `work` gives, once `undo` has been called, also where an interrupt comes in between.

    `undo` is called once more where it was interrupted: twice must be as good as once. This is no context manager: an
    interrupt at the first line of an ``__exit__`` that is written in Python keeps it from doing anything, and a
    generator then ends whenever its traceback is forgotten.
    """
    undone = False
    try:
        try:
            return work()
        finally:
            undo()
            undone = True
    except BaseException:
        if not undone:
            undo()
        raise


def finished(work: Callable[[], object]) -> None:
    """Do short `work` to its end; where it is interrupted it is done once more, which must be as good as once.

    The KeyboardInterrupt is raised afterwards.
    """
    try:
        work()
    except KeyboardInterrupt:
        work()
        raise
