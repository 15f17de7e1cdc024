"""What the main thread has been doing, seen from another one: a cell may have drawn random numbers meanwhile."""

import sys
import threading
import time
import types
from enum import Enum, auto

_BLINK = 500e-6  # seconds that a thread runs when it wakes from a sleep, looks whether it is to go on, and sleeps again
_SHARE = 0.01  # of the time, for one that does so every few milliseconds
_DOZE = 5e-3  # seconds after which a thread that waits for its turn has had it


class Activity(Enum):
    """What the main thread has done.

    IDLE: nothing, or it has waited, looking now and then whether to go on. AWAKE: very little, which may have been
    anything. BUSY: more than that, or the system does not say.
    """

    IDLE = auto()
    AWAKE = auto()
    BUSY = auto()


class MainThread:
    """The main thread at one moment, to tell later what it has done since.

    The processor time that it uses decides, which a thread that waits does not. One that has used a little counts as
    waiting where it is still at the same instruction of the same call (it sleeps in a loop), and uses none when it is
    given the chance.
    """

    def __init__(self) -> None:
        self._is_this = threading.current_thread() is threading.main_thread()
        if not self._is_this:
            self._place = _place()
            self._began = time.monotonic()
            self._used = seconds_used()

    def activity(self) -> Activity:
        """What it has done since; nothing beside this thread where this is the main one."""
        if self._is_this:
            return Activity.IDLE
        used = _difference(self._used, seconds_used())
        if used == 0:
            return Activity.IDLE
        if used > max(_BLINK, _SHARE * (time.monotonic() - self._began)):
            return Activity.BUSY
        return Activity.IDLE if self._place == _place() and _dozes() else Activity.AWAKE


def seconds_used() -> float | None:
    """Processor time that the main thread has used; None where the system does not say (Windows, macOS)."""
    main = threading.main_thread().ident
    clock = getattr(time, "pthread_getcpuclockid", None)
    return None if clock is None or main is None else time.clock_gettime(clock(main))


def _difference(before: float | None, after: float | None) -> float:
    return float("inf") if before is None or after is None else after - before


def _place() -> tuple[types.FrameType | None, int]:
    """Where the main thread is: the innermost call that is not of ``threading``, and the instruction in it."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None and frame.f_code.co_filename == threading.__file__:
        frame = frame.f_back
    return frame, -1 if frame is None else frame.f_lasti


def _dozes() -> bool:
    """Whether it has nothing to do; one that waits for the interpreter's lock gets that while this thread sleeps."""
    before = seconds_used()
    time.sleep(_DOZE)
    return _difference(before, seconds_used()) <= _BLINK
