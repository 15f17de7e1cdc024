"""From which value to which the colours run: real maps, against Matplotlib's own normalisation and SciPy's zoom."""

from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import Normalize
from models import images, trained
from scipy import ndimage

from attn_widget import Samples, explain
from attn_widget.explanation import Comparison
from attn_widget.figure import Pin, Style, spans_of
from attn_widget.figure.colours import Painter

from .making import SIZE, explained, image_axes, picture, pixels_of, shown, some_maps, writing

STEP = 5  # bytes by which neighbouring colours of a map of 256 differ


@pytest.fixture(scope="module")
def real(cifar10):
    """Explanations of three photographs, their pictures, and how to get others."""
    model, samples = trained(cifar10, "resnet20"), Samples(images(cifar10, "resnet20"))

    def explanation(position, method="channel-mean", layer="layer2", **options):
        return explain(model, samples[position].image, layer=layer, method=method, top_k=4, **options)

    explanation.picture = lambda position: samples[position].picture
    return explanation


def heat(map_, low, high, size, cmap="jet"):
    """Colour a map from one value to another, with nothing of the package."""
    unit = np.asarray(Normalize(low, high, clip=True)(map_.astype(float)))
    factors = [pixels / cells for pixels, cells in zip(size, map_.shape, strict=True)]
    return coloured(ndimage.zoom(unit, factors, order=1, grid_mode=True, mode="nearest"), cmap)


def cells(map_, low, high, cmap="jet"):
    """Colour a map's own cells from one value to another."""
    return coloured(np.asarray(Normalize(low, high, clip=True)(map_.astype(float))), cmap)


def coloured(unit, cmap="jet"):
    return matplotlib.colormaps[cmap](unit)[..., :3] * 255


def assert_shows(drawing, panel, expected):
    inside = np.s_[1:-1, 1:-1]  # a pixel in the corner is under the frame
    assert np.abs(pixels_of(drawing, panel, *expected.shape[:2])[inside] - expected[inside]).max() <= STEP


def text(value):
    return f"{value:.3g}".replace("-", "−")


def spans(low, high, plus=""):
    """Write a range as a panel does, to three digits and, where that is too long, to two."""
    return {f"{low:.{digits}g} … {plus}{high:.{digits}g}".replace("-", "−") for digits in (3, 2)}


# --- each panel its own, all alike


def test_each_panel_by_itself_runs_from_its_lowest_value_to_its_highest_and_says_them(real):
    one = real(3)
    drawing = shown(one, Style("heatmap"))
    overall = np.maximum(one.overall_map, 0)
    for panel, map_ in enumerate([overall, *one.maps], start=1):
        assert_shows(drawing, panel, heat(map_, map_.min(), map_.max(), one.size))
        assert spans(map_.min(), map_.max()) & set(writing(drawing))
    assert {"lowest", "highest of each"} <= set(writing(drawing))


@pytest.mark.parametrize("view", ["overlay", "heatmap", "raw"])
def test_alike_all_channels_are_on_one_scale_whose_numbers_the_bar_says(real, view):
    one = real(3)
    low, high = one.maps.min(), one.maps.max()
    drawing = shown(one, Style(view, scale="alike", alpha=1))
    for panel, map_ in enumerate(one.maps, start=2):
        assert_shows(drawing, panel, cells(map_, low, high) if view == "raw" else heat(map_, low, high, one.size))
    overall = np.maximum(one.overall_map, 0)
    assert {text(low), f"{text(high)}, all channels"} <= set(writing(drawing))
    assert spans(overall.min(), overall.max()) & set(writing(drawing))


@pytest.mark.parametrize("view", ["overlay", "heatmap", "raw"])
def test_alike_a_weak_channel_looks_weak_and_by_itself_it_does_not(view):
    maps = np.stack([some_maps(1)[0], some_maps(1)[0] / 10])
    one = explained(maps)
    weak = 2 + list(one.channels).index(1)
    own, alike = (
        pixels_of(shown(one, Style(view, 1.0, "gray", scale)), weak, *SIZE).mean((0, 1)) for scale in ("own", "alike")
    )
    assert (alike < own / 5).all()


def test_pinned_views_of_one_layer_and_method_are_alike_with_the_overall_heatmap_and_others_are_not(real):
    one, pinned, other = real(3), real(5), real(5, layer="layer1")
    maps = [np.maximum(each.overall_map, 0) for each in (one, pinned, other)]
    low, high = min(map_.min() for map_ in maps[:2]), max(map_.max() for map_ in maps[:2])
    pins = [Pin(real.picture(5), each, "pin") for each in (pinned, other)]
    drawing = shown(one, Style("heatmap", scale="alike"), pins=pins)
    assert_shows(drawing, 1, heat(maps[0], low, high, one.size))
    assert_shows(drawing, 6, heat(maps[1], low, high, one.size))
    assert_shows(drawing, 7, heat(maps[2], maps[2].min(), maps[2].max(), one.size))


# --- fixed


@pytest.mark.parametrize("view", ["overlay", "raw"])
def test_a_fixed_scale_keeps_its_numbers_for_another_sample_and_marks_what_lies_beyond(real, view):
    first, other = real(3), real(5)
    overall = float(first.overall_map.min()), float(first.overall_map.max()) * 0.7
    channels = float(first.maps.min()) + 0.1, float(first.maps.max()) / 2
    drawing = shown(other, Style(view, 1.0, scale=(overall, channels)))
    for panel, map_ in enumerate([other.overall_map, *other.maps], start=1):
        ends = overall if panel == 1 else channels
        assert_shows(drawing, panel, cells(map_, *ends) if view == "raw" else heat(map_, *ends, other.size))
    written = writing(drawing)
    assert {f"≤ {text(channels[0])}", f"≥ {text(channels[1])}, all channels, fixed"} <= set(written)
    assert any(words.endswith(f"… ≥ {text(overall[1])}") for words in written)


def test_the_numbers_that_are_fixed_are_those_of_the_maps_to_four_digits_and_leave_none_of_them_out(real):
    one = real(3, "grad-cam")
    for (low, high), values in zip(spans_of(one), (one.overall_map, one.maps), strict=True):
        assert low <= values.min() == pytest.approx(low, rel=1e-3)
        assert high >= values.max() == pytest.approx(high, rel=1e-3)
        assert (low, high) == tuple(float(f"{end:.4g}") for end in (low, high))
    assert not any("≥" in words or "≤" in words for words in writing(shown(one, Style(scale=spans_of(one)))))


def test_two_that_are_compared_follow_a_fixed_scale(real):
    first, second = (real(3, "grad-cam", target=target) for target in (3, 5))
    scale = ((0.0, 2 * float(first.overall_map.max())), (0.0, 1.0))
    drawing = shown(first, Style("heatmap", scale=scale), comparison=Comparison(first, second))
    for panel, one in enumerate((first, second), start=1):
        assert_shows(drawing, panel, heat(np.maximum(one.overall_map, 0), *scale[0], one.size))
    assert any(words.startswith(text(scale[0][1])) and words.endswith("fixed") for words in writing(drawing))


# --- raw, with values below zero


@pytest.mark.parametrize("sign", [1, -1])
def test_raw_maps_with_values_below_zero_are_centred_on_white_at_zero(real, sign):
    one = real(3, "grad-cam", "layer2.0.bn2")
    one = replace(one, overall_map=sign * one.overall_map, maps=sign * one.maps)
    assert one.overall_map.min() < 0 < one.overall_map.max()
    assert (one.maps.min((1, 2)) < 0).all()
    drawing = shown(one, Style("raw"))
    for panel, map_ in enumerate([one.overall_map, *one.maps], start=1):
        most = np.abs(map_).max()
        assert_shows(drawing, panel, cells(map_, -most, most, "RdBu_r"))
        assert spans(-most, most, "+") & set(writing(drawing))
    assert {"negative", "positive, of each"} <= set(writing(drawing))


def test_an_overall_map_with_signs_beside_channels_without_has_a_bar_of_its_own(real):
    one = real(3, "grad-cam")
    assert one.overall_map.min() < 0 <= one.maps.min()
    most = text(np.abs(one.overall_map).max())
    plain, drawing = shown(one), shown(one)
    drawing.restyle(Style("raw"))
    bars = [axes for axes in drawing.figure.axes if axes.get_visible() and not axes.get_navigate()]
    painted = [np.asarray(bar.images[0].get_array())[0, :, :3] for bar in bars]
    for colours, cmap in zip(painted, ("jet", "RdBu_r"), strict=True):
        assert np.abs(colours - coloured(np.linspace(0, 1, 256), cmap)).max() < 1
    assert {f"−{most}", f"+{most}, overall heatmap"} <= set(writing(drawing))
    assert drawing.size[1] == plain.size[1] + 20
    drawing.restyle(Style())
    assert drawing.size == plain.size


# --- fading


def test_faded_the_picture_shows_where_there_is_no_heat_and_the_overlay_where_there_is_most():
    ground, heat_ = picture(), np.linspace(0, 1, 256, dtype=np.float32).reshape(SIZE)
    faded = Painter(ground, Style(alpha=0.8, fade=True)).heat(heat_)[..., :3]
    assert (faded[0, 0] == np.round(ground[0, 0] * 255)).all()
    assert (faded[-1, -1] == Painter(ground, Style(alpha=0.8)).heat(heat_)[-1, -1, :3]).all()
    opacity = 0.8 * heat_[..., None]
    assert np.abs(faded - ((1 - opacity) * ground * 255 + opacity * coloured(heat_))).max() <= 2


def test_faded_a_difference_lets_the_picture_through_at_zero_and_a_cell_without_a_number_stays_grey():
    ground = picture((1, 4))
    faded = Painter(ground, Style(alpha=1, fade=True)).heat(np.array([[-2, 0, 2, np.nan]]), -2, 2, "RdBu_r")
    assert (faded[0, 1, :3] == np.round(ground[0, 1] * 255)).all()
    assert np.abs(faded[0, [0, 2], :3] - coloured(np.array([0.0, 1.0]), "RdBu_r")).max() <= 1
    assert faded[0, 3].tolist() == [150, 150, 150, 255]


def test_fading_changes_only_the_view_over_the_picture(real):
    one = real(3)
    for view in ("heatmap", "raw"):
        faded, plain = (shown(one, Style(view, fade=fade)) for fade in (True, False))
        assert (pixels_of(faded, 1, *one.size) == pixels_of(plain, 1, *one.size)).all()


# --- what is written


@pytest.mark.parametrize("width", [360, 500, 820])
@pytest.mark.parametrize("scale", ["own", "alike"])
def test_the_numbers_in_force_are_written_at_any_width(real, width, scale):
    one = real(3)
    written = writing(shown(one, Style(scale=scale), width))
    if scale == "own":
        assert all(spans(map_.min(), map_.max()) & set(written) for map_ in one.maps)
    else:
        assert any(words.startswith(text(one.maps.max())) for words in written)
    assert all(any(str(channel) in words for words in written) for channel in one.channels)


def test_the_mouse_reads_values_on_the_scale_in_force(real):
    one = real(3)
    drawing = shown(one)
    for style, low, high in (
        (Style(scale="alike"), one.maps.min(), one.maps.max()),
        (Style(scale=((0, 9), (1, 3))), 1, 3),
    ):
        drawing.restyle(style)
        value = one.maps[1][0, 0]
        unit = min(max((value - low) / (high - low), 0), 1)
        assert image_axes(drawing)[3].format_coord(0, 0).endswith(f": {text(value)} (normalised {unit:.2f})")


def test_maps_without_channels_have_their_numbers_on_the_bar():
    one = explained(1)
    nothing = replace(one, maps=one.maps[:0], channels=one.channels[:0], weights=one.weights[:0], shares=one.shares[:0])
    low, high = one.overall_map.min(), one.overall_map.max()
    assert {text(low), text(high)} <= set(writing(shown(nothing)))


def test_a_flat_map_has_one_number():
    assert "2.5" in writing(shown(explained(np.full((1, 4, 4), 2.5, np.float32))))


# --- in a script


def test_show_takes_the_same_and_one_pair_of_numbers_for_all_panels():
    one = explained()
    for scale, style in (("alike", "alike"), ((0, 2), ((0.0, 2.0), (0.0, 2.0))), ([(0, 2), (1, 3)], ((0, 2), (1, 3)))):
        figure = one.show(picture(), scale=scale, fade=True)
        expected = shown(one, Style(scale=style, fade=True), 500).figure
        for axes, other in zip(figure.axes, expected.axes, strict=True):
            assert (np.asarray(axes.images[0].get_array()) == np.asarray(other.images[0].get_array())).all()


@pytest.mark.parametrize(
    "scale", ["fixed", "both", 3, (0, 1, 2), ("0", "1"), (3, 1), (0, float("nan")), ((0, 1), (2, 2))]
)
def test_show_refuses_any_other_scale_and_says_what_it_takes(scale):
    with pytest.raises((TypeError, ValueError), match=r"^scale must .*, got "):
        explained().show(picture(), scale=scale)
