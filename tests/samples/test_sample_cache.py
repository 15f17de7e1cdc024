"""The last samples that were asked for are not read again, until they are forgotten."""

import copy
import pickle

import numpy as np
import pytest
import torch
from models import Tiny
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from attn_widget import review
from attn_widget.predictions import verdicts
from attn_widget.samples import SampleError, Samples, sample_cache

X, Y = torch.rand(12, 3, 16, 16), torch.arange(12) % 4


class Counted(Dataset):
    """Notes which items are read; some are broken."""

    def __init__(self, broken=()):
        self.reads, self.broken = [], broken

    def __len__(self):
        return 12

    def __getitem__(self, index):
        self.reads.append(index)
        if index in self.broken:
            raise OSError("truncated file")
        return X[index], int(Y[index])


def test_a_sample_asked_for_again_is_not_read_again():
    data = Counted()
    samples = Samples(DataLoader(data, batch_size=4))
    images = [samples[position].image for position in (3, 3, 4, 3)]
    assert data.reads == [3, 4]
    assert all(torch.equal(image, X[3]) for image in (images[0], images[1], images[3]))


def test_what_is_forgotten_is_read_anew():
    data = Counted()
    samples = Samples(DataLoader(data))
    samples[3], samples.forget(), samples[3]
    assert data.reads == [3, 3]


def test_an_item_that_draws_in_a_way_that_cannot_be_found_stays_one_picture_while_it_is_looked_at():
    class Unseen(Counted):
        def __getitem__(self, index):
            return torch.from_numpy(np.random.default_rng().random((3, 4, 4)))

    samples = Samples(Unseen())
    first, _, again = samples[3], samples[4], samples[3]
    assert torch.equal(first.image, again.image)
    assert np.array_equal(first.picture, again.picture)


def test_the_samples_that_were_not_asked_for_for_longest_make_room(monkeypatch):
    monkeypatch.setattr(sample_cache, "MOST_KEPT", 8)
    data = Counted()
    samples = Samples(data)
    for position in (
        *range(sample_cache.MOST_KEPT),
        0,
        sample_cache.MOST_KEPT,
    ):  # 0 is asked for again, so 1 is dropped
        samples[position]
    data.reads.clear()
    for position in (0, sample_cache.MOST_KEPT, 2, 1):
        samples[position]
    assert data.reads == [1]


def test_large_samples_make_room_sooner_and_the_last_one_is_always_kept(monkeypatch):
    monkeypatch.setattr(sample_cache, "MOST_BYTES", 2 * X[0].nbytes)
    data = Counted()
    samples = Samples(data)
    samples[0], samples[1], samples[0], samples[2], samples[0], samples[1]
    assert data.reads == [0, 1, 2, 1]
    monkeypatch.setattr(sample_cache, "MOST_BYTES", 1)
    samples[5], samples[5]
    assert data.reads == [0, 1, 2, 1, 5]


def test_what_is_written_into_an_image_changes_nothing_that_is_kept():
    samples = Samples(Counted())
    samples[3].image.fill_(7)
    assert torch.equal(samples[3].image, X[3])
    with pytest.raises(ValueError, match="read-only"):
        samples[3].picture[:] = 0


def test_the_panel_may_have_the_very_sample_that_is_kept():
    samples = Samples(Counted())
    assert samples.shared(3) is samples.shared(3)


def test_a_sample_that_fails_is_tried_again():
    data = Counted(broken=(3,))
    samples = Samples(data)
    with pytest.raises(SampleError):
        samples[3]
    data.broken = ()
    assert samples[3].label == 3


def test_reviews_and_searches_neither_fill_the_store_nor_empty_it():
    data = Counted()
    samples = Samples(DataLoader(data, batch_size=4))
    samples[3]
    review(Tiny(), samples, progress=lambda *_: None)
    list(verdicts(Tiny(), samples, range(12), label_of=lambda label: label))
    data.reads.clear()
    samples[3]
    assert data.reads == []
    samples[4]
    assert data.reads == [4]


# --- copies of samples


def plus_one(items):
    images, labels = zip(*items, strict=True)
    return torch.stack(images) + 1, torch.tensor(labels)


@pytest.mark.parametrize(
    "make",
    [
        lambda: DataLoader(TensorDataset(X, Y), batch_size=4, collate_fn=plus_one),
        lambda: DataLoader(TensorDataset(X, Y), batch_size=4, shuffle=True, num_workers=2),
        lambda: TensorDataset(X, Y),
        lambda: [(X[:6], Y[:6]), (X[6:], Y[6:])],
        lambda: DataLoader(Stream(), batch_size=4),
    ],
    ids=["loader", "loader that shuffles", "data set", "list", "stream"],
)
@pytest.mark.parametrize("again", [copy.deepcopy, lambda samples: pickle.loads(pickle.dumps(samples))])
def test_samples_are_copied_and_pickled(make, again):
    samples = Samples(make(), mean=0.5, std=0.25)
    samples[2]
    twin = again(samples)
    for position in (5, 2):
        assert torch.equal(twin[position].image, samples[position].image)
        assert twin[position].label == samples[position].label
        assert np.array_equal(twin[position].picture, samples[position].picture)
    assert twin.lock is not samples.lock


class Stream(IterableDataset):
    def __iter__(self):
        return iter(TensorDataset(X, Y))


def test_samples_are_true_also_while_it_is_not_known_how_many_there_are():
    assert Samples(DataLoader(Stream(), batch_size=4))
    assert Samples(iter([(X, Y)]))
    assert Samples(DataLoader(TensorDataset(X, Y)))
