"""The figures are ordinary ones: whatever is done to a Matplotlib figure can be done to them."""

import copy
import io
import pickle

import numpy as np
import pytest
from IPython.core.pylabtools import print_figure
from matplotlib.artist import Artist
from matplotlib.backend_bases import MouseEvent
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread

from attn_widget.explanation import Comparison
from attn_widget.figure import ConfusionFigure, Pin, SheetFigure, Style, Tile
from attn_widget.figure.fast.fast_image import draws_on_pixels
from attn_widget.figure.fast.picture_axes import PictureAxes

from .making import drawn, explained, image_axes, picture, shown, some_maps


def zoomed():
    drawing = shown(explained(at=(3, 4)))
    image_axes(drawing)[0].set(xlim=(2.5, 9.5), ylim=(11.5, 4.5))
    return drawing.figure


def stale():
    drawing = shown(explained())
    drawing.set_stale("out of date")
    return drawing.figure


def compared():
    one, other = explained(some_maps(3)), explained(some_maps(3, seed=5))
    return shown(one, comparison=Comparison(one, other)).figure


def stepped():
    drawing = shown(explained(9, size=(30, 20)))
    drawing.show(picture(), explained(), Style())
    return drawing.figure


def sheet():
    drawing = SheetFigure(400)
    pixels = np.full((9, 7, 4), 90, np.uint8)
    drawing.show([Tile(pixels, [["one"]], pixels, badge="✎"), Tile(None, [["two"]])], pairs=True)
    drawing.choose(1)
    drawing.point(["one", "two"])
    return drawing.figure


def confusion():
    drawing = ConfusionFigure(400)
    drawing.show(np.arange(9).reshape(3, 3))
    drawing.choose(0, 2)
    return drawing.figure


FIGURES = {
    "overlay": lambda: shown(explained()).figure,
    "heatmap": lambda: shown(explained(), Style("heatmap")).figure,
    "raw": lambda: shown(explained(), Style("raw")).figure,
    "large": lambda: shown(explained(size=(1100, 1300))).figure,
    "comparison": compared,
    "pins": lambda: shown(explained(), pins=[Pin(picture(), explained(4), "Sample 3")]).figure,
    "stale": stale,
    "zoomed": zoomed,
    "after another size": stepped,
    "sheet": sheet,
    "confusion": confusion,
}


@pytest.fixture(params=FIGURES, ids=str)
def figure(request):
    made = FIGURES[request.param]()
    FigureCanvasAgg(made)
    return made


def saved(figure, **options):
    file = io.BytesIO()
    figure.savefig(file, **options)
    return file.getvalue()


def test_it_is_saved_cropped_and_shown_inline(figure):
    figure.canvas.draw()
    tight = imread(io.BytesIO(saved(figure, bbox_inches="tight", pad_inches=0)))
    inline = imread(io.BytesIO(print_figure(figure, bbox_inches="tight")))
    box = figure.get_tightbbox().size * figure.dpi
    assert np.abs(np.array(tight.shape[1::-1]) - box).max() <= 2
    for whole in (tight, inline):
        assert whole.min() < 0.9  # there is something on it


@pytest.mark.parametrize("format", ["svg", "pdf"])
def test_it_is_saved_as_drawing_cropped_or_not_at_any_number_of_dots(figure, format):
    assert min(len(saved(figure, format=format, bbox_inches=box, dpi=77)) for box in (None, "tight")) > 1000


def test_a_copy_and_a_pickled_one_look_the_same(figure):
    expected = drawn(figure)
    for made in (pickle.loads(pickle.dumps(figure)), copy.deepcopy(figure)):
        assert (drawn(made) == expected).all()


def test_measuring_it_draws_nothing_and_changes_nothing(figure):
    expected = drawn(figure)
    figure.canvas.draw()
    blank = np.array(figure.canvas.buffer_rgba())
    figure.draw_without_rendering()
    assert figure.get_tightbbox().width > 1
    left = np.array(figure.canvas.buffer_rgba())
    assert ((left == blank) | (left == 255) | (left == 0)).all()
    assert (drawn(figure) == expected).all()


# --- beside what the public setters make


def stock_image(axes):
    """Give the image of axes as `imshow` and `set_extent` make it, on a figure like theirs."""
    figure = Figure(figsize=axes.figure.get_size_inches(), dpi=axes.figure.dpi)
    FigureCanvasAgg(figure)
    own = figure.add_axes(axes.get_position().bounds)
    ours = axes.images[0]
    image = own.imshow(np.asarray(ours.get_array()), interpolation=ours.get_interpolation(), origin="upper")
    image.set_extent(ours.get_extent())
    own.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())
    return image


@pytest.mark.parametrize("name", [name for name in FIGURES if name not in ("sheet", "confusion")])
def test_every_image_is_complete(name):
    figure = FIGURES[name]()
    FigureCanvasAgg(figure)
    figure.canvas.draw()
    for axes in figure.axes:
        if not axes.get_visible():
            continue
        ours, stock = axes.images[0], stock_image(axes)
        for asked in ("get_extent", "get_size", "get_clip_on", "get_alpha", "get_zorder", "get_rasterized"):
            assert getattr(ours, asked)() == getattr(stock, asked)(), asked
        assert ours.sticky_edges == stock.sticky_edges
        assert (ours.get_array() == stock.get_array()).all()
        renderers = figure.canvas.get_renderer(), stock.figure.canvas.get_renderer()
        boxes = [image.get_window_extent(own) for image, own in zip((ours, stock), renderers, strict=True)]
        assert np.allclose(*boxes)
        assert np.allclose(*(image.get_tightbbox(own) for image, own in zip((ours, stock), renderers, strict=True)))
        assert axes.get_tightbbox() is not None
        place = axes.transAxes.transform((0.4, 0.3))
        mice = [MouseEvent("motion_notify_event", image.figure.canvas, *place) for image in (ours, stock)]
        assert ours.contains(mice[0])[0] == stock.contains(mice[1])[0]
        data = [image.get_cursor_data(mouse) for image, mouse in zip((ours, stock), mice, strict=True)]
        assert (data[0] == data[1]).all()


@pytest.mark.parametrize("name", ["overlay", "after another size", "comparison", "large"])
def test_the_axes_data_are_the_image_and_autoscaling_shows_it(name):
    figure = FIGURES[name]()
    panels = [axes for axes in figure.axes if axes.get_visible() and axes.get_navigate()]
    left, right, bottom, top = panels[0].images[0].get_extent()
    for axes in panels:
        assert axes.dataLim.extents.tolist() == [left, top, right, bottom]
    panels[1].autoscale()
    panels[1].margins(0)
    drawn(figure)
    assert sorted(panels[0].get_xlim()) == [left, right]
    assert sorted(panels[0].get_ylim()) == [top, bottom]


def dressed(axes):
    """Do to axes what users do, and say what they have then."""
    axes.set_axis_on()
    axes.xaxis.set_visible(True)
    axes.yaxis.set_visible(True)
    axes.set_xticks([2, 8], ["two", "eight"])
    axes.minorticks_on()
    axes.grid(True)
    axes.set_title("mine")
    axes.figure.canvas.draw()
    ticks = [*axes.xaxis.get_major_ticks(), *axes.xaxis.get_minor_ticks(), *axes.yaxis.get_major_ticks()]
    marks = [
        mark for tick in ticks for mark in (tick.tick1line, tick.tick2line, tick.gridline, tick.label1, tick.label2)
    ]
    return [(mark.get_visible(), mark.get_clip_path() is None, mark.get_clip_box() is None) for mark in marks] + [
        label.get_text() for label in axes.get_xticklabels()
    ]


@pytest.mark.parametrize("settings", [{}, {"xtick.top": True, "xtick.labeltop": True, "ytick.left": False}], ids=str)
def test_ticks_made_late_are_those_that_matplotlib_makes_at_once(settings):
    from matplotlib import rc_context

    with rc_context(settings):
        made = []
        for kind in (None, PictureAxes):
            figure = Figure(figsize=(3, 3))
            FigureCanvasAgg(figure)
            axes = figure.add_axes((0.2, 0.2, 0.6, 0.6), axes_class=kind)
            assert kind is None or not {"majorTicks", "minorTicks"} & vars(axes.xaxis).keys()
            axes.set(xlim=(0, 10), ylim=(0, 10))
            made.append((dressed(axes), drawn(figure)))
    assert made[0][0] == made[1][0]
    assert (made[0][1] == made[1][1]).all()


def test_it_hears_of_a_change_to_its_texts():
    figure = shown(explained()).figure
    drawn(figure)
    assert not figure.stale
    figure.texts[0].set_text("mine")
    assert figure.stale


def test_only_what_is_seen_at_once_goes_straight_to_pixels(tmp_path):
    figure, told = shown(explained()).figure, []
    canvas = FigureCanvasAgg(figure)

    class Told(Artist):
        def draw(self, renderer):
            told.append(draws_on_pixels(renderer))

    figure.add_artist(Told())
    canvas.draw()
    figure.draw_without_rendering()
    figure.savefig(tmp_path / "figure.svg")
    assert told == [True, False, False]
