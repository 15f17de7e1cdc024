"""Channels ranked by a place, and two explanations set side by side."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from models import Showing, Tiny, Witness, images, trained

from attn_widget import explain, explain_many
from attn_widget.explanation import Comparison, cell_under, to_heatmap

IMAGE = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(0))


# --- a place


@pytest.mark.parametrize(("layer", "grid"), [("layer1.2", 32), ("layer2.0", 16), ("layer3.2.bn2", 8)])
def test_the_channels_kept_are_those_of_highest_value_at_the_place(layer, grid, cifar10):
    model, (image, _) = trained(cifar10, "resnet20").eval(), images(cifar10, "resnet20")[5]
    kept = []
    handle = model.get_submodule(layer).register_forward_hook(lambda *given: kept.append(given[-1][0].clone()))
    with torch.no_grad():
        model(image[None])
    handle.remove()
    for row, column in [(0, 0), (31, 31), (7, 20), (16, 15)]:
        cell = row // (32 // grid), column // (32 // grid)
        values = kept[0][:, cell[0], cell[1]]
        e = explain(model, image, layer=layer, method="grad-cam", top_k=6, at=(row, column))
        assert e.at == (row, column)
        np.testing.assert_allclose(e.maps[:, cell[0], cell[1]], values.sort(descending=True).values[:6], rtol=1e-5)
        np.testing.assert_allclose(values[e.channels.tolist()], e.maps[:, cell[0], cell[1]], rtol=1e-5)
        plain = explain(model, image, layer=layer, method="grad-cam", top_k=6)
        assert np.array_equal(e.overall_map, plain.overall_map)
        assert plain.at is None


def test_a_channel_without_a_number_there_comes_last():
    maps = torch.arange(4.0).repeat(2, 2, 1).permute(2, 0, 1)[None].clone()
    maps[0, 3, 1, 1] = torch.nan
    there = explain(Showing(maps), IMAGE, layer="layer", top_k=4, at=(7, 7))
    elsewhere = explain(Showing(maps), IMAGE, layer="layer", top_k=4, at=(0, 0))
    assert (there.channels.tolist(), elsewhere.channels.tolist()) == ([2, 1, 0, 3], [3, 2, 1, 0])


@pytest.mark.parametrize(("pixels", "cells"), [(8, 8), (8, 3), (7, 4), (3, 5), (224, 7), (1, 1), (5, 1)])
def test_the_cell_is_the_one_over_the_pixels_centre(pixels, cells):
    for pixel in range(pixels):
        cell, other = cell_under((pixel, 0), (pixels, 1), (cells, 1))
        assert cell == int(np.floor((pixel + 0.5) / pixels * cells + 1e-9))
        assert other == 0


@pytest.mark.parametrize("at", [(8, 0), (0, 8), (-1, 0), (1.5, 2), (1,), (1, 2, 3), 5, "12", (None, 1), (True, 1)])
def test_what_is_no_place_in_the_image_is_refused(at):
    with pytest.raises(ValueError, match=r"^at must be a pixel \(row, column\) of the image's 8x8, got .*$"):
        explain(Tiny(), IMAGE, layer="conv", at=at)


# --- smoothed gradients of several layers


def test_smoothing_several_layers_takes_a_pass_for_each_copy_and_one_more(cifar10):
    model, (image, _) = trained(cifar10, "resnet20"), images(cifar10, "resnet20")[5]
    passes, layers = Witness(), ["layer1", "layer2.0.conv2", "layer3"]
    methods = ["grad-cam", "layer-cam"]
    model.register_forward_hook(lambda *given: passes.append(1))
    together = explain_many(model, image, layers=layers, methods=methods, smooth=3)
    assert len(passes) == 4
    singly = [explain(model, image, layer=layer, method=method, smooth=3) for layer in layers for method in methods]
    for one, other in zip(together, singly, strict=True):
        assert (one.layer, one.method) == (other.layer, other.method)
        np.testing.assert_allclose(one.overall_map, other.overall_map, atol=1e-5 * np.abs(other.overall_map).max())


# --- two side by side


def two(first, second, **changes):
    """A comparison of two overall maps, for two targets of one method unless told otherwise."""
    e = explain(Tiny(), IMAGE, layer="conv")
    maps = [np.asarray(map_, np.float32) for map_ in (first, second)]
    return Comparison(replace(e, overall_map=maps[0]), replace(e, overall_map=maps[1], **changes))


STRONG, WEAK = np.array([[8.0, 4.0], [-3.0, 0.0]]), np.array([[0.0, 1.0], [2.0, -9.0]])


def test_two_targets_share_a_scale_so_that_the_weaker_looks_weaker():
    comparison = two(STRONG, WEAK)
    assert comparison.on_one_scale
    assert comparison.highest == 8
    assert comparison.heatmaps.max(axis=(1, 2)).tolist() == [1, 0.25]
    corners = comparison.heatmaps[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    np.testing.assert_allclose(corners, [[1, 0.5, 0, 0], [0, 0.125, 0.25, 0]])


def test_two_methods_or_layers_are_each_on_their_own_scale():
    for changes in ({"method": "grad-cam"}, {"layer": "other"}):
        comparison = two(STRONG, WEAK, **changes)
        assert not comparison.on_one_scale
        assert comparison.highest is None
        for heatmap, map_ in zip(comparison.heatmaps, (STRONG, WEAK), strict=True):
            np.testing.assert_allclose(heatmap, to_heatmap(np.maximum(map_, 0), (8, 8)))


@pytest.mark.parametrize("changes", [{}, {"method": "grad-cam"}])
def test_the_difference_turned_round_turns_its_sign_and_of_one_with_itself_is_zero(changes):
    there, back = two(STRONG, WEAK, **changes), two(WEAK, STRONG, **changes)
    assert np.array_equal(there.difference, -back.difference)
    assert there.difference.max() > 0 > there.difference.min()
    assert np.abs(there.difference).max() <= 1
    assert not two(STRONG, STRONG, **changes).difference.any()


@pytest.mark.parametrize("changes", [{}, {"method": "grad-cam"}])
def test_what_is_no_number_in_one_is_none_in_the_difference(changes):
    broken = STRONG.copy()
    broken[0, 1] = np.nan
    comparison = two(broken, WEAK, **changes)
    missing = np.isnan(comparison.difference)
    assert missing[0, -1]
    assert not missing[0, 0]
    assert np.array_equal(missing, np.isnan(comparison.heatmaps[0]))
    whole = two(STRONG, WEAK, **changes)
    assert np.array_equal(comparison.heatmaps[1], whole.heatmaps[1])


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
@pytest.mark.filterwarnings("error")
def test_maps_of_nothing_but_one_value_are_compared_without_a_warning(value):
    comparison = two(np.full((2, 2), value), WEAK)
    assert np.isnan(comparison.difference).all() == np.isnan(value)
    assert comparison.difference.shape == (8, 8)
