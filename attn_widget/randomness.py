"""The global random states of torch, NumPy and Python, left as they were found."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch


@dataclass
class RandomStates:
    """The global random states at one moment.

    Attributes
    ----------
    python, numpy, torch_cpu, torch_cuda
        The states, as each library gives them; no CUDA states where CUDA is not in use.
    moved : bool
        Set by `random_states_kept`: whether the block drew from one of them.
    """

    python: Any
    numpy: Any
    torch_cpu: torch.Tensor
    torch_cuda: list[torch.Tensor]
    moved: bool = False

    @classmethod
    def now(cls) -> "RandomStates":
        """Read the states."""
        in_use = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        cuda = torch.cuda.get_rng_state_all() if in_use else []
        return cls(random.getstate(), np.random.get_state(), torch.get_rng_state(), cuda)

    def differ_from(self, other: "RandomStates") -> bool:
        """Whether anything was drawn between the two."""
        return not (
            self.python == other.python
            and self.numpy[2:] == other.numpy[2:]
            and np.array_equal(self.numpy[1], other.numpy[1])
            and torch.equal(self.torch_cpu, other.torch_cpu)
            and len(self.torch_cuda) == len(other.torch_cuda)
            and all(map(torch.equal, self.torch_cuda, other.torch_cuda))
        )

    def restore(self) -> None:
        """Put the states back."""
        random.setstate(self.python)
        np.random.set_state(self.numpy)
        torch.set_rng_state(self.torch_cpu)
        if self.torch_cuda:
            torch.cuda.set_rng_state_all(self.torch_cuda)


@contextmanager
def random_states_kept(draws: bool | None = None) -> Iterator[RandomStates]:
    """Put the global random states back after the block, where the block moved them.

    The states belong to the whole process: a cell that trains on another thread draws from them too, and to
    put them back would make it draw the same numbers twice. So they are not touched where the block is known
    not to draw, nor on a thread that is not the main one unless it is known to draw.

    Parameters
    ----------
    draws : bool, optional
        Whether the block draws; None where nobody knows.

    Yields
    ------
    RandomStates
        With `moved` set once the block has ended.
    """
    before = RandomStates.now()
    if draws is None:
        draws = threading.current_thread() is threading.main_thread()
    try:
        yield before
    finally:
        before.moved = draws and before.differ_from(RandomStates.now())
        if before.moved:
            before.restore()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed all global random states for the block, and put them back after it."""
    before = RandomStates.now()
    try:
        random.seed(seed)
        np.random.seed(seed % 2**32)
        torch.manual_seed(seed)
        yield
    finally:
        before.restore()
