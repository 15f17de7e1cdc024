"""What a loader with an ``__iter__`` of its own gives for some items, had from a stand-in for that loader."""

import contextlib
import copy
import types
from collections.abc import Iterable, Iterator
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

_WITH_INDICES = (RandomSampler, SequentialSampler, SubsetRandomSampler, WeightedRandomSampler)
"""Samplers whose indices, which may be many, nobody writes into."""


def iterates_itself(loader: "DataLoader[Any]") -> bool:
    """Whether the loader is of a class that makes something of its batches, or may, while it is iterated."""
    return any(getattr(type(loader), name) is not getattr(DataLoader, name) for name in ("__iter__", "_get_iterator"))


def iterated(loader: "DataLoader[Any]", wanted: Any) -> Any:
    """Give the batch that a loader with its own ``__iter__`` would give; the loader is not iterated, nor changed.

    `wanted` are the indices of the items, or the one index where the loader does not collate. Raises whatever the
    loader or its data set raises, and a ValueError where it gives nothing, or does not take what it gives from where it
    should.
    """
    block = _Block(wanted)
    batches = iter(stand_in(loader, block))
    try:
        batch = next(batches)
    except StopIteration:
        raise ValueError("it gave no batch") from None
    if not block.asked:
        raise ValueError("it does not take its items from its own batch sampler")
    with contextlib.suppress(Exception):  # what comes after the last batch: the loader may have something to put back
        next(batches)
    return batch


def opened(loader: "DataLoader[Any]") -> Iterator[Any]:
    """Iterate a stand-in for a loader of an iterable data set: one item after another, in this process."""
    return iter(stand_in(loader, None))


def stand_in(loader: "DataLoader[Any]", block: "_Block | None") -> "DataLoader[Any]":
    """Copy a loader such that nothing that is done to the copy is done to the loader.

    The copy reads the items of `block` in this process, or, where that is None, one item at a time of an iterable data
    set. It shares the data sets, the parameters of modules, and the generators, whose states `SteadyDraws` puts back.
    """
    memo = {id(part): part for part in _shared(loader)}
    memo |= {id(part): copy.copy(part) for part in reachable(loader) if type(part) in _WITH_INDICES}
    return _twin(loader, block, memo)


def _shared(loader: "DataLoader[Any]") -> Iterator[Any]:
    for part in reachable(loader):
        yield from (value for value in own_attributes(part).values() if isinstance(value, Dataset))
        if isinstance(part, nn.Module):
            yield from part.parameters()
        elif isinstance(part, DataLoader):
            yield part.dataset
            yield from (made for made in (part.collate_fn, part.worker_init_fn) if not _is_bound(made))
    yield from find_generators(loader)


def _is_bound(value: Any) -> bool:
    """Whether this is a method, which may belong to the loader."""
    return isinstance(value, types.MethodType)


def _twin(loader: "DataLoader[Any]", block: "_Block | None", memo: dict[int, Any]) -> "DataLoader[Any]":
    twin: Any = object.__new__(type(loader))
    memo[id(loader)] = twin
    for inner in reachable(loader):
        if isinstance(inner, DataLoader) and id(inner) not in memo:
            _twin(inner, block, memo)
    parts = {name: value for name, value in vars(loader).items() if not isinstance(value, _BaseDataLoaderIter)}
    own = vars(twin)  # past DataLoader.__setattr__, which does not let a loader be changed
    own.update({name: copy.deepcopy(value, memo) for name, value in parts.items() if name != "_iterator"})
    own.update(
        _iterator=None,
        num_workers=0,
        timeout=0,
        prefetch_factor=None,
        persistent_workers=False,
        pin_memory=False,
        generator=torch.Generator(),  # else the user's is drawn from at each beginning
        _DataLoader__multiprocessing_context=None,
    )
    _point_at(own, block)
    for name, value in vars(loader).items():
        if isinstance(value, _BaseDataLoaderIter) and name != "_iterator":  # one that the loader keeps and starts anew
            own[name] = DataLoader.__iter__(twin)
    return twin


def _point_at(own: dict[str, Any], block: "_Block | None") -> None:
    """Let a stand-in with these attributes read the items of a block."""
    collates = own.get("batch_sampler") is not None
    if block is None:
        own.update({"batch_size": 1, "batch_sampler": BatchSampler(own["sampler"], 1, False)} if collates else {})
    elif collates:
        own.update(batch_sampler=_BlockSampler(block, own["batch_sampler"]))
        own.update({"batch_size": len(block.wanted)} if own.get("batch_size") is not None else {})
    else:
        own.update(sampler=_BlockSampler(block, own.get("sampler")))


class _Block:
    """What is wanted of a stand-in, and whether it has asked."""

    def __init__(self, wanted: Any) -> None:
        self.wanted = wanted
        self.asked = False


class _BlockSampler(Iterable[Any]):
    """Gives one block, once; for everything else it is the sampler in whose place it stands.

    A second time it raises: a loader that begins anew for ever would look for a further batch for ever.
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
