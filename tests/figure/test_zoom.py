"""Zoom and pan are linked, survive a step, and the mouse reads the numbers under it."""

import numpy as np
import pytest

from attn_widget.explanation import to_heatmap
from attn_widget.figure import Style

from .making import drawn, explained, image_axes, picture, shown, some_maps

ZOOMED = ((2.5, 9.5), (11.5, 4.5))


def limits(drawing):
    return {(axes.get_xlim(), axes.get_ylim()) for axes in image_axes(drawing)}


def zoom(drawing, panel=0):
    image_axes(drawing)[panel].set(xlim=ZOOMED[0], ylim=ZOOMED[1])


@pytest.mark.parametrize("panel", [0, 1, 4])
def test_zoom_is_linked_across_all_panels(panel):
    drawing = shown(explained())
    zoom(drawing, panel)
    drawn(drawing.figure)
    assert limits(drawing) == {ZOOMED}


@pytest.mark.parametrize("count", [1, 3, 9])
def test_zoom_survives_a_step_to_an_image_of_the_same_size(count):
    drawing = shown(explained())
    zoom(drawing)
    drawing.show(picture(), explained(some_maps(count, seed=9)), Style("raw"))
    drawn(drawing.figure)
    assert limits(drawing) == {ZOOMED}


def test_zoom_survives_another_view_a_stale_mark_and_another_figure_size():
    drawing = shown(explained())
    zoom(drawing)
    drawing.restyle(Style("raw"))
    drawing.set_stale("stale")
    drawing.figure.set_size_inches(5, 5)
    drawing.fit()
    drawn(drawing.figure)
    assert limits(drawing) == {ZOOMED}


def test_an_image_of_another_size_is_shown_whole():
    drawing = shown(explained())
    zoom(drawing)
    drawing.show(picture((8, 12)), explained(size=(8, 12)), Style())
    assert limits(drawing) == {((-0.5, 11.5), (7.5, -0.5))}


def test_the_whole_image_comes_back():
    drawing = shown(explained())
    zoom(drawing)
    drawing.zoom_out()
    assert limits(drawing) == {((-0.5, 15.5), (15.5, -0.5))}


# --- the mouse


def under_the_mouse(drawing, panel, x, y):
    return image_axes(drawing)[panel].format_coord(x, y)


def test_over_the_image_the_mouse_gives_the_pixel():
    assert under_the_mouse(shown(explained()), 0, 3.2, 6.8) == "row 7, column 3"


@pytest.mark.parametrize("size", [(16, 16), (10, 7), (2, 3)])
@pytest.mark.parametrize("view", ["overlay", "raw"])
def test_over_a_heatmap_the_mouse_gives_the_cells_raw_and_normalised_value(size, view):
    explanation = explained(some_maps(3, (4, 5)), size=size)
    drawing = shown(explanation, Style(view))
    shown_maps = [np.maximum(explanation.overall_map, 0), *explanation.maps]
    for panel, (map_, heat) in enumerate(zip([explanation.overall_map, *explanation.maps], shown_maps, strict=True)):
        unit = to_heatmap(heat, heat.shape)
        for row in range(4):
            for column in range(5):
                y, x = (row + 0.5) * size[0] / 4 - 0.5, (column + 0.5) * size[1] / 5 - 0.5
                text = under_the_mouse(drawing, panel + 1, x, y)
                numbers = f"cell {row}, {column}: {map_[row, column]:.3g} (normalised {unit[row, column]:.2f})"
                assert text == f"row {int(y + 0.5)}, column {int(x + 0.5)} · {numbers}"


def test_the_overall_panels_normalised_value_is_that_of_its_heatmap():
    maps = some_maps(2) - 1.4  # an overall map with cells below zero
    explanation = explained(maps)
    assert (explanation.overall_map < 0).any()
    row, column = np.unravel_index(explanation.overall_map.argmin(), (4, 4))
    text = under_the_mouse(shown(explanation), 1, 4 * column + 1.5, 4 * row + 1.5)
    assert text.endswith(f"{explanation.overall_map.min():.3g} (normalised 0.00)".replace("-", "−", 1))


@pytest.mark.parametrize(("x", "y"), [(-0.6, 3), (15.6, 3), (3, -0.6), (3, 15.6), (-100, 100)])
def test_outside_the_image_the_mouse_gives_nothing(x, y):
    drawing = shown(explained())
    assert {under_the_mouse(drawing, panel, x, y) for panel in range(5)} == {""}


@pytest.mark.parametrize("edge", [-0.5, 15.4999])
def test_the_outermost_pixels_still_count(edge):
    assert "normalised" in under_the_mouse(shown(explained()), 2, edge, edge)


def test_a_cell_without_a_number_says_so():
    maps = some_maps(1)
    maps[0, 0, 0], maps[0, 1, 0] = np.nan, np.inf
    drawing = shown(explained(maps))
    assert under_the_mouse(drawing, 2, 0, 0) == "row 0, column 0 · cell 0, 0: no data"
    assert under_the_mouse(drawing, 2, 0, 4).endswith("inf (normalised 1.00)")


def test_the_mouse_reads_what_is_shown_now():
    drawing = shown(explained(some_maps(3, seed=1)))
    explanation = explained(some_maps(3, seed=2))
    drawing.show(picture(), explanation, Style())
    assert f"{explanation.maps[0, 0, 0]:.3g} " in under_the_mouse(drawing, 2, 0, 0)


def test_the_bars_do_not_zoom():
    assert [axes.get_navigate() for axes in shown(explained()).figure.axes].count(False) == 2
