"""Positions follow a sampler whose order is fixed, else the data set."""

import functools
import random
import sys
import threading
import tracemalloc
from collections.abc import Sized

import numpy as np
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

from attn_widget.randomness import random_states
from attn_widget.samples import Samples, item_order, sampler_copy


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
        pytest.fail("iterated")


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
    found = item_order.order_of(DataLoader(data, sampler=kind(data)))
    assert found.indices == range(10_000_000)


def test_indices_given_as_a_list_are_not_copied():
    indices = [3, 1]
    assert item_order.order_of(DataLoader(Plain(), sampler=indices)).indices is indices
    assert item_order.order_of(DataLoader(Plain(), sampler=SubsetRandomSampler(indices))).indices is indices


# --- samplers that change what is theirs


class Balanced:
    """A batch sampler as it stands in many repositories: no base class, and it shuffles arrays in a dictionary."""

    def __init__(self, dataset, labels, n_classes=2, n_samples=2):
        self.labels = torch.LongTensor(labels)
        self.labels_set = sorted(set(labels))
        self.label_to_indices = {label: np.where(self.labels.numpy() == label)[0] for label in self.labels_set}
        for label in self.labels_set:
            np.random.shuffle(self.label_to_indices[label])
        self.used_label_indices_count = dict.fromkeys(self.labels_set, 0)
        self.count, self.n_classes, self.n_samples = 0, n_classes, n_samples
        self.dataset, self.batch_size = dataset, n_classes * n_samples

    def __iter__(self):
        self.count = 0
        while self.count + self.batch_size <= len(self.dataset):
            indices = []
            for label in np.random.choice(self.labels_set, self.n_classes, replace=False):
                used = self.used_label_indices_count[label]
                indices.extend(self.label_to_indices[label][used : used + self.n_samples])
                self.used_label_indices_count[label] += self.n_samples
                if self.used_label_indices_count[label] + self.n_samples > len(self.label_to_indices[label]):
                    np.random.shuffle(self.label_to_indices[label])
                    self.used_label_indices_count[label] = 0
            yield indices
            self.count += self.batch_size

    def __len__(self):
        return len(self.dataset) // self.batch_size


def test_a_batch_sampler_that_shuffles_its_arrays_is_left_as_it_was():
    sampler = Balanced(Plain(12), [0, 1, 2] * 4)
    arrays = {label: indices.copy() for label, indices in sampler.label_to_indices.items()}
    before = random_states()
    for _ in range(5):
        samples = Samples(DataLoader(Plain(12), batch_sampler=sampler))
        assert [sample.label for sample in samples] == list(range(12))
    assert all(np.array_equal(arrays[label], indices) for label, indices in sampler.label_to_indices.items())
    assert sampler.used_label_indices_count == {0: 0, 1: 0, 2: 0}
    assert sampler.count == 0
    assert not before.moved()


class Groups:
    """Nested containers that know each other, in an object that has slots."""

    __slots__ = ("around", "named")

    def __init__(self):
        self.named = {"lists": [[0, 1], [2, 3]], "pair": ([4], torch.tensor([5])), "objects": np.empty(1, object)}
        self.named["objects"][0] = [6]
        self.around = [self]

    def stir(self):
        for part in (*self.named["lists"], self.named["pair"][0], self.named["objects"][0]):
            part.reverse()
            part.append(7)
        self.named["pair"][1].add_(1)
        self.around.append(self)

    def content(self):
        return repr(self.named), len(self.around)


class Stirring(Backwards):
    """Stirs something before each epoch, and gives an order that does not depend on it."""

    def __init__(self, stir):
        super().__init__(Plain())
        self.stir = stir

    def __iter__(self):
        self.stir()
        return super().__iter__()


GLOBAL_ORDER, GLOBAL_COUNT, GLOBAL_GROUPS = [0, [1, 2]], 0, Groups()


def stir_globals():
    global GLOBAL_COUNT
    GLOBAL_COUNT += 1
    GLOBAL_ORDER[1].reverse()
    GLOBAL_ORDER.append(GLOBAL_COUNT)


def of_an_object():
    groups = Groups()
    return groups.stir, groups.content


def of_a_partial():
    groups = Groups()
    return functools.partial(Groups.stir, groups), groups.content


def of_a_closure():
    kept, count = {"order": [[1, 2, 3]]}, 0

    def stir():
        nonlocal count
        count += 1
        kept["order"][0].append(count)

    return stir, lambda: (repr(kept), count)


def of_a_default():
    def stir(kept=[[1, 2, 3]]):  # noqa: B006  # that is the case
        kept[0].pop()

    return stir, lambda: repr(stir.__defaults__)


def of_the_globals():
    return stir_globals, lambda: (repr(GLOBAL_ORDER), GLOBAL_COUNT)


def of_a_class():
    class Counting:
        turns, kept = 0, [1, 2, 3]

        @classmethod
        def stir(cls):
            cls.turns += 1
            cls.kept.reverse()
            cls.new = cls.turns

    return Counting.stir, lambda: (Counting.turns, repr(Counting.kept), hasattr(Counting, "new"))


@pytest.mark.parametrize("make", [of_an_object, of_a_partial, of_a_closure, of_a_default, of_the_globals, of_a_class])
def test_what_a_sampler_stirs_is_as_before_and_its_order_counts(make):
    stir, content = make()
    before = content()
    assert labels(sampler=Stirring(stir)) == [5, 4, 3, 2, 1, 0]
    assert content() == before
    stir()
    assert content() != before


class Refusing(Backwards):
    def __iter__(self):
        pytest.fail("iterated")


class Ending:
    def __del__(self):
        endings.append(self)


endings = []


@pytest.mark.parametrize(
    "part",
    [threading.Lock(), (i for i in range(3)), [sys.__stdin__], {"at": np.zeros(2**24)}, Ending()],
    ids=["a lock", "a generator", "a file in a list", "much", "what ends with a call"],
)
def test_a_sampler_that_cannot_be_copied_is_not_run(part):
    sampler = Refusing(Plain())
    sampler.part = part
    assert labels(sampler=sampler) == [0, 1, 2, 3, 4, 5]
    assert endings == []


def test_a_sampler_of_too_many_objects_is_not_run():
    sampler = Refusing(Plain())
    sampler.part = [[] for _ in range(sampler_copy.MOST_OBJECTS + 1)]
    assert labels(sampler=sampler) == [0, 1, 2, 3, 4, 5]


class Large(Plain):
    """Holds what can be copied neither fast nor at all."""

    def __init__(self):
        super().__init__()
        self.array, self.tensor = np.zeros(2**21), torch.zeros(2**21)
        self.samples = [("name", index) for index in range(2**18)]
        self.lists = [[] for _ in range(sampler_copy.MOST_OBJECTS)]
        self.lock = threading.Lock()
        self.targets = [0, 1, 2]


class Holding(Backwards):
    def __iter__(self):
        self.source.targets.reverse()
        self.source.samples.reverse()
        return super().__iter__()


@pytest.mark.parametrize("wrapped", [lambda data: data, lambda data: {"sets": [data]}], ids=["it", "in a list"])
def test_a_data_set_that_a_sampler_holds_is_no_obstacle_and_not_copied_as_a_whole(wrapped):
    data = Large()
    sampler = Holding(data)
    sampler.also = wrapped(data)
    tracemalloc.start()
    found = item_order.order_of(DataLoader(data, sampler=sampler)).indices
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [5, 4, 3, 2, 1, 0]
    assert data.targets == [0, 1, 2]
    assert data.samples[0] == ("name", 0)
    assert most < 2 * sampler_copy.MOST_BYTES


def test_a_sampler_that_shuffles_a_large_array_of_its_data_set_is_not_let_to():
    class Shuffling(Backwards):
        def __iter__(self):
            np.random.shuffle(self.source.array)
            return super().__iter__()

    data = Large()
    data.array[0] = 1
    assert labels(sampler=Shuffling(data)) == [0, 1, 2, 3, 4, 5]
    assert data.array[0] == 1


def test_a_sampler_that_is_interrupted_leaves_the_random_states_and_what_it_names():
    def stir():
        stir_globals()
        np.random.rand(), random.random(), torch.rand(1)
        raise KeyboardInterrupt

    before, content = random_states(), of_the_globals()[1]()
    with pytest.raises(KeyboardInterrupt):
        labels(sampler=Stirring(stir))
    assert not before.moved()
    assert of_the_globals()[1]() == content


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

    monkeypatch.setattr(item_order, "MOST_ITERATED", 100)
    assert labels(sampler=Repeating(Plain())) == [0, 1, 2, 3, 4, 5]


def test_keys_that_are_no_numbers_are_positions_in_their_order():
    class Named(Dataset):
        def __getitem__(self, key):
            return torch.zeros(1, 2, 2), key

    samples = Samples(DataLoader(Named(), sampler=["b", "a"]))
    assert [(sample.label, sample.name) for sample in samples] == [("b", "b"), ("a", "a")]
