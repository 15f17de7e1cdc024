"""Reads that draw the same at every redraw."""

import threading
from collections.abc import Callable
from typing import TypeVar

from attn_widget.main_thread import mark
from attn_widget.randomness import seeded, watched
from attn_widget.samples.generators import Generators

T = TypeVar("T")


class Drew(Exception):
    """Several items, read at once, draw; nothing is drawn, and they are to be read one by one."""


class SteadyDraws:
    """Reads by position such that a random augmentation draws the same at every redraw.

    Every read is watched. One that draws is undone and done again with all generators seeded by the position; one that
    does not leaves them alone, since a state written while another thread trains would change what that draws. After a
    read that drew the next one is seeded at once, which gives the same. Generators of their own are looked for in the
    `roots`, what reads: the data set and the collate function.
    """

    def __init__(self, *roots: object) -> None:
        self._generators = Generators(*roots)
        self._drew = False
        self._mark: object = None

    def read(self, position: int, reader: Callable[[], T], *, repeatable: bool = True) -> T:
        """Call `reader`; where it draws, with every generator seeded by `position`. All states are put back.

        On a thread beside a main one that is busy nothing is seeded, and what is drawn stays drawn. What is not
        `repeatable`, as a stream, may be read once only: it is seeded at once on the main thread; on another one the
        first item that draws keeps the draws with which it was made.
        """
        generators = self._generators.find()
        alone = threading.current_thread() is threading.main_thread()
        at_once = self._drew or not repeatable if alone else self._drew and self._main_rests()
        if not at_once:
            found = watched(reader, generators, repeatable=repeatable)
            self._note(found.drew)
            if not (found.drew and repeatable):
                return found.result
        item, drew = seeded(position, reader, generators)
        self._note(drew)
        return item

    def read_together(self, reader: Callable[[], T]) -> T:
        """Call `reader`, which reads several items.

        Raises
        ------
        Drew
            Where that draws, or the item read last did; all states are as they were.
        """
        if self._drew:
            raise Drew
        found = watched(reader, self._generators.find(), repeatable=True)
        self._note(found.drew)
        if found.drew:
            raise Drew
        return found.result

    def _note(self, drew: bool) -> None:
        self._drew, self._mark = drew, mark()

    def _main_rests(self) -> bool:
        """Whether the main thread has done nothing since the last read: what it draws must not be seeded."""
        return mark() == self._mark
