"""The panel on real images and trained networks."""

import numpy as np
import pytest
import torch
from models import NETWORKS, images, loader, trained

from attn_widget import explain

COUNT = 100


@pytest.fixture(scope="module", params=NETWORKS)
def network(request, cifar10):
    return request.param, trained(cifar10, request.param)


@pytest.fixture(scope="module")
def mistakes(network, cifar10):
    """The positions that a plain loop over the first images finds."""
    name, _ = network
    model = trained(cifar10, name).eval()
    data = images(cifar10, name)
    with torch.no_grad():
        predicted = torch.cat([model(data[position][0][None]).argmax(1) for position in range(COUNT)])
    return [position for position in range(COUNT) if predicted[position] != data[position][1]]


def test_a_random_walk_shows_the_numbers_of_explain(opened, network, cifar10):
    name, model = network
    panel = opened(model, loader(cifar10, name, shuffle=True))
    data = images(cifar10, name)
    layers = [name for name, words in zip(panel.offers("Layer"), panel.words("Layer"), strict=True) if "×" in words]
    random = np.random.default_rng(0)
    for position in random.integers(0, len(data), 10):
        panel.layer = str(random.choice(layers))
        panel.sample = position
        expected = explain(model, data[position][0], layer=panel.layer, label=data[position][1])
        assert panel.message == ""
        for field in ("channels", "weights", "shares", "overall_map", "heatmaps", "probabilities"):
            assert getattr(panel.explanation, field) == pytest.approx(getattr(expected, field), abs=1e-6), field


def test_the_next_mistakes_are_those_of_a_plain_loop(opened, network, mistakes, cifar10):
    name, model = network
    panel = opened(model, loader(cifar10, name))
    for expected in [position for position in mistakes if position > 0][:6]:
        assert panel.next_mistake() == expected
        assert " · wrong · " in panel.status
        assert f"Sample {expected} is a mistake" in panel.search_text
    panel.sample = COUNT - 1
    assert panel.previous_mistake() == max(position for position in mistakes if position < COUNT - 1)


def test_the_status_names_file_and_classes(opened, network, cifar10):
    name, model = network
    data = images(cifar10, name)
    panel = opened(model, loader(cifar10, name))
    panel.sample = 431
    true, predicted = data.classes[data[431][1]], data.classes[panel.explanation.predicted]
    assert panel.status.startswith(f"Sample 431 of 1,000 · {true}/")
    assert f"true: {true} · predicted: {predicted} " in panel.status
    assert "scaled for display" not in panel.status


def test_the_picture_is_the_image_before_it_was_normalised(opened, network, cifar10):
    name, model = network
    panel = opened(model, loader(cifar10, name))
    panel.sample = 77
    path, _ = images(cifar10, name).samples[77]
    original = np.asarray(images(cifar10, name).loader(path))
    assert np.abs(panel.picture[..., :3].astype(int) - original).max() <= 1
