"""Which source reaches the items of which kind of loader."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, IterableDataset

from attn_widget.samples.batch import describe
from attn_widget.samples.feeds import ThroughWorker
from attn_widget.samples.items import Source
from attn_widget.samples.maps import BatchesSource, ItemSource, MapSource, has_images
from attn_widget.samples.order import Order, data_set_order, order_of
from attn_widget.samples.streams import StreamSource


def open_source(loader: Any) -> Source:
    """Find out what kind of loader this is. Nothing is read yet.

    Raises
    ------
    TypeError
        For something that is no loader.
    """
    if isinstance(loader, DataLoader):
        return _open_data_loader(loader)
    if isinstance(loader, Tensor | np.ndarray) and loader.ndim == 4:
        return BatchesSource([loader])
    if isinstance(loader, IterableDataset):
        return StreamSource(loader, one=True, count=_stated_length(loader))
    if isinstance(loader, Tensor | np.ndarray | Mapping | str | bytes | type | nn.Module | set):
        raise _not_a_loader(loader)
    if isinstance(loader, Sequence):
        return _open_list(loader)
    if isinstance(loader, Dataset) or (hasattr(loader, "__getitem__") and hasattr(loader, "__len__")):
        return ItemSource(loader, Order(data_set_order(loader)), _as_it_is)
    if isinstance(loader, Iterable):
        return StreamSource(loader)
    raise _not_a_loader(loader)


def _open_data_loader(loader: "DataLoader[Any]") -> Source:
    collates = loader.batch_sampler is not None
    convert = loader.collate_fn
    if isinstance(loader.dataset, IterableDataset):
        instead = ThroughWorker(loader) if loader.num_workers > 0 else None
        if collates:
            count = _stated_length(loader.dataset)
            return StreamSource(loader.dataset, lambda item: convert([item]), one=True, count=count, instead=instead)
        return StreamSource(loader.dataset, convert, one=True, instead=instead)
    order = order_of(loader)
    return (MapSource if collates else ItemSource)(loader.dataset, order, convert)


def _as_it_is(item: Any) -> Any:
    return item


def _open_list(batches: Sequence[Any]) -> Source:
    """A list of batches, or (x, y) itself: images first, and none in what follows."""
    readable = [has_images(batch) for batch in batches]
    if batches and not any(readable):
        raise _not_a_loader(batches)
    first = batches[0] if batches else None
    is_batch = isinstance(first, Tensor | np.ndarray) and first.ndim == 4 and len(batches) > 1
    return BatchesSource([batches] if is_batch and not any(readable[1:]) else batches)


def _stated_length(dataset: Any) -> int | None:
    try:
        return len(dataset)
    except (TypeError, NotImplementedError):
        return None


def _not_a_loader(loader: Any) -> TypeError:
    return TypeError(
        f"loader is a {describe(loader)}; expected a DataLoader, a data set, a list or iterable of batches, "
        "or a tensor [N, C, H, W]. Pass the DataLoader that the model is evaluated with"
        + (" as the second argument, and the model as the first" if isinstance(loader, nn.Module) else "")
    )
