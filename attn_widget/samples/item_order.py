"""The order in which a loader gives the items of its map-style data set."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
from torch import Tensor
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

from attn_widget.cleanup import do_and_undo
from attn_widget.randomness import random_states, restore
from attn_widget.samples.generators import find_generators
from attn_widget.samples.sampler_copy import on_stand_in

MOST_ITERATED = 1_000_000
"""A sampler that gives more indices than this is not tried."""


class Indices(Protocol):
    """Indices by position: a range, or somebody else's list, array or tensor."""

    def __len__(self) -> int: ...
    def __getitem__(self, position: int, /) -> Any: ...


class Order(NamedTuple):
    """The data-set index (or key) of each position.

    `listed` says that the data set takes lists of them, as it does with ``sampler=BatchSampler(...), batch_size=None``.
    """

    indices: Indices
    listed: bool = False


def order_of(loader: "DataLoader[Any]") -> Order:
    """The order of the loader's sampler if that is fixed, else the order of the data set, which must have a length.

    This takes no time or memory that grows with the data set, unless the sampler is of an unknown kind: that is run
    twice if it gives at most a million indices.
    """
    if loader.batch_sampler is not None:
        indices, listed = _batches(loader.batch_sampler, loader.dataset), False
    elif isinstance(loader.sampler, BatchSampler):
        indices, listed = _batches(loader.sampler, loader.dataset), True
    else:
        indices, listed = _single(loader.sampler, loader.dataset), False
        if isinstance(indices, list) and all(isinstance(index, list) for index in indices):
            indices, listed = list(itertools.chain.from_iterable(indices)), True
    return Order(data_set_order(loader.dataset) if indices is None else indices, listed)


def data_set_order(dataset: Any) -> Indices:
    """0 to n - 1; raises a `TypeError` if the data set has no length."""
    count = stated_length(dataset)
    if count is None:
        raise TypeError(
            f"loader: its data set, {type(dataset).__name__}, has no length, so no position can be found in "
            "it; expected a data set with __len__. Give it one, or pass the loader's batches as a list"
        )
    return range(count)


def stated_length(value: Any) -> int | None:
    """Its ``len()``, or None if it has none."""
    try:
        return len(value)
    except (TypeError, NotImplementedError):
        return None


def _batches(batch_sampler: Any, dataset: Any) -> Indices | None:
    """The indices that the batches hold, in sequence; None if their order is not fixed."""
    if isinstance(batch_sampler, BatchSampler) and type(batch_sampler).__iter__ is BatchSampler.__iter__:
        return _single(batch_sampler.sampler, dataset)  # also what its drop_last would drop
    if (stated_length(dataset) or 0) > MOST_ITERATED:
        return None
    return _iterated(batch_sampler, itertools.chain.from_iterable, dataset)


def _single(sampler: Any, dataset: Any) -> Indices | None:
    """The indices that a sampler gives; None if their order is not fixed."""
    if isinstance(sampler, list | tuple | range | Tensor | np.ndarray):
        return sampler
    if _is(sampler, SequentialSampler):
        return range(len(sampler))
    if _is(sampler, SubsetRandomSampler):
        indices: Indices = sampler.indices
        return indices
    if _is(sampler, RandomSampler) or _is(sampler, WeightedRandomSampler):
        return None
    return _iterated(sampler, iter, dataset)


def _is(sampler: Any, kind: type[Sampler[Any]]) -> bool:
    """Whether this is one of torch's samplers, or a subclass that iterates as that does."""
    return isinstance(sampler, kind) and type(sampler).__iter__ is kind.__iter__


def _iterated(sampler: Any, read: Callable[[Any], Iterable[Any]], dataset: Any) -> Indices | None:
    """Run a sampler of an unknown kind twice; None if the two runs differ, or it cannot be tried.

    A copy is run, so that a sampler which counts epochs or shuffles its own lists is not affected.
    """
    count = stated_length(sampler)
    if isinstance(sampler, Iterator) or count is None or count > MOST_ITERATED:
        return None

    def run_twice(stand_in: Any) -> Indices | None:
        first, second = (list(itertools.islice(read(iter(stand_in)), MOST_ITERATED + 1)) for _ in range(2))
        return first if len(first) <= MOST_ITERATED and _equal(first, second) else None

    states = random_states(find_generators(sampler))
    try:
        return do_and_undo(lambda: on_stand_in(sampler, run_twice, dataset), lambda: restore(states))
    except Exception:  # it cannot be copied, or its copy cannot be run
        return None


def _equal(first: list[Any], second: list[Any]) -> bool:
    return len(first) == len(second) and all(bool(a == b) for a, b in zip(first, second, strict=True))
