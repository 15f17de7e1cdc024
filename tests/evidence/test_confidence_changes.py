"""Average drop and increase in confidence: against plain sums and the peers."""

import numpy as np
import pytest
import torch
from torch import nn

from attn_widget import Contrast, Refusal, explain
from attn_widget.evidence import average_drop, increase_in_confidence
from tests.evidence.peer_measures import pytorch_grad_cams_changes, torchcams_changes
from tests.models import images, trained


@pytest.fixture(scope="module")
def real(cifar10):
    model, folder = trained(cifar10, "resnet20").eval(), images(cifar10, "resnet20")
    chosen = [folder[position] for position in range(50, 1000, 95)]
    return model, torch.stack([image for image, _ in chosen]), [label for _, label in chosen]


@pytest.fixture(scope="module")
def explained(real):
    model, given, _ = real
    return [explain(model, image, layer="layer3", method="grad-cam") for image in given]


def test_they_are_torchcams_and_pytorch_grad_cams(real, explained):
    model, given, _ = real
    heatmaps, classes = [one.overall for one in explained], [one.predicted for one in explained]
    ours = average_drop(model, given, heatmaps), increase_in_confidence(model, given, heatmaps)
    assert ours == pytest.approx(torchcams_changes(model, given, heatmaps), abs=1e-4)
    drops, rises = pytorch_grad_cams_changes(model, given, heatmaps, classes)
    # pytorch-grad-cam does not divide the drop by the probability before it
    whole = np.array([one.probabilities[one.predicted] for one in explained])
    assert ours == pytest.approx(((drops / whole).mean(), rises.mean()), abs=1e-4)
    assert 0 < ours[1] < 1


def test_an_explanation_is_measured_by_what_it_explains_and_a_target_by_the_labels(real):
    model, given, labels = real
    of_class_3 = [explain(model, image, layer="layer3", method="grad-cam", target=3) for image in given]
    heatmaps = [one.overall for one in of_class_3]
    assert average_drop(model, given, of_class_3) == average_drop(model, given, heatmaps, target=3)
    each = [
        average_drop(model, [image], [heatmap], target=label)
        for image, heatmap, label in zip(given, heatmaps, labels, strict=True)
    ]
    assert average_drop(model, given, heatmaps, target="true", labels=labels) == pytest.approx(np.mean(each))


def test_showing_all_drops_nothing_and_showing_nothing_drops_what_the_model_saw():
    model = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    given = torch.stack([torch.tensor([0.0, 2.0]), torch.tensor([3.0, 0.0])])[..., None, None].expand(2, 2, 4, 4)
    assert average_drop(model, given, np.ones((2, 4, 4))) == 0
    assert increase_in_confidence(model, given, np.ones((2, 4, 4))) == 0
    lost = [1 - 0.5 / (1 / (1 + np.exp(-one))) for one in (2, 3)]
    for nothing in (np.zeros((2, 4, 4)), np.full((2, 4, 4), np.nan)):
        assert average_drop(model, given, nothing) == pytest.approx(np.mean(lost))
    assert increase_in_confidence(model, -given, np.zeros((2, 4, 4)), target=1) == 0.5


def test_bytes_are_masked_as_bytes():
    seen = []

    class Bytes(nn.Module):
        def forward(self, x):
            assert x.dtype == torch.uint8
            return x.float().mean((2, 3)) / 100

    given = torch.full((1, 2, 4, 4), 200, dtype=torch.uint8)
    given[:, 1] = 100
    drop = average_drop(Bytes(), given, np.full((1, 4, 4), 0.5), progress=seen.append)
    before, after = (1 / (1 + np.exp(-one)) for one in (1, 0.5))
    assert drop == pytest.approx((before - after) / before)
    assert seen == [1, 2]


def test_what_does_not_go_together_is_an_error(real, explained):
    model, given, _ = real
    with pytest.raises(ValueError, match="heatmaps must be one for each of the 10 images, got 9"):
        average_drop(model, given, explained[1:])
    with pytest.raises(ValueError, match=r"images' size \[32, 32\], got \[4, 4\]"):
        average_drop(model, given[:1], [np.ones((4, 4))])
    contrast = explain(model, given[0], layer="layer3", method="grad-cam", target=Contrast("predicted", 1))
    with pytest.raises(Refusal, match="one class"):
        average_drop(model, given[:1], [contrast])
    with pytest.raises(Refusal, match="one class"):
        average_drop(model, given[:1], explained[:1], target="true")
