"""Whether the main thread has been busy, seen from another thread: a cell may have drawn random numbers meanwhile."""

import sys
import threading
import time
import types
from pathlib import Path

_BLINK = 500e-6  # seconds of processor time of a thread that wakes up, checks whether to go on, and sleeps again
_SHARE = 0.01  # at most this fraction of the time is used by a thread that does so every few milliseconds
_DOZE = 5e-3  # seconds after which a thread waiting for the interpreter's lock has had its turn


class MainThread:
    """The main thread at one moment, to tell later whether it may have drawn random numbers since.

    The processor time it has used decides: a waiting thread uses none. A thread that has used a little counts as
    waiting if it is still at the same instruction of the same call (it sleeps in a loop) and uses none when given the
    chance. Where the system does not report that time (macOS, Windows), the instruction alone decides.
    """

    def __init__(self) -> None:
        self._is_this = threading.current_thread() is threading.main_thread()
        if not self._is_this:
            self._place = _place()
            self._began = time.monotonic()
            self._used = seconds_used()

    def may_have_drawn(self) -> bool:
        """Whether the main thread may have drawn since; False on the main thread itself, where nobody else has."""
        if self._is_this:
            return False
        used = _difference(self._used, seconds_used())
        if used == 0:
            return False
        little = used is None or used <= max(_BLINK, _SHARE * (time.monotonic() - self._began))
        return not (little and self._place == _place() and is_idle())


def is_idle() -> bool:
    """Whether the main thread has nothing to do, though it could have the interpreter's lock while this sleeps."""
    before = seconds_used()
    place = _place() if before is None else None
    time.sleep(_DOZE)
    used = _difference(before, seconds_used())
    if used is None:
        return place == _place()
    return used <= _BLINK and not _waits_for_a_processor()


def _waits_for_a_processor() -> bool:
    """Whether the main thread would run if a processor were free; False on systems without ``/proc``."""
    try:
        stat = Path(f"/proc/self/task/{threading.main_thread().native_id}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] == "R"


def mark() -> object:
    """Return a value that stays the same as long as the main thread does nothing."""
    frame, instruction = _place()
    return seconds_used() or (id(frame), instruction)


def seconds_used() -> float | None:
    """Processor time used by the main thread; None where the system does not report it."""
    main = threading.main_thread().ident
    clock = getattr(time, "pthread_getcpuclockid", None)
    return None if clock is None or main is None else time.clock_gettime(clock(main))


def _difference(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


def _place() -> tuple[types.FrameType | None, int]:
    """Where the main thread is: its innermost call outside ``threading``, and the instruction in that."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    # What is behind a frame may be anything once its thread has gone on: CPython 3.11 gave a Condition here.
    while isinstance(frame, types.FrameType) and frame.f_code.co_filename == threading.__file__:
        frame = frame.f_back
    return (frame, frame.f_lasti) if isinstance(frame, types.FrameType) else (None, -1)
