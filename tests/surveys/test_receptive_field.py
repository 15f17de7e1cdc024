"""The part of an image that a cell depends on is that of the arithmetic of convolutions, and found without a trace."""

import copy
import itertools

import pytest
import torch
from torch import nn

from attn_widget import demo
from attn_widget.surveys.receptive_field import receptive_field, region_around


def by_arithmetic(steps, cell, size):
    """Follow a cell back through convolutions and pools: kernel, stride, padding and dilation of each, the last first.

    Output ``i`` of a step reads its inputs ``i * stride - padding`` to that plus ``dilation * (kernel - 1)``.
    """
    bounds = []
    for index, length in zip(cell, size, strict=True):
        first = last = index
        for kernel, stride, padding, dilation in reversed(steps):
            first, last = first * stride - padding, last * stride - padding + dilation * (kernel - 1)
        bounds.append(slice(max(first, 0), min(last + 1, length)))
    return tuple(bounds)


STACK = [(3, 1, 1, 1), (3, 2, 1, 1), (3, 1, 2, 2), (2, 2, 0, 1), (5, 1, 2, 1)]


def stack(kinds=(nn.Conv2d, nn.Conv2d, nn.Conv2d, nn.MaxPool2d, nn.Conv2d)):
    layers = []
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for kind, (kernel, stride, padding, dilation) in zip(kinds, STACK, strict=True):
            if kind is nn.MaxPool2d:
                layers.append(kind(kernel, stride, padding))
            else:
                layers += [kind(3, 3, kernel, stride, padding, dilation), nn.ReLU(inplace=True)]
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 4))


def an_image(height=40, width=56):
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("cell", [(0, 0), (5, 6), (9, 13), (4, 0)])
def test_a_stack_of_convolutions_is_followed_back(cell):
    assert receptive_field(stack(), an_image(), "7", cell) == by_arithmetic(STACK, cell, (40, 56))


def test_the_demo_networks_convolutions_are_followed_back():
    shown = demo.load()
    image = shown.loader.dataset[3][0]
    convolution, pool = (5, 1, 2, 1), (2, 2, 0, 1)
    layers = {"conv1": [convolution], "conv2": [convolution, pool, convolution]}
    layers["conv3"] = [*layers["conv2"], pool, convolution]
    for (layer, steps), cell in itertools.product(layers.items(), [(0, 0), (7, 9), (15, 4)]):
        assert receptive_field(shown.model, image, layer, cell) == by_arithmetic(steps, cell, (64, 64)), (layer, cell)


def test_it_is_found_on_an_image_without_contrast_and_where_channels_are_dead():
    model = stack()
    model[0].weight.data[:2], model[0].bias.data[:2] = 0, -1  # two of three channels give zero for all images
    assert receptive_field(model, torch.zeros(3, 40, 56), "0", (5, 6)) == by_arithmetic(STACK[:1], (5, 6), (40, 56))
    found = receptive_field(model, an_image(), "4", (5, 6))
    assert found == by_arithmetic(STACK[:3], (5, 6), (40, 56))


def test_the_whole_image_and_no_gradient_are_none():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.GroupNorm(2, 4), nn.Conv2d(4, 2, 1), nn.Flatten())
    image = an_image(12, 12)
    assert receptive_field(model, image, "0", (4, 5)) == (slice(3, 6), slice(4, 7))
    assert receptive_field(model, image, "2", (4, 5)) is None
    model[0].weight.data.zero_()
    assert receptive_field(model, image, "0", (4, 5)) is None


def test_behind_attention_a_cell_depends_on_all_of_the_image():
    shown = demo.load("vit")
    image = shown.loader.dataset[0][0]
    assert receptive_field(shown.model, image, "blocks.0.attention", (1, 2)) is None
    assert receptive_field(shown.model, image, "blocks.1", (1, 2)) is None


def test_the_model_keeps_its_mode_gradients_and_random_state():
    model = stack().train()
    model[0].weight.grad = torch.ones_like(model[0].weight)
    before, state = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    receptive_field(model, an_image(), "7", (1, 1))
    assert all(torch.equal(one, before[name]) for name, one in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
    assert model.training
    assert (model[0].weight.grad == 1).all()
    assert not any(module._forward_hooks for module in model.modules())


def test_a_cell_outside_the_grid_is_refused():
    with pytest.raises(ValueError, match=r"cell must be \(row, column\) on the layer's grid"):
        receptive_field(stack(), an_image(), "7", (10, 0))


def test_a_cell_and_its_neighbours_stand_for_it_otherwise():
    assert region_around((3, 0), (7, 7), (224, 224)) == (slice(64, 160), slice(0, 64))
    assert region_around((6, 2), (7, 3), (10, 10)) == (slice(7, 10), slice(3, 10))
