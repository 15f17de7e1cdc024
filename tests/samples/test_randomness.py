"""Random augmentation: the same position gives the same picture, and nobody's random draws are disturbed."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset

from attn_widget import main_thread, randomness
from attn_widget.samples import SampleError, Samples, open_portions


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


@pytest.fixture
def refuse_writing(monkeypatch):
    """A context in which no random state may be written by us."""

    def refuse(*arguments):
        raise AssertionError("a random state was written")

    @contextmanager
    def refusing():
        with monkeypatch.context() as patch:
            patch.setattr(randomness, "_seed", refuse)
            patch.setattr(randomness, "_set_state", refuse)
            yield

    return refusing


def test_a_source_that_does_not_draw_is_never_seeded_and_no_state_is_written(refuse_writing):
    class Still(Augmented):
        def __getitem__(self, index):
            return torch.zeros(1, 2, 2)

    samples = Samples(DataLoader(Still(None)))
    with refuse_writing():
        samples[0], samples[1], samples[0]


def draw_one_of_each():
    return draw_torch(None), draw_numpy(None), draw_python(None)


class NowAndThen(Augmented):
    """Only the item at 3 draws."""

    def __getitem__(self, index):
        return torch.full((1, 2, 2), index + self.draw(self) if index == 3 else index)


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("workers", [0, 1])
def test_an_item_that_draws_now_and_then_gives_the_same_picture_in_whatever_order_it_is_read(draw, workers):
    data = NowAndThen(draw)
    loader = DataLoader(data, batch_size=2, num_workers=workers)
    before = everything(data)
    samples = Samples(loader)
    first = [samples[position].image[0, 0, 0].item() for position in (0, 3, 1, 3, 3, 4, 2)]
    reviewed = [read_all(Samples(loader)) for _ in range(2)]
    assert first == [0, first[1], 1, first[1], first[1], 4, 2]
    assert reviewed[0] == reviewed[1] == [0, 1, 2, first[1], 4]
    assert 3 < first[1] < 4
    assert not before.moved()


def read_all(samples):
    return [image[0, 0, 0].item() for portion in open_portions(samples).read_from(0) for image in portion.images]


def test_a_stream_that_draws_now_and_then_leaves_the_states_and_gives_the_same_when_it_is_read_anew():
    def stream():
        for index in range(5):
            yield torch.full((1, 1, 2, 2), index + (random.random() + torch.rand(()).item() if index == 3 else 0))

    before = randomness.random_states()
    assert read_all(Samples(stream())) == read_all(Samples(stream()))
    assert not before.moved()


def test_what_an_item_drew_before_it_was_interrupted_is_undone():
    class Interrupted(Augmented):
        def __getitem__(self, index):
            for draw in DRAWS:
                draw(self)
            raise KeyboardInterrupt

    data = Interrupted(None)
    before = everything(data)
    samples = Samples(data)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            samples[0]
        assert not before.moved()


# --- beside the main thread


class Meeting(Augmented):
    """Meets the main thread in every item, once it has drawn."""

    def __init__(self, draw):
        super().__init__(draw)
        self.here, self.go_on = threading.Semaphore(0), threading.Semaphore(0)

    def __getitem__(self, index):
        number = self.draw(self)
        self.here.release()
        assert self.go_on.acquire(timeout=60)
        return torch.full((1, 2, 2), number)

    def meet(self, reading, work):
        """Do some work while an item is being read."""
        while not reading.done():
            if self.here.acquire(timeout=0.01):
                work()
                self.go_on.release()
                return


def draw_nothing(owner):
    return 0.0


class Training:
    """A small network that is trained step by step, with all that draws in a training loop."""

    def __init__(self):
        torch.manual_seed(1), np.random.seed(1), random.seed(1)
        self.model = nn.Sequential(nn.Linear(64, 64), nn.Dropout(0.5), nn.Linear(64, 8))
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)
        self.seen = []

    def step(self):
        self.optimizer.zero_grad()
        loss = self.model(torch.rand(32, 64) * random.random() + np.random.rand()).square().mean()
        loss.backward()
        self.optimizer.step()
        self.seen.append(loss.item())


@pytest.fixture(params=[True, False], ids=["with a clock", "without one"])
def clock(request, monkeypatch):
    """Whether the system tells how much processor time a thread has used."""
    if not request.param:
        monkeypatch.setattr(main_thread, "seconds_used", lambda: None)


@pytest.mark.usefixtures("clock")
def test_what_the_main_thread_draws_while_another_one_reads_is_never_rewound():
    alone = Training()
    for _ in range(200):
        alone.step()
    training, data = Training(), Meeting(draw_nothing)
    with ThreadPoolExecutor(1) as other:
        for position in range(5):
            reading = other.submit(Samples(DataLoader(data)).__getitem__, position)
            while not reading.done():
                data.meet(reading, training.step)
            assert not reading.result().image.any()
    assert len(training.seen) >= 5
    assert training.seen == alone.seen[: len(training.seen)]


@pytest.mark.usefixtures("clock")
def test_nothing_is_written_beside_a_main_thread_that_trains_though_the_last_item_drew(refuse_writing):
    data, meeting, training = Augmented(draw_torch), Meeting(draw_torch), Training()
    samples = Samples(data)
    with ThreadPoolExecutor(1) as other:
        other.submit(samples.__getitem__, 0).result()
        training.step()
        data.draw = lambda owner: meeting[1][0, 0, 0].item()
        with refuse_writing():
            reading = other.submit(samples.__getitem__, 1)
            while not reading.done():
                meeting.meet(reading, training.step)
            reading.result()
    assert len(training.seen) >= 2


@pytest.mark.parametrize("draw", [draw_torch, draw_numpy, draw_python])
@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("seconds", [None, 0.01], ids=["waits", "looks now and then whether it is to go on"])
def test_a_read_beside_a_main_thread_that_waits_is_steady_and_undone(draw, seconds):
    data, found = NowAndThen(draw), []
    before, expected = everything(data), Samples(data)[3].image

    def read():
        for _ in range(20):
            samples = Samples(DataLoader(data))
            found.extend(samples[position].image for position in (3, 0, 3, 4))

    reading = threading.Thread(target=read)
    reading.start()
    while reading.is_alive():
        reading.join(seconds)
    assert len(found) == 80
    assert all(torch.equal(image, expected) for image in found[::2])
    assert not before.moved()


@pytest.mark.parametrize("draws", [True, False], ids=["that draws", "that does not"])
@pytest.mark.parametrize("times", [1, 2])
def test_where_nobody_can_tell_who_drew_it_is_done_again_and_told_then(draws, times, monkeypatch):
    unclear = [True] * times
    monkeypatch.setattr(main_thread.MainThread, "may_have_drawn", lambda self: bool(unclear) and unclear.pop())
    monkeypatch.setattr(randomness, "is_idle", lambda: True)
    done = []

    def work():
        if draws or len(done) < times:  # in the second case it stands for the main thread
            draw_python(None)
        done.append(1)

    before = randomness.random_states()
    assert randomness.watched(work, repeatable=True).drew == draws
    assert before.moved() != draws
    assert len(done) == (2 * times if draws else times) + 1


def test_what_cannot_be_done_again_is_not_and_stays_drawn(monkeypatch):
    monkeypatch.setattr(main_thread.MainThread, "may_have_drawn", lambda self: True)
    before = randomness.random_states()
    found = randomness.watched(lambda: draw_python(None))
    assert (found.drew, found.unclear) == (False, True)
    assert before.moved()


def test_seeded_work_repeats_and_leaves_no_trace():
    before = randomness.random_states()
    drawn = [randomness.seeded(position, draw_one_of_each) for position in (7, 7, 8)]
    assert drawn[0] == drawn[1]
    assert all(drew for _, drew in drawn)
    assert all(a != b for a, b in zip(drawn[0][0], drawn[2][0], strict=True))
    assert not before.moved()


def test_seeded_work_leaves_no_trace_when_it_raises():
    def draw_and_raise():
        draw_python(None)
        raise KeyboardInterrupt

    before = randomness.random_states()
    with pytest.raises(KeyboardInterrupt):
        randomness.seeded(1, draw_and_raise)
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
    randomness.seeded(1, lambda: draw_torch(None))
    assert not torch.cuda.is_initialized()
    assert len(torch.cuda._queued_calls) == waiting
