"""On a light page and on a dark one every word can be read: 4.5:1 at least, as the WCAG ask."""

import io
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from attn_widget.explanation import Comparison
from attn_widget.figure import ConfusionFigure, ExplanationFigure, Pin, SheetFigure, Style, Tile
from attn_widget.figure.theme import DARK, LIGHT, Theme, ink_on

from .making import drawn, explained, picture, some_maps

LEAST = 4.5


def contrast(one, other):
    """Give the ratio of luminances, as WCAG 2.2 defines it."""
    parts = np.array([to_rgb(one), to_rgb(other)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    low, high = sorted(linear @ (0.2126, 0.7152, 0.0722))
    return (high + 0.05) / (low + 0.05)


def unreadable(theme: Theme) -> list[str]:
    """List what cannot be read on the ground of a theme."""
    words = ("ink", "faint", "right", "wrong", "action")
    poor = [word for word in words if contrast(getattr(theme, word), theme.ground) < LEAST]
    return poor + (["dimmed"] if contrast(theme.faint, theme.dimmed) < LEAST else [])


def test_every_colour_of_words_can_be_read_and_one_that_cannot_is_caught():
    assert unreadable(LIGHT) == unreadable(DARK) == []
    assert unreadable(replace(LIGHT, faint="#8c959f")) == ["faint", "dimmed"]
    assert unreadable(replace(DARK, wrong=LIGHT.wrong)) == ["wrong"]


def test_numbers_can_be_read_on_every_colour():
    for colour in np.random.default_rng(0).random((500, 3)):
        assert contrast(ink_on(colour), colour) >= LEAST


def explanation(dark):
    drawing, one = ExplanationFigure(dark=dark), explained(label=0, predicted=1, probabilities=np.array([0.2, 0.8]))
    comparison = Comparison(one, explained(some_maps(3, seed=4)))
    drawing.show(picture(), one, Style(), comparison=comparison, pins=[Pin(picture(), one, "pinned")])
    return drawing


def note(dark):
    drawing = explanation(dark)
    drawing.note("nothing reaches this layer", "use another")
    return drawing


def stale(dark):
    drawing = explanation(dark)
    drawing.set_stale("computing 3 of 9")
    return drawing


def sheet(dark):
    drawing = SheetFigure(400, dark=dark)
    tile = Tile(np.full((9, 9, 4), 90, np.uint8), [["one"], ["two"]], badge="✎")
    drawing.show([tile, Tile(None, [["one"]], right=False), Tile(None, [["one"]], right=True)])
    drawing.choose(0)
    return drawing


def confusion(dark):
    drawing = ConfusionFigure(400, dark=dark)
    drawing.show(np.array([[50, 3, 0], [9, 40, 1], [20, 0, 7]]))
    drawing.choose(1, 0)
    return drawing


FIGURES = (explanation, note, stale, sheet, confusion)


@pytest.mark.parametrize("make", FIGURES)
@pytest.mark.parametrize("dark", [False, True])
def test_what_is_written_has_the_themes_colours(make, dark):
    theme = DARK if dark else LIGHT
    words = {theme.ink, theme.faint, theme.right, theme.wrong, theme.action, theme.ground, "black", "white"}
    texts = [text for text in make(dark).figure.texts if text.get_visible() and text.get_text()]
    assert {text.get_color() for text in texts} <= words
    assert tuple(drawn(make(dark).figure)[-1, 0] / 255) == pytest.approx(to_rgb(theme.ground), abs=0.01)


@pytest.mark.parametrize("make", FIGURES)
def test_a_figure_that_changes_its_theme_is_one_made_in_it_without_new_artists(make):
    drawing = make(False)
    light, artists = drawn(drawing.figure), len(drawing.figure.texts)
    for dark in (True, False, True):
        drawing.set_dark(dark)
        assert (drawn(drawing.figure) == drawn(make(dark).figure)).all()
        assert len(drawing.figure.texts) == artists
    assert drawn(drawing.figure).mean() < light.mean()


@pytest.mark.parametrize("dark", [False, True])
def test_a_file_is_as_light_or_dark_as_what_is_shown(dark):
    file = io.BytesIO()
    explanation(dark).figure.savefig(file, format="png", bbox_inches="tight", facecolor="auto")
    corner = imread(io.BytesIO(file.getvalue()))[0, 0, :3]
    assert corner == pytest.approx(to_rgb((DARK if dark else LIGHT).ground), abs=0.01)
