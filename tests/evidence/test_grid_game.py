"""The grid pointing game: four images side by side, and whose class lights up where."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from attn_widget import demo
from attn_widget.evidence import grid_pointing_game
from tests.models import Tiny, images, trained


@pytest.fixture(scope="module")
def shapes():
    model, loader, _ = demo.load()
    pairs = [loader.dataset[position] for position in range(40)]
    return model, [image for image, _ in pairs], [label for _, label in pairs]


class ByColour(nn.Module):
    """Its `conv` has a channel for each of four colours, its own class's; the head reads their means."""

    def __init__(self, sizes=None):
        super().__init__()
        self.conv, self.head, self.sizes = nn.Conv2d(4, 4, 1, bias=False), nn.Linear(4, 4, bias=False), sizes
        self.conv.weight = nn.Parameter(torch.eye(4)[:, :, None, None])
        self.head.weight = nn.Parameter(20 * torch.eye(4))

    def forward(self, x):
        assert self.sizes is None or x.shape[-1] in self.sizes
        return self.head(functional.relu(self.conv(x)).mean((2, 3)))


def colours(count, size=4):
    """Images of one of four colours each, and which."""
    labels = [number % 4 for number in range(count)]
    return [torch.eye(4)[label][:, None, None].expand(4, size, size).clone() for label in labels], labels


def plainly(model, layer, images, classes, positions):
    """Play with Grad-CAM and nothing but torch: the shares and hits."""
    shares, hits = [], []
    for places, targets in zip(positions, classes, strict=True):
        a, b, c, d = (images[place] for place in places)
        grid = torch.cat([torch.cat([a, b], 2), torch.cat([c, d], 2)], 1)[None]
        for cell, target in enumerate(targets):
            kept = []
            hook = layer.register_forward_hook(lambda module, given, output, kept=kept: kept.append(output))
            try:
                score = model(grid)[0, target]
            finally:
                hook.remove()
            (gradient,) = torch.autograd.grad(score, kept[0])
            heat = (gradient.mean((2, 3), keepdim=True) * kept[0]).sum(1, keepdim=True).relu().detach()
            heat = functional.interpolate(heat, grid.shape[-2:], mode="bilinear")[0, 0].double()
            height, width = heat.shape[0] // 2, heat.shape[1] // 2
            row, column = divmod(cell, 2)
            quarter = heat[row * height : (row + 1) * height, column * width : (column + 1) * width]
            shares.append(float(quarter.sum() / heat.sum()))
            hits.append(bool(quarter.max() == heat.max()))
    return np.reshape(shares, (-1, 4)), np.reshape(hits, (-1, 4))


def test_on_the_demo_it_equals_a_plain_computation(shapes):
    model, given, labels = shapes
    game = grid_pointing_game(model, given, labels, layer="conv3", n=4)
    shares, hits = plainly(model, model.conv3, given, game.classes.tolist(), game.positions.tolist())
    assert game.shares == pytest.approx(shares, abs=1e-4)
    assert (game.hits == hits).all()
    assert (game.size, game.shrunk, game.layer, game.blank) == ((128, 128), False, "conv3", 0)
    low, high = game.share_interval
    assert low <= game.share <= high


@pytest.mark.parametrize("method", ["channel-mean", "eigen-cam"])
def test_the_shares_of_a_method_that_ignores_the_class_add_up_to_one(shapes, method):
    model, given, labels = shapes
    game = grid_pointing_game(model, given, labels, layer="conv3", method=method, n=4)
    assert game.shares.sum(1) == pytest.approx(1, abs=1e-6)
    assert game.hits.sum(1).tolist() == [1, 1, 1, 1]
    assert (game.share, game.hit_rate) == (pytest.approx(game.chance), game.chance)


def test_methods_that_know_the_class_find_its_cell_on_real_images(cifar10):
    model, folder = trained(cifar10, "resnet20"), images(cifar10, "resnet20")
    pairs = [folder[position] for position in range(0, len(folder), len(folder) // 30)]
    given = [image for image, _ in pairs], [label for _, label in pairs]
    knowing = grid_pointing_game(model, *given, layer="layer3", n=5, confidence=0.9)
    blind = grid_pointing_game(model, *given, layer="layer3", n=5, confidence=0.9, method="channel-mean")
    assert knowing.share > 0.5
    assert knowing.hit_rate > 0.8
    assert blind.share == pytest.approx(0.25)
    assert (knowing.positions == blind.positions).all()


def test_all_heat_is_in_its_own_cell_where_each_class_has_a_channel_of_its_own():
    game = grid_pointing_game(ByColour(), *colours(8, size=40), n=3)
    assert game.layer == "conv"
    assert (game.shares > 0.97).all()  # what is interpolated at the border lies beyond it
    assert game.hits.all()


def test_a_model_of_one_size_is_given_grids_of_that_size():
    game = grid_pointing_game(ByColour(sizes=[4]), *colours(8), n=3)
    assert (game.size, game.shrunk) == ((4, 4), True)
    assert game.hits.all()
    assert "shrunk" in repr(game)
    assert "shrunk" not in repr(grid_pointing_game(ByColour(), *colours(8), n=3))


def test_grids_hold_four_classes_that_the_model_predicts_surely():
    given, labels = colours(12)
    labels[4] = 1  # wrong, as the model says 0
    given[5] = given[5] * 0.01  # right, but not surely
    game = grid_pointing_game(ByColour(), torch.stack(given), torch.tensor(labels), n=30)
    assert {0, 1, 2, 3, 6, 7, 8, 9, 10, 11} == set(game.positions.ravel().tolist())
    assert all(len(set(row)) == 4 for row in game.classes.tolist())
    assert (game.classes == np.array(labels)[game.positions]).all()
    unsure = grid_pointing_game(ByColour(), given, labels, n=30, confidence=0)
    assert 5 in unsure.positions
    assert 4 not in unsure.positions


def test_the_same_seed_gives_the_same_game_and_another_one_others():
    model, given = ByColour(), colours(20)
    torch.manual_seed(1)
    first, again, other = (grid_pointing_game(model, *given, n=3, seed=seed) for seed in (0, 0, 1))
    assert (first.positions == again.positions).all()
    assert repr(first) == repr(again)
    assert (first.positions != other.positions).any()


def test_a_heatmap_without_heat_is_a_miss_and_is_told():
    model = ByColour()
    model.head.weight = nn.Parameter(-20 * (1 - torch.eye(4)))  # each class by what speaks against it
    game = grid_pointing_game(model, *colours(4), n=2)
    assert (game.share, game.hit_rate, game.blank) == (0, 0, 8)
    assert "8 of 8 heatmaps had no heat" in repr(game)
    assert "no heat" not in repr(grid_pointing_game(ByColour(), *colours(4), n=2))


def test_progress_is_told_of_each_batch_of_grids_and_what_it_raises_ends_the_game():
    told = []
    grid_pointing_game(ByColour(), *colours(4), n=10, progress=told.append)
    assert told == [0, 8, 10]

    def stop(done):
        if done == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grid_pointing_game(ByColour(), *colours(4), n=10, progress=stop)


def test_the_model_is_left_as_it_was():
    model = ByColour().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.random.get_rng_state()
    grid_pointing_game(model, *colours(4), n=1)
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"n": 0}, "n must be a number of grids of at least 1, got 0"),
        ({"method": "guess"}, "method must be one of"),
        ({"layer": "conv33"}, "conv33"),
        ({"labels": [0, 1, 2]}, "labels must be one for each of the 8 images, got 3"),
        ({"labels": list("abcdabcd")}, "labels must be classes"),
        ({"labels": [0, 1] * 4}, "of 2 classes; give more images, or a lower confidence"),
        ({"images": colours(3)[0], "labels": [0, 1, 2]}, "images must be at least 4"),
        ({"images": [*colours(7)[0], torch.zeros(4, 5, 5)]}, "images must all have one size"),
    ],
)
def test_what_makes_no_grid_is_an_error(options, told):
    given, labels = colours(8)
    arguments = {"images": given, "labels": labels} | options
    with pytest.raises((TypeError, ValueError), match=told):
        grid_pointing_game(ByColour(), **arguments)


def test_a_model_that_is_sure_of_nothing_plays_no_game():
    torch.manual_seed(0)
    with pytest.raises(ValueError, match=r"predicts with a probability of at least 0\.99"):
        grid_pointing_game(Tiny(4), torch.rand(8, 3, 4, 4), [0, 1, 2, 3] * 2, confidence=0.99)
