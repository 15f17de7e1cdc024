"""No two panels overlap and all lie inside, whatever the width, the number of channels and the image's shape."""

from itertools import combinations, pairwise

import pytest

from attn_widget.figure.panel_layout import MOST_CHANNELS, MOST_PINS, Box, lay_out

COUNTS = range(MOST_CHANNELS + 1)
WIDTHS = (300, 480, 680, 1000, 1400)
ASPECTS = (0.3, 0.75, 1.0, 1.5, 3.0)
TITLES = 34  # two lines of text, in pixels above a panel


def boxes(layout):
    return [layout.image, layout.overall, *layout.compared, *layout.channels, *layout.pins, *layout.bars]


def with_title(box):
    return Box(box.left, box.top - TITLES, box.width, box.height + TITLES)


def overlap(a, b):
    across = min(a.left + a.width, b.left + b.width) - max(a.left, b.left)
    down = min(a.top + a.height, b.top + b.height) - max(a.top, b.top)
    return across > 1e-6 and down > 1e-6


def is_inside(box, width, height):
    slack = 1e-6
    return (
        box.left >= -slack
        and box.top >= -slack
        and box.left + box.width <= width + slack
        and box.top + box.height <= height + slack
    )


@pytest.mark.parametrize("count", COUNTS)
def test_panels_lie_inside_and_apart_with_room_for_their_titles(count):
    for width in WIDTHS:
        for aspect in ASPECTS:
            layout = lay_out(width, count, aspect)
            taken = [*map(with_title, boxes(layout)[:-1]), layout.bars[0]]
            assert len(layout.channels) == count
            assert all(box.width > 0 and box.height > 0 for box in boxes(layout))
            assert all(is_inside(box, width, layout.height) for box in taken), (width, aspect)
            assert not any(overlap(a, b) for a, b in combinations(taken, 2)), (width, aspect)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("height", [60, 200, 450, 2500])
def test_a_given_height_is_respected(count, height):
    for width in WIDTHS:
        for aspect in ASPECTS:
            layout = lay_out(width, count, aspect, height)
            assert layout.height == height
            assert all(box.width > 0 and box.height > 0 for box in boxes(layout)), (width, aspect)
            assert all(is_inside(box, width, height) for box in boxes(layout)), (width, aspect)
            assert not any(overlap(a, b) for a, b in combinations(boxes(layout), 2)), (width, aspect)


@pytest.mark.parametrize("aspect", ASPECTS)
@pytest.mark.parametrize("height", [None, 500])
def test_every_panel_has_the_shape_of_the_image(aspect, height):
    for count in COUNTS:
        layout = lay_out(680, count, aspect, height)
        if height is None or count <= 9:
            assert all(box.height / box.width == pytest.approx(aspect) for box in boxes(layout)[:-1])


def test_the_natural_height_given_changes_nothing():
    natural = lay_out(680, 3, 1.0)
    assert lay_out(680, 3, 1.0, natural.height) == natural


@pytest.mark.parametrize("count", COUNTS)
def test_channels_read_row_by_row_in_panels_of_one_size(count):
    channels = lay_out(680, count, 1.0).channels
    assert list(channels) == sorted(channels, key=lambda box: (box.top, box.left))
    assert len({(round(box.width, 6), round(box.height, 6)) for box in channels}) <= 1


def test_three_channels_stand_in_one_row_under_the_two_large_panels():
    layout = lay_out(680, 3, 1.0)
    assert layout.image.top == layout.overall.top
    assert len({box.top for box in layout.channels}) == 1
    assert layout.channels[0].top > layout.image.top + layout.image.height


# --- comparisons and pinned views

BESIDE = [(0, True, pins) for pins in range(MOST_PINS + 1)] + [
    (count, False, pins) for count in (0, 1, 2, 3, 9, 36) for pins in range(1, MOST_PINS + 1)
]


@pytest.mark.parametrize("height", [None, 60, 200, 450, 2500])
def test_comparisons_and_pinned_views_have_room_of_their_own_in_every_height(height):
    for count, compared, pins in BESIDE:
        for width in WIDTHS:
            for aspect in ASPECTS:
                layout = lay_out(width, count, aspect, height, compared=compared, pins=pins)
                case = count, compared, pins, width, aspect
                assert (len(layout.compared), len(layout.pins), len(layout.bars)) == (2 * compared, pins, 1 + compared)
                bars = len(layout.bars)
                panels, rest = boxes(layout)[:-bars], boxes(layout)[-bars:]
                taken = [*(map(with_title, panels) if height is None else panels), *rest]
                assert height is None or layout.height == height
                assert all(box.width > 0 and box.height > 0 for box in taken), case
                assert all(is_inside(box, width, layout.height) for box in taken), case
                assert not any(overlap(a, b) for a, b in combinations(taken, 2)), case


def test_what_is_compared_stands_below_in_panels_of_the_same_size():
    layout = lay_out(680, 0, 0.75, compared=True)
    large = [layout.image, layout.overall, *layout.compared]
    assert len({(box.width, box.height) for box in large}) == 1
    assert [box.left for box in large[:2]] == [box.left for box in large[2:]]


# --- what is enlarged


WIDER = range(200, 1901, 20)


@pytest.mark.parametrize("aspect", [0.5625, 1.0])
def test_a_wider_figure_has_a_larger_image(aspect):
    sides = [lay_out(width, 3, aspect).image.width for width in WIDER]
    assert all(later > earlier for earlier, later in pairwise(sides)), sides


@pytest.mark.parametrize("aspect", [0.5625, 1.0, 1.5])
def test_a_figure_of_usual_width_is_seen_at_once_with_three_channels(aspect):
    for width in (340, 480, 540):
        assert lay_out(width, 3, aspect).height <= 533.001
    for width in (680, 1000, 1280):
        assert lay_out(width, 3, aspect).height <= 900


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 9, 12])
@pytest.mark.parametrize("aspect", ASPECTS)
def test_rows_have_the_same_edges(count, aspect):
    for width in (360, 540, 680, 1000, 1900):
        layout = lay_out(width, count, aspect)
        panels = [layout.image, layout.overall, *layout.channels]
        left, right = min(box.left for box in panels), max(box.left + box.width for box in panels)
        assert layout.image.left == pytest.approx(left)
        assert width - right == pytest.approx(left)
        below = [box for box in layout.channels if box.top > layout.image.top + layout.image.height]
        if count >= 3 and below:
            assert (below[0].left, layout.overall.left + layout.overall.width) == pytest.approx((left, right))


def test_a_height_that_is_given_is_used_as_well_as_the_width():
    natural = lay_out(1000, 3, 1.0)
    assert lay_out(1000, 3, 1.0, 1200).image.width > natural.image.width
    assert lay_out(1000, 3, 1.0, 300).image.height > 185  # beside each other
    assert lay_out(500, 3, 1.0, 1200).image.width == pytest.approx((500 - 26) / 2)
