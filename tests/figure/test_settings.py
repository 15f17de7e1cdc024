"""The user's Matplotlib settings do not change the figure."""

import io

import matplotlib
import numpy as np
import pytest
from matplotlib import style

from .making import drawn, explained, picture, shown

SETTINGS = {
    "usetex": {"text.usetex": True},
    "grid": {"axes.grid": True, "axes.grid.which": "both"},
    "layout": {"figure.autolayout": True},
    "constrained": {"figure.constrained_layout.use": True},
    "fonts": {"font.family": "serif", "font.size": 30, "font.weight": "black", "font.style": "italic"},
    "spines": {"axes.spines.left": False, "axes.spines.top": False, "axes.linewidth": 7, "axes.edgecolor": "red"},
    "ticks": {"xtick.top": True, "ytick.right": True, "xtick.labeltop": True, "xtick.minor.visible": True},
    "images": {"image.origin": "lower", "image.interpolation": "bicubic", "image.cmap": "gray", "image.aspect": "auto"},
    "frame": {"figure.frameon": False, "figure.facecolor": "red", "figure.dpi": 33, "figure.figsize": (3, 9)},
    "colours": {"text.color": "red", "axes.facecolor": "black", "patch.force_edgecolor": True},
    "margins": {"axes.xmargin": 0.5, "axes.ymargin": 0.5, "axes.autolimit_mode": "round_numbers"},
    "titles": {"axes.titlecolor": "red", "axes.titlesize": 40, "axes.formatter.use_mathtext": True},
    "sketch": {"path.sketch": (1, 100, 2)},
}


def frame(**options):
    return drawn(shown(explained(label=0, predicted=0), name_of=lambda index: "a_b $c$", **options).figure)


@pytest.fixture(scope="module")
def expected():
    """The figure with Matplotlib's own settings."""
    return frame()


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
def test_the_figure_is_the_same_with(settings, expected):
    with matplotlib.rc_context(settings):
        assert (frame() == expected).all()


@pytest.mark.parametrize("sheet", ["dark_background", "ggplot", "grayscale", "fivethirtyeight"])
def test_the_figure_is_the_same_with_the_style(sheet, expected):
    with style.context(sheet):
        assert (frame() == expected).all()


def test_settings_made_between_two_steps_change_nothing():
    drawing = shown(explained())
    expected = drawn(drawing.figure)
    with style.context("dark_background"), matplotlib.rc_context({"text.usetex": True, "axes.grid": True}):
        drawing.show(picture(), explained(9), drawing._style)
        drawing.show(picture(), explained(), drawing._style)
        assert (drawn(drawing.figure) == expected).all()


def test_drawing_changes_no_setting():
    before = matplotlib.rcParams.copy()  # not a dict of them: reading the backend would choose one
    frame()
    shown(explained()).figure.savefig(io.BytesIO(), format="svg")
    assert matplotlib.rcParams.copy() == before


def test_a_device_of_two_pixels_a_css_pixel_gets_the_same_layout():
    drawing = shown(explained())
    once = drawn(drawing.figure)
    drawing.figure.dpi *= 2
    twice = drawn(drawing.figure)
    assert twice.shape == (2 * once.shape[0], 2 * once.shape[1], 3)
    smaller = twice.reshape(once.shape[0], 2, once.shape[1], 2, 3).mean((1, 3))
    assert np.abs(smaller - once).mean() < 6
    assert drawing.size == once.shape[1::-1]
