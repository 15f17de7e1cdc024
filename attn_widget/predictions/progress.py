"""Progress reports of a review for whoever waits for it in a script."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from attn_widget.words import forms, reviews


class Progress(NamedTuple):
    """How many samples are done, out of how many (None for a stream)."""

    done: int
    total: int | None


Report = Callable[[int, int | None], object]

_SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def reporting(given: Report | None, doing: str) -> Iterator[Report]:
    """Give the function to report progress to; `doing` says what is in progress.

    This is the given one; without one, it updates a tqdm bar or, where tqdm is not installed, writes lines to
    standard error.
    """
    if given is not None:
        yield given
        return
    try:
        from tqdm import tqdm  # an extra
    except ImportError:
        yield lines(doing)
        return
    with tqdm(unit=reviews.SAMPLES, unit_scale=True, desc=doing, leave=False) as bar:

        def report(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield report


def lines(doing: str) -> Report:
    """Make a function that writes a line at most every ten seconds, and none in the first ten."""
    begun = last = time.monotonic()

    def report(done: int, total: int | None) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _SECONDS_BETWEEN_LINES:
            last = now
            print(forms.name_and_words(doing, forms.speed(done, total, now - begun)), file=sys.stderr, flush=True)

    return report
