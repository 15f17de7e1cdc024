"""Reads that draw the same at every redraw: which generators a data set has, and whether it draws at all."""

import random
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import torch

from attn_widget.randomness import random_states, restore, seeded
from attn_widget.samples.graph import reachable

T = TypeVar("T")


def find_generators(root: object) -> tuple[Any, ...]:
    """The generators that a data set, its transforms or a sampler keep for themselves."""
    found = [value for value in reachable(root, through_datasets=True) if _is_generator(value)]
    shared = {id(generator) for generator, _ in random_states().kept}
    return tuple(generator for generator in found if id(generator) not in shared)


class SteadyDraws:
    """Reads by position such that a random augmentation draws the same at every redraw.

    The first read runs unseeded and shows whether this source draws at all. One that does not is left alone
    from then on: a state written while another thread trains would change what that thread draws.

    Parameters
    ----------
    *roots : object
        What reads: the data set and the collate function. Generators of their own are looked for in them.
    """

    def __init__(self, *roots: object) -> None:
        self._roots = roots
        self._generators: tuple[Any, ...] = ()
        self._draws: bool | None = None

    @property
    def draws(self) -> bool | None:
        """Whether this source draws; None before the first read."""
        return self._draws

    def read(self, position: int, reader: Callable[[], T], *, repeatable: bool = True) -> T:
        """Call `reader`; where it draws, with every generator seeded by `position` and put back.

        Parameters
        ----------
        position : int
            Seeds the draws.
        reader : callable without arguments
            Reads the item.
        repeatable : bool
            Whether `reader` may be called twice: false for a stream, whose first item then keeps the draws
            with which it was made.
        """
        draws = self._draws
        if draws is None:
            first, draws = self._try(reader)
            if not draws or not repeatable:
                return first
        if not draws:
            return reader()
        with seeded(position, self._generators):
            return reader()

    def _try(self, reader: Callable[[], T]) -> tuple[T, bool]:
        """Call `reader` unseeded and learn whether it draws, which one that raises may not show."""
        self._generators = find_generators(self._roots)
        states = random_states(self._generators)
        try:
            item = reader()
        except BaseException:
            self._draws = states.moved() or None
            restore(states)
            raise
        self._draws = draws = states.moved()
        restore(states)
        return item, draws


def _is_generator(value: object) -> bool:
    if isinstance(value, random.SystemRandom):
        return False
    return isinstance(value, torch.Generator | np.random.Generator | np.random.RandomState | random.Random)
