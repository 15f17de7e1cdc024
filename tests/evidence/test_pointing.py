"""Whether a heatmap lies on a region: the pointing game and the share of energy inside."""

import numpy as np
import pytest
import quantus
import torch

from attn_widget import explain
from attn_widget.evidence import energy_inside, pointing_game
from tests.models import Showing

HEAT = np.array([[0.0, 1.0, 0.0, 0.0], [0.0, 4.0, 2.0, 0.0], [0.0, 0.0, 1.0, -8.0]])


def only(*cells):
    mask = np.zeros(HEAT.shape, bool)
    for cell in cells:
        mask[cell] = True
    return mask


def test_the_peak_is_a_hit_where_it_lies_in_the_region_and_a_miss_beside_it():
    assert pointing_game(HEAT, only((1, 1)))
    assert not pointing_game(HEAT, ~only((1, 1)))
    assert not pointing_game(HEAT, only())


def test_the_energy_is_the_share_of_what_is_positive():
    assert energy_inside(HEAT, only((1, 1), (2, 3))) == 4 / 8
    assert energy_inside(HEAT, ~only((1, 1), (2, 3))) == 4 / 8
    assert energy_inside(HEAT, only()) == 0
    assert energy_inside(HEAT, ~only()) == 1


def test_boxes_are_columns_and_rows_without_their_ends():
    box = [[1, 1, 2, 2]]  # x1, y1, x2, y2: the pixel in row 1 and column 1
    assert pointing_game(HEAT, box)
    assert energy_inside(HEAT, torch.tensor(box)) == 4 / 8
    assert energy_inside(HEAT, np.array([[1, 0, 2, 2], [1, 1, 3, 2]])) == 7 / 8  # a pixel in both counts once
    assert energy_inside(HEAT, [[2.0, 0.4, 4.0, 1.4]]) == 0  # row 0, whose centre alone lies in it
    assert energy_inside(HEAT, np.zeros((0, 4))) == 0


def test_a_tolerance_lets_the_peak_lie_beside_the_region():
    assert not pointing_game(HEAT, only((1, 3)), tolerance=1.9)
    assert pointing_game(HEAT, only((1, 3)), tolerance=2)
    assert not pointing_game(HEAT, only((2, 2)), tolerance=1.4)  # it is a distance, not rows and columns
    assert not pointing_game(HEAT, only(), tolerance=100)


def test_no_heat_points_at_nothing_and_a_flat_map_at_its_first_pixel():
    everywhere = ~only()
    for nothing in (np.zeros(HEAT.shape), -np.ones(HEAT.shape), np.full(HEAT.shape, np.nan)):
        assert not pointing_game(nothing, everywhere)
        assert energy_inside(nothing, everywhere) == 0
    assert pointing_game(np.ones(HEAT.shape), only((0, 0)))
    assert not pointing_game(np.ones(HEAT.shape), only((2, 3)))
    assert energy_inside(np.ones(HEAT.shape), only((2, 3))) == 1 / 12


def test_nan_has_no_heat_and_infinity_has_all_of_it():
    heat = np.where(only((1, 1)), np.nan, HEAT)
    assert pointing_game(heat, only((1, 2)))
    assert energy_inside(heat, only((1, 1))) == 0
    heat = np.where(only((0, 0), (2, 0)), np.inf, HEAT)
    assert energy_inside(heat, only((0, 0))) == 1 / 2


def test_an_explanations_heat_is_not_stretched():
    """What the picture shows starts at zero; a map that is nearly the same everywhere is not all on its peak."""
    model = Showing(torch.tensor([[[[10.0, 10.0], [10.0, 11.0]]]]))
    explanation = explain(model, torch.zeros(3, 2, 2), layer="layer")
    corner = np.array([[False, False], [False, True]])
    assert energy_inside(explanation, corner) == pytest.approx(11 / 41)
    assert pointing_game(explanation, corner)
    assert energy_inside(explanation.overall, corner) == 1


@pytest.mark.parametrize("seed", range(3))
def test_both_equal_quantus(seed):
    draw = np.random.default_rng(seed)
    heat = draw.random((8, 8)).astype(np.float32)
    masks = [draw.random((8, 8)) < share for share in (0.2, 0.5, 0.8)]
    given = {
        "model": None,
        "x_batch": np.zeros((3, 1, 8, 8), np.float32),
        "y_batch": np.zeros(3, int),
        "a_batch": np.stack([heat] * 3)[:, None],
        "s_batch": np.stack(masks)[:, None],
    }
    options = {"normalise": False, "abs": False, "disable_warnings": True}
    hits = quantus.PointingGame(**options)(**given)
    shares = quantus.RelevanceMassAccuracy(**options)(**given)
    assert [pointing_game(heat, mask) for mask in masks] == [bool(hit) for hit in hits]
    assert [energy_inside(heat, mask) for mask in masks] == pytest.approx(shares, abs=1e-4)


def test_of_two_equal_peaks_the_first_one_counts_where_for_quantus_any_does():
    twice, last = np.zeros((8, 8), np.float32), np.zeros((8, 8), bool)
    twice[0, 0] = twice[7, 7] = last[7, 7] = True
    one = {"model": None, "x_batch": np.zeros((1, 1, 8, 8), np.float32), "y_batch": np.zeros(1, int)}
    (hit,) = quantus.PointingGame(normalise=False, abs=False, disable_warnings=True)(
        **one, a_batch=twice[None, None], s_batch=last[None, None]
    )
    assert hit
    assert not pointing_game(twice, last)


@pytest.mark.parametrize(
    ("heatmap", "region", "told"),
    [
        (np.zeros((2, 2, 2)), np.ones((2, 2), bool), r"heatmap must be .* \[H, W\], got the shape \[2, 2, 2\]"),
        ("hot", np.ones((2, 2), bool), "heatmap must be an Explanation or an array"),
        (HEAT, np.ones((2, 2), bool), r"mask of the heatmap's size \[3, 4\], got \[2, 2\]"),
        (HEAT.T, np.full((4, 3), 255, np.uint8), r"mask > 0 makes one of numbers; got numbers of the shape \[4, 3\]"),
        (HEAT, [1, 1, 2, 2], r"boxes \[n, 4\]"),
        (HEAT, [[2, 1, 1, 2]], r"x1 <= x2 and y1 <= y2, got \(2, 1, 1, 2\)"),
        (HEAT, "left", "region must be a mask of booleans"),
    ],
)
def test_what_is_neither_a_heatmap_nor_a_region_is_an_error(heatmap, region, told):
    for measure in (pointing_game, energy_inside):
        with pytest.raises((TypeError, ValueError), match=told):
            measure(heatmap, region)


def test_a_negative_tolerance_is_an_error():
    with pytest.raises(ValueError, match="tolerance must be"):
        pointing_game(HEAT, only((1, 1)), tolerance=-1)
