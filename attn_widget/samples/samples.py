"""A loader as samples, reached by position."""

import itertools
import operator
import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import PurePath
from typing import Any

from torch.utils.data import DataLoader

from attn_widget.samples.datasets import class_names, item_name, item_path, origins, whole_number
from attn_widget.samples.items import Item
from attn_widget.samples.map_source import MapSource
from attn_widget.samples.normalisation import (
    Normalisation,
    Numbers,
    check_length,
    find_normalisations,
    given_normalisation,
)
from attn_widget.samples.picture import make_picture
from attn_widget.samples.sample import Pair, Place, Sample
from attn_widget.samples.sample_cache import KeptSamples
from attn_widget.samples.source_choice import open_source
from attn_widget.words import sample_notes


class Samples:
    """The samples behind a loader: ``samples[position]`` is the same one each time.

    Nothing is read before a sample is asked for. The last few are kept, and not read again until `forget`. A map-style
    data set is read through the loader's ``collate_fn``, one item at a time, in this process or, if that fails and the
    loader has workers, in one worker. The loader itself is never iterated (if its class has an ``__iter__`` of its own,
    a copy is), and the global random states are left as they were. What can only be iterated is read forward, and kept
    up to a bound. If an item holds several images, each has a position. Pickling and copying take only the loader,
    which is then reopened.

    Parameters
    ----------
    loader : DataLoader, data set, list or iterable of batches, or Tensor [N, C, H, W]
        Where the samples come from. Positions follow its sampler if that has a fixed order, else the data set, without
        shuffling, weighting and ``drop_last``.
    mean, std : float or sequence of float, optional
        What the images were normalised by. By default the data set's own transforms are searched.
    prefer : sequence of str
        The names of the arguments that the model takes: fields in which an image is looked for first
        (`attn_widget.samples.batch_reading.read_rows`).

    Attributes
    ----------
    loader
        As it was given.
    prefer : tuple of str
        As it was given.
    source : Source
        Reads the items.
    lock : RLock
        Held while an item is read; anyone who reads from `source` must take it too.

    Raises
    ------
    TypeError
        If `loader` is none of these, or `mean` or `std` are not numbers.
    ValueError
        If there is no sample, or `mean` and `std` do not go together.
    """

    def __init__(
        self, loader: Any, mean: Numbers | None = None, std: Numbers | None = None, *, prefer: Sequence[str] = ()
    ) -> None:
        self._given = given_normalisation(mean, std)
        self.prefer = tuple(prefer)
        self.source = open_source(loader, self.prefer)
        self.loader = loader
        self._dataset = loader.dataset if isinstance(loader, DataLoader) else loader
        self.lock = threading.RLock()
        self._kept = KeptSamples()

    def __reduce__(self) -> tuple[Any, ...]:
        mean, std = (None, None) if self._given is None else (self._given.mean, self._given.std)
        return partial(type(self), mean=mean, std=std, prefer=self.prefer), (self.loader,)

    @property
    def count(self) -> int | None:
        """How many samples there are; None while that is not known.

        The count of a stream is not known before its end was reached. If an item of a data set turns out to hold
        several images, it is not known before all items were read; until then, items are counted.
        """
        with self.lock:
            return self.source.count

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """The names of the classes, if the data set knows them."""
        return class_names(self._dataset)

    def __len__(self) -> int:
        count = self.count
        if count is None:
            raise TypeError("this loader is read forward, and its length is not known yet; see Samples.count")
        return count

    def __bool__(self) -> bool:
        return self.count != 0

    def __getitem__(self, position: int) -> Sample:
        """Read a sample.

        Raises
        ------
        TypeError
            If `position` is not a whole number.
        IndexError
            If it is negative or past the end.
        SampleError
            If this sample cannot be read; others still can.
        ValueError
            If the given mean or std does not fit the image's channels, or a stream turns out to be empty.
        """
        sample = self.shared(position)
        return replace(sample, image=sample.image.clone())

    def shared(self, position: int) -> Sample:
        """Give the sample that is kept, whose image must not be written to; raises what ``samples[position]`` does."""
        position = _whole(position)
        with self.lock:
            sample = self._kept.get((self._order_changes, position))
            if sample is None:
                sample = self.as_sample(position, self.item(position))
                self._kept.keep((self._order_changes, position), sample)
            return sample

    def forget(self) -> None:
        """Read samples anew from now on."""
        with self.lock:
            self._kept = KeptSamples()

    def item(self, position: int) -> Item:
        """Read only a sample's image and label, and keep nothing; raises what ``samples[position]`` does."""
        with self.lock:
            # each item of a map-style data set may turn out to hold several images: its end is found by reading
            count = None if isinstance(self.source, MapSource) else self.source.count
            try:
                if position < 0 or (count is not None and position >= count):
                    raise IndexError
                return self.source.read(position)
            except IndexError:
                count = self.source.count
                raise IndexError(sample_notes.no_such_position(position, count)) from None

    def place(self, position: int) -> Place:
        """Tell where a sample comes from, without reading it."""
        index = self.source.index_of(position)
        return Place(whole_number(index), item_name(self._dataset, index))

    def path(self, position: int) -> PurePath | None:
        """Give the file of a sample, as the data set has it; None where it knows none. Nothing is read."""
        return item_path(self._dataset, self.source.index_of(position))

    @property
    def named(self) -> bool:
        """Whether samples have file names to be found by."""
        return self.source.count is not None and self.place(0).name[:1] not in ("", "#")

    def find(self, name: str, after: int = -1) -> int | None:
        """Find the next position after `after`, wrapping around, whose file has this name, else contains it."""
        count = self.count if self.named else None
        if count is None:
            return None
        positions = itertools.chain(range(after + 1, count), range(min(after + 1, count)))
        names = {position: self.place(position).name for position in positions}
        same = (position for position, one in names.items() if f"/{one}".endswith(f"/{name}"))
        containing = (position for position, one in names.items() if name.lower() in one.lower())
        return next(itertools.chain(same, containing), None)

    def as_sample(self, position: int, item: Item) -> Sample:
        """Make a sample of what was read."""
        if self._given is not None:
            check_length(self._given, item.image.shape[0])
        rendering, notes = make_picture(item.image, self._given, () if self._given else self._found(item))
        notes = (*notes, *item.notes)
        name, label, pair = item_name(self._dataset, item.index), item.label, None
        if isinstance(label, Pair):
            names, pair = self.class_names, label
            label = pair.read(None if names is None else len(names))
            notes = (*notes, *([pair.said()] if names is None else []))
        return Sample(position, item.image, label, rendering, name, notes, item.axes, pair)

    def expect_several(self) -> None:
        """Assume that items of a map-style data set hold several images, so that none is counted before it is read."""
        if isinstance(self.source, MapSource):
            self.source.numbering.even = False

    @property
    def _order_changes(self) -> int:
        """How often positions have come to mean other samples."""
        return self.source.numbering.changes if isinstance(self.source, MapSource) else 0

    def _found(self, item: Item) -> tuple[Normalisation, ...]:
        """The normalisations, as they are now, of the very data set that the item comes from, and of the loader."""
        sets = (present for present, _ in origins(self._dataset, item.index))
        return find_normalisations((*sets, *([self.loader] if self._dataset is not self.loader else [])))


def _whole(position: Any) -> int:
    try:
        if isinstance(position, bool):
            raise TypeError
        return operator.index(position)
    except TypeError:
        raise TypeError(
            f"position is {position!r}, a {type(position).__name__}; expected a whole number. "
            "Pass the index of one sample in the loader's order"
        ) from None


def as_samples(loader: Any, prefer: Sequence[str] = ()) -> Samples:
    """Give a loader's samples, read as `Samples` says; or those given."""
    return loader if isinstance(loader, Samples) else Samples(loader, prefer=prefer)
