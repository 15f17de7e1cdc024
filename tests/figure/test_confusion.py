"""The confusion matrix: what its cells show, what a mouse over it is told, and that all of it can be read."""

import itertools

import numpy as np
import pytest

from attn_widget.figure import ConfusionFigure
from attn_widget.figure.confusion_figure import MOST_SHOWN, most_confused

from .making import drawn


def counted(classes, seed=0, mistakes=3):
    """Make a matrix with 80 right ones a class, and some mistakes."""
    random = np.random.default_rng(seed)
    counts = np.diag(np.full(classes, 80))
    for true, predicted in random.integers(0, classes, (mistakes * classes, 2)):
        counts[true, predicted] += true != predicted
    return counts


def class_name(index):
    return ["cat", "a class with a long name, as they are", "$x_1$", "猫", "dog"][index % 5] + f" {index}"


def shown(counts, name_of=class_name, **options):
    drawing = ConfusionFigure(options.pop("width", 680))
    drawing.show(counts, name_of, **options)
    return drawing


def colour_at(drawing, row, column):
    """Read a colour near the upper left corner of a cell, where no number is."""
    frame = drawn(drawing.figure)
    x, y = drawing.axes.transData.transform((column - 0.38, row - 0.38)).astype(int)
    return frame[frame.shape[0] - 1 - y, x].astype(int)


def cells(drawing):
    """Give the numbers in the cells by row and column."""
    numbers = [text for text in drawing.figure.texts if text.get_transform() == drawing.axes.transData]
    return {(round(text.get_position()[1]), round(text.get_position()[0])): text.get_text() for text in numbers}


def test_cells_have_their_counts_and_no_number_where_there_are_none():
    counts = counted(6)
    expected = {(int(row), int(column)): str(counts[row, column]) for row, column in np.argwhere(counts)}
    assert cells(shown(counts)) == expected


def test_rates_are_shares_of_the_true_class():
    counts = np.array([[150, 50, 0], [1, 998, 1], [0, 0, 0]])
    assert cells(shown(counts, rates=True)) == {
        **{(0, 0): "75", (0, 1): "25"},
        **{(1, 0): "<1", (1, 1): "100", (1, 2): "<1"},
    }


def test_more_mistakes_are_darker_one_can_be_seen_and_the_diagonal_is_dimmed_or_not():
    counts = np.array([[90, 1, 9], [0, 95, 5], [3, 0, 97]])
    dimmed = shown(counts)
    assert colour_at(dimmed, 1, 0).tolist() == [255, 255, 255]
    brightness = [colour_at(dimmed, *cell).sum() for cell in ((1, 0), (0, 1), (2, 0), (1, 2), (0, 2))]
    assert brightness == sorted(brightness, reverse=True)
    assert len(set(brightness)) == 5
    assert brightness[0] - brightness[1] > 20
    grey = colour_at(dimmed, 1, 1)
    assert np.ptp(grey) < 10
    bright = shown(counts, dim_diagonal=False)
    assert colour_at(bright, 2, 2).sum() < colour_at(bright, 0, 2).sum()


def test_a_place_gives_its_pair_and_the_mouse_is_told_of_it():
    counts = np.array([[90, 10], [1, 99]])
    drawing = shown(counts, ["cat", "dog"].__getitem__)
    assert drawing.pair_at(0.9, 0.2) == (0, 1)
    assert drawing.pair_at(-0.4, 1.4) == (1, 0)
    for place in ((-0.6, 0), (0, 1.6), (2, 2)):
        assert drawing.pair_at(*place) is None
        assert drawing.axes.format_coord(*place) == ""
    assert drawing.axes.format_coord(1, 0) == "cat → dog: 10 samples (10 % of cat)"
    assert drawing.axes.format_coord(0, 1) == "dog → cat: 1 sample (1.0 % of dog)"


@pytest.mark.parametrize("classes", [100, 1000])
def test_of_many_classes_those_of_the_most_confused_pairs_are_shown_and_it_says_so(classes):
    counts = counted(classes)
    counts[70, 3], counts[50, 99], counts[8, 9] = 30, 20, 10
    drawing = shown(counts)
    assert len(drawing.classes) == MOST_SHOWN
    assert {70, 3, 50, 99, 8, 9} <= set(drawing.classes.tolist())
    assert drawing.classes.tolist() == sorted(drawing.classes.tolist())
    row, column = drawing.classes.tolist().index(70), drawing.classes.tolist().index(3)
    assert drawing.pair_at(column, row) == (70, 3)
    assert cells(drawing)[row, column] == "30"
    words = [text.get_text() for text in drawing.figure.texts]
    assert f"The 30 most confused of {classes:,} classes" in words


def test_classes_without_mistakes_fill_up_what_is_shown():
    counts = np.diag(np.full(100, 5))
    counts[90, 95] = 1
    assert most_confused(counts, 30).tolist() == [*range(28), 90, 95]


@pytest.mark.parametrize("classes", [1, 2, 6, 10, 17, 30, 1000])
@pytest.mark.parametrize("width", [400, 480, 680])
def test_nothing_written_is_cut_off_or_lies_over_something_else(classes, width):
    drawing = shown(counted(classes), width=width, rates=classes == 2)
    drawn(drawing.figure)
    edge = drawing.figure.bbox
    boxes = []
    for text in drawing.figure.texts:
        extent = text.get_window_extent()
        assert edge.x0 <= extent.x0, text
        assert extent.x1 <= edge.x1, text
        assert edge.y0 <= extent.y0, text
        assert extent.y1 <= edge.y1, text
        if text.get_rotation() in (0, 90):
            boxes.append((text, extent))
    for (text, one), (other, two) in itertools.combinations(boxes, 2):
        within = min(one.x1, two.x1) - max(one.x0, two.x0), min(one.y1, two.y1) - max(one.y0, two.y0)
        assert min(within) < 2.5, (text, other)


def framed(drawing):
    """Give the rows and the columns that the frame lies around; None without it."""
    frame = drawing.axes.patches[0]
    if not frame.get_visible():
        return None
    left, top, right, bottom = (round(edge + 0.5) for edge in frame.get_bbox().extents)
    return [*range(top, bottom)], [*range(left, right)]


def test_the_chosen_cell_is_framed_or_its_row_or_column_also_in_the_next_matrix():
    drawing = shown(counted(40))
    first, second = drawing.classes[2:4].tolist()
    before = drawn(drawing.figure)
    assert framed(drawing) is None
    drawing.choose(first, second)
    assert framed(drawing) == ([2], [3])
    changed = np.argwhere((drawn(drawing.figure) != before).any(-1))
    places = drawing.axes.transData.inverted().transform(changed[:, ::-1])
    assert 0 < len(changed) < 2000
    assert np.abs(places[:, 0] - 3).max() < 1
    drawing.choose(first)
    assert framed(drawing) == ([2], [*range(len(drawing.classes))])
    drawing.choose(None, second)
    assert framed(drawing) == ([*range(len(drawing.classes))], [3])
    drawing.show(counted(6), class_name)
    assert framed(drawing) is None or second < 6
    drawing.choose(1, 2)
    drawing.show(counted(6, seed=1), class_name)
    assert framed(drawing) == ([1], [2])
    drawing.choose(None)
    assert framed(drawing) is None


def test_an_empty_cell_has_a_dot():
    counts = np.array([[9, 0, 1], [4, 9, 0], [0, 0, 0]])
    dots = shown(counts).axes.lines[0]
    places = {(int(row), int(column)) for column, row in zip(*dots.get_data(), strict=True)}
    assert places == set(map(tuple, np.argwhere(counts == 0).tolist()))


def test_another_width_or_theme_shows_the_same_as_a_new_figure():
    counts, drawing = counted(9), shown(counted(9), rates=True)
    drawing.choose(3, 4)
    for width, dark in ((400, False), (400, True), (680, False)):
        drawing.set_width(width)
        drawing.set_dark(dark)
        new = ConfusionFigure(width, dark=dark)
        new.show(counts, class_name, rates=True)
        new.choose(3, 4)
        assert (drawn(drawing.figure) == drawn(new.figure)).all()


def test_a_matrix_takes_the_place_of_another_and_one_without_samples_is_empty():
    drawing = shown(counted(30))
    many = len(drawing.figure.texts)
    drawing.show(np.zeros((3, 3), int), class_name)
    assert len(drawing.figure.texts) < many
    assert cells(drawing) == {}
    assert drawing.axes.format_coord(1, 0).endswith(": 0 samples (0 % of cat 0)")


def test_the_frame_lies_around_the_matrix_and_crosses_no_cell():
    drawing = shown(counted(6))
    drawn(drawing.figure)
    left, bottom, right, top = drawing.axes.bbox.extents
    for side, direction, edge in (("left", 0, left), ("right", 0, right), ("bottom", 1, bottom), ("top", 1, top)):
        spine = drawing.axes.spines[side]
        ends = spine.get_transform().transform(spine.get_path().vertices)
        assert ends[:, direction] == pytest.approx([edge, edge]), side
