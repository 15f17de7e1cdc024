"""ROAD: its imputation and its scores against the peers'."""

import numpy as np
import pytest
import torch
from pytorch_grad_cam.metrics.road import NoisyLinearImputer

from attn_widget import explain
from attn_widget.evidence import road
from attn_widget.evidence.linear_imputation import LinearImputation
from tests.evidence.peer_measures import pytorch_grad_cams_road, quantus_imputed
from tests.models import images, trained


@pytest.fixture(scope="module")
def real(cifar10):
    model, folder = trained(cifar10, "resnet20").eval(), images(cifar10, "resnet20")
    image = folder[600][0]
    return model, image, explain(model, image, layer="layer3", method="layer-cam")


def filled(image, missing):
    pixels = image.double().numpy().reshape(len(image), -1).T.copy()
    pixels[missing] = LinearImputation(image.shape[1:]).fill(pixels, missing)
    return pixels.T.reshape(image.shape)


@pytest.mark.parametrize("share", [0.1, 0.6, 0.95])
def test_the_imputation_is_pytorch_grad_cams_and_quantus(share):
    image = torch.randn(3, 9, 14, generator=torch.Generator().manual_seed(1))
    missing = np.flatnonzero(np.random.default_rng(2).random(126) < share)
    known = torch.ones(126)
    known[missing] = 0
    theirs = NoisyLinearImputer(noise=0)(image, known.reshape(9, 14))
    assert filled(image, missing) == pytest.approx(theirs.numpy(), abs=1e-5)
    assert filled(image, missing) == pytest.approx(quantus_imputed(image, missing), abs=1e-9)


def test_what_is_flat_stays_flat():
    assert filled(torch.full((1, 5, 5), 7.0), np.arange(1, 24)) == pytest.approx(np.full((1, 5, 5), 7.0))


@pytest.mark.parametrize("first", ["hottest", "coldest"])
def test_scores_are_pytorch_grad_cams_without_noise(first, real):
    # Its thresholds are percentiles, of which all equal pixels are on the same side: so the heatmap has none.
    # Quantus counts how many images keep their class (as the paper does), and only takes one channel.
    model, image, explained = real
    heatmap = (0.9 * explained.overall + 1e-3 * np.random.default_rng(0).random((32, 32)) + 1e-3).astype(np.float32)
    percentiles = (80, 50, 10)
    removed = [1024 - int(np.sum(heatmap < np.percentile(heatmap, one))) for one in percentiles]
    curve = road(
        model,
        image,
        heatmap,
        first=first,
        fractions=[count / 1024 for count in removed],
        noise=0,
        target=explained.predicted,
    )
    coldest = first == "coldest"
    theirs = [
        pytorch_grad_cams_road(model, image, heatmap, explained.predicted, percentile, coldest)
        for percentile in percentiles
    ]
    assert curve.scores[1:] == pytest.approx(theirs, abs=1e-4)


def test_removing_the_hottest_first_costs_more_than_the_coldest(real):
    hottest, coldest = (road(*real, first=first) for first in ("hottest", "coldest"))
    assert hottest.scores[0] == coldest.scores[0] == pytest.approx(real[2].probabilities[real[2].predicted], abs=1e-6)
    assert hottest.area < coldest.area - 0.1
    assert (hottest.measure, coldest.measure) == ("road", "road, coldest first")


def test_the_noise_is_drawn_anew_from_its_own_seed(real):
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()
    one, same, other = (road(*real, noise=0.5, seed=seed, fractions=[0.5]).scores[1] for seed in (0, 0, 1))
    assert one == same != other
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == np.random.get_state()[1].tolist()


@pytest.mark.parametrize("wrong", [{"first": "all"}, {"fractions": [0.5, 1]}, {"fractions": [0.5, 0.2]}])
def test_an_invalid_argument_is_an_error(wrong, real):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        road(*real, **wrong)
