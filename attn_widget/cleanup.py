"""Work that is undone or finished whatever happens, an interrupt included."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def do_and_undo(work: Callable[[], T], undo: Callable[[], object]) -> T:
    """Return what `work` returns after calling `undo`, even if an interrupt arrives in between.

    If `undo` itself is interrupted it is called again, so it must be idempotent. This is deliberately not a context
    manager: an interrupt on the first line of an ``__exit__`` written in Python keeps it from doing anything, and a
    generator would then only end when its traceback is freed.
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
    """Run short, idempotent `work` to its end: if interrupted, it runs again before the KeyboardInterrupt is raised."""
    try:
        work()
    except KeyboardInterrupt:
        work()
        raise
