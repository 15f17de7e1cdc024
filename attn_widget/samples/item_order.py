"""In which order the items of a map-style data set stand behind a loader."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sized
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
    """Indices by position: a range, or a list, an array or a tensor that somebody else made."""

    def __len__(self) -> int: ...
    def __getitem__(self, position: int, /) -> Any: ...


class Order(NamedTuple):
    """The data-set index (or key) of each position, and whether the data set takes lists of them.

    It does so behind a batch sampler that is given as ``sampler``, with collation off.
    """

    indices: Indices
    listed: bool = False


def order_of(loader: "DataLoader[Any]") -> Order:
    """The order of the loader's sampler where that is fixed, else the order of the data set.

    Nothing here costs time or memory that grows with the data set, but for a sampler of a kind unknown, which
    is run through twice if it gives at most a million indices.

    Raises
    ------
    TypeError
        Where the order is the data set's, and that has no length.
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
    """0 to n - 1."""
    try:
        return range(len(dataset))
    except (TypeError, NotImplementedError):
        raise TypeError(
            f"loader: its data set, {type(dataset).__name__}, has no length, so no position can be found in "
            "it; expected a data set with __len__. Give it one, or pass the loader's batches as a list"
        ) from None


def _batches(batch_sampler: Any, dataset: Any) -> Indices | None:
    """The indices that the batches hold, one after the other; None where their order is not fixed."""
    if isinstance(batch_sampler, BatchSampler) and type(batch_sampler).__iter__ is BatchSampler.__iter__:
        return _single(batch_sampler.sampler, dataset)  # past its drop_last
    if _length(dataset) > MOST_ITERATED:
        return None
    return _iterated(batch_sampler, itertools.chain.from_iterable, dataset)


def _single(sampler: Any, dataset: Any) -> Indices | None:
    """The indices that a sampler gives; None where their order is not fixed."""
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
    """Whether this is one of torch's samplers, also by inheritance, so long as it iterates as that does."""
    return isinstance(sampler, kind) and type(sampler).__iter__ is kind.__iter__


def _iterated(sampler: Any, read: Callable[[Any], Iterable[Any]], dataset: Any) -> Indices | None:
    """Run twice through a sampler of a kind unknown; None where the two differ, or it cannot be tried.

    A stand-in is run, so that a sampler which counts its epochs or shuffles its own lists does not notice.
    """
    if isinstance(sampler, Iterator) or not _length(sampler, MOST_ITERATED + 1) <= MOST_ITERATED:
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


def _length(value: Any, unknown: int = 0) -> int:
    try:
        return len(value) if isinstance(value, Sized) else unknown
    except (TypeError, NotImplementedError):
        return unknown
