"""Which source reads which kind of loader."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, IterableDataset

from attn_widget.samples.batch_reading import describe
from attn_widget.samples.batches_source import BatchesSource, has_images
from attn_widget.samples.item_order import data_set_order, order_of, stated_length
from attn_widget.samples.items import Convert, unchanged
from attn_widget.samples.loader_copy import CopiedStream, iterates_itself
from attn_widget.samples.loading import Loading
from attn_widget.samples.map_source import MapSource
from attn_widget.samples.stream_reading import ThroughWorker
from attn_widget.samples.stream_source import StreamSource
from attn_widget.user_code import own_attributes

Source = MapSource | BatchesSource | StreamSource
"""An opened loader, of which items are read by position."""


def open_source(loader: Any, prefer: Sequence[str] = ()) -> Source:
    """Open any kind of loader that `Samples` takes, without reading; raises a `TypeError` for no or several loaders."""
    _check_is_one(loader)
    if isinstance(loader, DataLoader):
        return _open_data_loader(loader, prefer)
    if isinstance(loader, Tensor | np.ndarray) and loader.ndim == 4:
        return BatchesSource([loader], prefer)
    if isinstance(loader, IterableDataset):
        return StreamSource(loader, one=True, count=stated_length(loader), prefer=prefer)
    if isinstance(loader, Tensor | np.ndarray | Mapping | str | bytes | type | nn.Module | set):
        raise _not_a_loader(loader)
    if isinstance(loader, Sequence):
        return _open_list(loader, prefer)
    if isinstance(loader, Dataset) or (hasattr(loader, "__getitem__") and hasattr(loader, "__len__")):
        return MapSource(Loading(loader, unchanged, collates=False, prefer=prefer), data_set_order(loader))
    if isinstance(loader, Iterable):
        return StreamSource(loader, prefer=prefer)
    raise _not_a_loader(loader)


def _open_data_loader(loader: "DataLoader[Any]", prefer: Sequence[str]) -> Source:
    collates = loader.batch_sampler is not None
    if isinstance(loader.dataset, IterableDataset):
        count = stated_length(loader.dataset) if collates else None
        if iterates_itself(loader):
            return StreamSource(CopiedStream(loader), one=True, count=count, prefer=prefer)
        convert = partial(_collate_one, loader.collate_fn) if collates else loader.collate_fn
        instead = ThroughWorker(loader) if loader.num_workers > 0 else None
        return StreamSource(loader.dataset, convert, one=True, count=count, prefer=prefer, instead=instead)
    order = order_of(loader)
    iterated = loader if iterates_itself(loader) else None
    loading = Loading(loader.dataset, loader.collate_fn, collates, order.listed, iterated, prefer)
    return MapSource(loading, order.indices, loader)


def _collate_one(collate: Convert, item: Any) -> Any:
    return collate([item])


def _open_list(batches: Sequence[Any], prefer: Sequence[str]) -> Source:
    """A list of batches, or one batch (x, y), in which nothing after x holds images."""
    readable = [has_images(batch) for batch in batches]
    if batches and not any(readable):
        raise _not_a_loader(batches)
    first = batches[0] if batches else None
    is_batch = isinstance(first, Tensor | np.ndarray) and first.ndim == 4 and len(batches) > 1
    return BatchesSource([batches] if is_batch and not any(readable[1:]) else batches, prefer)


def _not_a_loader(loader: Any) -> TypeError:
    return TypeError(
        f"loader is a {describe(loader)}; expected a DataLoader, a data set, a list or iterable of batches, "
        "or a tensor [N, C, H, W]. Pass the DataLoader that the model is evaluated with"
        + (" as the second argument, and the model as the first" if isinstance(loader, nn.Module) else "")
    )


def _check_is_one(loader: Any) -> None:
    """Raise a `TypeError` for fastai's ``DataLoaders`` and ``Learner``, and for Lightning's data module."""
    kind, attributes = type(loader), own_attributes(loader)
    if isinstance(attributes.get("loaders"), list) and hasattr(kind, "valid"):
        holds, one = f"which holds {len(attributes['loaders'])} loaders", "loader.valid"
    elif "dls" in attributes and hasattr(kind, "fit"):
        holds, one = "which holds loaders and a model", "loader.dls.valid"
    elif hasattr(kind, "val_dataloader") and not isinstance(loader, nn.Module):
        holds, one = "a data module that makes loaders", "loader.val_dataloader(), after loader.setup('fit')"
    else:
        return
    raise TypeError(f"loader is a {kind.__name__}, {holds}; expected one of them. Pass {one}")
