"""Of a large image as much is computed as is seen, and what is seen is what all of it would show."""

import io
import tracemalloc

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import imread

from attn_widget.explanation import Comparison, to_heatmap
from attn_widget.figure import ExplanationFigure, Style
from attn_widget.figure.fast.fast_image import PixelImage
from attn_widget.samples import Rendering, as_rendering
from attn_widget.window import PLENTY, Window

from .making import drawn, explained, image_axes, some_maps

LARGE = (1200, 1600)
ENLARGED = {"twice": ((300.2, 1100.2), (900.4, 300.4)), "far": ((700.3, 780.3), (620.2, 560.2))}


def scene(size):
    """Draw a picture with soft and sharp edges ``[H, W, 3]``."""
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
    waves = np.stack([np.sin(x / 37) * np.cos(y / 53), np.sin((x + y) / 90), np.cos(x / 140)], -1) * 0.4 + 0.5
    waves[size[0] // 3 : size[0] // 2, size[1] // 4 : size[1] // 3] = (1, 0.1, 0.2)
    return np.clip(waves, 0, 1).astype(np.float32)


PICTURE = scene(LARGE)


def large(style=None, *, explanation=None, **options):
    drawing = ExplanationFigure(680)
    drawing.show(PICTURE, explanation or explained(some_maps(2, (6, 8)), size=LARGE), style or Style(), **options)
    return drawing


def with_every_pixel(drawing):
    """Give the panels all their pixels, as they are held of a small image."""
    for axes in image_axes(drawing):
        image = axes.images[0]
        if image._source is not None:
            everything = image._source.paint(Window.whole(image._source.size))
            image.show(everything, smooth=image.get_interpolation() == "auto", over=LARGE)
    return drawing


def zoom(drawing, limits):
    image_axes(drawing)[0].set(xlim=limits[0], ylim=limits[1])


def difference(first, second):
    return np.abs(first.astype(float) - second)


# --- what is seen


@pytest.mark.parametrize("view", ["overlay", "heatmap", "raw"])
@pytest.mark.parametrize("dpi", [100, 200])
def test_the_whole_image_looks_as_if_every_pixel_were_held(view, dpi):
    drawing = large(Style(view))
    drawing.figure.dpi = dpi
    assert difference(drawn(drawing.figure), drawn(with_every_pixel(drawing).figure)).mean() < 0.5


@pytest.mark.parametrize("view", ["overlay", "heatmap", "raw"])
def test_enlarged_far_the_image_shows_its_own_pixels_and_the_exact_heatmap(view):
    drawing = large(Style(view))
    zoom(drawing, ENLARGED["far"])
    assert (drawn(drawing.figure) == drawn(with_every_pixel(drawing).figure)).all()


def test_enlarged_a_little_the_image_is_as_sharp_as_its_pixels_allow():
    drawing = large()
    zoom(drawing, ENLARGED["twice"])
    assert difference(drawn(drawing.figure), drawn(with_every_pixel(drawing).figure)).mean() < 0.5


def test_the_whole_image_comes_back_after_a_zoom():
    drawing = large()
    whole = drawn(drawing.figure)
    zoom(drawing, ENLARGED["far"])
    drawn(drawing.figure)
    drawing.zoom_out()
    assert (drawn(drawing.figure) == whole).all()


@pytest.mark.parametrize("format", ["png", "svg", "pdf"])
def test_a_saved_file_of_many_dots_is_as_sharp_as_its_pixels_allow(format):
    drawing, painted = large(), []
    image = image_axes(drawing)[0].images[0]
    source = image._source
    paint = source.paint
    object.__setattr__(source, "paint", lambda window: painted.append(window) or paint(window))
    drawing.figure.savefig(io.BytesIO(), format=format, dpi=400)
    assert max(window.columns for window in painted) > 1200


def test_a_saved_picture_is_that_of_every_pixel():
    def saved(drawing):
        file = io.BytesIO()
        drawing.figure.savefig(file, format="png", dpi=300)
        file.seek(0)
        return imread(file)[..., :3] * 255

    drawing = large()
    assert difference(saved(drawing), saved(with_every_pixel(drawing))).mean() < 0.5


def test_two_compared_and_a_pinned_one_look_as_if_every_pixel_were_held():
    from attn_widget.figure import Pin

    first, second = explained(some_maps(2, (6, 8)), size=LARGE), explained(some_maps(2, (6, 8), seed=3), size=LARGE)
    comparison = Comparison(first, second)
    drawing = large(explanation=first, comparison=comparison, pins=[Pin(scene((1100, 1500)), second, "pinned")])
    for limits in (None, *ENLARGED.values()):
        if limits:
            zoom(drawing, limits)
        held = drawn(drawing.figure)
        assert difference(held, drawn(with_every_pixel(drawing).figure)).mean() < 0.6
        drawing.restyle(Style())


def test_the_mouse_reads_the_exact_difference_of_two():
    first, second = explained(some_maps(2, (6, 8)), size=LARGE), explained(some_maps(2, (6, 8), seed=3), size=LARGE)
    comparison = Comparison(first, second)
    panel = image_axes(large(explanation=first, comparison=comparison))[3]
    for row, column in ((0, 0), (700, 333), (1199, 1599)):
        expected = f"{comparison.difference[row, column]:+.2f}".replace("-", "−")
        assert expected in panel.format_coord(column, row)


def test_the_pixel_under_the_mouse_is_the_images():
    drawing = large()
    axes = image_axes(drawing)[1]
    assert drawing.pixel_under(axes, 1599.4, 1199.4) == (1199, 1599)
    assert axes.format_coord(1000, 700).startswith("row 700, column 1000")


# --- what is computed


def test_an_image_up_to_the_figures_resolution_is_held_as_it_is():
    size = (PLENTY, 700)
    drawing = ExplanationFigure()
    drawing.show(scene(size), explained(size=size), Style())
    assert {axes.images[0].get_size() for axes in image_axes(drawing)} == {size}


@pytest.mark.parametrize("view", ["overlay", "heatmap", "raw"])
def test_a_step_and_a_draw_make_no_array_of_the_images_size(view):
    size = (2000, 3000)
    rendering = Rendering(torch.rand(3, *size))
    explanation = explained(some_maps(3, (20, 30)), size=size)
    drawing = ExplanationFigure()
    canvas = FigureCanvasAgg(drawing.figure)
    drawing.show(scene((16, 16)), explained(), Style(view))
    canvas.draw()
    tracemalloc.start()
    try:
        drawing.show(rendering, explanation, Style(view))
        canvas.draw()
        zoom(drawing, ((1000, 1400), (900, 600)))
        canvas.draw()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 0.5 * rendering.image.nbytes
    assert "whole" not in vars(rendering)
    assert not {"heatmaps", "overall"} & vars(explanation).keys()


def test_a_map_as_fine_as_the_image_is_averaged_where_it_is_seen_small():
    map_ = np.zeros(LARGE, np.float32)
    map_[:, ::2] = 1
    window = Window.whole(LARGE, (300, 400))
    assert to_heatmap(map_, LARGE, window) == pytest.approx(np.full((300, 400), 0.5), abs=1e-6)


def test_a_large_raw_map_shows_cells_of_its_own():
    drawing = large(Style("raw", cmap="gray"), explanation=explained(np.ones((1, *LARGE), np.float32), size=LARGE))
    assert image_axes(drawing)[1].images[0].get_size() < LARGE
    assert drawn(drawing.figure).any()


# --- parts of pictures


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.float16, torch.uint8, torch.int64])
def test_a_reduced_picture_is_the_picture_reduced(kind):
    image = torch.from_numpy(PICTURE).permute(2, 0, 1)
    image = (image * 255).to(kind) if not kind.is_floating_point else image.to(kind)
    rendering = Rendering(image, white=1.0 if kind.is_floating_point else 255.0)
    blocks = rendering.whole.reshape(300, 4, 400, 4, 3).mean((1, 3))
    part = rendering.part(Window.whole(LARGE, (300, 400)))
    assert part.dtype == np.float32
    assert np.abs(part - blocks).mean() < 0.01


def test_a_part_of_a_picture_pixel_for_pixel_is_cut_out_of_it():
    part = as_rendering(PICTURE).part(Window(100, 300, 50, 60, 200, 10))
    assert (part == PICTURE[100:300, 50:60]).all()


def test_a_missing_pixel_leaves_its_neighbours_as_they_are_in_a_reduced_picture():
    damaged = PICTURE.copy()
    damaged[500, 700] = np.nan
    damaged[900, 100] = np.inf
    window = Window.whole(LARGE, (300, 400))
    part, sound = as_rendering(damaged).part(window), as_rendering(PICTURE).part(window)
    assert np.isfinite(part).all()
    assert (np.abs(part - sound).max(-1) > 0.01).sum() < 60


def test_images_drawn_by_themselves_hold_every_pixel():
    drawing = large()
    image = PixelImage(image_axes(drawing)[0])
    image.show(np.full((20, 30, 4), 255, np.uint8))
    assert image.get_extent() == [-0.5, 29.5, 19.5, -0.5]
