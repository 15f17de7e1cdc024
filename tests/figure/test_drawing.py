"""What stands on the figure, pixel for pixel."""

import io
import warnings
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot

from attn_widget.figure import COLOUR_MAPS, ExplanationFigure, Style
from attn_widget.figure.colours import NO_DATA
from attn_widget.words import pictures

from .making import SIZE, drawn, explained, image_axes, picture, pixels_of, shown, some_maps, writing


def coloured(values, cmap="jet"):
    return matplotlib.colormaps[cmap](values)[..., :3] * 255


def assert_shows(drawing, panel, expected, within=1.0):
    pixels = pixels_of(drawing, panel, *expected.shape[:2])
    assert np.abs(pixels - expected).max() <= within


def test_the_first_panel_is_the_image():
    assert_shows(shown(explained()), 0, picture() * 255)


def test_overlays_are_drawn_over_the_image():
    explanation = explained()
    drawing = shown(explanation, Style(alpha=0.3))
    for panel, heatmap in enumerate([explanation.overall, *explanation.heatmaps], start=1):
        assert_shows(drawing, panel, 0.7 * picture() * 255 + 0.3 * coloured(heatmap))


@pytest.mark.parametrize("cmap", COLOUR_MAPS)
def test_heatmaps_alone_are_drawn_in_the_colour_map(cmap):
    explanation = explained()
    drawing = shown(explanation, Style(view="heatmap", cmap=cmap))
    for panel, heatmap in enumerate([explanation.overall, *explanation.heatmaps], start=1):
        assert_shows(drawing, panel, coloured(heatmap, cmap))
    assert_shows(drawing, 0, picture() * 255)


def test_raw_views_show_the_layers_own_cells():
    explanation = explained()
    drawing = shown(explanation, Style(view="raw"))
    for panel, map_ in enumerate([explanation.overall_map, *explanation.maps], start=1):
        assert_shows(drawing, panel, coloured((map_ - map_.min()) / (map_.max() - map_.min())), within=3)


def test_restyling_gives_the_picture_that_showing_anew_gives():
    explanation, drawing = explained(), shown(explained())
    for style in (Style("raw"), Style("heatmap", cmap="gray"), Style(alpha=0.9), Style("raw", cmap="viridis"), Style()):
        drawing.restyle(style)
        assert (drawn(drawing.figure) == drawn(shown(explanation, style).figure)).all()


def test_a_cell_without_a_number_is_grey_in_every_view():
    maps = some_maps(2)
    maps[0, 0, 0] = np.nan
    explanation = explained(maps)
    panel = 2 + list(explanation.channels).index(0)
    for view, expected in (("raw", NO_DATA), ("heatmap", NO_DATA)):
        assert pixels_of(shown(explanation, Style(view)), panel, 4, 4)[0, 0].tolist() == [expected] * 3
    overlay = pixels_of(shown(explanation, Style(alpha=1)), panel, 4, 4)
    assert overlay[0, 0].tolist() == [NO_DATA] * 3


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0])
@pytest.mark.parametrize("view", ["overlay", "heatmap", "raw"])
def test_maps_of_nothing_but_one_value_are_drawn_without_a_warning(value, view):
    maps = np.full((3, 4, 4), value, np.float32)
    explanation = explained(3, maps=maps, overall_map=maps[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn(shown(explanation, Style(view)).figure)


@pytest.mark.parametrize("size", [(16, 16), (8, 20), (30, 10), (1, 1), (1, 40)])
def test_images_of_any_shape_are_drawn_whole(size):
    drawing = shown(replace(explained(), size=size))
    axes = image_axes(drawing)[0]
    assert (axes.get_xlim(), axes.get_ylim()) == ((-0.5, size[1] - 0.5), (size[0] - 0.5, -0.5))
    assert drawn(drawing.figure).shape[1] == 680


def test_a_layer_of_one_cell_fills_the_panel():
    cells = np.array([[[2.0]], [[1.0]]], np.float32)
    explanation = explained(2, maps=cells, overall_map=cells[0])
    assert len(np.unique(pixels_of(shown(explanation, Style("raw")), 2, 4, 4).reshape(-1, 3), axis=0)) == 1


@pytest.mark.parametrize("count", [1, 2, 3, 5, 12, 36])
def test_as_many_channels_are_shown_as_there_are(count):
    assert len(image_axes(shown(explained(count)))) == 2 + count


def test_more_channels_than_fit_are_left_out():
    assert len(image_axes(shown(explained(50)))) == 2 + 36


def test_the_bar_runs_through_the_colour_map():
    drawing = shown(explained(), Style(cmap="inferno"))
    bar = next(axes for axes in drawing.figure.axes if not axes.get_navigate())
    assert np.abs(bar.images[0].get_array()[0, :, :3] - coloured(np.linspace(0, 1, 256), "inferno")).max() < 1


# --- artists


def artists(drawing):
    axes = drawing.figure.axes
    return [*axes, *drawing.figure.texts, *drawing.figure.artists, *(image for each in axes for image in each.images)]


def test_artists_are_made_once():
    drawing = shown(explained(9))
    before = artists(drawing)
    for step in range(8):
        explanation = explained(some_maps(9, seed=step), size=(16, 16 + step % 3), top_k=1 + step % 9)
        drawing.show(picture(explanation.size), explanation, Style(("overlay", "heatmap", "raw")[step % 3]))
    assert artists(drawing) == before


def test_panels_come_and_go_with_the_number_of_channels():
    drawing = shown(explained(9))
    for count in (1, 9, 4, 36, 2):
        explanation = explained(count)
        drawing.show(picture(), explanation, Style())
        assert (drawn(drawing.figure) == drawn(shown(explanation).figure)).all()
    assert len(drawing.figure.axes) == 2 + 36 + 2


def test_no_ticks_are_made_until_somebody_shows_an_axis():
    drawing = shown(explained())
    drawn(drawing.figure)
    axes = drawing.figure.axes[0]
    assert not any({"majorTicks", "minorTicks"} & vars(axis).keys() for axis in (axes.xaxis, axes.yaxis))
    axes.xaxis.set_visible(True)
    axes.tick_params(labelcolor="red", length=7)
    drawn(drawing.figure)
    ticks = axes.xaxis.get_major_ticks()
    assert [tick.label1.get_text() for tick in ticks if tick.label1.get_visible()]
    assert {(tick.label1.get_color(), tick.tick1line.get_markersize()) for tick in ticks} == {("red", 7)}


def test_pyplot_does_not_know_the_figure():
    before = pyplot.get_fignums()
    drawn(shown(explained()).figure)
    assert pyplot.get_fignums() == before


# --- stale


def test_a_stale_picture_is_veiled_and_says_so():
    drawing = shown(explained())
    fresh = drawn(drawing.figure)
    drawing.set_stale("out of date")
    veiled = drawn(drawing.figure)
    assert veiled.mean() > fresh.mean()
    assert "out of date" in writing(drawing)
    drawing.show(picture(), explained(), Style())
    assert (drawn(drawing.figure) == fresh).all()


def test_why_a_picture_is_stale_stays_inside_the_figure():
    drawing = shown(explained(), width=300)
    drawing.set_stale(" ".join(["The pass failed in layer4."] * 12))
    beside = drawn(drawing.figure)[:, [0, -1]]
    assert (beside == 255).all()


def test_restyling_a_stale_picture_leaves_it_veiled():
    drawing = shown(explained())
    drawing.set_stale("stale")
    drawing.restyle(Style("raw"))
    assert "stale" in writing(drawing)


def test_before_the_first_picture_the_figure_is_blank_and_can_be_marked():
    drawing = ExplanationFigure()
    assert (drawn(drawing.figure) == 255).all()
    drawing.restyle(Style("raw"))
    drawing.zoom_out()
    drawing.set_stale("nothing yet")
    assert (drawn(drawing.figure) != 255).any()


# --- files and sizes


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_the_figure_is_saved_as(kind, start):
    buffer = io.BytesIO()
    shown(explained(), name_of=lambda index: "猫 $x$").figure.savefig(buffer, format=kind)
    assert buffer.getvalue().startswith(start)


@pytest.mark.parametrize("width", [300, 680, 1400])
def test_the_height_follows_from_the_width(width):
    drawing = shown(explained(size=(16, 32)), width=width)
    frame = drawn(drawing.figure)
    assert frame.shape[1] == width
    assert frame.shape[0] == drawing.size[1]
    assert (frame[-2:] == 255).all()
    assert (frame[:, :2] == 255).all()
    assert (frame[:, -2:] == 255).all()


def test_a_size_set_by_the_user_stays_and_all_panels_fit_in_it():
    drawing = shown(explained())
    drawing.figure.set_size_inches(9, 3)
    drawing.fit()
    drawing.show(picture(), explained(some_maps(3, seed=5)), Style())
    assert drawing.size == (900, 300)
    drawn(drawing.figure)
    boxes = [axes.get_window_extent() for axes in image_axes(drawing)]
    assert all(0 <= box.x0 < box.x1 <= 900 and 0 <= box.y0 < box.y1 <= 300 for box in boxes)


@pytest.mark.parametrize("height", [0.2, 1, 2])
def test_a_figure_pulled_very_low_is_still_drawn(height):
    drawing = shown(explained(36))
    drawing.figure.set_size_inches(6.8, height)
    drawing.fit()
    assert drawn(drawing.figure).shape[0] == round(height * 100)


def test_another_image_size_changes_the_figures_height():
    drawing = shown(explained(size=(16, 16)))
    drawing.show(picture((16, 32)), explained(size=(16, 32)), Style())
    assert drawing.size == shown(explained(size=(16, 32))).size
    assert drawing.size != shown(explained(size=SIZE)).size


@pytest.mark.parametrize("width", [340, 480, 1000])
def test_another_width_shows_what_a_new_figure_of_that_width_shows_without_new_artists(width):
    drawing, explanation = shown(explained()), explained()
    before = artists(drawing)
    drawing.set_width(width)
    assert (drawn(drawing.figure) == drawn(shown(explanation, width=width).figure)).all()
    assert artists(drawing) == before


# --- what stands in an empty panel


NOTHING = np.zeros((3, 4, 4), np.float32)


def note_of(drawing):
    """Give the words that lie over the overall panel, which can be read on a plate that covers it."""
    drawing.figure.draw_without_rendering()
    box = image_axes(drawing)[1].get_window_extent()
    texts = [text for text in drawing.figure.texts if text.get_visible() and text.get_text()]
    inside = [text for text in texts if box.contains(*text.get_window_extent().get_points().mean(0))]
    for text in inside:
        extent = text.get_window_extent()
        assert box.x0 <= extent.x0
        assert extent.x1 <= box.x1
        assert box.y0 <= extent.y0
        assert extent.y1 <= box.y1
    return " ".join(text.get_text() for text in inside)


@pytest.mark.parametrize("width", [200, 340, 680])
def test_an_empty_overall_panel_says_why_in_its_own_width(width):
    narrow = width == 200  # where all of the words have to fit
    for empty, words in pictures.EMPTY_BECAUSE.items() if narrow else [("unread", "no evidence reaches this layer")]:
        drawing = shown(explained(NOTHING + 1, empty=empty), width=width)
        assert note_of(drawing) == words
    for empty in ("against", ""):
        drawing = shown(explained(NOTHING + 1, empty=empty), width=width)
        assert (pixels_of(drawing, 1, 9, 9)[0] == 255).all() == bool(empty)


def test_a_note_offers_something_to_click_until_the_next_picture():
    drawing = shown(explained(NOTHING))
    drawing.note("no evidence reaches this layer", "use blocks.2.norm1")
    assert note_of(drawing) == "no evidence reaches this layer use blocks.2.norm1"
    action = next(text for text in drawing.figure.texts if text.get_text() == "use blocks.2.norm1")
    for dpi in (100, 200):
        drawing.figure.dpi = dpi
        drawing.figure.draw_without_rendering()
        x, y = action.get_window_extent().get_points().mean(0)
        assert drawing.hits_action(x, y)
        assert not drawing.hits_action(x, y + 0.3 * dpi)
        assert not drawing.hits_action(x - 3 * dpi, y)
    drawing.show(picture(), explained(), Style())
    assert note_of(drawing) == ""
    assert not drawing.hits_action(x, y)


def test_the_raw_view_shows_what_is_below_zero():
    drawing = shown(explained(NOTHING - some_maps(3)), Style("raw"))
    assert note_of(drawing) == ""
    drawing.restyle(Style())
    assert note_of(drawing)


def test_the_words_of_a_picture_stay_with_it_while_another_is_computed():
    drawing = shown(explained())
    words = writing(drawing)
    for tried in (3, 120):
        drawing.set_stale(f"computing {tried} of 512")
        assert [text for text in writing(drawing) if not text.startswith("computing")] == words
        assert f"computing {tried} of 512" in writing(drawing)
    drawing.set_stale(None)
    assert writing(drawing) == words
