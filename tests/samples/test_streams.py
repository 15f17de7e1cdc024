"""What can only be iterated is read forward, no further than asked, and kept up to a bound."""

import itertools
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
import torch
from torch.utils.data import DataLoader, IterableDataset

from attn_widget.samples import SampleError, Samples, streams


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
    monkeypatch.setattr(streams, "MOST_KEPT", 3)
    samples = Samples(Source())
    samples[5]
    assert samples[3].label == 3
    with pytest.raises(SampleError, match=r"Sample 2 is no longer kept.*3 samples are kept, 3 to 5"):
        samples[2]


def test_a_batch_larger_than_the_store_loses_no_sample(monkeypatch):
    monkeypatch.setattr(streams, "MOST_KEPT", 2)
    samples = Samples(iter([(torch.zeros(6, 1, 2, 2), torch.arange(6))]))
    assert [samples[position].label for position in range(6)] == list(range(6))


def test_memory_bounds_what_is_kept(monkeypatch):
    monkeypatch.setattr(streams, "MOST_BYTES", 2 * 16 * 4)
    samples = Samples(Source())
    samples[5]
    samples[4]
    with pytest.raises(SampleError, match="no longer kept"):
        samples[3]


def test_an_image_larger_than_the_bound_is_still_shown(monkeypatch):
    monkeypatch.setattr(streams, "MOST_BYTES", 1)
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


def test_a_generator_that_breaks_ends_there():
    def breaking():
        yield torch.zeros(1, 1, 2, 2)
        raise OSError("lost")

    samples = Samples(breaking())
    with pytest.raises(SampleError, match="lost"):
        samples[1]
    with pytest.raises(IndexError):
        samples[2]
    assert len(samples) == 2


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
