"""Work that is not left half done when somebody interrupts it."""

from collections.abc import Callable


def finished(work: Callable[[], object]) -> None:
    """Do `work` to its end; where it is interrupted it is done once more, and the interrupt raised afterwards.

    Parameters
    ----------
    work : callable without arguments
        Short, and the same when it is done twice.

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
