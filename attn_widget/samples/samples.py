"""A loader as samples, reached by position."""

import operator
import threading
from collections.abc import Sequence
from typing import Any

from torch.utils.data import DataLoader

from attn_widget.samples.datasets import class_names, item_name, origins, whole_number
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
from attn_widget.samples.sample_cache import KeptSamples, with_image_of_its_own
from attn_widget.samples.source_choice import open_source


class Samples:
    """The samples behind a loader: ``samples[position]`` is the same one each time.

    The last few that were asked for are kept, and not read again until `forget`. Pickled or copied, it is the loader
    that is, and opened anew.

    Nothing is read before a sample is asked for. A map-style data set is read through the loader's
    ``collate_fn``, one item at a time and in this process, or, where that fails and the loader has workers, by one
    worker. The loader itself is never iterated (where its class has an ``__iter__`` of its own, a stand-in for it is),
    and no global random state is different afterwards. What can only be iterated is read forward and kept up to a
    bound. Where an item holds several images, each has a position.

    Parameters
    ----------
    loader : DataLoader, data set, list or iterable of batches, or Tensor [N, C, H, W]
        Where the samples come from. Positions follow its sampler where that has a fixed order, else the data
        set, whatever is shuffled, weighted or dropped at the end.
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
        What reads the items.
    lock : RLock
        Held while an item is read: whoever reads from `source` takes it too.

    Raises
    ------
    TypeError
        Where `loader` is none of these, or `mean` or `std` no numbers.
    ValueError
        Where there is no sample, or `mean` and `std` do not go together.
    """

    def __init__(
        self, loader: Any, mean: Numbers | None = None, std: Numbers | None = None, *, prefer: Sequence[str] = ()
    ) -> None:
        self._given = given_normalisation(mean, std)
        self.prefer = tuple(prefer)
        self._open(loader)

    def _open(self, loader: Any) -> None:
        self.source = open_source(loader, self.prefer)
        self.loader = loader
        self._dataset = loader.dataset if isinstance(loader, DataLoader) else loader
        self.lock = threading.RLock()
        self._kept = KeptSamples()

    def __getstate__(self) -> dict[str, Any]:
        return {"loader": self.loader, "given": self._given, "prefer": self.prefer}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._given, self.prefer = state["given"], state["prefer"]
        self._open(state["loader"])

    @property
    def count(self) -> int | None:
        """How many samples there are; None while that is not known.

        It is not before the end of a stream was met, nor, where the items of a data set hold several images, before
        each of them was read: until one is found that does, the items are counted.
        """
        with self.lock:
            return self.source.count

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """The names of the classes, where the data set knows them."""
        return class_names(self._dataset)

    def __len__(self) -> int:
        count = self.count
        if count is None:
            raise TypeError("this loader is read forward, and its end is not known yet; see Samples.count")
        return count

    def __bool__(self) -> bool:
        return self.count != 0

    def __getitem__(self, position: int) -> Sample:
        """Read a sample.

        Raises
        ------
        TypeError
            Where `position` is no whole number.
        IndexError
            Where it is negative or past the end.
        SampleError
            Where this sample cannot be read; others still can.
        ValueError
            Where the given mean or std does not fit the image's channels, or a stream turns out to be empty.
        """
        return with_image_of_its_own(self.shared(position))

    def shared(self, position: int) -> Sample:
        """Give the sample that is kept, for whoever does not write into its image; raises what ``self[...]`` raises."""
        position = _whole(position)
        with self.lock:
            sample = self._kept.get((self._order_changes, position))
            if sample is None:
                sample = self.as_sample(position, self.item(position))
                self._kept.keep((self._order_changes, position), sample)
            return sample

    def forget(self) -> None:
        """Read every sample anew that is asked for from now on."""
        with self.lock:
            self._kept = KeptSamples()

    def item(self, position: int) -> Item:
        """Read a sample's image and label alone, and keep nothing; raises what ``samples[position]`` raises."""
        with self.lock:
            if position < 0 or self._is_past_the_end(position):
                raise self._outside(position)
            try:
                return self.source.read(position)
            except IndexError:
                raise self._outside(position) from None

    def place(self, position: int) -> Place:
        """Say where a sample comes from, without reading it."""
        index = self.source.index_of(position)
        return Place(whole_number(index), item_name(self._dataset, index))

    @property
    def named(self) -> bool:
        """Whether samples have file names, by which one can be found."""
        return self.source.count is not None and self.place(0).name[:1] not in ("", "#")

    def find(self, name: str, after: int = -1) -> int | None:
        """Give the next position after one, then from the first on, whose file is called so, or else holds it."""
        count = self.count if self.named else None
        if count is None:
            return None
        positions = [*range(after + 1, count), *range(min(after + 1, count))]
        names = [self.place(position).name for position in positions]
        whole = next((at for at, one in zip(positions, names, strict=True) if f"/{one}".endswith(f"/{name}")), None)
        parts = (position for position, one in zip(positions, names, strict=True) if name.lower() in one.lower())
        return next(parts, None) if whole is None else whole

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

    @property
    def _order_changes(self) -> int:
        """How often positions have come to mean other samples."""
        return self.source.numbering.changes if isinstance(self.source, MapSource) else 0

    def _found(self, item: Item) -> tuple[Normalisation, ...]:
        """The normalisations of the very data set that the item comes from, as they are now, and of the loader."""
        sets = (present for present, _ in origins(self._dataset, item.index))
        return find_normalisations((*sets, *([self.loader] if self._dataset is not self.loader else [])))

    def expect_several(self) -> None:
        """Count no item of a map-style data set as one image before it was read: it is known that some hold several."""
        if isinstance(self.source, MapSource):
            self.source.numbering.even = False

    def _is_past_the_end(self, position: int) -> bool:
        """Whether that is known without reading: of items it is not, as each may turn out to hold several images."""
        count = None if isinstance(self.source, MapSource) else self.source.count
        return count is not None and position >= count

    def _outside(self, position: int) -> IndexError:
        count = self.source.count
        extent = "0 or more" if count is None else f"0 to {count - 1}, the loader's count being {count}"
        return IndexError(f"position is {position}; expected {extent}")


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
