"""Regions by their heat, against all places tried one by one; mean heat; colours."""

import itertools

import numpy as np
import pytest
import torch

from attn_widget.shortcuts import picture_regions as regions
from attn_widget.shortcuts.cues import ColourCue, Colours
from attn_widget.shortcuts.mean_heat import half_of_heat, where_on_average

HEAT = np.random.default_rng(0).random((12, 17))


@pytest.mark.parametrize("kind", ["patch", "rows", "columns"])
def test_the_hottest_and_the_coldest_region_are_those_of_a_search_of_all_places(kind):
    rows, columns = regions.shape_of(kind, 0.15, HEAT.shape)
    places = [(top, left) for top in range(12 - rows + 1) for left in range(17 - columns + 1)]
    sums = {(top, left): HEAT[top : top + rows, left : left + columns].sum() for top, left in places}
    for found, best in ((regions.hottest, max), (regions.coldest, min)):
        mask = found(HEAT, kind, 0.15)
        assert mask.sum() == rows * columns
        assert HEAT[mask].sum() == pytest.approx(best(sums.values()))


def test_several_regions_do_not_share_their_heat_and_smaller_ones_lie_within():
    first, second = regions.several(HEAT, "patch", 0.1, 2)
    assert (first & second).sum() < first.sum() / 2
    inner = regions.hottest(HEAT, "patch", 0.02, within=first)
    assert HEAT[inner & first].sum() > 0


@pytest.mark.parametrize(("kind", "share"), [("patch", 0.05), ("patch", 0.15), ("rows", 0.1), ("columns", 0.15)])
def test_a_region_has_its_share_of_a_picture(kind, share):
    rows, columns = regions.shape_of(kind, share, (224, 224))
    assert rows * columns / 224**2 == pytest.approx(share, abs=0.005)


@pytest.mark.parametrize(("kind", "axis"), [("rows", 0), ("columns", 1)])
def test_strips_cover_a_picture_from_one_end_to_the_other(kind, axis):
    masks = regions.strips((12, 17), kind, 0.15)
    assert {int(mask.sum()) for mask in masks} == {masks[0].sum()}
    assert np.any(masks, axis=0).all()
    starts = [int(mask.any(1 - axis).argmax()) for mask in masks]
    assert all(0 < b - a <= 1 for a, b in itertools.pairwise(starts))


def test_a_frame_is_as_thick_on_all_sides():
    mask = regions.frame((32, 40), 1 / 16)
    assert not mask[2:-2, 2:-2].any()
    assert mask[:2].all()
    assert mask[:, -2:].all()


def test_mean_heat_that_is_narrow_and_elsewhere_is_apart():
    wide = np.ones((16, 16)) / 256
    spot = np.zeros((16, 16))
    spot[2:4, 2:4] = 0.25
    found = where_on_average({0: wide, 1: wide, 2: spot})
    assert [one.apart for one in found.values()] == [False, False, True]
    assert found[2].half == half_of_heat(spot) == 2 / 256
    assert found[2].overlap == pytest.approx(4 / 256)


def test_colours_are_given_and_taken_channel_by_channel():
    draw = torch.Generator().manual_seed(0)
    own = [torch.rand(3, 8, 8, generator=draw) * 0.3 + 0.4 for _ in range(4)]
    others = [torch.rand(3, 8, 8, generator=draw) * torch.tensor([0.5, 1, 0.2])[:, None, None] for _ in range(4)]
    cue = ColourCue(own, Colours.of(own), Colours.of(others), (-10.0, 10.0))
    given = Colours.of([cue.onto(0, image) for image in others])
    torch.testing.assert_close(given.mean, Colours.of(own).mean, atol=1e-5, rtol=0)
    torch.testing.assert_close(given.spread, Colours.of(own).spread, atol=1e-5, rtol=0)
    taken = Colours.of([cue.without(source, others[0]) for source in range(4)])
    torch.testing.assert_close(taken.mean, Colours.of(others).mean, atol=1e-5, rtol=0)
