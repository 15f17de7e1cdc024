"""Items that hold several images: each image has a position, and the count is right as soon as it is known."""

import pytest
import torch
from torch.utils.data import BatchSampler, DataLoader, Dataset, SequentialSampler, TensorDataset

from attn_widget.samples import SampleError, Samples, open_portions
from attn_widget.samples.numbering import Numbering
from attn_widget.words.en.sample_notes import MOVED

SIZES = (4, 1, 5, 2)
TWELVE = range(12)


class Batches(Dataset):
    """Items that are batches of these sizes, whose images are numbered through; it notes what is read."""

    def __init__(self, sizes=SIZES, broken=()):
        self.sizes, self.broken, self.reads = sizes, broken, []

    def __len__(self):
        return len(self.sizes)

    def __getitem__(self, index):
        self.reads.append(index)
        if index in self.broken:
            raise OSError("truncated file")
        start = sum(self.sizes[:index])
        labels = torch.arange(start, start + self.sizes[index])
        return labels.view(-1, 1, 1, 1).expand(-1, 3, 4, 5) / 100, labels


class Single(Batches):
    """The same, but an item of one image is no batch."""

    def __getitem__(self, index):
        images, labels = super().__getitem__(index)
        return (images[0], int(labels[0])) if len(images) == 1 else (images, labels)


def joined(items):
    """Collate items of several images into one batch."""
    return torch.cat([images for images, _ in items]), torch.cat([labels for _, labels in items])


def labels_of(samples):
    """Read everything as a review does."""
    return [int(y) for portion in open_portions(samples).read_from(0) for y in portion.labels]


MAKERS = {
    "a data set": lambda data: data,
    "a loader that does not collate": lambda data: DataLoader(data, batch_size=None),
    "one with workers": lambda data: DataLoader(data, batch_size=None, num_workers=1),
    "a loader that collates": lambda data: DataLoader(data, batch_size=2, collate_fn=joined),
    "one with workers that collates": lambda data: DataLoader(data, batch_size=3, collate_fn=joined, num_workers=1),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
@pytest.mark.parametrize("order", [TWELVE, (0, 11, 5, 2), (7, 0, 4, 11)], ids=["forward", "leaping", "from the middle"])
def test_every_image_of_every_item_has_its_position(make, order):
    samples = Samples(make(Batches()))
    for position in order:
        sample = samples[position]
        assert sample.label == sample.position == position
        assert torch.all(sample.image == torch.tensor(position) / 100)
    with pytest.raises(IndexError, match="position is 12; expected 0 to 11: the loader has 12 samples"):
        samples[12]
    assert len(samples) == samples.count == 12


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
@pytest.mark.parametrize("sizes", [SIZES, (1, 1, 3, 1), (1, 1, 1, 1, 1, 4), (6, 6)])
def test_all_of_them_are_read_in_order_and_then_their_count_is_right(make, sizes):
    samples = Samples(make(Batches(sizes)))
    assert labels_of(samples) == list(range(sum(sizes)))
    assert samples.count == sum(sizes)


def test_while_items_are_unread_the_count_is_not_known_where_one_was_seen_to_be_a_batch():
    samples = Samples(DataLoader(Batches(), batch_size=None))
    assert samples.count is None
    assert samples[4].label == 4
    assert samples.count is None
    with pytest.raises(TypeError, match=r"not known yet; see Samples\.count"):
        len(samples)
    samples[11]
    assert samples.count == 12


def test_no_item_is_read_again_to_learn_how_many_images_it_holds():
    data = Batches()
    samples = Samples(DataLoader(data, batch_size=None))
    samples[11]
    assert data.reads == [0, 1, 2, 3]
    data.reads.clear()
    samples[4], samples[9], samples[0]
    assert data.reads == [1, 2, 0]


def test_a_review_reads_each_item_once():
    data = Batches((40, 1, 40))
    assert len(labels_of(Samples(data))) == 81
    assert data.reads == [0, 1, 2]


def test_a_list_of_batches_behind_a_loader_is_in_memory_and_counted_at_once():
    data = Batches((4, 4, 3))
    samples = Samples(DataLoader([data[index] for index in range(3)], batch_size=None))
    assert len(samples) == 11


@pytest.mark.parametrize("make", [MAKERS["a loader that collates"], MAKERS["a data set"]])
def test_a_later_item_of_several_images_moves_the_positions_after_it_and_a_note_says_so(make):
    samples = Samples(make(Single((1, 1, 1, 3, 1, 1)) if make is MAKERS["a data set"] else Batches((1, 1, 1, 3, 1, 1))))
    assert samples[4].label == 6  # the fifth item, as long as each seems to hold one image
    assert samples.count == 6
    moved = samples[3]
    assert moved.label == 3
    assert MOVED in moved.notes
    again = samples[4]
    assert again.label == 4  # not the one that is kept from before
    assert MOVED not in again.notes
    assert [samples[position].label for position in range(8)] == list(range(8))
    assert samples.count == 8


def test_a_leap_onto_an_item_of_several_images_comes_where_reading_forward_comes():
    samples = Samples(DataLoader(Batches((1, 3, 1, 1, 2, 1)), collate_fn=joined))
    sample = samples[4]
    assert sample.label == 4
    assert MOVED in sample.notes
    assert samples[8].label == 8


def test_a_broken_item_among_batches_takes_one_position():
    samples = Samples(DataLoader(Batches((3, 4, 2), broken=(1,)), batch_size=None))
    for _ in range(2):
        with pytest.raises(SampleError, match=r"Sample 3 .*OSError: truncated file"):
            samples[3]
        assert [samples[position].label for position in (2, 4, 5)] == [2, 7, 8]
    assert samples.count == 6
    portions = list(open_portions(samples).read_from(0))
    assert [list(portion.errors) for portion in portions] == [[3]]
    assert portions[0].labels == [0, 1, 2, 7, 8]


def test_an_item_that_comes_to_hold_more_images_is_counted_anew():
    data = Batches((2, 2, 2))
    samples = Samples(data)
    samples[5]
    data.sizes = (2, 3, 2)
    samples.forget()
    assert MOVED in samples[2].notes
    assert [samples[position].label for position in range(7)] == list(range(7))
    assert samples.count == 7


def test_where_images_come_from_is_known_of_the_parts_of_an_item_but_not_in_a_batch():
    parts = Samples(DataLoader(Batches((2, 2)), collate_fn=joined))
    parts[3]
    assert [parts.place(position).index for position in range(4)] == [0, 0, 1, 1]
    batches = Samples(DataLoader(Batches((2, 1)), batch_size=None))
    batches[2]
    assert [batches.place(position).index for position in range(3)] == [None, None, 1]


def test_a_sampler_of_lists_of_unequal_lengths_is_read_image_by_image():
    class OnlyLists(TensorDataset):
        def __getitem__(self, indices):
            assert isinstance(indices, list)
            return super().__getitem__(indices)

    data = OnlyLists(torch.rand(10, 3, 4, 4), torch.arange(10))
    sampler = BatchSampler(SequentialSampler(range(10)), 4, drop_last=False)
    samples = Samples(DataLoader(data, batch_size=None, sampler=sampler))
    assert [samples[position].label for position in (9, 3, 4)] == [9, 3, 4]
    assert samples.count == 10


def test_positions_of_many_single_items_cost_no_memory_each():
    numbering = Numbering(10**9)
    numbering.learn_singles(10**8)
    assert not any(numbering.learn(item, 1) for item in range(10**8, 10**8 + 1000))
    assert not numbering._sizes
    assert numbering.locate(10**9 - 1) == (10**9 - 1, 0)
