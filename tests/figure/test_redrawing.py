"""What is drawn fast is what Matplotlib draws, pixel for pixel."""

import itertools
from unittest.mock import patch

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.text import Text

from attn_widget.figure import COLOUR_MAPS, Style, opaque
from attn_widget.figure.fast import fast_text as line_module
from attn_widget.figure.fast.fast_image import PixelImage
from attn_widget.figure.fast.fast_text import Line

from .making import drawn, explained, image_axes, picture, shown, some_maps

# --- the whole figure


def twice(figure):
    """Draw a figure on the canvas that it keeps, and the plain way: two pictures ``[height, width, 4]``."""
    canvas = figure.canvas
    canvas.draw()
    quick = np.array(canvas.buffer_rgba())
    canvas.renderer.clear()
    with patch.object(PixelImage, "draw", AxesImage.draw):
        Figure.draw(figure, canvas.renderer)
    return quick, np.array(canvas.buffer_rgba())


def zoomed(drawing, x, y):
    image_axes(drawing)[0].set(xlim=x, ylim=y)


def resized(drawing, width, height):
    drawing.figure.set_size_inches(width, height)
    drawing.fit()


CHANGES = {
    "another sample": lambda d: d.show(picture() ** 2, explained(some_maps(3, seed=5), predicted=1), Style()),
    "the same again": lambda d: None,
    "alpha": lambda d: d.restyle(Style(alpha=0.1)),
    "colour map": lambda d: d.restyle(Style(cmap="viridis")),
    "heatmaps alone": lambda d: d.restyle(Style("heatmap")),
    "raw maps": lambda d: d.restyle(Style("raw")),
    "zoom": lambda d: zoomed(d, (2.5, 9.5), (11.5, 4.5)),
    "another sample, zoomed": lambda d: d.show(picture(), explained(some_maps(3, seed=6)), Style()),
    "pan": lambda d: zoomed(d, (3.25, 10.25), (12, 5)),
    "zoomed beyond the image": lambda d: zoomed(d, (-6, 25), (20, -8)),
    "home": lambda d: d.zoom_out(),
    "stale": lambda d: d.set_stale("out of date"),
    "not stale": lambda d: d.set_stale(None),
    "more channels": lambda d: d.show(picture(), explained(12), Style()),
    "another shape": lambda d: d.show(picture((12, 30)), explained(size=(12, 30)), Style()),
    "a large image": lambda d: d.show(picture((224, 224)), explained(size=(224, 224)), Style()),
    "another size": lambda d: resized(d, 5.11, 4.03),
    "two dots a pixel": lambda d: setattr(d.figure, "dpi", 200),
    "one dot a pixel": lambda d: setattr(d.figure, "dpi", 100),
    "something of the user's": lambda d: image_axes(d)[1].plot([1, 5], [2, 9]),
    "an opacity of the user's": lambda d: image_axes(d)[1].images[0].set_alpha(0.3),
    "something animated": lambda d: image_axes(d)[1].plot([1, 5], [9, 2], animated=True),
    "another anchor": lambda d: image_axes(d)[1].set_anchor("SW"),
    "axes of the user's": lambda d: d.figure.add_axes((0.4, 0.4, 0.1, 0.1), projection="polar").plot([0, 1], [1, 2]),
    "a polar line": lambda d: d.figure.axes[-1].plot([0, 2], [2, 2]),
    "a frame": lambda d: image_axes(d)[1].spines["left"].set_visible(True),
    "no frame": lambda d: image_axes(d)[1].set_frame_on(False),
    "a title of the user's": lambda d: image_axes(d)[1].set_title("mine"),
    "ticks of the user's": lambda d: image_axes(d)[2].xaxis.set_visible(True),
    "ticks above": lambda d: image_axes(d)[2].xaxis.tick_top(),
    "a title above ticks": lambda d: image_axes(d)[2].set_title("mine"),
    "ticks taken away": lambda d: image_axes(d)[2].xaxis.set_visible(False),
    "a mark": lambda d: d.show(picture((224, 224)), explained(size=(224, 224), at=(40, 170)), Style()),
}


def test_after_every_change_the_picture_is_the_plain_one():
    drawing = shown(explained())
    FigureCanvasAgg(drawing.figure)
    for name, change in CHANGES.items():
        change(drawing)
        quick, plain = twice(drawing.figure)
        assert (quick == plain).all(), name


def test_after_many_changes_the_picture_is_that_of_a_new_figure():
    drawing, explanation = shown(explained(9)), explained(some_maps(3, seed=4))
    FigureCanvasAgg(drawing.figure)
    for seed, (view, cmap) in enumerate(itertools.product(("overlay", "heatmap", "raw"), COLOUR_MAPS)):
        drawing.show(picture(), explained(some_maps(1 + seed % 5, seed=seed)), Style(view, cmap=cmap))
        drawing.figure.canvas.draw()
    drawing.show(picture(), explanation, Style())
    assert (twice(drawing.figure)[0] == twice_new(explanation)).all()


def twice_new(explanation):
    figure = shown(explanation).figure
    FigureCanvasAgg(figure)
    return twice(figure)[1]


def test_whoever_listens_for_draws_hears_of_the_fast_ones_too():
    drawing, heard = shown(explained()), []
    canvas = FigureCanvasAgg(drawing.figure)
    canvas.mpl_connect("draw_event", heard.append)
    for _ in range(3):
        canvas.draw()
    assert [event.renderer for event in heard] == [canvas.renderer] * 3


# --- texts

WORDS = [
    ("channel 387", "bold"),
    ("weight −1.23 · share 40.56 %", "normal"),
    ("predicted: fire truck (98.7 %) ✓", "normal"),
    ("layer4.1.conv2: AVAToYo fi ffl 1,234.5", "bold"),
    ("true: 12345", "normal"),
    ("", "normal"),
    ("שלום עולם 12 · مرحبا", "normal"),
    ("naïve façade Ünïcode 7", "normal"),
]


def drawn_text(kind, text, place, **properties):
    figure = Figure(figsize=(4, 0.6), dpi=properties.pop("dpi"))
    canvas = FigureCanvasAgg(figure)
    artist = kind(
        *place, text, transform=figure.transFigure, fontfamily=["DejaVu Sans"], parse_math=False, **properties
    )
    artist.set_figure(figure)
    figure.texts.append(artist)
    canvas.draw()
    return np.array(canvas.buffer_rgba())


@pytest.mark.parametrize(("text", "weight"), WORDS)
def test_a_line_is_what_matplotlib_writes(text, weight):
    places = [(0.02, 0.3), (0.0371, 0.3141), (0.5, 0.25)]
    for place, size, dpi, ha in zip(places, (9, 7, 8), (100, 200, 130), ("left", "left", "right"), strict=True):
        own = {"weight": weight, "fontsize": size, "dpi": dpi, "ha": ha, "color": "#59636e"}
        for again in range(2):
            quick, plain = (drawn_text(kind, text, place, **own) for kind in (Line, Text))
            assert (quick == plain).all(), (place, size, again)
    assert not text or (plain != 255).any()


def test_a_rotated_line_is_what_matplotlib_writes():
    own = {"rotation": 45, "rotation_mode": "anchor", "dpi": 100}
    rotated, plain = (drawn_text(kind, "frog", (0.3, 0.1), **own) for kind in (Line, Text))
    assert (rotated == plain).all()
    assert (rotated != drawn_text(Line, "frog", (0.3, 0.1), dpi=100)).any()


def test_a_line_is_as_broad_as_matplotlib_measures_it():
    figure = Figure(figsize=(4, 1), dpi=100)
    FigureCanvasAgg(figure).draw()
    for text, weight in WORDS:
        own = {"weight": weight, "fontsize": 9, "fontfamily": ["DejaVu Sans"], "parse_math": False}
        line, plain = Line(0, 0, text, **own), Text(0, 0, text, **own)
        plain.set_figure(figure)
        assert line.breadth(100) == pytest.approx(plain.get_window_extent().width, abs=1e-6)


@pytest.mark.parametrize("part", ["_can_repeat", "_can_cut"])
def test_where_matplotlib_draws_otherwise_the_plain_way_is_taken(monkeypatch, part):
    expected = drawn_text(Text, "weight 1.23", (0.1, 0.3), dpi=100)
    monkeypatch.setattr(line_module, part, lambda *given: False)
    line_module._pieces.cache_clear()
    assert (drawn_text(Line, "weight 1.23", (0.1, 0.3), dpi=100) == expected).all()
    line_module._pieces.cache_clear()


def test_settings_of_the_user_that_change_glyphs_are_seen():
    before = drawn_text(Line, "weight 1.23", (0.1, 0.3), dpi=100)
    with matplotlib.rc_context({"text.hinting": "no_hinting"}):
        quick, plain = (drawn_text(kind, "weight 1.23", (0.1, 0.3), dpi=100) for kind in (Line, Text))
    assert (quick == plain).all()
    assert (drawn_text(Line, "weight 1.23", (0.1, 0.3), dpi=100) == before).all()


# --- images


@pytest.mark.parametrize("cmap", ["jet", "gray"])
def test_the_colour_bar_shows_its_map_from_low_to_high(cmap):
    drawing = shown(explained(3), Style(cmap=cmap))
    frame = drawn(drawing.figure)
    bar = next(axes for axes in drawing.figure.axes if axes.get_images() and not axes.get_navigate())
    left, bottom, right, top = bar.get_position().extents * np.tile(frame.shape[1::-1], 2)
    row = frame[round(len(frame) - (bottom + top) / 2), round(left) + 1 : round(right) - 1]
    expected = matplotlib.colormaps[cmap](np.linspace(0, 1, len(row)), bytes=True)[:, :3].astype(int)
    assert np.abs(row - expected).max() <= 8


def drawn_image(own, pixels, side, limits=None, smooth=True):
    figure = Figure(figsize=(side / 100, side / 100), dpi=100)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), frameon=False, xticks=[], yticks=[])
    height, width = pixels.shape[:2]
    if own:
        image = PixelImage(axes)
        image.set_extent((-0.5, width - 0.5, height - 0.5, -0.5))
        image.show(pixels, smooth=smooth)
    else:
        axes.imshow(pixels, aspect="auto", interpolation="auto" if smooth else "nearest")
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    if limits is not None:
        axes.set(xlim=limits[0], ylim=limits[1])
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3].astype(int)


@pytest.mark.parametrize("bounds", [(0.1, 0.2, 0.5, 0.5), (0.0137, 0.251, 0.73, 0.61), (-0.3, 0.5, 0.6, 0.9)])
def test_dots_laid_on_the_canvas_are_those_that_agg_blends(bounds):
    figure = Figure(figsize=(3.01, 2.03), dpi=100)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes(bounds, frameon=False, xticks=[], yticks=[])
    PixelImage(axes).show(opaque(np.random.default_rng(0).random((40, 50, 3))))
    canvas.draw()
    quick, plain = twice(figure)
    assert (quick == plain).all()
    assert (quick != 255).any()


def photograph(side):
    from tests.benchmarks.rivals import photographs

    return opaque(photographs(1, side)[0].permute(1, 2, 0).numpy())


@pytest.mark.parametrize(("cells", "side"), [(31, 326), (224, 224), (100, 200), (7, 97)])
def test_pixels_shown_as_squares_are_matplotlibs(cells, side):
    pixels = photograph(cells)
    for smooth in (True, False):
        own, theirs = (drawn_image(kind, pixels, side, smooth=smooth) for kind in (True, False))
        near = [np.roll(theirs, shift, (0, 1)) for shift in itertools.product((-1, 0, 1), repeat=2)]
        assert np.any([(own == each).all(2) for each in near], axis=0).all()  # edges lie within a dot of each other
        assert (own == theirs).all(2).mean() > 0.6


@pytest.mark.parametrize("side", [326, 213, 140, 560])
def test_a_resampled_picture_lies_where_matplotlibs_lies_and_keeps_more_detail(side):
    pixels = photograph(224)
    own, theirs = drawn_image(True, pixels, side), drawn_image(False, pixels, side)
    assert np.abs(own - theirs).mean() < 2
    for shift in itertools.product((-1, 0, 1), repeat=2):
        assert np.abs(own - theirs).mean() <= np.abs(np.roll(own, shift, (0, 1)) - theirs).mean()
    assert np.abs(np.diff(own, axis=1)).mean() > np.abs(np.diff(theirs, axis=1)).mean()


@pytest.mark.parametrize(
    "limits", [((10.5, 150.5), (180.5, 40.5)), ((-0.5, 223.5), (-0.5, 223.5)), ((-50, 300), (300, -50))]
)
def test_a_part_of_a_picture_is_matplotlibs(limits):
    pixels = photograph(224)
    assert (drawn_image(True, pixels, 326, limits) == drawn_image(False, pixels, 326, limits)).all()
