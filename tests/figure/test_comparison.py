"""Two explanations with their difference, a ringed place, and pinned views, on the figure."""

from dataclasses import replace

import matplotlib
import numpy as np
import pytest

from attn_widget.explanation import Comparison
from attn_widget.figure import ExplanationFigure, Pin, Style, same_target

from .making import SIZE, drawn, explained, image_axes, picture, pixels_of, shown, some_maps, writing

NAMES = ["cat", "dog", "owl"].__getitem__


def two(**changes):
    """Two explanations of one image, for two targets of one method unless told otherwise."""
    first = explained(method="grad-cam", target=0)
    return Comparison(first, explained(some_maps(3, seed=7) / 3, **{"method": "grad-cam", "target": 1, **changes}))


def compared(comparison, style=None, **options):
    return shown(comparison.first, style, comparison=comparison, name_of=NAMES, **options)


def coloured(values, cmap="jet"):
    return matplotlib.colormaps[cmap](values)[..., :3] * 255


@pytest.mark.parametrize("changes", [{}, {"method": "layer-cam"}], ids=["two targets", "two methods"])
def test_both_heatmaps_stand_beside_the_image_and_their_difference_is_centred_on_white(changes):
    comparison = two(**changes)
    drawing = compared(comparison, Style("heatmap"))
    for panel, heatmap in enumerate(comparison.heatmaps, start=1):
        assert np.abs(pixels_of(drawing, panel, *SIZE) - coloured(heatmap)).max() <= 1
    difference = comparison.difference
    most = np.abs(difference).max()
    expected = coloured((difference + most) / (2 * most), "RdBu_r")
    assert np.abs(pixels_of(drawing, 3, *SIZE) - expected).max() <= 3


def test_the_difference_of_one_with_itself_or_of_rounding_is_white():
    comparison = two()
    rounding = replace(comparison.first, overall_map=comparison.first.overall_map * np.float32(1 + 1e-6))
    for second in (comparison.first, rounding):
        drawing = compared(Comparison(comparison.first, second), Style("heatmap"))
        assert pixels_of(drawing, 3, *SIZE).min() >= 246
        assert {"−1", "+1"} <= set(writing(drawing))


def test_a_pixel_without_a_number_is_grey_in_the_difference():
    comparison = two()
    map_ = comparison.first.overall_map.copy()
    map_[0, 0] = np.nan
    drawing = compared(Comparison(replace(comparison.first, overall_map=map_), comparison.second), Style("heatmap"))
    assert len(set(pixels_of(drawing, 3, *SIZE)[0, 0].tolist())) == 1
    assert pixels_of(drawing, 3, *SIZE)[0, 0, 0] == 150


def test_the_bars_say_the_scale_that_both_share_and_the_greatest_difference_to_both_sides():
    comparison = two()
    most = f"{np.abs(comparison.difference).max():.3g}"
    written = set(writing(compared(comparison)))
    assert {f"−{most}", f"+{most}"} <= written
    assert {"0", f"{comparison.highest:.3g}, both panels"} <= written
    assert {"lowest", "highest of each"} <= set(writing(compared(two(method="layer-cam"))))


def test_the_titles_name_what_differs_and_what_the_colours_mean():
    assert {"cat", "dog", "cat − dog", "red: more for cat, blue: for dog"} <= set(writing(compared(two())))
    written = writing(compared(two(method="layer-cam", target=0)))
    assert {"Grad-CAM", "LayerCAM", "Grad-CAM − LayerCAM"} <= set(written)


def test_the_mouse_reads_both_maps_on_the_scale_shown_and_the_signed_difference():
    comparison = two()
    drawing = compared(comparison)
    texts = [axes.format_coord(5.5, 9.5) for axes in image_axes(drawing)]
    for text, one in zip(texts[1:3], (comparison.first, comparison.second), strict=True):
        value = one.overall_map[2, 1]
        expected = f"cell 2, 1: {value:.3g} (normalised {max(value, 0) / comparison.highest:.2f})"
        assert text == f"row 10, column 6 · {expected}"
    assert texts[3] == f"row 10, column 6: {comparison.difference[10, 6]:+.2f}".replace("-", "−")
    assert image_axes(drawing)[3].format_coord(-3, 2) == ""


def test_zoom_is_linked_and_pixels_are_found_in_every_panel_but_the_pins():
    comparison = two(method="layer-cam")
    drawing = compared(comparison, pins=[Pin(picture(), comparison.first, "Sample 3")])
    *panels, pinned = image_axes(drawing)
    assert len(panels) == 4
    panels[3].set(xlim=(2.5, 9.5), ylim=(11.5, 4.5))
    drawn(drawing.figure)
    assert {(axes.get_xlim(), axes.get_ylim()) for axes in panels} == {((2.5, 9.5), (11.5, 4.5))}
    assert {drawing.pixel_under(axes, 3.4, 7.6) for axes in panels} == {(8, 3)}
    assert drawing.pixel_under(pinned, 3.4, 7.6) is None
    assert drawing.pixel_under(panels[0], -0.6, 3) is None
    assert drawing.pixel_under(None, 3, 3) is None


def ringed(axes):
    rings = [line for line in axes.lines if line.get_marker() == "o" and line.get_visible()]
    return [tuple(np.ravel(line.get_data())) for line in rings]


def test_a_place_is_ringed_in_every_panel_but_the_pins():
    explanation = explained(at=(4, 11), ranked_by="value")
    pins = [Pin(picture(), explained(), "Sample 3")]
    drawing, plain = shown(explanation, pins=pins), shown(explained(), pins=pins)
    *panels, pinned = image_axes(drawing)
    assert all(ringed(axes) == [(11, 4), (11, 4)] for axes in panels)
    assert ringed(pinned) == []
    changed = np.argwhere((drawn(drawing.figure) != drawn(plain.figure)).any(-1))
    for axes in panels:
        column, row = axes.transData.transform((11, 4))
        around = changed - (drawing.size[1] - row, column)
        assert (np.abs(around).max(1) < 9).any()
    assert any("here" in text for text in writing(drawing))

    drawing.show(picture(), explained(), Style(), pins=pins)
    assert not any(ringed(axes) for axes in image_axes(drawing))


def test_pinned_views_show_their_own_picture_and_at_most_four_are():
    other = np.zeros((8, 12, 3), np.float32)
    explanation = explained(some_maps(2, seed=3), size=(8, 12))
    drawing = shown(explained(), Style("heatmap"), pins=[Pin(other, explanation, f"Sample {i}") for i in range(6)])
    panels = image_axes(drawing)
    assert len(panels) == 5 + 4
    assert {f"Sample {i}" for i in range(4)} <= set(writing(drawing))
    assert "Sample 4" not in writing(drawing)
    assert (panels[-1].images[0].get_array() == panels[-2].images[0].get_array()).all()


def test_comparisons_and_pins_come_and_go_without_a_trace():
    comparison, drawing = two(), ExplanationFigure(680)
    pins = [Pin(picture(), comparison.first, "Sample 1")]
    plain, beside = (drawn(shown(comparison.first, name_of=NAMES, pins=beside).figure) for beside in ((), pins))
    both, axes = drawn(compared(comparison).figure), 0
    for _ in range(2):
        for options, expected in (
            ({}, plain),
            ({"comparison": comparison}, both),
            ({"pins": pins}, beside),
            ({}, plain),
        ):
            drawing.show(picture(), comparison.first, Style(), NAMES, **options)
            assert (drawn(drawing.figure) == expected).all()
        assert axes in (0, len(drawing.figure.axes))
        axes = len(drawing.figure.axes)


@pytest.mark.parametrize("style", [Style("raw"), Style(alpha=0.9, cmap="gray"), Style("heatmap", cmap="viridis")])
def test_restyling_a_comparison_gives_the_picture_that_showing_anew_gives(style):
    comparison, drawing = two(), compared(two())
    drawing.restyle(style)
    assert (drawn(drawing.figure) == drawn(compared(comparison, style).figure)).all()


def test_two_targets_that_come_to_the_same_class_are_said_to_be_the_same():
    comparison = two(label=1, predicted=1, target="true")
    comparison = replace(comparison, first=replace(comparison.second, target="predicted"))
    written = writing(compared(comparison))
    assert {"dog (predicted)", "dog (true)", "no difference", "both targets are the same class"} <= set(written)
    assert not any("−" in text and "dog" in text for text in written)
    assert (
        same_target(comparison, NAMES) == "Predicted and true are the same class, dog: there is no difference to see."
    )
    for first, second, said in ((1, 1, "Both targets are dog"), (1, "true", "Both targets are dog"), (0, "true", "")):
        asked = Comparison(*(replace(comparison.first, target=target) for target in (first, second)))
        assert same_target(asked, NAMES).partition(":")[0] == said


def test_two_functions_are_not_the_same_target_and_two_methods_have_a_difference():
    functions = Comparison(*(replace(two().first, target=lambda output: output[0]) for _ in range(2)))
    assert same_target(functions, NAMES) == same_target(two(method="layer-cam", target=0), NAMES) == ""
