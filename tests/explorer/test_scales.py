"""The panel's scale: each panel its own, all alike, or fixed over the samples."""

import numpy as np
import pytest
import torch
from models import loader, trained

from .panels import images, net


@pytest.fixture
def real(opened, cifar10):
    """A panel on real photographs; gives what is written of the scale in it."""
    return opened(trained(cifar10, "resnet20"), loader(cifar10, "resnet20"), layer="layer2")


def numbers(panel):
    """Read what the figure says of its scales."""
    return [words for words in panel.titles if "…" in words or words.endswith(("fixed", "all channels"))]


def fixed(panel):
    """Read the number of the bar's high end on a fixed scale; none on another."""
    return [float(words.lstrip("≥ ").split(",")[0]) for words in numbers(panel) if words.endswith("fixed")]


def test_a_fixed_scale_is_that_of_the_moment_and_stays_over_samples_without_a_pass(real):
    own = numbers(real)
    real.sample = 1
    assert numbers(real) != own  # by itself, every sample has its own numbers
    explanation = real.explanation
    real.choose("Scale", "fixed")
    assert real.explanation is explanation
    assert fixed(real) == pytest.approx([explanation.maps.max()], rel=6e-3)
    for sample in (2, 3):
        real.sample = sample
        assert fixed(real) == pytest.approx([explanation.maps.max()], rel=6e-3)
        beyond = real.explanation.maps.max() > explanation.maps.max()
        assert any(words.startswith("≥") for words in numbers(real)) == beyond
    assert "The scale is fixed" in real.sentence


def test_another_layer_is_fixed_when_it_comes_up_and_own_forgets(real):
    real.scale = "fixed"
    first = fixed(real)
    real.layer = "layer1"
    assert fixed(real) != first
    real.sample, real.layer = 4, "layer2"
    assert fixed(real) == first
    real.scale = "own"
    real.scale = "fixed"
    assert fixed(real) == pytest.approx([real.explanation.maps.max()], rel=6e-3) != first


def test_an_empty_picture_fixes_nothing(opened):
    model = net().eval()
    dark = torch.zeros(1, 3, 12, 12)
    with torch.no_grad():
        model.conv1.bias.zero_()
    panel = opened(model, torch.cat([dark, images(2)]), layer="conv1", scale="fixed")
    assert fixed(panel) == []
    panel.sample = 1
    assert fixed(panel) == pytest.approx([panel.explanation.maps.max()], rel=6e-3)


def test_the_scale_and_fading_are_bound_to_their_controls_and_cost_no_pass(opened):
    panel = opened(layer="conv2")
    before, plain = panel.passes, panel.pixels
    assert panel.offers("Scale") == ["own", "alike", "fixed"]
    panel.choose("Scale", "alike")
    assert panel.scale == "alike"
    alike = panel.pixels
    panel.switch("Fade", True)
    assert panel.fade
    faded = panel.pixels
    panel.scale = (0, 5)
    assert panel.scale == ((0, 5), (0, 5)) == panel.value("Scale")
    assert len({pixels.tobytes() for pixels in (plain, alike, faded, panel.pixels)}) == 4
    assert panel.passes == before
    panel.click("Reset")
    assert (panel.scale, panel.fade) == ("own", False)
    assert np.array_equal(panel.pixels, plain)


@pytest.mark.parametrize(("name", "value"), [("scale", "alik"), ("scale", (3, 1)), ("scale", None), ("fade", 1)])
def test_a_wrong_value_is_refused(opened, name, value):
    panel = opened()
    before = getattr(panel, name)
    with pytest.raises((TypeError, ValueError), match=f"^{name} must "):
        setattr(panel, name, value)
    assert getattr(panel, name) == before
