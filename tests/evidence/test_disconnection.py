"""Heat where the model cannot look: cells behind a cut connection."""

import numpy as np
import pytest
import torch
from torch import nn

from attn_widget import Refusal, demo
from attn_widget.evidence import disconnected_heat
from tests.evidence.test_grid_game import ByColour, colours
from tests.models import Tiny, images, trained


@pytest.fixture(scope="module")
def real(cifar10):
    folder = images(cifar10, "resnet20")
    return trained(cifar10, "resnet20"), [folder[at][0] for at in range(0, len(folder), len(folder) // 12)]


@pytest.mark.parametrize("method", ["hires-cam", "layer-cam"])
def test_methods_that_weigh_cell_by_cell_have_no_heat_there(real, method):
    model, given = real
    found = disconnected_heat(model, given, layer="layer3", method=method, n=2)
    assert (found.outside <= 0.01).all()
    assert found.blank == 0


@pytest.mark.parametrize("method", ["channel-mean", "eigen-cam"])
def test_methods_that_ignore_the_score_have_three_quarters_of_it_there(real, method):
    model, given = real
    found = disconnected_heat(model, given, layer="layer3", method=method, n=2)
    assert found.outside.mean(1) == pytest.approx(found.chance)
    assert found.mean == pytest.approx(0.75)


def test_grad_cams_heat_there_is_what_its_channels_have_there(real):
    """One weight for a whole channel shows that channel in each cell: against plain passes of single images."""
    model, given = real
    found = disconnected_heat(model, given, layer="layer3", n=2)
    model = model.eval()
    kept = []
    hook = model.layer3.register_forward_hook(lambda module, arguments, output: kept.append(output))
    try:
        rows = [model(image[None])[0] for image in given]
    finally:
        hook.remove()
    expected = []
    for places in found.positions.tolist():
        for place in places:
            (gradient,) = torch.autograd.grad(rows[place].max(), kept[place], retain_graph=True)
            weights = gradient.mean((2, 3), keepdim=True)
            sums = torch.stack([(weights * kept[one]).sum(1).relu().sum() for one in places])
            expected.append(1 - float((sums[places.index(place)] / sums.sum()).detach()))
    assert found.outside.ravel() == pytest.approx(expected, abs=1e-5)
    assert 0.01 < found.mean < found.chance


def test_grad_cam_has_none_where_the_classes_share_no_channel_and_three_quarters_where_all_are_one():
    given, _ = colours(4)
    assert (disconnected_heat(ByColour(), given, layer="conv").outside == 0).all()
    same = disconnected_heat(ByColour(), [given[0]] * 4)
    assert same.layer == "conv"
    assert same.outside == pytest.approx(0.75)
    assert (disconnected_heat(ByColour(), [given[0]] * 4, method="hires-cam").outside == 0).all()


def test_pixel_methods_need_no_layer():
    found = disconnected_heat(ByColour(), colours(4)[0], method="saliency", n=1)
    assert found.layer == ""
    assert (found.outside == 0).all()
    assert found.blank == 0


def test_a_forward_of_ones_own_calls_the_cut_copy():
    given = colours(4)[0]
    found = disconnected_heat(
        ByColour(), given, layer="conv", forward=lambda model, batch: {"logits": model(batch)}, n=1, method="hires-cam"
    )
    assert (found.outside == 0).all()


def test_a_heatmap_without_heat_has_none_outside_and_is_told():
    model = ByColour()
    model.head.weight = nn.Parameter(-20 * (1 - torch.eye(4)))
    found = disconnected_heat(model, colours(4)[0], n=1)
    assert (found.mean, found.blank) == (0, 4)
    assert "4 of 4 heatmaps had no heat" in repr(found)


def test_the_model_is_left_as_it_was_and_the_seed_decides():
    model, (given, _) = ByColour().train(), colours(12)
    first, again, other = (disconnected_heat(model, given, layer="conv", n=3, seed=seed) for seed in (0, 0, 1))
    assert (first.positions == again.positions).all()
    assert (first.positions != other.positions).any()
    assert all(len(set(row)) == 4 for row in first.positions.tolist())
    assert model.training
    assert not model.conv._forward_hooks
    assert (first.interval[0] <= first.mean) & (first.mean <= first.interval[1])


def test_progress_is_told_of_each_batch_of_grids_and_what_it_raises_ends_the_work():
    told = []
    disconnected_heat(ByColour(), colours(4)[0], n=10, progress=told.append)
    assert told == [8, 10]

    def stop(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        disconnected_heat(ByColour(), colours(4)[0], progress=stop)


def test_layers_without_a_grid_and_outputs_without_scores_are_refused():
    with pytest.raises(Refusal, match=r"layer 'head' must give maps \[B, K, h, w\].*gives \[4, 4\]"):
        disconnected_heat(ByColour(), colours(4)[0], layer="head")
    with pytest.raises(Refusal, match="needs class scores"):
        disconnected_heat(ByColour(), colours(4)[0], layer="conv", forward=lambda model, batch: model(batch).sum())
    with pytest.raises(ValueError, match="n must be a number of grids"):
        disconnected_heat(ByColour(), colours(4)[0], n=True)
    with pytest.raises(ValueError, match="images must be at least 4"):
        disconnected_heat(Tiny(), torch.zeros(3, 3, 8, 8))


def test_on_the_demo_element_by_element_holds_too():
    model, loader, _ = demo.load()
    given = [loader.dataset[position][0] for position in range(4)]
    assert np.array_equal(disconnected_heat(model, given, layer="conv3", method="layer-cam", n=1).outside, [[0] * 4])
