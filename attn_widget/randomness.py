"""The random states of torch, NumPy and Python: noted, put back, and seeded for a while.

Whoever reads a state may do so at any time; whoever writes one disturbs a training loop in another thread.
So nothing here writes a state that has not moved.
"""

import random
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch


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


@dataclass
class Guard:
    """What `random_states_kept` found: `moved`, once the block has ended, says whether it drew."""

    moved: bool = False


@contextmanager
def random_states_kept(draws: bool | None = None) -> Iterator[Guard]:
    """Put the global random states back after the block, where the block moved them.

    The states belong to the whole process: a cell that trains on another thread draws from them too, and to
    put them back would make it draw the same numbers twice. So they are not touched where the block is known
    not to draw, nor on a thread that is not the main one unless the block is known to draw.

    Parameters
    ----------
    draws : bool, optional
        Whether the block draws; None where nobody knows.
    """
    guard = Guard()
    if draws is None:
        draws = threading.current_thread() is threading.main_thread()
    if not draws:
        yield guard
        return
    states = random_states()
    try:
        yield guard
    finally:
        guard.moved = states.moved()
        if guard.moved:
            restore(states)


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
