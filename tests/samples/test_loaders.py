"""Every kind of loader becomes samples, and nothing of the user's is disturbed by that."""

import itertools
import random
from collections import deque
from collections.abc import Mapping

import numpy as np
import pytest
import torch
from timm.data.mixup import FastCollateMixup
from torch import nn
from torch.utils.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    SequentialSampler,
    Subset,
    TensorDataset,
    default_collate,
)

from attn_widget.samples import SampleError, Samples, batches_source, loading, open_portions, stream_source
from attn_widget.samples.batch_reading import read_rows


class Numbered(Dataset):
    """Item i is an image filled with i / 100, labelled i; it counts how often it is read."""

    def __init__(self, count=10):
        self.count, self.reads = count, []

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        self.reads.append(index)
        return torch.full((3, 4, 5), index / 100), index


class Forward(IterableDataset):
    """The same items, one after the other."""

    def __init__(self, count=10):
        self.count = count

    def __iter__(self):
        return ((torch.full((3, 4, 5), i / 100), i) for i in range(self.count))


class OnlyLists(TensorDataset):
    """Takes lists of indices and gives batches."""

    def __getitem__(self, indices):
        assert isinstance(indices, list)
        return super().__getitem__(indices)


def batches(*sizes):
    """Batches (x, y) that together number their samples."""
    start = 0
    for size in sizes:
        labels = torch.arange(start, start + size)
        yield labels.view(-1, 1, 1, 1).expand(size, 3, 4, 5) / 100, labels
        start += size


STACKED = torch.arange(10).view(-1, 1, 1, 1).expand(10, 3, 4, 5) / 100

LOADERS = {
    "a DataLoader": lambda: DataLoader(Numbered(), batch_size=4),
    "a DataLoader with workers": lambda: DataLoader(Numbered(), batch_size=4, num_workers=2),
    "a DataLoader that shuffles": lambda: DataLoader(Numbered(), batch_size=4, shuffle=True),
    "a DataLoader that drops the last batch": lambda: DataLoader(Numbered(), batch_size=4, drop_last=True),
    "a DataLoader without collation": lambda: DataLoader(Numbered(), batch_size=None),
    "a DataLoader whose items are batches": lambda: DataLoader(list(batches(4, 4, 2)), batch_size=None),
    "a batch sampler given as sampler": lambda: DataLoader(
        OnlyLists(STACKED, torch.arange(10)),
        batch_size=None,
        sampler=BatchSampler(SequentialSampler(range(10)), 4, False),
    ),
    "a DataLoader over an iterable set": lambda: DataLoader(Forward(), batch_size=4),
    "an iterable set without collation": lambda: DataLoader(Forward(), batch_size=None),
    "a data set": Numbered,
    "an iterable data set": Forward,
    "a list of batches": lambda: list(batches(4, 4, 2)),
    "a tuple of batches": lambda: tuple(batches(4, 4, 2)),
    "a deque of batches": lambda: deque(batches(4, 4, 2)),
    "one batch (x, y)": lambda: next(batches(10)),
    "a generator of batches": lambda: batches(4, 4, 2),
    "an iterator over a loader": lambda: iter(DataLoader(Numbered(), batch_size=4)),
    "a list of samples": lambda: [Numbered()[i] for i in range(10)],
    "a subset": lambda: Subset(Numbered(20), range(10)),
    "a concatenation": lambda: ConcatDataset([Subset(Numbered(), range(6)), Subset(Numbered(), range(6, 10))]),
}


@pytest.mark.parametrize("make", LOADERS.values(), ids=LOADERS.keys())
def test_each_position_is_its_sample(make):
    samples = Samples(make())
    for position in (0, 5, 9, 2):
        sample = samples[position]
        assert sample.position == position
        assert sample.label == position
        assert sample.image.shape == (3, 4, 5)
        assert torch.all(sample.image == position / 100)
        assert sample.picture.shape == (4, 5, 3)
        assert sample.picture.dtype == np.float32
    with pytest.raises(IndexError, match="position is 10"):
        samples[10]
    assert len(samples) == samples.count == 10


@pytest.mark.parametrize("stack", [STACKED, STACKED.numpy()], ids=["tensor", "array"])
def test_a_stack_of_images_has_samples_without_labels(stack):
    samples = Samples(stack)
    assert len(samples) == 10
    assert torch.all(samples[3].image == 0.03)
    assert samples[3].label is None


def test_samples_can_be_walked_to_the_end():
    assert [sample.label for sample in Samples(batches(4, 3))] == list(range(7))


@pytest.mark.parametrize(
    "thing",
    [
        None,
        3,
        "images",
        {"x": STACKED},
        nn.Linear(2, 2),
        Numbered,
        STACKED[0],
        object(),
        [1, 2],
        range(3),
        {1, 2},
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_what_is_no_loader_is_refused_in_a_sentence(thing):
    with pytest.raises(TypeError, match=r"loader is a .*; expected .*Pass "):
        Samples(thing)


def test_a_data_set_without_length_is_refused_in_a_sentence():
    class Endless(Dataset):
        def __getitem__(self, index):
            return torch.zeros(3, 2, 2)

    with pytest.raises(TypeError, match=r"Endless, has no length.*expected"):
        Samples(Endless())


@pytest.mark.parametrize(
    "empty",
    [[], (), DataLoader(Numbered(0)), DataLoader(Numbered(0), batch_size=None), Numbered(0), STACKED[:0]],
    ids=["list", "tuple", "loader", "loader without collation", "data set", "tensor"],
)
def test_an_empty_loader_is_refused(empty):
    with pytest.raises(ValueError, match="loader is empty"):
        Samples(empty)


def test_a_stream_that_turns_out_to_be_empty_says_so():
    samples = Samples(iter([]))
    with pytest.raises(ValueError, match="loader is empty"):
        samples[0]


@pytest.mark.parametrize("position", [-1, 10, 10**9])
def test_a_position_outside_is_an_index_error(position):
    with pytest.raises(IndexError, match=rf"position is {position}; expected 0 to 9"):
        Samples(Numbered())[position]


@pytest.mark.parametrize("position", [True, 1.0, "1", None, slice(2)])
def test_a_position_that_is_no_whole_number_is_a_type_error(position):
    with pytest.raises(TypeError, match=r"position is .*expected a whole number"):
        Samples(Numbered())[position]


def test_a_numpy_integer_is_a_position():
    assert Samples(Numbered())[np.int64(3)].position == 3


def test_opening_reads_nothing_and_a_look_reads_one_item():
    data = Numbered(10_000_000)
    samples = Samples(DataLoader(data, batch_size=64, shuffle=True))
    assert len(samples) == 10_000_000
    assert data.reads == []
    samples[9_999_999]
    assert set(data.reads) == {9_999_999}
    assert len(data.reads) == 1


def test_the_loader_is_never_iterated():
    class Watched(DataLoader):
        def __iter__(self):
            raise AssertionError("iterated")

    assert Samples(Watched(Numbered(), shuffle=True, num_workers=2))[3].label == 3


def test_the_collate_function_sees_one_item():
    def halve(items):
        assert len(items) == 1
        images, labels = default_collate(items)
        return images / 2, labels + 1

    sample = Samples(DataLoader(Numbered(), batch_size=4, collate_fn=halve))[8]
    assert sample.label == 9
    assert torch.all(sample.image == 0.04)


def test_items_are_fetched_in_lists_where_the_data_set_offers_that():
    class Listed(Numbered):
        def __getitems__(self, indices):
            self.asked = indices
            return [self[index] for index in indices]

    data = Listed()
    assert Samples(DataLoader(data, batch_size=4))[6].label == 6
    assert data.asked == [6]


class Table(Mapping):
    """Fields that are indexed together, as a TensorDict's are."""

    def __init__(self, **fields):
        self.fields = fields

    def __getitem__(self, key):
        return self.fields[key]

    def __iter__(self):
        return iter(self.fields)

    def __len__(self):
        return len(self.fields)


class Whole(Numbered):
    """Gives several items as one batch."""

    def __init__(self, form):
        super().__init__()
        self.form = form

    def __getitems__(self, indices):
        labels = torch.tensor(indices)
        return self.form(labels.view(-1, 1, 1, 1).expand(-1, 3, 4, 5) / 100, labels)


def itself(batch):
    return batch


WHOLE = {
    "a dict": (lambda images, labels: {"image": images, "label": labels}, itself),
    "a tuple": (lambda images, labels: (images, labels), itself),
    "a list": (lambda images, labels: [images, labels], itself),
    "a table": (lambda images, labels: Table(pixel_values=images, label=labels), itself),
    "two columns, collated": (
        lambda images, labels: {"x": images, "y": labels},
        lambda columns: (columns["x"], columns["y"]),
    ),
    "a list of items": (lambda images, labels: list(zip(images, labels, strict=True)), default_collate),
}


@pytest.mark.parametrize(("form", "collate"), WHOLE.values(), ids=WHOLE.keys())
@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_batches_that_the_data_set_gives_as_a_whole_are_read_as_torch_reads_them(form, collate, size):
    loader = DataLoader(Whole(form), batch_size=size, collate_fn=collate)
    samples = Samples(loader)
    for position in (6, 0, 9):
        assert samples[position].label == position
        assert torch.all(samples[position].image == position / 100)
    portions = list(open_portions(samples).read_from(0))
    assert [int(label) for portion in portions for label in portion.labels] == list(range(10))
    assert not any(portion.errors for portion in portions)
    assert all(len(portion.images) == portion.stop - portion.start for portion in portions)


def test_a_data_set_without_a_use_for_lists_is_asked_for_items():
    class Unlisted(Numbered):
        __getitems__ = None

    assert Samples(DataLoader(Unlisted(), batch_size=4))[6].label == 6


# --- collate functions that need an even batch


def of_bytes():
    return [(np.full((3, 4, 5), index, np.uint8), index % 4) for index in range(10)]


@pytest.mark.parametrize("mode", ["batch", "pair", "elem"])
@pytest.mark.parametrize("options", [{"mixup_alpha": 1.0}, {"mixup_alpha": 0.0, "cutmix_alpha": 1.0}])
def test_timms_mixing_collate_function_shows_each_image_mixed_with_itself(mode, options):
    collate = FastCollateMixup(mode=mode, num_classes=4, **options)
    samples = Samples(DataLoader(of_bytes(), batch_size=4, collate_fn=collate))
    before = np.random.get_state()[1].copy()
    for position in (3, 0, 9):
        assert torch.all(samples[position].image == position)
    portions = list(open_portions(samples).read_from(0))
    assert not any(portion.errors for portion in portions)
    assert [int(image[0, 0, 0]) for portion in portions for image in portion.images] == list(range(10))
    assert np.array_equal(np.random.get_state()[1], before)


def test_an_image_beside_itself_is_the_first_of_the_two():
    def odd_one_out(items):
        assert len(items) % 2 == 0, "an even batch"
        images, labels = default_collate(items)
        return images + torch.arange(len(items)).view(-1, 1, 1, 1), labels

    sample = Samples(DataLoader(Numbered(), batch_size=2, collate_fn=odd_one_out))[5]
    assert torch.all(sample.image == 0.05)
    assert sample.label == 5


def test_a_collate_function_that_fails_on_two_as_well_says_what_it_said_of_one():
    def fail(items):
        raise ValueError(f"not {len(items)}")

    with pytest.raises(SampleError, match="ValueError: not 1"):
        Samples(DataLoader(Numbered(), collate_fn=fail))[3]


def test_the_image_is_memory_of_its_own():
    stack = STACKED.clone().requires_grad_()
    samples = Samples(stack)
    image = samples[2].image
    assert not image.requires_grad
    image.fill_(7)
    assert torch.all(stack[2] == 0.02)
    assert torch.all(samples[2].image == 0.02)


# --- broken items


class Broken(Numbered):
    def __getitem__(self, index):
        if index == 3:
            raise OSError("the file is truncated")
        return super().__getitem__(index)


@pytest.mark.parametrize(
    "open_it",
    [
        lambda: Broken(),
        lambda: DataLoader(Broken(), batch_size=4),
        lambda: DataLoader(Broken(), batch_size=None),
    ],
    ids=["data set", "loader", "loader without collation"],
)
def test_a_broken_item_breaks_only_itself(open_it):
    samples = Samples(open_it())
    for _ in range(2):
        with pytest.raises(SampleError, match=r"Sample 3 .*OSError: the file is truncated") as caught:
            samples[3]
        assert isinstance(caught.value.__cause__, OSError)
        assert samples[2].label == 2
        assert samples[4].label == 4


def test_a_first_item_that_is_broken_breaks_only_itself():
    samples = Samples(Subset(Broken(), [3, 4]))
    with pytest.raises(SampleError, match="Sample 0"):
        samples[0]
    assert samples[1].label == 4
    assert len(samples) == 2


@pytest.mark.parametrize("nothing", [None, [], STACKED[:0]], ids=["None", "an empty list", "an empty tensor"])
def test_an_item_that_the_collate_function_drops_breaks_only_itself(nothing):
    def drop(items):
        return nothing if items[0][1] == 3 else default_collate(items)

    samples = Samples(DataLoader(Numbered(), collate_fn=drop))
    with pytest.raises(SampleError, match="gave no sample"):
        samples[3]
    assert samples[4].label == 4


def test_a_broken_batch_in_a_list_counts_as_one_broken_sample():
    samples = Samples([*batches(2), None, *batches(2)])
    assert len(samples) == 5
    with pytest.raises(SampleError):
        samples[2]
    assert samples[3].label == 0


def test_an_image_of_the_wrong_shape_says_what_was_expected():
    with pytest.raises(SampleError, match=r"shape \[2, 3, 4, 5\]; expected \[C, H, W\]"):
        Samples([torch.zeros(1, 2, 3, 4, 5)])[0]
    with pytest.raises(SampleError, match=r"shape \[3, 0, 4\]; expected"):
        Samples(torch.zeros(2, 3, 0, 4))[0]


def test_an_interrupt_passes_through():
    class Slow(Numbered):
        def __getitem__(self, index):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Samples(DataLoader(Slow()))[0]


def test_the_last_batch_of_items_that_are_batches_may_be_smaller():
    samples = Samples(DataLoader(list(batches(4, 4, 3)), batch_size=None))
    assert len(samples) == 11
    assert [samples[position].label for position in (3, 4, 10)] == [3, 4, 10]


def test_global_random_states_are_untouched_by_opening_and_looking():
    before = torch.get_rng_state(), np.random.get_state(), random.getstate()
    for loader in (DataLoader(Numbered(), shuffle=True), DataLoader(Forward()), batches(3)):
        samples = Samples(loader)
        list(itertools.islice(samples, 3))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1][1])
    assert random.getstate() == before[2]


# --- which field holds the images


@pytest.mark.parametrize(
    ("module", "make"),
    [
        (loading, lambda: DataLoader(Numbered())),
        (loading, Numbered),
        (batches_source, lambda: [next(batches(4))]),
        (stream_source, lambda: DataLoader(Forward())),
        (stream_source, lambda: batches(4)),
    ],
    ids=["loader", "data set", "list", "iterable data set", "generator"],
)
def test_the_fields_that_the_model_names_are_told_to_whatever_reads_a_batch(module, make, monkeypatch):
    told = []

    def telling(batch, *, one=False, prefer=()):
        told.append(prefer)
        return read_rows(batch, one=one)

    monkeypatch.setattr(module, "read_rows", telling)
    Samples(make(), prefer=["pixel_values"])[0]
    assert tuple(told[-1]) == ("pixel_values",)
