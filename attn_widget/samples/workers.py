"""Workers beside a loader: what runs in them is what runs in the loader's own, and the loader is not iterated."""

from collections.abc import Iterable
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, get_worker_info


def in_worker() -> bool:
    """Whether this code runs in a worker, which may start none of its own."""
    return get_worker_info() is not None


def reading_beside(
    loader: "DataLoader[Any]", reader: Dataset[Any], blocks: Iterable[Any], *, workers: int, pin: bool = False
) -> "DataLoader[Any]":
    """Let workers read blocks of a map-style data set, in order, and move them to pinned memory (`pin`).

    They stand for those of `loader`: with its first step, its way of starting them, its patience. The reader gives what
    a block is to become by ``__getitems__(block)``; its ``dataset`` is the user's own.
    """
    names = ("timeout", "multiprocessing_context", "prefetch_factor")
    return DataLoader(
        reader,
        batch_sampler=blocks,
        collate_fn=_as_it_is,
        worker_init_fn=_Start(loader.worker_init_fn),
        pin_memory=pin,
        num_workers=workers,
        generator=torch.Generator(),  # else the global one is drawn from
        **{name: getattr(loader, name) for name in names},
    )


class _Start:
    """What a worker does first: shows the user's code its own data set, then runs the user's own first step."""

    def __init__(self, given: Any) -> None:
        self._given = given

    def __call__(self, number: int) -> None:
        info: Any = get_worker_info()
        object.__setattr__(info, "dataset", info.dataset.dataset)  # which torch means to be written once
        if self._given is not None:
            self._given(number)


def _as_it_is(value: Any) -> Any:
    return value
