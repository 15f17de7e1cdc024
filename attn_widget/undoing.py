"""What is undone or finished, whatever happens."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def do_and_undo(work: Callable[[], T], undo: Callable[[], object]) -> T:
    """Give what `work` gives, once `undo` has been called, also where an interrupt comes in between.

    This is no context manager: an interrupt at the first line of an ``__exit__`` that is written in Python keeps it
    from doing anything, and a generator then ends whenever its traceback is forgotten.

    Parameters
    ----------
    work : callable without arguments
        May raise anything.
    undo : callable without arguments
        Is called once more where it was interrupted; twice must be as good as once.
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
    """Do `work` to its end; where it is interrupted it is done once more, and the interrupt raised afterwards.

    Parameters
    ----------
    work : callable without arguments
        Short; done twice it must be as good as once.

    Raises
    ------
    KeyboardInterrupt
        Where there was one.
    """
    try:
        work()
    except KeyboardInterrupt:
        work()
        raise
