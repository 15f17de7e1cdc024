"""Workers started beside a loader, as it would start its own, without iterating it."""

from collections.abc import Iterable
from functools import partial
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, get_worker_info

from attn_widget.samples.items import unchanged


def reading_beside(
    loader: "DataLoader[Any]", reader: Dataset[Any], blocks: Iterable[Any], *, workers: int, pin: bool = False
) -> "DataLoader[Any]":
    """Have workers read blocks of a map-style data set, in order, into pinned memory if `pin`.

    They stand in for those of `loader`, with its ``worker_init_fn``, start method and timeout. ``__getitems__(block)``
    of the reader gives what a block becomes; its ``dataset`` is the user's own.
    """
    names = ("timeout", "multiprocessing_context", "prefetch_factor")
    return DataLoader(
        reader,
        batch_sampler=blocks,
        collate_fn=unchanged,
        worker_init_fn=partial(_start, loader.worker_init_fn),
        pin_memory=pin,
        num_workers=workers,
        generator=torch.Generator(),  # else the global one is drawn from
        **{name: getattr(loader, name) for name in names},
    )


def _start(users_own: Any, number: int) -> None:
    """Start a worker: show the user's code its own data set, then run its ``worker_init_fn``."""
    info: Any = get_worker_info()
    object.__setattr__(info, "dataset", info.dataset.dataset)  # torch lets it be set only once
    if users_own is not None:
        users_own(number)
