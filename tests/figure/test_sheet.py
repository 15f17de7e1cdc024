"""Many small pictures: large enough to recognise, each with its heatmap and a caption that can be read."""

import itertools

import numpy as np
import pytest
import torchvision
from matplotlib.backends.backend_agg import FigureCanvasAgg

from attn_widget.figure import SIZES, SheetFigure, Tile
from attn_widget.words import pictures

from .making import drawn

SHAPES = ((32, 32), (1, 90))
GREEN, BLUE = (20, 160, 60, 255), (30, 60, 200, 255)
LONG = "a class with a long name, as they are"


def tiles(count, shape=(32, 32), names=("cat", "deer"), **changes):
    picture, heatmap = (np.full((*shape, 4), colour, np.uint8) for colour in (GREEN, BLUE))
    caption = pictures.tile_caption(*names, "100 %")
    return [Tile(picture, caption, **{"heatmap": heatmap, "right": False, **changes}) for _ in range(count)]


def sheet(shown, width=400, size="S", dark=False, **options):
    drawing = SheetFigure(width, dark=dark)
    drawing.show(shown, size, **options)
    return drawing


def written(drawing):
    return [text for text in drawing.figure.texts if text.get_visible() and text.get_text()]


def areas(drawing):
    """Find where pictures and heatmaps are: boxes ``(left, top, right, bottom)`` in CSS pixels, of each colour."""
    frame, found = drawn(drawing.figure), []
    for colour in (GREEN, BLUE):
        rows, columns = np.nonzero((frame == colour[:3]).all(-1))
        found.append(set(zip(columns.tolist(), rows.tolist(), strict=True)))
    return found


def test_twenty_four_mistakes_in_four_hundred_pixels_are_pairs_of_pictures_of_fifty_six_at_least():
    drawing = sheet(tiles(24), pairs=True)
    pictures_, heatmaps = areas(drawing)
    assert min(len(pictures_), len(heatmaps)) >= 24 * 56 * 56
    assert drawing.figure.get_size_inches()[1] <= 8.0


@pytest.mark.parametrize("pairs", [True, False])
@pytest.mark.parametrize("width", [200, 400, 1900])
def test_pictures_are_as_large_as_their_size_promises_and_larger_at_m(width, pairs):
    sides = []
    for size in SIZES:
        drawing = sheet(tiles(6), width, size, pairs=pairs)
        sides.append((len(areas(drawing)[0]) / 6) ** 0.5)
        edges = 2  # which are blurred
        assert sides[-1] >= (SIZES[size].paired if pairs else SIZES[size].single) - edges or width == 200
    assert sides[1] >= sides[0] - edges


def test_without_pairs_a_tile_is_the_picture_alone():
    assert not areas(sheet(tiles(3)))[1]


@pytest.mark.parametrize("names", [("cat", "deer"), (LONG, LONG), ("W" * 60, "猫" * 40), ("", "x")])
@pytest.mark.parametrize(
    ("width", "size", "pairs"), [(200, "S", True), (400, "S", True), (400, "S", False), (680, "M", True)]
)
def test_nothing_written_is_cut_off_or_lies_over_something_else(names, width, size, pairs):
    for shape in SHAPES:
        drawing = sheet(tiles(7, shape, names, badge="✎ label"), width, size, pairs=pairs)
        FigureCanvasAgg(drawing.figure)
        edge = drawing.figure.bbox
        boxes = [text.get_window_extent() for text in written(drawing)]
        assert all(edge.x0 <= box.x0 and box.x1 <= edge.x1 and edge.y0 <= box.y0 for box in boxes)
        for one, two in itertools.combinations(boxes, 2):
            assert min(min(one.x1, two.x1) - max(one.x0, two.x0), min(one.y1, two.y1) - max(one.y0, two.y0)) < 2.5


def test_a_caption_is_one_line_where_all_fit_and_else_two_of_which_long_names_lose_their_middle():
    assert {text.get_text() for text in written(sheet(tiles(3), pairs=True))} == {"cat → deer 100 %"}
    short, long = tiles(2), tiles(1, names=(f"{LONG} first", f"{LONG} last"))
    texts = [text.get_text() for text in written(sheet(short + long, pairs=True))]
    assert texts[:4] == ["cat", "→ deer 100 %"] * 2
    assert (texts[4][:7], texts[4][-5:], texts[4].count("…")) == ("a class", "first", 1)
    assert (texts[5][:8], texts[5][-8:], texts[5].count("…")) == ("→ a clas", "st 100 %", 1)


def test_layers_of_a_network_have_names_that_tell_them_apart_at_every_size():
    names = [name for name, _ in torchvision.models.resnet34(weights=None).named_modules() if name]
    wordings = pictures.distinct_names(names)
    assert all(len({row[at] if at < len(row) else row[-1] for row in wordings}) == len(names) for at in range(3))
    convolutions = [name for name in names if "conv" in name]
    for width, size in ((400, "S"), (680, "M")):
        strip = sheet([Tile(None, [name]) for name in pictures.distinct_names(convolutions)], width, size)
        assert len({text.get_text() for text in written(strip)}) == len(convolutions)


def test_the_chosen_tile_is_framed_and_a_badge_stands_in_its_corner():
    plain, marked = sheet(tiles(4)), sheet(tiles(3) + tiles(1, badge="✎ again"))
    before = drawn(plain.figure)
    assert "✎ again" in [text.get_text() for text in written(marked)]
    plain.choose(3)
    for other in (plain, marked):
        rows, columns = np.nonzero((drawn(other.figure) != before).any(-1))
        assert {plain.tile_at(*place) for place in zip(columns.tolist(), rows.tolist(), strict=True)} <= {3, None}
    plain.choose(None)
    assert (drawn(plain.figure) == before).all()


@pytest.mark.parametrize("pairs", [True, False])
def test_every_place_is_that_of_the_tile_seen_there_and_the_mouse_is_told_of_it(pairs):
    drawing = sheet(tiles(8), pairs=pairs)
    drawing.point([f"sample {position}" for position in range(8)])
    places = areas(drawing)[0] | areas(drawing)[1]
    found = {drawing.tile_at(x + 0.5, y + 0.5) for x, y in places}
    assert found == set(range(8))
    assert drawing.tile_at(1, 1) is None
    said = drawing.figure.axes[0].format_coord
    assert {said(x + 0.5, y + 0.5) for x, y in places} == {f"sample {position}" for position in range(8)}


def test_another_width_or_theme_shows_the_same_as_a_new_sheet():
    drawing = sheet(tiles(9), pairs=True)
    drawing.choose(2)
    texts = len(drawing.figure.texts)
    for width, dark in ((680, False), (680, True), (340, True)):
        drawing.set_width(width)
        drawing.set_dark(dark)
        new = sheet(tiles(9), width, dark=dark, pairs=True)
        new.choose(2)
        assert (drawn(drawing.figure) == drawn(new.figure)).all()
    assert len(drawing.figure.texts) <= texts + 9


def test_a_tile_without_a_picture_is_grey_and_a_sheet_without_tiles_is_empty():
    assert (drawn(sheet([Tile(None, [["one"]])]).figure) == 235).all(-1).sum() > 60 * 60
    assert (drawn(sheet([]).figure) == 255).all()
