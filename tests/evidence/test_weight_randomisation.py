"""The randomisation test: a heatmap of what a model has learnt changes when that is taken away, layer by layer."""

import copy
from pathlib import Path

import numpy as np
import pytest
import quantus
import torch
from scipy.stats import spearmanr
from torch import nn

from attn_widget import Refusal, demo, explain
from attn_widget.evidence import randomisation
from attn_widget.evidence.weight_randomisation import rank_correlation
from tests.models import Noisy, Tiny

STEPS = ("fc", "norm", "conv3", "bn2", "conv2", "bn1", "conv1")


@pytest.fixture(scope="module")
def shapes():
    model, loader, _ = demo.load()
    return model, [loader.dataset[position][0] for position in range(6)]


def heat_of(model, image, method, target):
    return np.maximum(explain(model, image, layer="conv3", method=method, target=target).overall_map, 0)


def test_grad_cam_of_a_trained_model_is_lost_with_its_classifier(shapes):
    model, given = shapes
    found = [randomisation(model, image, layer="conv3", seed=seed) for seed, image in enumerate(given)]
    assert {one.layers for one in found} == {STEPS}
    assert [one.untouched for one in found] == pytest.approx([1] * len(given))
    assert np.mean([one.correlations for one in found]) < 0.5
    assert all(one.correlations[0] < 0.9 for one in found)


def test_where_a_layer_is_active_does_not_depend_on_what_follows_it(shapes):
    model, given = shapes
    found = randomisation(model, given[0], layer="conv3", method="channel-mean")
    after, itself = found.correlations[:2], found.correlations[2:]
    assert after == pytest.approx(1)
    assert (itself < 0.95).all()


def test_each_step_equals_a_plain_computation(shapes):
    model, given = shapes
    found = randomisation(model, given[1], layer="conv3", seed=5)
    target = explain(model, given[1]).predicted
    original, twin = heat_of(model, given[1], "grad-cam", target), copy.deepcopy(model)
    expected = []
    with torch.random.fork_rng():
        for number, name in enumerate(STEPS):
            torch.manual_seed(5 + number)
            twin.get_submodule(name).reset_parameters()
            expected.append(spearmanr(original.ravel(), heat_of(twin, given[1], "grad-cam", target).ravel())[0])
    assert found.correlations == pytest.approx(expected, abs=1e-6)


def test_it_equals_quantus_until_a_second_layer_draws(shapes):
    """Quantus seeds each layer alike, so that layers of one shape become equal; here each has a seed of its own."""
    model, given = shapes
    target = explain(model, given[2]).predicted

    def heatmaps(model, inputs, targets, **_):
        heat = heat_of(model, torch.as_tensor(inputs[0]), "grad-cam", int(targets[0]))
        return np.kron(heat, np.ones((4, 4)))[None, None]

    with torch.random.fork_rng():
        metric = quantus.MPRT(seed=42, normalise=False, abs=False, disable_warnings=True)
        scores = metric(
            copy.deepcopy(model), given[2][None].numpy(), np.array([target]), explain_func=heatmaps, device="cpu"
        )
    found = randomisation(model, given[2], layer="conv3", seed=43)
    assert tuple(scores) == ("original", *found.layers)
    theirs = [values[0] for values in scores.values()]
    assert [found.untouched, *found.correlations[:2]] == pytest.approx(theirs[:3], abs=1e-4)
    assert found.correlations[2] != pytest.approx(theirs[3], abs=1e-4)


def test_the_control_is_the_maps_own_cells_shuffled_or_those_of_unrelated_images(shapes):
    model, given = shapes
    shuffled = randomisation(model, given[0], layer="conv3", method="channel-mean")
    low, high = shuffled.control_range
    assert -0.3 < low < 0 < high < 0.3
    assert not shuffled.unrelated
    beside = randomisation(model, given[0], layer="conv3", method="channel-mean", unrelated=given[1:])
    own, *others = (heat_of(model, image, "channel-mean", "predicted") for image in given)
    assert beside.control == pytest.approx([spearmanr(own.ravel(), other.ravel())[0] for other in others])
    assert "unrelated images" in repr(beside)
    with pytest.raises(ValueError, match=r"maps of the image's own size \[16, 16\]"):
        randomisation(model, given[0], layer="conv3", unrelated=[torch.zeros(3, 32, 32)])


def test_the_same_seed_draws_the_same_and_another_one_other_weights(shapes):
    model, given = shapes
    first, again, other = (randomisation(model, given[0], layer="conv3", seed=seed) for seed in (1, 1, 2))
    assert (first.correlations == again.correlations).all()
    assert (first.control == again.control).all()
    assert repr(first) == repr(again)
    assert (first.correlations != other.correlations).any()


def test_the_model_and_the_random_states_are_left_as_they_were():
    torch.manual_seed(0)
    model, image = Noisy(), torch.rand(3, 6, 6)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.random.get_rng_state()
    found = randomisation(model, image, layer="conv")
    assert found.layers == ("head", "bn", "conv")
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert model.training
    assert model.seen == []
    assert all(parameter.grad is None for parameter in model.parameters())
    assert torch.equal(torch.random.get_rng_state(), state)


class Scaled(nn.Module):
    """A container with weights of its own, and a part that uses another one's weight without calling it."""

    def __init__(self):
        super().__init__()
        self.scale, self.tiny, self.unused = nn.Parameter(torch.rand(1, 3, 1, 1)), Tiny(), nn.Linear(2, 2)
        self.inner = nn.Module()
        self.inner.lent = nn.Linear(3, 3)

    def forward(self, x):
        return self.tiny(x * self.scale) @ self.inner.lent.weight


def test_a_containers_own_weights_come_after_its_parts():
    torch.manual_seed(0)
    found = randomisation(Scaled(), torch.rand(3, 6, 6), layer="tiny.conv")
    assert found.layers == ("tiny.head", "tiny.conv", "")  # the model itself last, with what it uses uncalled


def test_weights_without_a_reset_are_redrawn_with_their_own_mean_and_spread():
    torch.manual_seed(0)
    found = randomisation(Scaled(), torch.rand(3, 6, 6), layer="tiny.conv", method="channel-mean")
    assert found.correlations[0] == pytest.approx(1)
    assert found.correlations[2] != pytest.approx(found.correlations[1])


def test_progress_is_told_of_each_step_and_what_it_raises_ends_the_work():
    torch.manual_seed(0)
    told = []
    randomisation(Tiny(), torch.rand(3, 6, 6), progress=told.append)
    assert told == [1, 2]

    def stop(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        randomisation(Tiny(), torch.rand(3, 6, 6), progress=stop)


def test_what_cannot_be_copied_is_refused():
    torch.manual_seed(0)
    model = Tiny()
    with pytest.raises(Refusal, match="forward runs a module that it does not get"):
        randomisation(model, torch.rand(3, 6, 6), forward=lambda _, images: model(images))
    assert randomisation(model, torch.rand(3, 6, 6), forward=lambda given, images: given(images)).layers
    with Path(__file__).open() as model.opened, pytest.raises(Refusal, match="cannot be copied: it holds something"):
        randomisation(model, torch.rand(3, 6, 6))


def test_its_plot_shows_each_step_beside_the_control(shapes):
    model, given = shapes
    found = randomisation(model, given[0], layer="conv3")
    (axes,) = found.plot().axes
    assert axes.lines[0].get_ydata().tolist() == [found.untouched, *found.correlations]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["nothing", *STEPS]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["with its cells shuffled", "grad-cam"]


def test_the_rank_correlation_is_spearmans_and_unknown_for_a_flat_map():
    draw = np.random.default_rng(0)
    one, other = draw.integers(0, 5, (6, 6)), draw.random((6, 6))
    assert rank_correlation(one, other) == pytest.approx(spearmanr(one.ravel(), other.ravel())[0])
    assert rank_correlation(one, -one) == pytest.approx(-1)
    assert np.isnan(rank_correlation(np.zeros((6, 6)), other))
