"""The random states of torch, NumPy and Python: noted, put back, and seeded for a while.

Whoever reads a state may do so at any time; whoever writes one disturbs a training loop in another thread.
So nothing here writes a state that has not moved.
"""

import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch

T = TypeVar("T")

_BLINK, _IDLE = 1e-4, 0.05  # seconds, and a share of the time, that a waiting thread may run


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


class Watch:
    """Notes the random states, and tells afterwards whether this thread has drawn.

    The global states belong to the whole process: a cell that trains on the main thread draws from them too, and to
    put them back would make it draw the same numbers twice. So a state that has moved while the main thread was busy
    is nobody's, and stays where it is.

    Parameters
    ----------
    more : iterable of generators
        As for `random_states`.
    """

    def __init__(self, more: Iterable[Any] = ()) -> None:
        self._began = time.monotonic(), _main_thread_seconds()
        self._states = random_states(more)

    def undo(self) -> bool:
        """Put back what this thread has moved; gives whether that was anything."""
        drew = self._states.moved() and not self._main_thread_ran()
        if drew:
            restore(self._states)
        return drew

    def _main_thread_ran(self) -> bool:
        """Whether the main thread, where this is another one, may have drawn meanwhile."""
        if threading.current_thread() is threading.main_thread():
            return False
        (began, before), used = self._began, _main_thread_seconds()
        if before is None or used is None:
            return True
        return used - before > max(_BLINK, _IDLE * (time.monotonic() - began))


def undrawn(work: Callable[[], T]) -> T:
    """Give what `work` gives, with the global random states as they were, whatever happens."""
    watch = Watch()
    try:
        return work()
    finally:
        try:
            watch.undo()
        except KeyboardInterrupt:  # between drawing and putting back
            watch.undo()
            raise


def seeded(seed: int, work: Callable[[], T], more: Iterable[Any] = ()) -> tuple[T, bool]:
    """Do `work` with every generator seeded; afterwards all are as before, whatever happens.

    Returns
    -------
    object
        What `work` gives.
    bool
        Whether it drew.
    """
    states = random_states(more)
    generators = [generator for generator, _ in states.kept]
    try:
        for generator in generators:
            _seed(generator, seed % 2**32)
        fresh = RandomStates(tuple((generator, _state(generator)) for generator in generators))
        return work(), fresh.moved()
    finally:
        try:
            restore(states)
        except KeyboardInterrupt:
            restore(states)
            raise


def _main_thread_seconds() -> float | None:
    """Processor time that the main thread has used; None where the system does not say."""
    main = threading.main_thread().ident
    clock = getattr(time, "pthread_getcpuclockid", None)
    return None if clock is None or main is None else time.clock_gettime(clock(main))


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
