"""The random states of torch, NumPy and Python: recorded, restored, and seeded temporarily.

Reading a state is always safe; writing one disturbs a training loop in another thread. So nothing here writes a state
that has not moved, nor one that the main thread may have moved.
"""

import ctypes
import os
import random
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import torch

from attn_widget.cleanup import do_and_undo
from attn_widget.main_thread import MainThread, is_idle

T = TypeVar("T")

_KINDS = (torch.Generator, np.random.Generator, np.random.RandomState, random.Random)

_TRIES = 3
"""How often work is repeated when it is unclear whether it drew."""

_seeding = threading.RLock()
"""Held while the states are temporarily seeded, and so not what they seem to be."""


@dataclass(frozen=True, eq=False)
class RandomStates:
    """The states of some generators at one moment, see `random_states`."""

    kept: tuple[tuple[Any, Any], ...]
    """Pairs of generator and state; the modules ``random`` and ``numpy.random`` stand for their global generators."""

    def moved(self) -> bool:
        """Whether any of the generators has been drawn from or seeded since."""
        return any(not _is_still(generator, state) for generator, state in self.kept)

    def now(self) -> "RandomStates":
        """Record the current states of the same generators."""
        return states_of(generator for generator, _ in self.kept)


def random_states(more: Iterable[Any] = ()) -> RandomStates:
    """Record the global random states of torch, NumPy, Python and, once initialised, CUDA, and those of `more`.

    The latter are generators of any of these libraries (`is_generator`) that an object keeps for itself.
    """
    return states_of((*_global_generators(), *more))


def states_of(generators: Iterable[Any]) -> RandomStates:
    """Record the states of these generators and no others."""
    return RandomStates(tuple((generator, _state(generator)) for generator in generators))


def is_generator(value: object) -> bool:
    """Whether an object is a random number generator that can be seeded."""
    kind = type(value)
    return issubclass(kind, _KINDS) and not issubclass(kind, random.SystemRandom)


def everybodys() -> set[int]:
    """The `id` of each process-wide generator; `random_states` records those anyway."""
    hidden: Any = random  # whose functions are methods of a generator that has no public name
    return {id(generator) for generator in (*_global_generators(), hidden._inst, np.random.mtrand._rand)}


def _global_generators() -> tuple[Any, ...]:
    device: Any = torch.cuda  # whose is_initialized has no types
    cuda = device.default_generators if device.is_initialized() else ()
    return (torch.default_generator, np.random, random, *cuda)


def restore(states: RandomStates) -> None:
    """Restore those states that have moved."""
    for generator, state in states.kept:
        if not _is_still(generator, state):
            _set_state(generator, state)


@dataclass(frozen=True, eq=False)
class Watched(Generic[T]):
    """The result of some work, and whether the work drew random numbers."""

    result: T
    drew: bool  # this thread drew, which has been undone
    unclear: bool  # a state moved, but perhaps because of the main thread: nothing has been undone
    before: RandomStates


def watched(work: Callable[[], T], more: Iterable[Any] = (), *, repeatable: bool = False) -> Watched[T]:
    """Run `work` and undo its draws whatever happens; for `more` generators see `random_states`.

    The global states belong to the whole process. A cell that trains on the main thread draws from them too, and
    restoring them would make it draw the same numbers twice. So on another thread, a state that moved while the main
    thread was busy stays moved. `repeatable` work is repeated if it is unclear who drew, once the main thread is idle.
    """
    first = found = _watched_once(work, more)
    tries = 0
    while repeatable and found.unclear and tries < _TRIES and is_idle():
        found = _watched_once(work, more)
        tries += 1
    if first.unclear and found.drew:
        _undo_unclear(first.before, work, tries)
    return found


def undrawn(work: Callable[[], T], *, repeatable: bool = False) -> T:
    """Return what `work` returns, with the global random states left as they were; see `watched`."""
    return watched(work, repeatable=repeatable).result


def seeded(seed: int, work: Callable[[], T], more: Iterable[Any] = ()) -> tuple[T, bool]:
    """Return what `work` returns with all generators seeded, and whether it drew; they are restored in any case."""
    with _seeding:
        before = random_states(more)

        def with_seeds() -> tuple[T, bool]:
            for generator, _ in before.kept:
                _seed(generator, seed % 2**32)
            fresh = before.now()
            return work(), fresh.moved()

        return do_and_undo(with_seeds, lambda: restore(before))


def _watched_once(work: Callable[[], T], more: Iterable[Any]) -> Watched[T]:
    with _seeding:
        main = MainThread()
        before = random_states(more)
    drew = unclear = False

    def undo() -> None:
        nonlocal drew, unclear
        with _seeding:
            moved = before.moved()
            unclear = moved and main.may_have_drawn()
            drew = moved and not unclear
            if drew:
                restore(before)

    result = do_and_undo(work, undo)
    return Watched(result, drew, unclear, before)


def _undo_unclear(before: RandomStates, work: Callable[[], object], times: int) -> None:
    """Restore `before` if nothing but `work`, which is known to draw, has moved the states since.

    That is the case if running `work` from there, as often as it has run, leads to the current states.
    """
    with _seeding:
        here = before.now()
        try:
            restore(before)
            for _ in range(times):
                work()
        finally:
            restore(here if here.moved() else before)


if hasattr(os, "register_at_fork"):  # free the lock in a process forked while another thread held it
    os.register_at_fork(after_in_child=lambda: globals().update(_seeding=threading.RLock()))


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


def _is_still(generator: Any, state: Any) -> bool:
    return (generator is np.random and _is_still_in_memory(state)) or _same(_state(generator), state)


def _is_still_in_memory(state: dict[str, Any]) -> bool:
    """Whether the bytes of NumPy's global generator show this state: asking it takes 40 us, this 1 us.

    A generator with a normal number left over can be drawn from without a change to those bytes. So False only means
    that the generator has to be asked.
    """
    if state["bit_generator"] != "MT19937" or state["has_gauss"]:
        return False
    key, position = state["state"]["key"], state["state"]["pos"]
    generator: Any = np.random.mtrand._rand  # whose _bit_generator has no type
    address = generator._bit_generator.ctypes.state_address
    return bool(ctypes.string_at(address, key.nbytes + 4) == key.tobytes() + position.to_bytes(4, sys.byteorder))


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, torch.Tensor):
        return bool(a.numpy().tobytes() == b.numpy().tobytes())  # in a quarter of the time of torch.equal
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, np.ndarray):
        return np.array_equal(a, b)
    return bool(a == b)
