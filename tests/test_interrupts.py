"""An interrupt at any moment leaves the model, the data set and the random states as they were."""

import contextlib
import inspect
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from models import Noisy
from test_harmless import by_name, trace
from torch.autograd import grad_mode
from torch.utils.data import DataLoader, Dataset

import attn_widget
from attn_widget import AttentionExplorer, cleanup, explain, randomness, review, snapshots
from attn_widget.capture import differentiation, kept_tensors, modes, passes, rerun, state
from attn_widget.samples import Samples, steady_draws
from tests.interrupting import traced

OURS = Path(attn_widget.__file__).parent
GUARDS = [
    *(module.__file__ for module in (randomness, cleanup, snapshots, steady_draws)),
    *(module.__file__ for module in (state, modes, passes, rerun, differentiation, kept_tensors)),
    *(module.__file__ for module in (contextlib, grad_mode)),
]
"""Where something is changed for a while and put back."""

BRIGHT = torch.full((3, 8, 8), 0.9)


def draw_one_of_each():
    return random.random() + np.random.rand() + torch.rand(()).item()


class Drawing(Noisy):
    """Leaves every trace that a model can leave, and draws, some of it for one image only."""

    def forward(self, x):
        if x.mean() > 0.5:
            x = x + draw_one_of_each()
        return super().forward(x)


MODELS = {"a shadow": Drawing, "the model itself": lambda: by_name(Drawing())}


class Images(Dataset):
    """Draws now and then, from global generators and one of its own."""

    def __init__(self):
        self.generator = torch.Generator().manual_seed(0)

    def __len__(self):
        return 4

    def __getitem__(self, index):
        draws = index % 2 * (draw_one_of_each() + torch.rand((), generator=self.generator).item()) if index % 2 else 0
        return torch.full((3, 8, 8), 0.3 * index + draws), index % 3


class Interrupts:
    """Raises `KeyboardInterrupt` at one of the events that Python tells a debugger of: a call, a line, a return.

    Parameters
    ----------
    files : sequence of str
        Beginnings of the names of files whose events count.
    at : int, optional
        The number of the event.

    Attributes
    ----------
    seen : list
        The events before it.
    """

    def __init__(self, files, at=None):
        self._files, self._at, self.seen = tuple(files), at, []

    def __call__(self, frame, event, argument):
        code = frame.f_code
        if not code.co_filename.startswith(self._files):
            return None
        generator = code.co_flags & inspect.CO_GENERATOR  # at whose end Python ignores what is raised
        if event == "line" or (event != "exception" and not generator):
            if len(self.seen) == self._at:
                raise KeyboardInterrupt
            self.seen.append((code.co_filename, frame.f_lineno, event))
        return self


def events_of(work, files):
    """What happens in some work, after the first time, when much is prepared."""
    work()
    seen = Interrupts(files)
    traced(work, seen)
    return seen.seen


def interrupt(work, files, at):
    """Do some work up to an event; the exception is given, and with it all that was under way; None at its end."""
    try:
        traced(work, Interrupts(files, at))
    except KeyboardInterrupt as error:
        return error
    return None


def in_turn(events):
    """Each event once, at its first occurrence in one of the looks that have it: where several do, they take turns."""
    places = {}
    for look, seen in events.items():
        for number, event in reversed(list(enumerate(seen))):
            places.setdefault(event, {})[look] = number
    return [list(of.items())[turn % len(of)] for turn, of in enumerate(places.values())]


def spread(events, count):
    """So many numbers of events, from the first to nearly the last: how many there are differs a little."""
    return np.linspace(0, 0.95 * len(events), count).astype(int).tolist()


def silent(done, total):
    pass


def looks(model, data):
    loader = DataLoader(data, batch_size=2)
    return {
        "a read": lambda: Samples(loader)[3],
        "a look": lambda: explain(model, BRIGHT, layer="conv"),
        "a look with gradients": lambda: explain(model, BRIGHT, layer="conv", method="grad-cam", label=1),
        "pixels": lambda: explain(model, BRIGHT, method="saliency", label=1),
        "a review": lambda: review(model, loader, progress=silent),
    }


def everything(model, data):
    return trace(model), data.generator.get_state().tolist()


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS.keys())
def test_an_interrupt_wherever_something_is_changed_for_a_while_leaves_all_as_it_was(make):
    model, data = make(), Images()
    work = looks(model, data)
    events = {look: events_of(work[look], GUARDS) for look in work}
    before = everything(model, data)
    for look, at in in_turn(events):
        under_way = interrupt(work[look], GUARDS, at)
        assert under_way is not None
        assert everything(model, data) == before, (look, events[look][at])


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS.keys())
def test_sixty_interrupted_steps_leave_nothing_moved(make):
    model, data = make(), Images()
    with contextlib.closing(AttentionExplorer(model, DataLoader(data), layer="conv")) as explorer:

        def step():
            explorer.sample = 3
            explorer.sample = 0

        events = events_of(step, [str(OURS)])
        before = everything(model, data)
        interrupted = 0
        for at in spread(events, 70):
            interrupted += interrupt(step, [str(OURS)], at) is not None
            assert everything(model, data) == before, events[at]
            explorer.sample = 0
    assert interrupted >= 60


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS.keys())
def test_thirty_interrupted_reviews_leave_nothing_moved_and_the_next_is_as_the_first(make):
    model, data = make(), Images()
    work = looks(model, data)["a review"]
    events = events_of(work, [str(OURS)])
    expected, before = work(), everything(model, data)
    for at in spread(events, 30):
        assert interrupt(work, [str(OURS)], at) is not None
        assert everything(model, data) == before, events[at]
    assert np.array_equal(work().confidence, expected.confidence)
