"""Reads that draw the same at every redraw: which generators a data set has, and whether it draws at all."""

import random
import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import numpy as np
import torch

from attn_widget.randomness import Watch, random_states, seeded
from attn_widget.samples.graph import reachable

T = TypeVar("T")


def find_generators(root: object) -> tuple[Any, ...]:
    """The generators that a data set, its transforms or a sampler keep for themselves."""
    found = [value for value in reachable(root, through_datasets=True) if _is_generator(value)]
    shared = {id(generator) for generator, _ in random_states().kept}
    return tuple(generator for generator in found if id(generator) not in shared)


class Drew(Exception):
    """Several items, read at once, draw; nothing is drawn, and they are to be read one by one."""


class SteadyDraws:
    """Reads by position such that a random augmentation draws the same at every redraw.

    Every read is watched. One that draws is undone and done again with all generators seeded by the position; one
    that does not leaves them alone, since a state written while another thread trains would change what that draws.
    After a read that drew the next one is seeded at once, which gives the same.

    Parameters
    ----------
    *roots : object
        What reads: the data set and the collate function. Generators of their own are looked for in them.
    """

    def __init__(self, *roots: object) -> None:
        self._roots = roots
        self._drew = False

    def read(self, position: int, reader: Callable[[], T], *, repeatable: bool = True) -> T:
        """Call `reader`; where it draws, with every generator seeded by `position`. All states are put back.

        Parameters
        ----------
        position : int
            Seeds the draws.
        reader : callable without arguments
            Reads the item.
        repeatable : bool
            Whether `reader` may be called twice: false for a stream. It is seeded at once on the main thread; on
            another one the first item that draws keeps the draws with which it was made.
        """
        generators = find_generators(self._roots)
        alone = threading.current_thread() is threading.main_thread()
        if not (self._drew or (alone and not repeatable)):
            item, drew = _watched(reader, generators)
            if not drew or not repeatable:
                self._drew = drew
                return item
        item, self._drew = seeded(position, reader, generators)
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
        items, self._drew = _watched(reader, find_generators(self._roots))
        if self._drew:
            raise Drew
        return items


def _watched(reader: Callable[[], T], generators: Iterable[Any]) -> tuple[T, bool]:
    """Call `reader`, and undo what it draws, also where it raises; gives whether it drew."""
    watch = Watch(generators)
    drew = False
    try:
        item = reader()
    finally:
        try:
            drew = watch.undo()
        except KeyboardInterrupt:
            watch.undo()
            raise
    return item, drew


def _is_generator(value: object) -> bool:
    if isinstance(value, random.SystemRandom):
        return False
    return isinstance(value, torch.Generator | np.random.Generator | np.random.RandomState | random.Random)
