"""A loader with an ``__iter__`` of its own: what it makes of its batches is shown, and it is not touched."""

import copy

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from attn_widget.samples import SampleError, Samples, open_portions

X, Y = torch.rand(12, 3, 16, 16), torch.arange(12) % 4


class Normalising(DataLoader):
    """Normalises each batch, and counts."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.epoch, self.seen, self.mean = 0, {"batches": [0]}, torch.full((3, 1, 1), 0.5)

    def __iter__(self):
        self.epoch += 1
        for images, labels in super().__iter__():
            self.seen["batches"][0] += 1
            self.mean += 0  # in place, as a running mean would be
            yield images * 2 - self.mean, labels


class Moving(DataLoader):
    """Moves dicts of tensors, in an iterator of its own that is no generator."""

    def __iter__(self):
        return map(self.move, super().__iter__())

    def move(self, batch):
        return {name: value.to(torch.float64) if name == "image" else value for name, value in batch.items()}


class Plain(DataLoader):
    """Overrides nothing of interest."""

    def tell(self):
        return "nothing"


class Endless(DataLoader):
    """Begins anew for ever."""

    def __iter__(self):
        while True:
            yield from super().__iter__()


class Repeated:
    """A batch sampler without an end."""

    def __init__(self, sampler):
        self.sampler = sampler

    def __iter__(self):
        while True:
            yield from iter(self.sampler)


class Restless(DataLoader):
    """Keeps its workers by never ending: timm's MultiEpochsDataLoader, Ultralytics' InfiniteDataLoader."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        object.__setattr__(self, "batch_sampler", Repeated(self.batch_sampler))
        self.iterator = super().__iter__()

    def __len__(self):
        return len(self.batch_sampler.sampler)

    def __iter__(self):
        for _ in range(len(self)):
            yield next(self.iterator)


class Wrapping(DataLoader):
    """Iterates a loader that it holds, one batch ahead, and puts something back at the end: accelerate's."""

    open_loaders = 0

    def __init__(self, inner):
        self.__dict__["inner"] = inner

    def __getattr__(self, name):
        return getattr(self.__dict__["inner"], name)

    def __iter__(self):
        Wrapping.open_loaders += 1
        batches = iter(self.inner)
        present = next(batches, None)
        while present is not None:
            following = next(batches, None)
            yield present[0] + 1, present[1]
            present = following
        Wrapping.open_loaders -= 1


class Refining(DataLoader):
    """Runs a module and a method of its own on each batch, and tells its sampler the epoch."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.refine = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 3, 1))
        self.hooks = [self.note]
        self.noted = []

    def note(self):
        self.noted.append(len(self.noted))

    def __iter__(self):
        self.batch_sampler.batch_size = self.batch_size
        self.sampler.epoch = len(self.noted)
        for images, labels in super().__iter__():
            self.hooks[0]()
            yield self.refine.eval()(images).detach(), labels


class Drawing(DataLoader):
    """Augments with draws of its own."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.random = torch.Generator().manual_seed(3)

    def __iter__(self):
        for images, labels in super().__iter__():
            yield images + torch.rand((), generator=self.random), labels


class DrawingGlobally(Drawing):
    """Augments with draws of torch's too."""

    def __iter__(self):
        return ((images + torch.rand(()), labels) for images, labels in super().__iter__())


def dicts(items):
    return {"image": torch.stack([image for image, _ in items]), "label": torch.tensor([y for _, y in items])}


def data():
    return TensorDataset(X, Y)


def all_of(samples):
    """Read everything as a review does: images and labels by position, and the notes."""
    portions = list(open_portions(samples).read_from(0))
    assert not any(portion.errors for portion in portions)
    images = [image for portion in portions for image in portion.images]
    return images, [int(y) for portion in portions for y in portion.labels], {n for p in portions for n in p.notes}


LOADERS = {
    "one that normalises": (lambda: Normalising(data(), 4, shuffle=True), X * 2 - 0.5),
    "one that normalises, with workers": (lambda: Normalising(data(), 4, num_workers=2), X * 2 - 0.5),
    "one that normalises without collating": (lambda: Normalising(data(), batch_size=None), X * 2 - 0.5),
    "one that moves dicts": (lambda: Moving(data(), 4, collate_fn=dicts), X.double()),
    "one without an __iter__": (lambda: Plain(data(), 4), X),
    "one without an end": (lambda: Endless(data(), 4), X),
    "one that keeps its iterator": (lambda: Restless(data(), 4), X),
    "one that holds the loader": (lambda: Wrapping(DataLoader(data(), 4, num_workers=1)), X + 1),
    "one that runs modules": (lambda: Refining(data(), 4), None),
}


@pytest.mark.parametrize(("make", "expected"), LOADERS.values(), ids=LOADERS.keys())
def test_its_samples_are_what_it_makes_of_them(make, expected):
    loader = make()
    if expected is None:
        expected = copy.deepcopy(loader.refine).eval()(X).detach()
    samples = Samples(loader)
    for position in (5, 0, 11):
        sample = samples[position]
        torch.testing.assert_close(sample.image, expected[position])
        assert sample.label == position % 4
        assert not any("__iter__" in note for note in sample.notes)
    images, labels, notes = all_of(samples)
    torch.testing.assert_close(torch.stack(images), expected)
    assert labels == Y.tolist()
    assert notes == set()


def test_nothing_of_it_is_different_afterwards():
    loader = Normalising(data(), 4)
    samples = Samples(loader)
    samples[3], all_of(samples)
    assert (loader.epoch, loader.seen, loader._iterator) == (0, {"batches": [0]}, None)
    assert [len(y) for _, y in loader] == [4, 4, 4]
    assert (loader.epoch, loader.seen) == (1, {"batches": [3]})


def test_neither_are_its_modules_its_methods_and_its_sampler():
    loader = Refining(data(), 4)
    samples = Samples(loader)
    samples[3], all_of(samples)
    assert loader.noted == []
    assert all(module.training for module in loader.refine.modules())
    assert "epoch" not in vars(loader.sampler)


def test_an_iterator_that_it_keeps_stands_where_it_stood():
    loader = Restless(data(), 4)
    samples = Samples(loader)
    samples[9], all_of(samples)
    assert torch.equal(next(iter(loader))[0], X[:4])


def test_what_it_does_after_the_last_batch_is_done():
    Wrapping.open_loaders = 0
    Samples(Wrapping(DataLoader(data(), 4)))[3]
    assert Wrapping.open_loaders == 0


@pytest.mark.parametrize("kind", [Drawing, DrawingGlobally])
def test_its_draws_are_the_same_at_each_reading_and_put_back(kind):
    loader = kind(data(), 4)
    samples = Samples(loader)
    first = samples[3].image
    torch.rand((), generator=loader.random)  # whoever trains with it draws in between
    before = torch.get_rng_state(), loader.random.get_state()
    samples.forget()
    images, _, _ = all_of(samples)
    assert torch.equal(samples[3].image, first)
    assert torch.equal(images[3], first)
    assert not torch.equal(images[3] - X[3], images[4] - X[4])
    assert torch.equal(torch.get_rng_state(), before[0])
    assert torch.equal(loader.random.get_state(), before[1])


# --- where it cannot be had


class Refusing(DataLoader):
    def __iter__(self):
        raise RuntimeError("set the distributed group first")


class Elsewhere(DataLoader):
    """Reads past its batch sampler."""

    def __iter__(self):
        return iter([(X[:4], Y[:4])])


class Silent(DataLoader):
    def __iter__(self):
        list(super().__iter__())
        return iter(())


class Emptying(DataLoader):
    def __iter__(self):
        return ([] for _ in super().__iter__())


class Locked(Normalising):
    """Has what cannot be copied."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.file = (line for line in ())


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (Refusing, "RuntimeError: set the distributed group first"),
        (Elsewhere, "not take its items from its own batch sampler"),
        (Silent, "it gave no batch"),
        (Emptying, "it gave no sample"),
        (Locked, "cannot pickle 'generator' object"),
    ],
)
@pytest.mark.parametrize("options", [{"batch_size": 4}, {"batch_size": None}], ids=["collating", "not collating"])
def test_where_it_cannot_be_had_the_data_sets_own_is_shown_and_that_is_said(kind, reason, options):
    samples = Samples(kind(data(), **options))
    sample = samples[5]
    assert torch.equal(sample.image, X[5])
    (note,) = (note for note in sample.notes if "__iter__" in note)
    assert kind.__name__ in note
    assert reason in note
    images, _, notes = all_of(samples)
    assert torch.equal(torch.stack(images), X)
    assert notes == {note}


def test_an_item_that_is_broken_is_broken():
    class Broken(Dataset):
        def __len__(self):
            return 12

        def __getitem__(self, index):
            if index == 3:
                raise OSError("truncated file")
            return X[index], int(Y[index])

    samples = Samples(Normalising(Broken(), 4))
    with pytest.raises(SampleError, match=r"Sample 3 .*OSError: truncated file"):
        samples[3]
    (first, *_) = open_portions(samples).read_from(0)
    assert list(first.errors) == [3]
    assert torch.equal(first.images, X[:3] * 2 - 0.5)


def test_a_stream_too_is_what_the_loader_gives():
    class Stream(IterableDataset):
        def __iter__(self):
            return iter(data())

    loader = Normalising(Stream(), batch_size=4)
    samples = Samples(loader)
    assert torch.equal(samples[5].image, X[5] * 2 - 0.5)
    assert [sample.label for sample in samples] == Y.tolist()
    assert (loader.epoch, loader.seen) == (0, {"batches": [0]})
