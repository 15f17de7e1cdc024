"""Single batches of a loader that has its own ``__iter__``, taken from a copy of that loader."""

import contextlib
import copy
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from torch.utils.data.dataloader import _BaseDataLoaderIter

from attn_widget.samples.dataset_parts import reachable
from attn_widget.samples.generators import find_generators
from attn_widget.user_code import own_attributes
from attn_widget.words import sample_notes

_WITH_INDICES = (RandomSampler, SequentialSampler, SubsetRandomSampler, WeightedRandomSampler)
"""Samplers that are copied without their indices, which may be many: nobody writes into those."""


def iterates_itself(loader: "DataLoader[Any]") -> bool:
    """Whether the loader's class overrides how it is iterated, and so may change its batches."""
    return any(getattr(type(loader), name) is not getattr(DataLoader, name) for name in ("__iter__", "_get_iterator"))


def batch_of(loader: "DataLoader[Any]", wanted: Any) -> Any:
    """Give the batch that a loader's own ``__iter__`` makes of some items; the loader is not iterated, nor changed.

    `wanted` holds the items' indices, or is the one index if the loader does not collate. Raises whatever the loader or
    its data set raises, and a `ValueError` if it gives nothing or does not take its items from its own sampler.
    """
    block = _Block(wanted)
    batches = iter(_twin(loader, block))
    try:
        batch = next(batches)
    except StopIteration:
        raise ValueError(sample_notes.GAVE_NO_BATCH) from None
    if not block.asked:
        raise ValueError(sample_notes.SAMPLES_OTHERWISE)
    with contextlib.suppress(Exception):  # run to the end: the loader may put something back after its last batch
        next(batches)
    return batch


@dataclass(frozen=True, eq=False)
class CopiedStream:
    """A loader of an iterable data set, iterated through a copy: one item after another, in this process."""

    loader: "DataLoader[Any]"

    def __iter__(self) -> Iterator[Any]:
        return iter(_twin(self.loader, None))


def _twin(loader: "DataLoader[Any]", block: "_Block | None") -> "DataLoader[Any]":
    """Copy a loader such that whatever is done to the copy leaves the loader alone.

    In this process, the copy reads the items of `block` or, if that is None, one item at a time of an iterable data
    set. It shares the data sets, the parameters of modules, and the generators, whose states `SteadyDraws` puts back.
    """
    memo = {id(part): part for part in _shared(loader)}
    memo |= {id(part): copy.copy(part) for part in reachable(loader) if type(part) in _WITH_INDICES}
    return _twin_with(loader, block, memo)


def _shared(loader: "DataLoader[Any]") -> Iterator[Any]:
    for part in reachable(loader):
        yield from (value for value in own_attributes(part).values() if isinstance(value, Dataset))
        if isinstance(part, nn.Module):
            yield from part.parameters()
        elif isinstance(part, DataLoader):
            yield part.dataset
            # but no method, which may be bound to the loader
            given = (part.collate_fn, part.worker_init_fn)
            yield from (function for function in given if not isinstance(function, types.MethodType))
    yield from find_generators(loader)


def _twin_with(loader: "DataLoader[Any]", block: "_Block | None", memo: dict[int, Any]) -> "DataLoader[Any]":
    twin: Any = object.__new__(type(loader))
    memo[id(loader)] = twin
    for inner in reachable(loader):
        if isinstance(inner, DataLoader) and id(inner) not in memo:
            _twin_with(inner, block, memo)
    own = vars(twin)  # past DataLoader.__setattr__, which refuses changes
    given = {name: value for name, value in vars(loader).items() if name != "_iterator"}
    iterators = [name for name, value in given.items() if isinstance(value, _BaseDataLoaderIter)]
    own.update({name: copy.deepcopy(value, memo) for name, value in given.items() if name not in iterators})
    own.update(
        _iterator=None,
        num_workers=0,
        timeout=0,
        prefetch_factor=None,
        persistent_workers=False,
        pin_memory=False,
        generator=torch.Generator(),  # else each iteration draws from the user's
        _DataLoader__multiprocessing_context=None,
    )
    _point_at(own, block)
    for name in iterators:  # which the loader keeps, and starts anew
        own[name] = DataLoader.__iter__(twin)
    return twin


def _point_at(own: dict[str, Any], block: "_Block | None") -> None:
    """Have a copy with these attributes read the items of a block."""
    collates = own.get("batch_sampler") is not None
    if block is None:
        own.update({"batch_size": 1, "batch_sampler": BatchSampler(own["sampler"], 1, False)} if collates else {})
    elif collates:
        own.update(batch_sampler=_BlockSampler(block, own["batch_sampler"]))
        own.update({"batch_size": len(block.wanted)} if own.get("batch_size") is not None else {})
    else:
        own.update(sampler=_BlockSampler(block, own.get("sampler")))


@dataclass(eq=False)
class _Block:
    """The indices wanted of a copied loader, and whether it has asked for them."""

    wanted: Any
    asked: bool = False


class _BlockSampler(Iterable[Any]):
    """Gives one block, once; in everything else it is the sampler that it replaces.

    A second time it raises: a loader that starts over without end would never finish.
    """

    def __init__(self, block: _Block, instead_of: Any) -> None:
        self._block, self._instead_of = block, instead_of

    def __iter__(self) -> Iterator[Any]:
        if self._block.asked:
            raise RuntimeError("the items were asked for before")
        self._block.asked = True
        yield self._block.wanted

    def __len__(self) -> int:
        return 1

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_instead_of" not in vars(self):
            raise AttributeError(name)
        return getattr(self._instead_of, name)
