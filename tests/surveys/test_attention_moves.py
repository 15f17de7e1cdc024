"""Where attention moved between two models equals a plain loop, and what cannot be told is left out."""

import copy
from itertools import pairwise

import numpy as np
import pytest
import torch
from models import Tiny
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from attn_widget import Refusal, explain
from attn_widget.surveys.moved_attention import AttentionMoves, attention_moves


class Strided(nn.Module):
    """A network whose only grid is half as fine, and which sees nothing in black."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3, 2, padding=1, bias=False)
        self.head = nn.Linear(5, 3)

    def forward(self, x):
        return self.head(self.conv(x).mean((2, 3)))


def seeded(kind, seed):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return kind()


def shades(count=11):
    return torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(5))


class Pictures(Dataset):
    """Images with labels in words; those at `broken` cannot be read."""

    classes = ("cat", "dog", "fox")

    def __init__(self, *broken):
        self.images, self.broken = shades(), broken

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        if index in self.broken:
            raise OSError("a broken file")
        return self.images[index], self.classes[index % 3]


def moved(first, second):
    """The total variation of two maps of one shape, as the docstring has it."""
    one, other = (np.maximum(map_.astype(np.float64), 0) for map_ in (first, second))
    return 0.5 * np.abs(one / one.sum() - other / other.sum()).sum() if one.sum() * other.sum() else np.nan


@pytest.mark.parametrize("method", ["grad-cam", "channel-mean", "occlusion"])
def test_distances_and_predictions_are_those_of_a_plain_loop(method):
    one, other, images = seeded(Tiny, 0), seeded(Tiny, 1), shades()
    found = attention_moves(one, other, DataLoader(images, batch_size=4), method=method)
    plain = [
        [explain(model, image, method=method, layer=found.layers[0]) for model in (one, other)] for image in images
    ]
    maps = [(first.overall_map, second.overall_map) for first, second in plain]
    np.testing.assert_allclose(found.distance, [moved(*pair) for pair in maps], atol=1e-5)
    assert found.predicted.tolist() == [first.predicted for first, _ in plain]
    assert found.other_predicted.tolist() == [second.predicted for _, second in plain]
    known = found.distance[found.positions]
    known = known[np.isfinite(known)]
    assert np.array_equal(known, np.sort(known)[::-1])
    assert sorted(found.positions.tolist()) == list(range(len(images)))


@pytest.mark.parametrize("batch", [1, 3, 4])
def test_the_control_is_the_mean_distance_between_neighbours_whatever_the_batches(batch):
    model, images = seeded(Tiny, 0), shades(4)
    found = attention_moves(model, model, DataLoader(images, batch_size=batch))
    maps = [explain(model, image, layer="conv", method="grad-cam").overall_map for image in images]
    between = [moved(*pair) for pair in pairwise(maps)]
    assert found.between_samples == pytest.approx(np.nanmean(between), abs=1e-5)
    assert np.nanmax(found.distance) < 1e-5
    assert not found.changed.any()


def test_maps_on_two_grids_are_compared_on_the_finer_one():
    one, other, images = seeded(Tiny, 0), seeded(Strided, 1), shades()
    found = attention_moves(one, other, images, layer=("conv", "conv"), target=0)
    for image, distance in zip(images, found.distance, strict=True):
        fine, coarse = (explain(model, image, layer="conv", method="grad-cam", target=0) for model in (one, other))
        assert fine.overall_map.shape == (8, 8) != coarse.overall_map.shape
        heat = torch.from_numpy(np.maximum(coarse.overall_map, 0))[None, None]
        resized = functional.interpolate(heat, (8, 8), mode="bilinear")[0, 0].numpy()
        np.testing.assert_allclose(distance, moved(fine.overall_map, resized), atol=1e-5)


def test_heat_in_one_model_only_has_no_distance_and_stands_first():
    images = shades()
    images[3] = 0
    found = attention_moves(seeded(Tiny, 0), seeded(Strided, 1), images)
    assert np.flatnonzero(np.isnan(found.distance)).tolist() == [3]
    assert np.flatnonzero(found.one_sided).tolist() == [3]
    assert found.positions[0] == 3
    assert not found.errors
    both_blank = attention_moves(seeded(Strided, 2), seeded(Strided, 1), images)
    assert np.isnan(both_blank.distance[3])
    assert both_blank.positions[-1] == 3
    assert found.other_predicted[3] >= 0


def test_those_predicted_otherwise_can_come_first():
    distance, one_sided = np.array([0.2, np.nan, 0.9, 0.2, 0.1], np.float32), np.zeros(5, bool)
    predicted, other = np.array([0, 1, 1, 1, 2]), np.array([1, 2, 1, -1, 0])
    layers = "conv", "conv"
    found = AttentionMoves(layers, "grad-cam", "predicted", distance, one_sided, predicted, other, 0.5)
    assert found.changed.tolist() == [True, True, False, False, True]
    assert found.positions.tolist() == [2, 0, 3, 4, 1]
    assert found.sorted_by("changed").tolist() == [0, 4, 1, 2, 3]


def test_a_broken_sample_is_named_and_the_others_are_compared():
    model = seeded(Tiny, 0)
    found = attention_moves(model, seeded(Tiny, 1), Pictures(2), target="true")
    assert set(found.errors) == {2}
    assert "a broken file" in found.errors[2]
    assert np.isnan(found.distance[2])
    assert found.predicted[2] == -1
    assert found.positions[-1] == 2 or np.isnan(found.distance[found.positions[-1]])
    image, label = Pictures()[4]
    true = explain(model, image, method="grad-cam", layer="conv", target=Pictures.classes.index(label))
    other = explain(seeded(Tiny, 1), image, method="grad-cam", layer="conv", target=1)
    np.testing.assert_allclose(found.distance[4], moved(true.overall_map, other.overall_map), atol=1e-5)


def test_where_no_sample_can_be_read_it_is_refused_and_says_why():
    with pytest.raises(Refusal, match=r"Not one sample could be explained by both models: .*a broken file"):
        attention_moves(Tiny(), Tiny(), DataLoader(Pictures(*range(11)), batch_size=4))


def test_what_makes_no_sense_is_refused_before_any_pass():
    with pytest.raises(ValueError, match=r"^layer must be one of .* did you mean 'conv'"):
        attention_moves(Tiny(), Tiny(), shades(), layer=("conv", "conb"))
    with pytest.raises(ValueError, match=r"a pair of them, one for each model, got \('conv',\)"):
        attention_moves(Tiny(), Tiny(), shades(), layer=("conv",))
    with pytest.raises(TypeError, match=r"model must be a torch.nn.Module"):
        attention_moves(Tiny(), None, shades())
    with pytest.raises(Refusal, match="Not one sample could be explained by both models: "):
        attention_moves(Tiny(), Tiny(), shades(), layer="head")


def test_whoever_counts_can_stop_and_the_models_stay_as_they_were():
    models, told = (seeded(Tiny, 0).train(), seeded(Tiny, 1).eval()), []

    def tell(done, total):
        told.append((done, total))
        if done == 8:
            raise KeyboardInterrupt

    before = copy.deepcopy([model.state_dict() for model in models])
    with pytest.raises(KeyboardInterrupt):
        attention_moves(*models, DataLoader(shades(), batch_size=4), progress=tell)
    assert told == [(4, 11), (8, 11)]
    assert [model.training for model in models] == [True, False]
    for model, state in zip(models, before, strict=True):
        assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
        assert all(parameter.grad is None for parameter in model.parameters())
        assert not any(module._forward_hooks for module in model.modules())
