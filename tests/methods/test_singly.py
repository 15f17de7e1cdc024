"""Methods of many passes over models that take no batch of them, or give each row of one something else."""

import copy
import random

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients, Occlusion, Saliency
from torch import nn
from torch.nn import functional

from attn_widget import explain
from attn_widget.explanation import Question, batched_scores, explained
from methods import peers
from methods.networks import random_image, seeded
from methods.peers import Score

IMAGE = random_image(16)
EVERY = 10**6
OF_LAYER = ["score-cam", "ablation-cam"]
OF_PIXELS = ["saliency", "integrated-gradients", "occlusion"]
MANY = [*OF_LAYER, "integrated-gradients", "occlusion"]
META = torch.tensor([[0.3, -1.2]])


class Small(nn.Module):
    """Two convolutions of which the second is looked at, and a head; it has more channels than a batch has room."""

    def __init__(self, given=40):
        super().__init__()
        self.stem, self.layer = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 40, 3, 2, padding=1)
        self.head = nn.Linear(given, 3)

    def features(self, x):
        return self.layer(self.stem(x).relu()).relu().mean((2, 3))

    def forward(self, x):
        return self.head(self.features(x))


class WithMeta(Small):
    """Needs what is known of one sample besides, as one row."""

    def __init__(self):
        super().__init__(42)

    def forward(self, x, meta):
        return self.head(torch.cat([self.features(x), meta], 1))


class KnowingMeta(WithMeta):
    """The same, with a row for each of a batch: the honest twin."""

    def forward(self, x):
        return super().forward(x, META.expand(len(x), -1))


class OneOnly(Small):
    """Takes single images."""

    def forward(self, x):
        if len(x) != 1:
            raise NotImplementedError("one at a time")
        return super().forward(x)


class OneByShape(Small):
    """Takes single images, since it writes the batch's size down."""

    def forward(self, x):
        return self.head(self.features(x).reshape(1, 40))


class FirstOnly(Small):
    """Gives the scores of the first image of a batch, without the batch's axis."""

    def forward(self, x):
        return super().forward(x)[0]


class Averaging(Small):
    """Gives the mean of a batch's scores."""

    def forward(self, x):
        return super().forward(x).mean(0, keepdim=True)


def with_meta(model, x):
    return model(x, META)


SINGLE = {
    "forward= over one sample's other inputs": (WithMeta, with_meta, KnowingMeta),
    "single images only": (OneOnly, None, Small),
    "one row written down": (OneByShape, None, Small),
    "the first row's scores": (FirstOnly, None, Small),
    "the rows' mean": (Averaging, None, Small),
}
"""Models that take no batch, and a twin of the same weights that does."""


def by_channel(e):
    weights = np.empty(e.channel_count)
    weights[e.channels] = e.weights
    return weights


def asked(model, method, forward=None, target=1):
    return explain(
        model,
        IMAGE,
        layer="layer" if method in OF_LAYER else None,
        method=method,
        target=target,
        top_k=EVERY,
        forward=forward,
    )


@pytest.mark.parametrize("method", ["saliency", *MANY])
@pytest.mark.parametrize("name", SINGLE)
def test_a_model_that_takes_no_batch_is_explained_as_its_twin_that_does(name, method):
    make, forward, twin = SINGLE[name]
    found, expected = asked(seeded(make), method, forward), asked(seeded(twin), method)
    assert expected.overall_map.any()
    assert found.score == pytest.approx(expected.score, rel=1e-5)
    scale = np.abs(expected.overall_map).max()
    np.testing.assert_allclose(found.overall_map, expected.overall_map, atol=1e-4 * scale)


@pytest.mark.parametrize("method", OF_LAYER)
def test_the_twins_are_explained_as_the_papers_say(method):
    expected = peers.plainly(seeded(KnowingMeta), "layer", IMAGE, method, Score(1))
    found = asked(seeded(WithMeta), method, with_meta).overall_map
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("method", MANY)
def test_progress_counts_each_image_once_where_batches_fail(method):
    whole, singly = [], []
    for make, forward, told in ((KnowingMeta, None, whole), (WithMeta, with_meta, singly)):
        question = Question(seeded(make), IMAGE[None], forward=forward, progress=told.append)
        list(explained(question, ["layer"], [method]))
    assert singly == list(range(1, whole[-1] + 1))
    assert len(whole) < len(singly)


@pytest.mark.parametrize(("method", "batches"), [("score-cam", [1, 32, 8]), ("ablation-cam", [1, 1, 1])])
def test_a_model_that_takes_batches_gets_them_whole(method, batches):
    given = []
    asked(seeded(Small), method, lambda model, x: (given.append(len(x)), model(x))[1])
    assert given == batches  # ablation's are made behind the layer


def test_after_a_batch_that_failed_or_drew_no_other_is_tried():
    for make in (OneOnly, Dropping):
        given = []
        asked(seeded(make), "score-cam", lambda model, x, given=given: (given.append(len(x)), model(x))[1])
        assert given == [1, 32, *([1] * 40)]


def test_as_many_classes_as_images_are_no_score_for_each(monkeypatch):
    expected = explain(seeded(Small), IMAGE, layer="layer", method="score-cam", target=1, label=0).overall_map
    monkeypatch.setattr(batched_scores, "BATCH", 3)  # which is also the number of classes
    found = explain(seeded(FirstOnly), IMAGE, layer="layer", method="score-cam", target=1, label=0).overall_map
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize("method", MANY)
def test_what_a_single_image_raises_is_the_models_own_error(method):
    calls = []

    def failing(model, x):
        calls.append(len(x))
        if len(calls) > 1:
            raise LookupError("no more of this")
        return model(x)

    with pytest.raises(LookupError, match="no more of this"):
        asked(seeded(OneOnly), method, failing)


def test_what_progress_raises_ends_the_work_and_is_no_failure_of_a_batch():
    class Enough(Exception):
        pass

    def stop(done):
        raise Enough

    given = []

    def forward(model, x):
        given.append(len(x))
        return model(x)

    question = Question(seeded(Small), IMAGE[None], forward=forward, progress=stop)
    with pytest.raises(Enough):
        list(explained(question, ["layer"], ["score-cam"]))
    assert given == [1, 32]


# --- models that draw


class Drawing(Small):
    """Draws for each row; some channels, and the image's lower half, do nothing."""

    def __init__(self):
        super().__init__()
        with torch.no_grad():
            self.head.weight[:, 5:9] = 0

    def features(self, x):
        return super().features(torch.cat([x[:, :, :8], torch.zeros_like(x[:, :, 8:])], 2))


class Dropping(Drawing):
    """Dropout that is always on."""

    def forward(self, x):
        return self.head(functional.dropout(self.features(x), 0.5, training=True))


class Skipping(Drawing):
    """Stochastic depth by row that stays on."""

    def forward(self, x):
        found = self.features(x)
        return self.head(found + torch.bernoulli(torch.full((len(x), 1), 0.5)) * found.flip(1).roll(9, 1)[:, :40])


class Noising(Drawing):
    """NumPy's and Python's noise on the scores and the features."""

    def forward(self, x):
        noise = torch.from_numpy(np.random.randn(len(x), 40)).float()
        return super().forward(x) * (1 + random.random()) + self.head(noise)


DRAWING = {"dropout": Dropping, "stochastic depth": Skipping, "noise": Noising}


def same_draws(model):
    """A copy of the model that sees the same numbers at each call, and leaves them to be seen by others."""
    model = copy.deepcopy(model).eval()
    states = (torch.get_rng_state(), np.random.get_state(), random.getstate())
    model.register_forward_hook(lambda module, inputs, output: put_back(states))
    return model


def put_back(states):
    torch.set_rng_state(states[0])
    np.random.set_state(states[1])
    random.setstate(states[2])


@pytest.fixture(autouse=True)
def _states():
    """Seed for a test, and put the states back afterwards."""
    states = (torch.get_rng_state(), np.random.get_state(), random.getstate())
    torch.manual_seed(3)
    np.random.seed(3)
    random.seed(3)
    yield
    put_back(states)


@pytest.mark.parametrize("make", DRAWING.values(), ids=DRAWING.keys())
def test_each_channel_and_each_image_sees_what_the_clean_image_has_seen(make):
    model = seeded(make)
    for method in OF_LAYER:
        expected = peers.plainly(same_draws(model), "layer", IMAGE, method, Score(1))
        np.testing.assert_allclose(asked(model, method).overall_map, expected, atol=1e-4 * np.abs(expected).max())
    still = same_draws(model)

    def score(x):
        return torch.cat([still(one[None])[:, 1] for one in x])

    given = IMAGE[None].clone().requires_grad_()
    expected = {
        "saliency": Saliency(score).attribute(given).amax(1)[0],
        "integrated-gradients": IntegratedGradients(score).attribute(given).sum(1)[0],
        "occlusion": Occlusion(score).attribute(IMAGE[None], (3, 2, 2), strides=(3, 1, 1)).mean(1)[0],
    }
    for method, map_ in expected.items():
        np.testing.assert_allclose(asked(model, method).overall_map, map_.detach(), atol=1e-4 * map_.abs().max().item())


def test_a_channel_that_does_nothing_has_no_weight_and_a_region_that_is_ignored_no_heat():
    model = seeded(Dropping)
    assert not by_channel(asked(model, "ablation-cam"))[5:9].any()
    occluded = asked(model, "occlusion").overall_map
    assert not occluded[10:].any()
    assert occluded[:8].any()


@pytest.mark.parametrize("make", [*DRAWING.values(), Small], ids=[*DRAWING.keys(), "none"])
def test_the_batchs_size_does_not_matter(make, monkeypatch):
    usual = [asked(seeded(make), method).overall_map for method in MANY]
    monkeypatch.setattr(batched_scores, "BATCH", 3)
    for method, expected in zip(MANY, usual, strict=True):
        scale = np.abs(expected).max()
        np.testing.assert_allclose(asked(seeded(make), method).overall_map, expected, atol=1e-4 * scale)


def test_a_generator_of_the_models_own_is_seen_to_draw():
    class OwnNoise(Drawing):
        def __init__(self):
            super().__init__()
            self.generator = torch.Generator().manual_seed(0)

        def forward(self, x):
            keep = torch.rand(len(x), 40, generator=self.generator) > 0.5
            return self.head(self.features(x) * keep)

    occluded = asked(seeded(OwnNoise), "occlusion").overall_map
    assert not occluded[10:].any()
    assert occluded[:8].any()


def test_the_random_states_are_left_as_they_were():
    before = torch.get_rng_state(), random.getstate()
    for method in MANY:
        asked(seeded(Noising), method)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
