"""A review says of each position what a plain loop says, and what the panel shows there."""

import copy
import multiprocessing
import pickle
import random
import threading
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
import torch
from models import Hidden, Noisy, images, loader, trained
from torch import nn
from torch.utils.data import DataLoader, Subset
from torchvision.transforms import ColorJitter, Compose, RandomHorizontalFlip

from attn_widget import Reviewing, explain
from attn_widget.refusal import Refusal
from attn_widget.samples import Samples

from .making import Naming, Shades, reviewed, same


def plain_loop(model, batches):
    """Predict as anyone would: labels, logits."""
    model.eval()
    with torch.no_grad():
        found = [(model(x), y) for x, y in batches]
    model.train()
    return torch.cat([y for _, y in found]), torch.cat([logits for logits, _ in found])


@pytest.mark.parametrize(("name", "workers"), [("seed_cnn", 2), ("resnet20", 0)])
def test_a_review_is_what_a_plain_loop_finds(name, workers, cifar10):
    model = trained(cifar10, name)
    labels, logits = plain_loop(model, loader(cifar10, name, batch_size=64))
    shuffled = loader(cifar10, name, batch_size=64, shuffle=True, drop_last=True, num_workers=workers)
    found = reviewed(model, shuffled)
    assert found.complete
    assert np.array_equal(found.labels, labels)
    assert np.array_equal(found.predicted, logits.argmax(1))
    probabilities = logits.double().softmax(1)
    first, second = probabilities.topk(2).values.T
    np.testing.assert_allclose(found.confidence, first, atol=1e-6)
    np.testing.assert_allclose(found.margin, first - second, atol=1e-6)
    np.testing.assert_allclose(found.true_probability, probabilities.gather(1, labels[:, None])[:, 0], atol=1e-6)
    losses = nn.functional.cross_entropy(logits.double(), labels, reduction="none")
    np.testing.assert_allclose(found.loss, losses, atol=1e-6, rtol=1e-6)
    counts = np.zeros((10, 10), int)
    for true, predicted in zip(labels.tolist(), logits.argmax(1).tolist(), strict=True):
        counts[true, predicted] += 1
    assert np.array_equal(found.confusion(), counts)
    assert found.accuracy == np.trace(counts) / 1000
    assert np.array_equal(found.misclassified(), np.flatnonzero(logits.argmax(1) != labels))
    assert found.class_names == tuple(shuffled.dataset.classes)
    assert not found.errors


@pytest.mark.parametrize("workers", [0, 2])
def test_a_review_says_of_a_position_what_an_explanation_says_there_augmentations_included(workers, cifar10):
    model, data = trained(cifar10, "seed_cnn"), images(cifar10, "seed_cnn")
    steady = reviewed(model, Subset(data, range(0, 1000, 25)))
    data.transform = Compose([RandomHorizontalFlip(), ColorJitter(0.5, 0.5), data.transform])
    augmented = DataLoader(Subset(data, range(0, 1000, 25)), batch_size=7, shuffle=True, num_workers=workers)
    before = torch.get_rng_state(), random.getstate(), np.random.get_state(legacy=False)["state"]["pos"]
    found, samples = reviewed(model, augmented), Samples(augmented)
    for position in range(40):
        sample = samples[position]
        explanation = explain(model, sample.image, layer="conv3", label=sample.label)
        assert found.labels[position] == sample.label
        assert found.predicted[position] == explanation.predicted
        assert found.confidence[position] == pytest.approx(explanation.probabilities.max(), abs=1e-5)
        assert found.place(position).name == sample.name
    assert np.abs(found.confidence - steady.confidence).max() > 0.1
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    assert np.random.get_state(legacy=False)["state"]["pos"] == before[2]


@pytest.mark.parametrize("make", [Noisy, Hidden])
def test_the_model_and_the_loaders_generator_stay_as_they_were(make):
    torch.manual_seed(0)
    model, generator = make(), torch.Generator().manual_seed(1)
    model.train()
    before = {name: value.clone() for name, value in model.state_dict().items()}, generator.get_state()
    shuffled = DataLoader(Shades(50), batch_size=8, shuffle=True, generator=generator)
    state = torch.get_rng_state()
    found = reviewed(model, shuffled)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(generator.get_state(), before[1])
    assert all(module.training for module in model.modules())
    assert all(torch.equal(value, before[0][name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    model.eval()
    with torch.no_grad():
        expected = [model(Shades(50)[index][0][None]).argmax().item() for index in range(50)]
    assert found.predicted.tolist() == expected


class Counting(Shades):
    """Notes which items were read."""

    def __init__(self, count):
        super().__init__(count)
        self.read = []

    def __getitem__(self, index):
        self.read.append(index)
        return super().__getitem__(index)


def test_stop_and_continue_lose_and_repeat_nothing(tmp_path):
    model, data = Naming(), Counting(100)
    batches = DataLoader(data, batch_size=8)
    whole = reviewed(model, DataLoader(Shades(100), batch_size=8))
    work = Reviewing(model, batches)
    data.read.clear()
    done = []
    for progress in work.steps():
        done.append(progress)
        if progress.done >= 24:
            break
    assert done == [(8, 100), (16, 100), (24, 100)]
    assert not work.review.complete
    assert work.review.select("all").tolist() == list(range(24))
    assert (work.review.predicted[24:] == -1).all()
    assert np.isnan(work.review.confidence[24:]).all()
    assert next(work.steps()) == (32, 100)
    work.review.mark(30, "look again")
    work.review.save(tmp_path / "part.npz")

    part = type(work.review).load(tmp_path / "part.npz")
    assert same(part, work.review)
    for progress in Reviewing(model, batches, review=part).steps():
        assert progress.done > 32
    assert part.complete
    assert same(part, whole)
    assert part.marks[30].kind == "look again"
    assert sorted(set(data.read)) == list(range(100))
    assert len(data.read) <= 100 + 2  # the first item of each source is read once more, to see whether it draws


def test_a_review_that_is_complete_has_no_further_steps():
    work = Reviewing(Naming(), DataLoader(Shades(20), batch_size=8))
    assert [progress.done for progress in work.steps()] == [8, 16, 20]
    assert list(work.steps()) == []


def test_a_review_does_not_go_on_with_another_model():
    model = Naming()
    work = Reviewing(model, DataLoader(Shades(20), batch_size=8))
    next(work.steps())
    with torch.no_grad():
        model.scale.mul_(2)
    with pytest.raises(Refusal, match=r"parameters or buffers are no longer .* has to start over"):
        next(work.steps())


def test_samples_can_be_looked_at_while_a_review_is_on_its_way():
    class Exclusive(Shades):
        """Fails where two threads read at once."""

        def __init__(self, count):
            super().__init__(count)
            self.lock = threading.Lock()

        def __getitem__(self, index):
            assert self.lock.acquire(blocking=False), "read twice at once"
            try:
                return super().__getitem__(index)
            finally:
                self.lock.release()

    samples = Samples(DataLoader(Exclusive(3000), batch_size=50))
    work = Reviewing(Naming(), samples)
    reading = threading.Thread(target=lambda: list(work.steps()))
    reading.start()
    looked = 0
    while reading.is_alive():
        assert samples[looked % 3000].image[0, 0, 0] == looked % 3000
        looked += 1
    assert work.review.complete
    assert not work.review.errors


def test_near_ties_are_marked():
    class Close(nn.Module):
        def forward(self, x):
            gap = x.mean((1, 2, 3)) * 4e-6
            return torch.stack([torch.ones(len(x)), 1 + gap, -torch.ones(len(x))], 1).double()

    found = reviewed(Close(), DataLoader(Shades(12), batch_size=4))
    expected = torch.tensor([1.0, 1.0, -1.0]).double().softmax(0)[0].item() * np.arange(12) * 4e-6 < 1e-5
    assert found.near_ties.tolist() == expected.tolist()
    assert 0 < found.near_ties.sum() < 12


def test_progress_is_told_and_what_it_raises_ends_the_review():
    told = []
    reviewed(Naming(), DataLoader(Shades(20), batch_size=8), progress=lambda done, total: told.append((done, total)))
    assert told == [(8, 20), (16, 20), (20, 20)]
    with pytest.raises(KeyboardInterrupt):
        reviewed(Naming(), Shades(20), progress=interrupt)


def interrupt(done, total):
    raise KeyboardInterrupt


def test_an_interrupt_in_the_pass_comes_through():
    class Interrupted(nn.Module):
        def forward(self, x):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reviewed(Interrupted(), Shades(20))


def test_arrays_take_at_most_40_bytes_a_sample_and_cannot_be_written_to():
    found = reviewed(Naming(), DataLoader(Shades(20), batch_size=8))
    assert sum(column.nbytes for column in found.columns.values()) <= 40 * 20
    with pytest.raises(ValueError, match="read-only"):
        found.labels[0] = 5


def test_another_engine_is_refused():
    with pytest.raises(ValueError, match="engine must be one of 'local', 'ray', got 'spark'"):
        reviewed(Naming(), Shades(4), engine="spark")


def review_elsewhere(count):
    found = reviewed(Naming(), DataLoader(Shades(count), batch_size=8), class_names=["a", "b", "c", "d"])
    found.mark(3, "bad image", "dark")
    found.unmark(3)
    found.mark(4, "wrong label")
    return found


def test_a_review_comes_back_from_another_process():
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        found = pool.submit(review_elsewhere, 20).result()
    here = review_elsewhere(20)
    assert same(found, here)
    assert repr(found) == repr(here)
    assert (found.marks, found.class_names, found.complete) == (here.marks, here.class_names, True)
    assert found.samples is None
    assert found.place(4) == here.place(4)  # it is marked
    found.mark(5, "look again")


def test_a_review_that_is_pickled_leaves_what_cannot_be_behind_and_a_copy_shares_its_loader(tmp_path):
    loader = DataLoader(Shades(20), batch_size=8, collate_fn=lambda items: torch.utils.data.default_collate(items))
    work = Reviewing(Naming(), loader)
    next(work.steps())
    for other in (pickle.loads(pickle.dumps(work.review)), copy.deepcopy(work.review)):
        assert same(other, work.review)
        other.mark(3, "bad image")
        assert not work.review.marks
    assert other.samples is work.samples
    other.to_csv(tmp_path / "review.csv")
    list(Reviewing(work.model, loader, review=other).steps())
    assert (other.complete, work.review.reviewed) == (True, 8)
