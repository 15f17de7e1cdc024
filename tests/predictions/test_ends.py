"""Complete, broken off, endless and interrupted are four things; a review says which, and goes on where it can."""

import itertools

import pytest
import torch
from torch.utils.data import DataLoader, IterableDataset

from attn_widget import Review, Reviewing
from attn_widget.predictions import verdicts
from attn_widget.samples import SampleError, Samples, portions, stream_source

from .making import Naming, Shades, reviewed, same

WHOLE = [index % 4 for index in range(12)]


def item(index):
    return torch.full((3, 8, 8), float(index)), index % 3


class Connection(IterableDataset):
    """Twelve items; before item 5 it raises, as often as it is told to."""

    def __init__(self, failures=1):
        self.failures = failures

    def __iter__(self):
        for index in range(12):
            if index == 5 and self.failures:
                self.failures -= 1
                raise ConnectionError("reset by peer")
            yield item(index)


class Stated(Connection):
    def __len__(self):
        return 12


@pytest.mark.parametrize("kind", [Connection, Stated])
def test_a_review_that_breaks_off_is_not_complete_and_goes_on(kind, tmp_path):
    loader = DataLoader(kind(), batch_size=4)
    work = Reviewing(Naming(), loader)
    assert [done for done, _ in work.steps()] == [5]
    found = work.review
    assert (found.complete, found.reviewed, found.broken_off) == (False, 5, "ConnectionError: reset by peer")
    assert not found.errors
    assert repr(found).startswith(f"Review of {'5 of 12' if kind is Stated else '5'} samples so far: ")
    assert repr(found).endswith(". Then the loader failed (ConnectionError: reset by peer).")
    found.save(tmp_path / "review.npz")
    assert Review.load(tmp_path / "review.npz").broken_off == found.broken_off
    assert repr(Review.load(tmp_path / "review.npz")) == repr(found)
    list(work.steps())
    assert (found.complete, found.count, found.broken_off) == (True, 12, None)
    assert found.predicted.tolist() == WHOLE
    assert "failed" not in repr(found)
    part = Review.load(tmp_path / "review.npz")
    list(Reviewing(work.model, loader, review=part).steps())
    assert part.complete
    assert same(part, found)


def test_a_review_in_one_call_warns_that_it_is_broken_off_and_tells_how_to_go_on():
    model = Naming()
    with pytest.warns(
        UserWarning, match=r"failed after 5 samples \(ConnectionError: reset by peer\), so .* not complete"
    ):
        found = reviewed(model, DataLoader(Connection(), batch_size=4))
    list(Reviewing(model, found.samples, review=found).steps())
    assert found.complete
    assert found.predicted.tolist() == WHOLE


def test_a_stream_that_stays_broken_is_said_to_be_so_each_time():
    def once():
        yield item(0)[0][None], torch.tensor([0])
        raise OSError("lost")

    work = Reviewing(Naming(), once())
    for _ in range(3):
        list(work.steps())
        assert (work.review.reviewed, work.review.complete, work.review.broken_off) == (1, False, "OSError: lost")
    assert "1 sample so far" in repr(work.review)


def test_an_endless_stream_is_stopped_and_never_complete_nor_broken():
    class Endless(IterableDataset):
        def __iter__(self):
            return map(item, itertools.count())

    work = Reviewing(Naming(), DataLoader(Endless(), batch_size=4))
    for done, total in work.steps():
        assert total is None
        if done >= 60:
            break
    assert not work.review.complete
    assert work.review.broken_off is None
    reached = work.review.reviewed
    next(work.steps())
    assert work.review.reviewed > reached


def test_a_stream_that_ends_sooner_than_it_stated_is_complete_there():
    class Fewer(IterableDataset):
        def __len__(self):
            return 100

        def __iter__(self):
            return map(item, range(12))

    model, loader = Naming(), DataLoader(Fewer(), batch_size=4)
    work = Reviewing(model, loader)
    list(work.steps())
    assert (work.review.complete, work.review.count) == (True, 12)
    assert work.review.stale(model, work.samples) is None
    assert list(work.steps()) == []


def test_a_search_comes_to_where_a_stream_breaks_off_says_so_and_goes_on_later():
    samples = Samples(DataLoader(Connection(failures=2), batch_size=4))
    for _ in range(2):
        found = []
        search = verdicts(Naming(), samples, itertools.count(), label_of=lambda label: label)
        with pytest.raises(SampleError, match=r"broke off at sample 5 \(ConnectionError: reset by peer\)"):
            found.extend(verdict.position for batch in search for verdict in batch)
        assert found == [0, 1, 2, 3, 4]
    batches = list(verdicts(Naming(), samples, itertools.count(), label_of=lambda label: label))
    assert [verdict.position for batch in batches for verdict in batch] == list(range(12))


class Ticking:
    """Interrupts at one moment: in a data set, or in a model."""

    def __init__(self, moment):
        self.moment, self.ticks = moment, itertools.count()

    def __call__(self):
        if next(self.ticks) == self.moment:
            raise KeyboardInterrupt

    def __deepcopy__(self, memo):
        return self  # copies of the model tick on


class TickingStream(IterableDataset):
    def __init__(self, tick):
        self.tick = tick

    def __iter__(self):
        for index in range(70):
            self.tick()
            yield item(index)


class TickingSet(Shades):
    def __init__(self, tick):
        super().__init__(70)
        self.tick = tick

    def __getitem__(self, index):
        self.tick()
        return super().__getitem__(index)


class TickingModel(Naming):
    def __init__(self, tick):
        super().__init__()
        self.tick = tick

    def forward(self, x):
        self.tick()
        return super().forward(x)


@pytest.mark.parametrize("data", [TickingStream, TickingSet])
@pytest.mark.parametrize("moment", [0, 1, 5, 31, 32, 33, 34, 50, 65, 66, 67, 70, 71, 72, 73])
def test_an_interrupted_review_keeps_what_was_done_and_goes_on(data, moment):
    tick, before = Ticking(moment), torch.get_rng_state()
    work = Reviewing(TickingModel(tick), DataLoader(data(tick), batch_size=8))
    done = []
    try:
        done += [progress.done for progress in work.steps()]
    except KeyboardInterrupt:
        assert not work.review.complete
        assert work.review.broken_off is None
    done += [progress.done for progress in work.steps()]
    assert done == sorted(done)
    assert (work.review.complete, work.review.count) == (True, 70)
    assert work.review.predicted.tolist() == [index % 4 for index in range(70)]
    assert len(set(work.review.kept)) == (70 if data is TickingStream else 0)
    assert not work.review.errors
    assert torch.equal(torch.get_rng_state(), before)


def test_an_interrupt_loses_no_image_that_is_too_large_to_be_kept_for_long(monkeypatch):
    image = item(0)[0].nbytes
    monkeypatch.setattr(stream_source, "MOST_BYTES", 8 * image)
    monkeypatch.setattr(portions, "_MOST_BYTES", 2 * image)
    tick = Ticking(3)
    work = Reviewing(TickingModel(tick), DataLoader(TickingStream(lambda: None), batch_size=8))
    with pytest.raises(KeyboardInterrupt):
        list(work.steps())
    list(work.steps())
    assert work.review.predicted.tolist() == [index % 4 for index in range(70)]
    assert not work.review.errors


def test_samples_of_a_stream_that_are_predicted_twice_after_an_interrupt_are_kept_once(monkeypatch):
    become, calls = Review.become, itertools.count()

    def interrupted(*given):
        if next(calls) == 2:  # with the second portion
            raise KeyboardInterrupt
        become(*given)

    monkeypatch.setattr(Review, "become", interrupted)
    work = Reviewing(Naming(), DataLoader(TickingStream(lambda: None), batch_size=8))
    with pytest.raises(KeyboardInterrupt):
        list(work.steps())
    assert work.review.reviewed == 32
    list(work.steps())
    assert work.review.complete
    assert sorted(work.review.kept) == list(range(70))
