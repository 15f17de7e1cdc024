"""A data set that needs a worker is read through one, and no worker is started for one that does not."""

import pytest
import torch
from torch.utils.data import DataLoader, Dataset, get_worker_info

from attn_widget.samples import SampleError, Samples, map_source

X = torch.rand(12, 3, 16, 16)


class OfAWorker(Dataset):
    """Uses what only a worker has; some items are broken."""

    def __init__(self, broken=()):
        self.broken = broken

    def __len__(self):
        return 12

    def __getitem__(self, index):
        assert get_worker_info().dataset is self
        if index in self.broken:
            raise OSError("truncated file")
        return X[index] + get_worker_info().id, index


class Opened(OfAWorker):
    """Is opened by the worker's first step."""

    file = None

    def __getitem__(self, index):
        return self.file[index], index


def opening(number):
    get_worker_info().dataset.file = X


def negative(items):
    return -torch.stack([image for image, _ in items]), torch.tensor([label for _, label in items])


LOADERS = {
    "information": (lambda: DataLoader(OfAWorker(), 4, num_workers=2), X),
    "information, without collating": (lambda: DataLoader(OfAWorker(), None, num_workers=2), X),
    "a first step": (lambda: DataLoader(Opened(), 4, num_workers=2, worker_init_fn=opening), X),
    "a collate function": (lambda: DataLoader(OfAWorker(), 4, num_workers=1, collate_fn=negative), -X),
}


@pytest.mark.parametrize(("make", "expected"), LOADERS.values(), ids=LOADERS.keys())
def test_what_needs_a_worker_is_read_through_one(make, expected):
    samples, before = Samples(make()), torch.get_rng_state()
    for position in (5, 0, 5):
        assert torch.equal(samples[position].image, expected[position])
        assert samples[position].label == position
    assert samples.place(5).index == 5
    assert torch.equal(torch.get_rng_state(), before)


def test_draws_in_the_worker_are_the_same_at_each_reading():
    class Noisy(OfAWorker):
        def __getitem__(self, index):
            return super().__getitem__(index)[0] + torch.rand(()), index

    samples = Samples(DataLoader(Noisy(), 4, num_workers=1))
    first, other = samples[3].image - X[3], samples[4].image - X[4]
    samples.forget()
    torch.testing.assert_close(samples[3].image - X[3], first)
    assert not torch.allclose(first, other)


def test_an_item_that_is_broken_in_the_worker_too_says_what_that_says():
    samples = Samples(DataLoader(OfAWorker(broken=(3,)), 4, num_workers=1))
    with pytest.raises(SampleError, match=r"Sample 3 cannot be read \(RuntimeError: in a worker: OSError: truncated"):
        samples[3]
    assert samples[4].label == 4


def test_an_item_that_is_broken_here_and_there_has_its_own_error():
    class Broken(OfAWorker):
        def __getitem__(self, index):
            raise OSError("truncated file")

    with pytest.raises(SampleError, match=r"\(OSError: truncated file\)") as caught:
        Samples(DataLoader(Broken(), 4, num_workers=1))[3]
    assert isinstance(caught.value.__cause__, OSError)


def test_where_no_worker_can_be_started_the_first_error_counts(monkeypatch):
    def refuse(*arguments, **options):
        raise RuntimeError("no more processes")

    monkeypatch.setattr(map_source, "reading_beside", refuse)
    with pytest.raises(SampleError, match="AttributeError: 'NoneType' object has no attribute 'dataset'"):
        Samples(DataLoader(OfAWorker(), 4, num_workers=1))[3]


@pytest.mark.parametrize("workers", [0, 2])
def test_no_worker_is_started_for_what_can_be_read_here(workers, monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError("a worker was started")

    monkeypatch.setattr(map_source, "reading_beside", refuse)
    samples = Samples(DataLoader([(image, label) for label, image in enumerate(X)], 4, num_workers=workers))
    assert samples[3].label == 3


def test_without_workers_none_is_started(monkeypatch):
    monkeypatch.setattr(map_source, "reading_beside", None)
    with pytest.raises(SampleError, match="AttributeError"):
        Samples(DataLoader(OfAWorker(), 4))[3]
