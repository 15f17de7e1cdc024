"""Positions follow a sampler whose order is fixed, else the data set."""

import random
from collections.abc import Sized

import pytest
import torch
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    DistributedSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

from attn_widget.samples import Samples, order


class Plain(Dataset):
    def __init__(self, count=6):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return torch.zeros(1, 2, 2), index


def labels(**options):
    return [sample.label for sample in Samples(DataLoader(Plain(), **options))]


class Backwards(Sampler):
    def __init__(self, source: Sized):
        self.source = source

    def __iter__(self):
        return iter(range(len(self.source) - 1, -1, -1))

    def __len__(self):
        return len(self.source)


class Pairs(Sampler):
    def __iter__(self):
        return iter([[4, 5], [0, 1], [2]])

    def __len__(self):
        return 3


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"sampler": [3, 1, 1]}, [3, 1, 1]),
        ({"sampler": torch.tensor([5, 0])}, [5, 0]),
        ({"sampler": range(4, 0, -1)}, [4, 3, 2, 1]),
        ({"sampler": Backwards(Plain())}, [5, 4, 3, 2, 1, 0]),
        ({"sampler": Backwards(Plain()), "batch_size": None}, [5, 4, 3, 2, 1, 0]),
        ({"sampler": Backwards(Plain()), "batch_size": 4, "drop_last": True}, [5, 4, 3, 2, 1, 0]),
        ({"batch_sampler": Pairs()}, [4, 5, 0, 1, 2]),
        ({"batch_sampler": [[2, 0], [1]]}, [2, 0, 1]),
        ({"batch_sampler": BatchSampler(Backwards(Plain()), 4, True)}, [5, 4, 3, 2, 1, 0]),
        ({"sampler": SubsetRandomSampler([4, 2, 5])}, [4, 2, 5]),
        ({"shuffle": True}, [0, 1, 2, 3, 4, 5]),
        ({"sampler": WeightedRandomSampler([1.0] * 6, 20)}, [0, 1, 2, 3, 4, 5]),
        ({"batch_sampler": BatchSampler(RandomSampler(Plain()), 2, True)}, [0, 1, 2, 3, 4, 5]),
        ({"sampler": DistributedSampler(Plain(), 2, 1, shuffle=False)}, [1, 3, 5]),
    ],
)
def test_the_order(options, expected):
    assert labels(**options) == expected


def test_a_custom_sampler_that_draws_gives_way_to_the_data_set_and_the_random_states_are_kept():
    class Shuffling(Backwards):
        def __init__(self, source):
            super().__init__(source)
            self.generator = torch.Generator().manual_seed(1)
            self.list = list(range(len(source)))
            self.epoch = 0

        def __iter__(self):
            self.epoch += 1
            random.shuffle(self.list)
            torch.rand(1, generator=self.generator)
            return iter(self.list)

    sampler = Shuffling(Plain())
    before = random.getstate(), sampler.generator.get_state()
    assert labels(sampler=sampler) == [0, 1, 2, 3, 4, 5]
    assert random.getstate() == before[0]
    assert torch.equal(sampler.generator.get_state(), before[1])
    assert sampler.list == [0, 1, 2, 3, 4, 5]
    assert sampler.epoch == 0


def test_a_custom_sampler_with_randomness_of_its_own_is_found_out_by_running_it_twice():
    class Rotating(Backwards):
        turn = 0

        def __iter__(self):
            Rotating.turn += 1
            return iter([(index + Rotating.turn) % 6 for index in range(6)])

    assert labels(sampler=Rotating(Plain())) == [0, 1, 2, 3, 4, 5]


class Untouchable(Sampler):
    """Fails when it is iterated."""

    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def __iter__(self):
        raise AssertionError("iterated")


@pytest.mark.parametrize(
    "options",
    [
        {"sampler": Untouchable(10_000_000)},
        {"batch_sampler": Untouchable(10_000)},
        {"sampler": Untouchable(10_000_000), "batch_size": None},
    ],
    ids=["sampler", "batch sampler", "no collation"],
)
def test_ten_million_indices_are_never_iterated(options):
    samples = Samples(DataLoader(Plain(10_000_000), **options))
    assert len(samples) == 10_000_000
    assert samples[9_999_999].label == 9_999_999


@pytest.mark.parametrize("kind", [RandomSampler, SequentialSampler])
def test_a_standard_sampler_of_ten_million_is_never_iterated(kind, monkeypatch):
    def refuse(self):
        raise AssertionError("iterated")

    monkeypatch.setattr(kind, "__iter__", refuse)
    data = Plain(10_000_000)
    found = order.order_of(DataLoader(data, sampler=kind(data)))
    assert found.indices == range(10_000_000)


def test_indices_given_as_a_list_are_not_copied():
    indices = [3, 1]
    assert order.order_of(DataLoader(Plain(), sampler=indices)).indices is indices
    assert order.order_of(DataLoader(Plain(), sampler=SubsetRandomSampler(indices))).indices is indices


def test_a_sampler_that_can_be_run_only_once_is_left_alone():
    class Once(Sampler):
        def __init__(self):
            self.left = iter([5, 4])

        def __len__(self):
            return 2

        def __iter__(self):
            return self

        def __next__(self):
            return next(self.left)

    sampler = Once()
    assert labels(sampler=sampler) == [0, 1, 2, 3, 4, 5]
    assert list(sampler) == [5, 4]


def test_a_sampler_that_never_ends_gives_way_to_the_data_set(monkeypatch):
    class Repeating(Backwards):
        def __iter__(self):
            while True:
                yield from super().__iter__()

    monkeypatch.setattr(order, "MOST_ITERATED", 100)
    assert labels(sampler=Repeating(Plain())) == [0, 1, 2, 3, 4, 5]


def test_keys_that_are_no_numbers_are_positions_in_their_order():
    class Named(Dataset):
        def __getitem__(self, key):
            return torch.zeros(1, 2, 2), key

    samples = Samples(DataLoader(Named(), sampler=["b", "a"]))
    assert [(sample.label, sample.name) for sample in samples] == [("b", "b"), ("a", "a")]
