"""Reads whose random draws are the same at every redraw."""

import threading
from collections.abc import Callable
from typing import TypeVar

from attn_widget.main_thread import mark
from attn_widget.randomness import seeded, watched
from attn_widget.samples.generators import Generators

T = TypeVar("T")


class Drew(Exception):
    """Reading several items at once drew random numbers, so they must be read one by one; all states were put back."""


class SteadyDraws:
    """Reads by position, such that a random augmentation gives the same result at every redraw.

    Every read is watched. One that draws is undone and repeated with all generators seeded by the position. One that
    does not draw leaves the generators alone: writing their states while another thread trains would change what that
    draws. After a read that drew, the next one is seeded at once, which gives the same result. Generators that belong
    to the data set or the collate function are found from these, the `roots`.
    """

    def __init__(self, *roots: object) -> None:
        self._generators = Generators(*roots)
        self._drew = False
        self._mark: object = None

    def read(self, position: int, reader: Callable[[], T], *, repeatable: bool = True) -> T:
        """Call `reader`, with every generator seeded by `position` if it draws; all states are put back.

        On another thread, while the main one is busy, nothing is seeded, and draws are not undone. What is not
        `repeatable`, such as a stream, can be read only once. It is seeded at once on the main thread; on another one
        the first item that draws stays as it was drawn.
        """
        generators = self._generators.find()
        if threading.current_thread() is threading.main_thread():
            at_once = self._drew or not repeatable
        else:  # what the main thread draws must not be seeded: it has to have rested since the last read
            at_once = self._drew and mark() == self._mark
        if not at_once:
            found = watched(reader, generators, repeatable=repeatable)
            self._note(found.drew)
            if not (found.drew and repeatable):
                return found.result
        item, drew = seeded(position, reader, generators)
        self._note(drew)
        return item

    def read_together(self, reader: Callable[[], T]) -> T:
        """Call `reader`, which reads several items; raises `Drew` if it draws, or the last read did."""
        if self._drew:
            raise Drew
        found = watched(reader, self._generators.find(), repeatable=True)
        self._note(found.drew)
        if found.drew:
            raise Drew
        return found.result

    def _note(self, drew: bool) -> None:
        self._drew, self._mark = drew, mark()
