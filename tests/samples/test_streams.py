"""What can only be iterated is read forward, no further than asked, and kept up to a bound."""

import itertools
from concurrent.futures import ThreadPoolExecutor, wait

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from attn_widget.samples import SampleError, Samples, stream_source


class Source:
    """Batches of two samples without end, counting how many were given."""

    def __init__(self):
        self.given = 0

    def __iter__(self):
        for start in itertools.count(0, 2):
            self.given += 1
            yield torch.full((2, 1, 4, 4), 0.5), torch.tensor([start, start + 1])


class Endless(IterableDataset):
    def __iter__(self):
        return ((torch.zeros(1, 2, 2), i) for i in itertools.count())


def test_an_endless_stream_is_read_only_as_far_as_asked():
    source = Source()
    samples = Samples(source)
    assert source.given == 0
    assert samples[5].label == 5
    assert source.given == 3
    assert samples[2].label == 2
    assert source.given == 3
    assert samples.count is None
    with pytest.raises(TypeError, match="not known"):
        len(samples)


def test_a_loader_over_an_endless_set_reads_one_item_at_a_time():
    assert Samples(DataLoader(Endless(), batch_size=8, num_workers=2))[20].label == 20


def test_the_end_becomes_known_when_it_is_met():
    samples = Samples(iter([torch.zeros(3, 1, 2, 2), torch.zeros(1, 1, 2, 2)]))
    samples[3]
    assert samples.count is None
    with pytest.raises(IndexError, match=r"position is 9; expected 0 to 3"):
        samples[9]
    assert samples.count == len(samples) == 4
    samples[0]


def test_what_is_no_longer_kept_is_said_to_be_so(monkeypatch):
    monkeypatch.setattr(stream_source, "MOST_KEPT", 3)
    samples = Samples(Source())
    samples[5]
    assert samples[3].label == 3
    with pytest.raises(SampleError, match=r"Sample 2 is no longer kept.*3 samples are kept, 3 to 5"):
        samples[2]


def test_a_batch_larger_than_the_store_loses_no_sample(monkeypatch):
    monkeypatch.setattr(stream_source, "MOST_KEPT", 2)
    samples = Samples(iter([(torch.zeros(6, 1, 2, 2), torch.arange(6))]))
    assert [samples[position].label for position in range(6)] == list(range(6))


def test_memory_bounds_what_is_kept(monkeypatch):
    monkeypatch.setattr(stream_source, "MOST_BYTES", 2 * 16 * 4)
    samples = Samples(Source())
    samples[5]
    samples[4]
    with pytest.raises(SampleError, match="no longer kept"):
        samples[3]


def test_an_image_larger_than_the_bound_is_still_shown(monkeypatch):
    monkeypatch.setattr(stream_source, "MOST_BYTES", 1)
    assert Samples(Source())[3].label == 3


def test_a_stated_length_is_taken_and_the_real_end_overrules_it():
    class Stated(IterableDataset):
        def __len__(self):
            return 10

        def __iter__(self):
            return ((torch.zeros(1, 2, 2), i) for i in range(4))

    samples = Samples(DataLoader(Stated(), batch_size=2))
    assert len(samples) == 10
    with pytest.raises(IndexError, match="0 to 3"):
        samples[7]
    assert len(samples) == 4


def test_a_broken_item_of_a_stream_breaks_only_itself():
    class Flaky:
        def __init__(self):
            self.at = -1

        def __iter__(self):
            return self

        def __next__(self):
            self.at += 1
            if self.at == 1:
                raise OSError("lost")
            return torch.zeros(1, 1, 2, 2), torch.tensor([self.at])

    samples = Samples(Flaky())
    assert samples[2].label == 2
    for _ in range(2):
        with pytest.raises(SampleError, match=r"Sample 1 .*lost"):
            samples[1]
    assert samples[0].label == 0


def item(index):
    return torch.full((1, 2, 2), float(index)), index


class Connection(IterableDataset):
    """Twelve items; before item 5 it raises, as often as it is told to, and the generator is dead then."""

    def __init__(self, failures=1):
        self.failures, self.opened = failures, 0

    def __iter__(self):
        self.opened += 1
        for index in range(12):
            if index == 5 and self.failures:
                self.failures -= 1
                raise ConnectionError("reset by peer")
            yield item(index)


def labels_of(samples, positions):
    return [samples[position].label for position in positions]


def test_a_stream_that_raises_is_not_at_its_end_and_asked_again_it_goes_on():
    samples = Samples(Connection(failures=2))
    assert labels_of(samples, range(5)) == list(range(5))
    for position in (5, 9):  # the second request opens it anew, and it fails again
        with pytest.raises(SampleError, match=r"off at sample 5 \(ConnectionError: reset by peer\)\. Ask again"):
            samples[position]
        assert (samples.count, samples.source.broken) == (None, "ConnectionError: reset by peer")
        assert samples[4].label == 4
    assert labels_of(samples, [5, 11, 3]) == [5, 11, 3]
    assert samples.source.broken is None
    with pytest.raises(IndexError):
        samples[12]
    assert samples.count == 12


class Batches:
    """Three batches of two; its first opening fails, and its second breaks before the last batch."""

    def __init__(self):
        self.opened = 0

    def __iter__(self):
        self.opened += 1
        if self.opened == 1:
            raise TimeoutError("no answer")
        return self._batches()

    def _batches(self):
        for start in (0, 2, 4):
            if (start, self.opened) == (4, 2):
                raise OSError
            yield torch.zeros(2, 1, 2, 2), torch.tensor([start, start + 1])


def test_a_stream_whose_opening_fails_is_opened_again_and_no_item_is_broken_by_it():
    samples = Samples(Batches())
    with pytest.raises(SampleError, match=r"broke off at sample 0 \(TimeoutError: no answer\)"):
        samples[0]
    assert labels_of(samples, range(4)) == [0, 1, 2, 3]
    with pytest.raises(SampleError, match=r"broke off at sample 4 \(OSError\)"):
        samples[5]
    assert labels_of(samples, [4, 5]) == [4, 5]


def test_a_generator_that_raised_is_dead_and_says_so():
    def breaking():
        yield torch.zeros(1, 1, 2, 2)
        raise OSError("lost")

    samples = Samples(breaking())
    for position in (1, 1, 2):
        with pytest.raises(SampleError, match=r"broke off at sample 1 \(OSError: lost\)\. It cannot continue: .* once"):
            samples[position]
    assert samples.count is None
    samples[0]


class Wire:
    """An iterator that gives nothing while its line is down, and goes on where it was."""

    def __init__(self):
        self.at, self.down = 0, False

    def __iter__(self):
        return self

    def __next__(self):
        if self.down:
            raise ConnectionError("no route")
        if self.at == 12:
            raise StopIteration
        self.at += 1
        return torch.zeros(1, 1, 2, 2), torch.tensor([self.at - 1])


def test_an_iterator_that_keeps_raising_is_broken_off_and_loses_nothing():
    wire = Wire()
    samples = Samples(wire)
    assert samples[4].label == 4
    wire.down = True
    for _ in range(3):
        with pytest.raises(SampleError, match=r"broke off at sample 5 \(ConnectionError: no route\)"):
            samples[6]
    wire.down = False
    assert labels_of(samples, range(12)) == list(range(12))


def test_broken_items_one_after_the_other_break_only_themselves():
    class Flaky(Wire):
        def __next__(self):
            label = super().__next__()[1]
            if label in (1, 2, 7):
                raise OSError(f"item {label.item()}")
            return torch.zeros(1, 1, 2, 2), label

    samples = Samples(Flaky())
    assert [samples[position].label for position in (0, 3, 6, 8)] == [0, 3, 6, 8]
    for broken in (1, 2, 7):
        with pytest.raises(SampleError, match=f"Sample {broken} cannot be read .*item {broken}"):
            samples[broken]


def test_an_error_of_the_collate_function_is_a_broken_item_at_its_position():
    def collate(items):
        if items[0][1] in (0, 4):
            raise ValueError("no image")
        return items[0][0][None], torch.tensor([items[0][1]])

    samples = Samples(DataLoader(Endless(), collate_fn=collate))
    for broken in (0, 4):
        with pytest.raises(SampleError, match=f"Sample {broken} cannot be read .*no image"):
            samples[broken]
    assert labels_of(samples, [1, 5]) == [1, 5]
    assert samples.source.broken is None


def test_a_stream_opened_anew_draws_the_same_and_one_that_does_not_cannot_go_on():
    class Shuffled(Connection):
        def __init__(self, rng):
            super().__init__()
            self.rng = rng

        def __iter__(self):
            order = (np.random if self.rng is None else self.rng()).permutation(100)
            return (torch.rand(1, 1, 1) * 0 + image.mean() + order[label] for image, label in super().__iter__())

    expected = [samples_at.image for samples_at in (Samples(steady(Shuffled(None)))[at] for at in range(12))]
    samples = Samples(Shuffled(None))
    before = np.random.get_state()[1].copy()
    with pytest.raises(SampleError, match="broke off"):
        samples[5]
    assert all(torch.equal(samples[at].image, expected[at]) for at in range(12))
    assert np.array_equal(np.random.get_state()[1], before)

    samples = Samples(Shuffled(lambda: np.random.default_rng(next(seeds))))
    seeds = itertools.count()
    with pytest.raises(SampleError, match="broke off"):
        samples[5]
    for _ in range(2):
        with pytest.raises(SampleError, match="cannot continue: reopened, it gives other samples than before"):
            samples[5]


def steady(stream):
    stream.failures = 0
    return stream


def test_a_stream_that_is_shorter_when_it_is_opened_anew_cannot_go_on():
    class Shrinking(Connection):
        def __iter__(self):
            return super().__iter__() if self.opened == 0 else iter([item(0)])

    samples = Samples(Shrinking())
    with pytest.raises(SampleError, match="broke off at sample 5"):
        samples[5]
    with pytest.raises(SampleError, match="reopened, it ends sooner"):
        samples[5]
    assert samples.count is None


@pytest.mark.parametrize("moment", range(30))
def test_an_interrupt_loses_no_sample_and_is_no_end(moment):
    class Interrupted(IterableDataset):
        def __iter__(self):
            for index in range(10):
                tick()
                yield item(index)

    def collate(items):
        tick()
        return items[0][0][None], torch.tensor([items[0][1]])

    def tick():
        if next(ticks) == moment:
            raise KeyboardInterrupt

    ticks = itertools.count()
    samples = Samples(DataLoader(Interrupted(), collate_fn=collate))
    found = []
    while len(found) < 10:
        try:
            found.append(samples[len(found)].label)
        except KeyboardInterrupt:
            assert samples.count is None
    assert found == list(range(10))
    assert [samples[at].label for at in range(10)] == found
    with pytest.raises(IndexError):
        samples[10]


class Sharded(IterableDataset):
    """Knows its part only in a worker; its first step opens the file."""

    def __init__(self, failing=()):
        self.failing, self.file = failing, None

    def __iter__(self):
        info = get_worker_info()
        for index in range(info.id, 8, info.num_workers):
            if index in self.failing:
                raise OSError("lost")
            yield torch.full((1, 2, 2), 0.0 if self.file is None else 1.0) * torch.rand(1).sign(), index


def open_file(number):
    get_worker_info().dataset.file = "open"


@pytest.mark.parametrize("options", [{"batch_size": 4}, {"batch_size": None}], ids=str)
def test_what_needs_a_worker_is_read_through_one(options):
    before = torch.get_rng_state()
    loader = DataLoader(Sharded(), num_workers=2, worker_init_fn=open_file, **options)
    samples = Samples(loader)
    assert labels_of(samples, range(8)) == list(range(8))
    assert torch.all(samples[3].image == 1)
    with pytest.raises(IndexError):
        samples[8]
    assert loader.dataset.file is None
    assert torch.equal(torch.get_rng_state(), before)


def test_what_raises_in_a_worker_breaks_off_there_and_without_workers_it_is_said():
    samples = Samples(DataLoader(Sharded(failing=(5,)), num_workers=1))
    assert samples[4].label == 4
    for _ in range(2):
        with pytest.raises(SampleError, match=r"broke off at sample 5 \(OSError: lost\)"):
            samples[5]
    with pytest.raises(SampleError, match=r"broke off at sample 0 \(AttributeError: 'NoneType' object"):
        Samples(DataLoader(Sharded()))[0]


def test_a_stream_that_draws_gives_each_position_its_own_draw_and_the_global_state_back():
    class Noise(IterableDataset):
        def __iter__(self):
            while True:
                yield torch.rand(1, 2, 2)

    samples = Samples(DataLoader(Noise()))
    before = torch.get_rng_state()
    images = [samples[position].image for position in range(4)]
    assert torch.equal(torch.get_rng_state(), before)
    assert len({image.sum().item() for image in images}) == 4
    assert torch.equal(samples[1].image, images[1])


def test_a_thread_waits_while_another_reads_the_same_generator():
    def slow():
        second = pool.submit(samples.__getitem__, 0)
        assert not wait([second], timeout=0.5).done, "the second thread went into the running generator"
        seconds.append(second)
        yield torch.zeros(1, 1, 2, 2), torch.tensor([5])

    seconds = []
    samples = Samples(slow())
    with ThreadPoolExecutor(1) as pool:
        assert samples[0].label == 5
        assert seconds[0].result().label == 5


def test_what_is_done_to_an_image_is_not_done_to_the_one_kept():
    samples = Samples(Source())
    samples[1].image.fill_(9)
    assert torch.all(samples[1].image == 0.5)
