"""The random states of torch, NumPy and Python: noted, put back, and seeded for a while.

Whoever reads a state may do so at any time; whoever writes one disturbs a training loop in another thread.
So nothing here writes a state that has not moved.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch

from .graph import reachable

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class RandomStates:
    """The states of some generators at one moment, made by `random_states`.

    Attributes
    ----------
    kept : tuple of (generator, state)
        The modules ``random`` and ``numpy.random`` stand for their global generators.
    """

    kept: tuple[tuple[Any, Any], ...]

    def moved(self) -> bool:
        """Whether one of the generators has been drawn from, or seeded, since."""
        return any(not _same(_state(generator), state) for generator, state in self.kept)


def random_states(more: Iterable[Any] = ()) -> RandomStates:
    """Note the global random states of torch, NumPy and Python, CUDA's where it runs, and those of `more`.

    Parameters
    ----------
    more : iterable of torch.Generator, numpy.random.Generator, numpy.random.RandomState or random.Random
        Generators that something keeps for itself, see `find_generators`.
    """
    device: Any = torch.cuda  # whose is_initialized has no types
    cuda = device.default_generators if device.is_initialized() else ()
    generators = (torch.default_generator, np.random, random, *cuda, *more)
    return RandomStates(tuple((generator, _state(generator)) for generator in generators))


def restore(states: RandomStates) -> None:
    """Put back the states that have moved."""
    for generator, state in states.kept:
        if not _same(_state(generator), state):
            _set_state(generator, state)


@contextmanager
def seeded(position: int, more: Iterable[Any] = ()) -> Iterator[None]:
    """Seed every generator by `position` inside the block; afterwards all are as before, whatever happens."""
    states = random_states(more)
    try:
        for generator, _ in states.kept:
            _seed(generator, position % 2**32)
        yield
    finally:
        restore(states)


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


def _state(generator: Any) -> Any:
    if isinstance(generator, torch.Generator):
        return generator.get_state()
    if isinstance(generator, np.random.Generator):
        return generator.bit_generator.state
    if isinstance(generator, np.random.RandomState) or generator is np.random:
        return generator.get_state(legacy=False)
    return generator.getstate()


def _set_state(generator: Any, state: Any) -> None:
    if isinstance(generator, np.random.Generator):
        generator.bit_generator.state = state
    elif hasattr(generator, "set_state"):
        generator.set_state(state)
    else:
        generator.setstate(state)


def _seed(generator: Any, seed: int) -> None:
    if isinstance(generator, torch.Generator):
        # not torch.manual_seed, which would also seed a CUDA that has yet to start
        generator.manual_seed(seed)
    elif isinstance(generator, np.random.Generator):
        generator.bit_generator.state = type(generator.bit_generator)(seed).state
    else:
        generator.seed(seed)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, np.ndarray):
        return np.array_equal(a, b)
    return bool(a == b)
