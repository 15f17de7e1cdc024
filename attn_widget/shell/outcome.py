"""How a command ends: its exit code, what was used wrongly, and a line for each picture that failed."""

import sys
from enum import IntEnum


class Ending(IntEnum):
    """The exit codes."""

    FINE = 0
    SOME_FAILED = 1
    WRONG_USE = 2
    INTERRUPTED = 130


class WrongUse(Exception):
    """What a command was asked makes no sense; the message is one sentence that says what to do."""


def say(line: str) -> None:
    """Write a line to standard error, above a progress bar that may be there."""
    try:
        from tqdm import tqdm  # an extra
    except ImportError:
        print(line, file=sys.stderr, flush=True)
    else:
        tqdm.write(line, file=sys.stderr)


def one_line(text: str) -> str:
    """Put a text, such as another library's error, on one line."""
    return " ".join(text.split())
