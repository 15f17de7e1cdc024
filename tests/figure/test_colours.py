"""Values become the colours that Matplotlib gives them."""

import matplotlib
import numpy as np
import pytest

from attn_widget.figure import COLOUR_MAPS, Style
from attn_widget.figure.colours import NO_DATA, Painter, opaque, painted

VALUES = np.concatenate([np.linspace(0, 1, 1001), np.arange(257) / 256]).astype(np.float32)[None]


@pytest.mark.parametrize("cmap", [*COLOUR_MAPS, "coolwarm", "tab10"])
def test_colours_are_matplotlibs_own_to_the_byte(cmap):
    if cmap == "tab10":  # a list of ten colours: each stands for a tenth of the range
        tenths = (np.arange(10, dtype=np.float32) / 10 + 0.05)[None]
        assert (painted(tenths, cmap) == matplotlib.colormaps[cmap](tenths, bytes=True)).all()
    else:
        assert (painted(VALUES, cmap) == matplotlib.colormaps[cmap](VALUES, bytes=True)).all()


@pytest.mark.parametrize(("low", "high"), [(-3.0, 5.0), (2.0, 2.5), (-1e6, 1e6)])
def test_a_range_is_spread_over_the_whole_colour_map(low, high):
    values = np.linspace(low, high, 513)[None]
    expected = matplotlib.colormaps["viridis"]((values - low) / (high - low), bytes=True)
    steps = np.abs(painted(values, "viridis", low, high).astype(int) - expected)
    assert (painted(values, "viridis", low, high)[0, [0, -1]] == expected[0, [0, -1]]).all()
    assert steps.max() <= 3  # where rounding takes the neighbouring entry of the table


def test_values_out_of_range_have_the_colours_of_the_ends():
    inside = painted(np.array([[0.0, 1.0]]), "jet")
    outside = painted(np.array([[-7.0, 7.0], [-np.inf, np.inf]]), "jet")
    assert (outside == inside).all()


def test_nan_is_grey():
    values = np.array([[0.2, np.nan]], np.float32)
    pixels = painted(values, "jet")
    assert pixels[0, 1].tolist() == [NO_DATA, NO_DATA, NO_DATA, 255]
    assert (pixels[0, 0] == painted(values[:, :1], "jet")[0, 0]).all()


def test_nan_in_an_overlay_is_the_picture_under_grey():
    painter = Painter(np.zeros((1, 2, 3), np.float32), Style(alpha=0.5))
    pixels = painter.heat(np.array([[0.2, np.nan]], np.float32))
    assert pixels[0, 1].tolist() == [NO_DATA // 2, NO_DATA // 2, NO_DATA // 2, 255]
    assert (pixels[0, 0] == painter.heat(np.array([[0.2, 0.9]], np.float32))[0, 0]).all()


def test_a_range_of_one_value_is_the_low_end():
    assert (painted(np.full((2, 2), 4.0), "jet", 4.0, 4.0) == painted(np.zeros((2, 2)), "jet")).all()


@pytest.mark.parametrize("alpha", [0.0, 0.25, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("cmap", COLOUR_MAPS)
def test_an_overlay_is_the_weighted_sum_of_image_and_heatmap(alpha, cmap):
    generator = np.random.default_rng(0)
    picture = generator.random((9, 7, 3), dtype=np.float32)
    heatmap = generator.random((9, 7), dtype=np.float32)
    expected = (1 - alpha) * picture + alpha * matplotlib.colormaps[cmap](heatmap)[..., :3]
    before = picture.copy()
    mixed = Painter(picture, Style(alpha=alpha, cmap=cmap)).heat(heatmap)
    assert mixed.dtype == np.uint8
    assert np.abs(mixed[..., :3] / 255 - expected).max() <= 1 / 255
    assert (mixed[..., 3] == 255).all()
    assert (picture == before).all()


def test_white_under_full_heat_stays_within_a_byte():
    white, full = np.ones((1, 1, 3), np.float32), np.ones((1, 1), np.float32)
    assert Painter(white, Style(cmap="gray")).heat(full).tolist() == [[[255, 255, 255, 255]]]
    assert opaque(white).tolist() == [[[255, 255, 255, 255]]]
