"""An interrupt at a chosen moment, as Ctrl-C and the kernel's stop button make one."""

import functools
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

LOCKING = (threading.__file__, functools.__file__)
"""Where the standard library takes locks, `functools` for its cached properties before Python 3.12."""


def interrupted(action: Callable[[], object], at: int | None) -> int:
    """Do something with a KeyboardInterrupt raised at a moment of it; gives how many moments there were.

    Moments are the calls, lines and returns of the Python code that runs on this thread, but for the standard
    library's locks, which an interrupt can leave taken; None interrupts at none.
    """
    moments = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal moments
        if frame.f_code.co_filename in LOCKING:
            return None
        moments += 1
        if moments == at:
            raise KeyboardInterrupt
        return trace

    traced(action, trace)
    return moments


def traced(work: Callable[[], object], tracer: Callable[[FrameType, str, Any], Any]) -> None:
    """Do some work with a tracer told of all that happens."""
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        work()
    finally:
        sys.settrace(before)


def spread(moments: int, count: int) -> list[int]:
    """Choose moments from the first to the last."""
    return [1 + (moments - 1) * number // (count - 1) for number in range(count)]
