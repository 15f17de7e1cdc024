"""Random augmentation: the same position gives the same picture, and nobody's random draws are disturbed."""

import random

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, Subset

from attn_widget import randomness
from attn_widget.samples import SampleError, Samples


def draw_torch(owner):
    return torch.rand(()).item()


def draw_numpy(owner):
    return np.random.rand()


def draw_python(owner):
    return random.random()


def draw_own_torch(owner):
    return torch.rand((), generator=owner.torch_generator).item()


def draw_own_numpy(owner):
    return owner.numpy_generator.random()


def draw_own_python(owner):
    return owner.python_generator.random()


DRAWS = [draw_torch, draw_numpy, draw_python, draw_own_torch, draw_own_numpy, draw_own_python]


class Augmented(Dataset):
    """Each item is filled with a random number."""

    def __init__(self, draw, broken=()):
        self.draw, self.broken = draw, broken
        self.torch_generator = torch.Generator().manual_seed(5)
        self.numpy_generator = np.random.default_rng(5)
        self.python_generator = random.Random(5)

    def __len__(self):
        return 5

    def __getitem__(self, index):
        number = self.draw(self)
        if index in self.broken:
            raise OSError("broken")
        return torch.full((1, 2, 2), number)


def everything(data):
    return randomness.random_states([data.torch_generator, data.numpy_generator, data.python_generator])


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("wrap", [lambda d: d, lambda d: DataLoader(Subset(d, range(5)), shuffle=True)])
def test_the_same_position_gives_the_same_picture_and_all_states_are_kept(draw, wrap):
    data = Augmented(draw)
    before = everything(data)
    samples = Samples(wrap(data))
    first = [samples[position].image[0, 0, 0].item() for position in (3, 0, 1, 2)]
    draw(data)  # whoever draws in between changes nothing
    randomness.restore(before)
    again = [samples[position].image[0, 0, 0].item() for position in (3, 0, 1, 2)]
    assert first == again
    assert len(set(first)) == 4
    assert not before.moved()


@pytest.mark.parametrize("draw", DRAWS)
def test_the_states_are_kept_when_an_item_raises(draw):
    data = Augmented(draw, broken=(0, 1))
    before = everything(data)
    samples = Samples(data)
    for position in (0, 1, 2, 1):
        if position == 2:
            samples[position]
        else:
            with pytest.raises(SampleError):
                samples[position]
        assert not before.moved()


def test_a_source_that_does_not_draw_is_never_seeded_and_no_state_is_written(monkeypatch):
    class Still(Augmented):
        def __getitem__(self, index):
            return torch.zeros(1, 2, 2)

    samples = Samples(DataLoader(Still(None)))
    samples[0]

    def refuse(*arguments):
        raise AssertionError("a random state was written")

    monkeypatch.setattr(randomness, "_seed", refuse)
    monkeypatch.setattr(randomness, "_set_state", refuse)
    samples[1]
    samples[0]


def test_what_another_thread_draws_while_a_still_source_is_read_stays_drawn():
    drawing = False

    class Still(Augmented):
        def __getitem__(self, index):
            if drawing:  # stands for a training loop beside us
                torch.rand(3)
            return torch.zeros(1, 2, 2)

    samples = Samples(DataLoader(Still(None)))
    samples[0]
    drawing = True
    before = torch.get_rng_state()
    samples[1]
    assert not torch.equal(torch.get_rng_state(), before)


def test_seeded_blocks_repeat_and_leave_no_trace():
    before = randomness.random_states()
    drawn = []
    for position in (7, 7, 8):
        with randomness.seeded(position):
            drawn.append((draw_torch(None), draw_numpy(None), draw_python(None)))
    assert drawn[0] == drawn[1]
    assert all(a != b for a, b in zip(drawn[0], drawn[2], strict=True))
    assert not before.moved()


def test_a_seeded_block_leaves_no_trace_when_it_raises():
    before = randomness.random_states()
    with pytest.raises(KeyboardInterrupt), randomness.seeded(1):
        draw_python(None)
        raise KeyboardInterrupt
    assert not before.moved()


def test_states_that_have_not_moved_are_not_written(monkeypatch):
    written = []
    states = randomness.random_states()
    monkeypatch.setattr(random, "setstate", written.append)
    monkeypatch.setattr(np.random, "set_state", written.append)
    randomness.restore(states)
    assert written == []


def test_seeding_does_not_wake_cuda_or_leave_a_seed_for_it():
    if torch.cuda.is_initialized():
        pytest.skip("CUDA is in use in this process")
    waiting = len(torch.cuda._queued_calls)
    with randomness.seeded(1):
        draw_torch(None)
    assert not torch.cuda.is_initialized()
    assert len(torch.cuda._queued_calls) == waiting
