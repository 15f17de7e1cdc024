"""What is written over the panels: numbers, marks, and class names in any script."""

import copy
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTCollection
from made_fonts import make_font
from matplotlib import get_data_path
from matplotlib.font_manager import FontEntry, fontManager
from matplotlib.ft2font import FT2Font

from attn_widget.explanation import Comparison
from attn_widget.figure import ExplanationFigure, Style, fonts, predicted_text
from attn_widget.figure.lettering import inches, set_text, wrapped
from attn_widget.figure.theme import LIGHT
from attn_widget.targets import Contrast
from attn_widget.words import forms, messages

from .making import drawn, explained, image_axes, picture, shown, writing

PROBABILITIES = np.array([0.25, 0.75, 0.0], np.float32)


def named(*names):
    return lambda index: names[index]


def title(drawing, start):
    return next(text for text in drawing.figure.texts if text.get_text().startswith(start))


def test_each_channel_has_its_number_weight_and_share():
    explanation = explained(2)
    written = writing(shown(explanation))
    for channel, weight, share in zip(explanation.channels, explanation.weights, explanation.shares, strict=True):
        at = written.index(f"channel {channel}")
        assert written[at + 1] == f"weight {weight:.3g} · share {100 * share:.0f} %"


def test_negative_weights_have_a_minus_sign():
    drawing = shown(explained(-np.ones((1, 4, 4), np.float32)))
    assert "weight −1 · share 0 %" in writing(drawing)


@pytest.mark.parametrize(
    ("label", "mark", "colour"),
    [
        *((1, "✓ ", LIGHT.right), (0, "✗ ", LIGHT.wrong), (None, "", LIGHT.ink), (-1, "", LIGHT.ink)),
        ((0, 1), "✓ ", LIGHT.right),
    ],
)
def test_right_and_wrong_have_a_mark_and_a_colour(label, mark, colour):
    explanation = explained(label=label, predicted=1, probabilities=PROBABILITIES)
    line = title(shown(explanation, name_of=named("cat", "dog", "owl")), f"{mark}predicted: dog 75 %")
    assert line.get_color() == colour


@pytest.mark.parametrize(
    ("label", "text"),
    [
        (0, "true: cat"),
        ((0, 2), "true: cat, owl"),
        ((), "true: no class"),
        (0.1, "true: 0.1"),
        (float(np.float32(0.1)), "true: 0.1"),
        (1987.0, "true: 1987"),
        ("tabby", "true: tabby"),
        (None, "image"),
    ],
)
def test_the_first_panel_names_the_label(label, text):
    assert text in writing(shown(explained(label=label), name_of=named("cat", "dog", "owl")))


def test_a_regression_shows_its_output():
    explanation = explained(predicted=None, probabilities=None, score=-0.5)
    assert predicted_text(explanation, str) == "output: −0.5"
    assert predicted_text(explained(predicted=None, probabilities=None, score=None), str) == ""


def test_the_overall_panel_names_layer_and_method():
    assert "layer · channel mean" in writing(shown(explained()))


def test_titles_change_with_what_is_shown():
    drawing = shown(explained(label=0), name_of=named("cat", "dog", "owl"))
    drawing.show(picture(), explained(label=2), Style(), named("cat", "dog", "owl"))
    assert "true: owl" in writing(drawing)
    assert "true: cat" not in writing(drawing)


# --- names


NAMES = {
    "dollars": "$5 and $10",
    "mathematics": r"$\frac{1}{2}$ x_i^2 \alpha",
    "broken mathematics": r"$\frac{$ {",
    "lines": "two\nlines\tand\x00more",
    "percent and backslash": r"100% \\ {} # & ~",
    "Chinese": "斑纹猫与狗",
    "Japanese": "ネコと犬",
    "Korean": "고양이",
    "Arabic": "قطة منزلية",
    "Hebrew": "חתול",
    "Thai": "แมว",
    "Devanagari": "बिल्ली",
    "emoji": "🐈‍⬛ 👩🏽‍🔬 ❤️",
    "combining": "e\u0301\u0323 Zalgo\u0336\u0337",
    "bold lacks it": "𝖠𝖪 𞸉",
    "private use": "\ue000\U0010fffd",
    "lone surrogate": "\ud800 cat",
    "directions": "\u202ecat\u202c",
    "empty": "",
    "markup": "<script>alert(1)</script>",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_no_name_raises_or_warns(name, caplog):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        explanation = explained(label=0, predicted=0, probabilities=PROBABILITIES)
        frame = drawn(shown(explanation, name_of=lambda index: name).figure)
    assert (frame[:36, :340] < 128).any()
    assert not caplog.records


def test_every_character_of_matplotlibs_font_is_drawn_without_a_warning():
    regular = FT2Font(fonts._faces("normal")[fonts.BASE].path).get_charmap()
    characters = [chr(code) for code in regular if chr(code).isprintable()]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawing = ExplanationFigure(680)
        for start in range(0, len(characters), 1000):
            name = "".join(characters[start : start + 1000 : 10])
            for line, weight in zip(drawing.figure.texts[:2], ("bold", "normal"), strict=True):
                set_text(line, name, weight)
                line.set_visible(True)
            drawn(drawing.figure)


def test_dollars_underscores_and_carets_are_written_as_they_are():
    name = r"$x_1^2$"
    assert rf"true: {name}" in writing(shown(explained(label=0), name_of=lambda index: name))


def test_line_breaks_in_names_become_spaces():
    assert "true: a b c" in writing(shown(explained(label=0), name_of=lambda index: "a\nb\tc"))


def test_characters_that_no_font_has_become_squares():
    assert fonts.readable("a𓃠b")[0] == "a□b"


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Give what installs fonts on a machine that has Matplotlib's own fonts and no other."""
    manager = copy.copy(fontManager)
    own = Path(get_data_path())
    manager.ttflist = [font for font in fontManager.ttflist if Path(font.fname).is_relative_to(own)]
    monkeypatch.setattr(fonts, "fontManager", manager)
    remembered = (fonts._faces, fonts._families, fonts._family_for)

    def forget():
        for function in remembered:
            function.cache_clear()

    def install(*made):
        for family, characters, style in made:
            path = tmp_path / f"{len(manager.ttflist)}.ttf"
            make_font(path, family, characters, style)
            manager.addfont(path)
        forget()

    forget()
    yield install
    forget()


@pytest.mark.parametrize("weight", ["normal", "bold"])
def test_a_name_is_written_in_a_font_of_the_machine_that_has_its_characters(install, weight):
    install(("Zhong", "猫", "Regular"))
    assert fonts.readable("a 猫", weight) == ("a 猫", [fonts.BASE, "Zhong"], "normal")  # it has no bold
    assert fonts.readable("a", weight) == ("a", [fonts.BASE], weight)


def test_a_family_without_serifs_comes_first_also_where_only_another_has_bold(install):
    install(("Noto Serif CJK", "猫", "Regular"), ("Noto Serif CJK", "猫", "Bold"), ("Noto Sans CJK", "猫", "Regular"))
    assert fonts.readable("猫", "normal") == ("猫", [fonts.BASE, "Noto Sans CJK"], "normal")
    assert fonts.readable("猫", "bold") == ("猫", [fonts.BASE, "Noto Sans CJK"], "normal")
    install(("Noto Sans CJK", "猫", "Bold"))
    assert fonts.readable("猫", "bold") == ("猫", [fonts.BASE, "Noto Sans CJK"], "bold")


def test_a_character_that_only_a_bold_font_has_is_written_in_it(install):
    install(("Heavy", "猫", "Bold"))
    assert fonts.readable("猫", "bold") == ("猫", [fonts.BASE, "Heavy"], "bold")


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("斑猫", "Noto Sans CJK SC"),
        ("猫と犬", "Noto Sans CJK JP"),
        ("ネコ猫", "Noto Sans CJK JP"),
        ("猫 고양이", "Noto Sans CJK KR"),
    ],
)
def test_a_language_has_its_own_forms_where_a_face_offers_them(install, text, family):
    families = [f"Noto Sans {kind}CJK {form}" for kind in ("Mono ", "") for form in ("JP", "KR", "TC", "SC")]
    install(*((family, "斑猫犬とネコ고양이", style) for family in families for style in ("Regular", "Bold")))
    for weight in ("normal", "bold"):
        assert fonts.readable(text, weight) == (text, [fonts.BASE, family], weight)


def test_another_languages_forms_are_better_than_none(install):
    install(("Noto Sans CJK JP", "猫", "Regular"))
    assert fonts.readable("猫") == ("猫", [fonts.BASE, "Noto Sans CJK JP"], "normal")


def test_a_face_that_is_not_its_files_first_is_found_where_matplotlib_knows_it(install, tmp_path):
    collection = TTCollection()
    collection.fonts = [
        make_font(tmp_path / "jp.ttf", "Two CJK JP", "と猫"),
        make_font(tmp_path / "sc.ttf", "Two CJK SC", "们猫"),
    ]
    collection.save(tmp_path / "two.ttc")
    fonts.fontManager.addfont(tmp_path / "two.ttc")
    knows_it = hasattr(FontEntry(), "index")  # since Matplotlib 3.11
    chinese = ("猫们", "Two CJK SC") if knows_it else ("猫□", "Two CJK JP")
    assert fonts.readable("猫们") == (chinese[0], [fonts.BASE, chinese[1]], "normal")
    assert fonts.readable("猫と") == ("猫と", [fonts.BASE, "Two CJK JP"], "normal")


def test_chinese_is_broken_between_characters_but_not_before_a_closing_mark(install):
    text = "这里的证据全都反对它：改用 Grad-CAM，或解释预测类别。"
    install(("Hei", sorted(set(text) - set(" -.GradCAM")), "Regular"))
    line = shown(explained()).figure.texts[0]
    lines = wrapped(line, 90, text)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert len(lines) >= 3
    assert "Grad-CAM，" in "\n".join(lines)
    assert not any(each.startswith(("：", "，", "。")) for each in lines)


def test_long_names_are_shortened():
    text = title(shown(explained(label=0), name_of=lambda index: f"{'long ' * 30}end"), "true:").get_text()
    assert (text[:10], text[-3:], text.count("…")) == ("true: long", "end", 1)
    assert 20 < len(text) < 60


def assert_apart(drawing):
    """No title is cut off by the figure's edge, or lies over a panel or another title."""
    drawing.figure.draw_without_rendering()
    width, height = drawing.size
    lines = [text.get_window_extent() for text in drawing.figure.texts if text.get_text()]
    panels = [axes.get_window_extent() for axes in image_axes(drawing)]
    for position, line in enumerate(lines):
        assert line.x0 >= 0
        assert line.x1 <= width
        assert line.y1 <= height
        for other in [*panels, *lines[:position]]:
            across = min(line.x1, other.x1) - max(line.x0, other.x0)
            down = min(line.y1, other.y1) - max(line.y0, other.y0)
            assert across <= 1 or down <= 1


@pytest.mark.parametrize("count", [1, 3, 9])
def test_long_titles_stay_over_their_own_panel(count):
    explanation = explained(count, label=0, predicted=0, probabilities=PROBABILITIES)
    drawing = shown(explanation)
    for name in ("W" * 60, "i" * 200, "Mushroom" * 9, "斑纹猫" * 20, "m" * 24, "_" * 80, "😀" * 30):
        drawing.show(picture(), replace(explanation, layer=name), Style(), named(name))
        assert_apart(drawing)


@pytest.mark.parametrize("count", [1, 3, 9, 36])
def test_no_title_lies_over_a_panel_or_another_title(count):
    explanation = explained(count, label=1, predicted=1, probabilities=PROBABILITIES)
    drawing = shown(explanation, name_of=lambda index: "a class")
    for width in (200, 300, 680, 1400):
        drawing.figure.set_size_inches(inches(width), inches(width))
        drawing.fit(natural=True)
        for view in ("overlay", "raw"):
            drawing.restyle(Style(view))
            assert_apart(drawing)


def test_titles_follow_the_figures_size():
    drawing = shown(explained(3, label=0), name_of=lambda index: "a rather long name of a class, it is")
    whole = title(drawing, "true:").get_text()
    assert "…" not in whole
    drawing.figure.set_size_inches(3, 3)
    drawing.fit()
    assert "…" in title(drawing, "true:").get_text()
    assert_apart(drawing)
    drawing.figure.set_size_inches(9, 9)
    drawing.fit()
    assert title(drawing, "true:").get_text() == whole


def test_narrow_panels_keep_the_channels_numbers_whole():
    explanation = explained(36)
    written = writing(shown(explanation, width=300))
    assert {str(channel) for channel in explanation.channels} <= set(written)


def test_every_number_has_at_most_three_digits():
    assert [forms.number(value) for value in (0.0, 1234567.0, -0.00012345)] == ["0", "1.23e+06", "−0.000123"]
    assert [forms.percent(value) for value in (0.0, 0.004, 0.0994, 0.0996, 0.93, -0.93, 1.0)] == [
        *("0 %", "0.4 %", "9.9 %", "10 %", "93 %", "−93 %", "100 %")
    ]


def test_a_little_is_not_written_as_nothing():
    assert [forms.percent(value) for value in (1e-9, 0.0004, 0.0006, 0.05, 0.5, 0.996)] == [
        *("<0.1 %", "<0.1 %", "0.1 %", "5.0 %", "50 %", "100 %")
    ]
    assert [forms.percent(value) for value in (-0.0004, -0.9997)] == [">−0.1 %", "−100 %"]


def test_one_is_not_several():
    assert [forms.counted(count, "sample") for count in (0, 1, 2, 1000)] == [
        *("0 samples", "1 sample", "2 samples", "1,000 samples")
    ]


@pytest.mark.parametrize(
    ("shares", "visible", "said"),
    [
        ([0.62, 0.2], True, "head 3 carries 62 % of the heat, the 2 heads shown 82 %"),
        ([1.0], True, "head 3 carries 100 % of the heat"),
        ([0.62, 0.2, -0.4], True, "heads 3 and 1 support it (62 % and 20 % of all support), head 0 counts against it"),
        ([1.0, -0.4, -0.9], True, "head 3 supports it (100 % of all support), heads 1 and 0 count against it"),
        ([0.0, 0.0], True, "no head supports it overall, only in places"),
        ([0.0, float("nan")], False, "no head carries any heat"),
    ],
)
def test_it_is_said_which_heads_speak_for_the_heat_and_which_against(shares, visible, said):
    assert messages.heat_shares(list(zip((3, 1, 0), shares, strict=False)), "head", visible=visible) == said


# --- the line below the overall heatmap


def below(drawing):
    """The line below the overall heatmap, and the room it has."""
    axes = image_axes(drawing)[1]
    box = axes.get_window_extent()
    lines = [text for text in drawing.figure.texts if text.get_visible() and text.get_text()]
    found = [text for text in lines if box.y0 - 16 < text.get_window_extent().y0 < box.y0]
    assert len(found) == 1
    return found[0].get_text(), found[0].get_window_extent(), box


@pytest.mark.parametrize("width", [300, 360, 480, 680, 1100])
@pytest.mark.parametrize("names", [("cat", "dog"), ("Rhodesian ridgeback", "American Staffordshire terrier")])
def test_how_much_of_the_heat_moves_is_said_below_the_heatmap_and_fits(names, width):
    explanation = explained(method="grad-cam", class_shift=0.61, shift_classes=(0, 1))
    drawing = shown(explanation, width=width, name_of=named(*names))
    drawn(drawing.figure)
    text, extent, box = below(drawing)
    assert text.startswith("61 % ")
    assert all(name[:3] in text for name in names) or width <= 360
    assert box.x0 - 1 <= extent.x0
    assert extent.x1 <= box.x1 + 1


@pytest.mark.parametrize("width", [300, 360, 680])
def test_a_method_that_ignores_the_class_is_said_to_below_the_heatmap(width):
    drawing = shown(explained(), width=width)
    drawn(drawing.figure)
    text, extent, box = below(drawing)
    assert text.endswith(("class", "every class", "each class"))
    assert "same" in text
    assert extent.x1 <= box.x1 + 1


def test_both_heatmaps_that_are_compared_have_their_line_and_one_that_is_not_measured_has_none():
    first, second = explained(), explained(method="grad-cam", class_shift=0.0, shift_classes=(1, 0))
    drawing = shown(first, width=900, name_of=named("cat", "dog"), comparison=Comparison(first, second))
    written = writing(drawing)
    assert "active here; the same map for every class" in written
    assert "0 % of the heat moves between dog and cat" in written
    drawing.show(picture(), explained(method="grad-cam"), Style())
    assert not [text for text in writing(drawing) if "heat moves" in text or "same map" in text]


@pytest.mark.parametrize(
    ("target", "overall", "said"),
    [
        (0, np.full((2, 2), -1.0), "no heat for cat"),
        (0, np.eye(2), "no heat for dog"),
        (Contrast(0, 1), np.eye(2), "no heat for cat or for dog alone"),
    ],
)
def test_where_no_heat_can_move_it_is_said_for_which_class_there_is_none(target, overall, said):
    changes = {"target": target, "overall_map": overall, "shift_classes": (0, 1)}
    explanation = explained(method="grad-cam", class_shift=float("nan"), **changes)
    assert said in writing(shown(explanation, width=900, name_of=named("cat", "dog")))
