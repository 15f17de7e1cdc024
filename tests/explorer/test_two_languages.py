"""A panel speaks one language in all that it says, whichever others are open beside it, and on every thread."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import ipywidgets as widgets
import pytest
from ipympl.backend_nbagg import Canvas
from made_fonts import make_font
from matplotlib import get_data_path
from matplotlib.font_manager import fontManager

from attn_widget import AttentionExplorer, find_layers, words
from attn_widget.figure import COLOUR_MAPS, fonts
from attn_widget.words import captions, forms

from .driver import PAGES, Driver
from .panels import batches, images, net

CHINESE = re.compile("[\u4e00-\u9fff]")
ENGLISH = re.compile(r"(?<![\w.-])[A-Za-z]{2,}[,.]? [A-Za-z]{2,}(?![\w-])")
CLASSES = ["猫", "狗", "鸟"]
LABELS = (0, 1, 2, 0, 1, 2, 1, 1) * 2


def forget_fonts() -> None:
    for function in (fonts._faces, fonts._families, fonts._family_for, fonts._find_new_fonts):
        function.cache_clear()


@pytest.fixture
def own_fonts_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine that has Matplotlib's own fonts and no other."""
    own = Path(get_data_path())
    monkeypatch.setattr(
        fontManager, "ttflist", [font for font in fontManager.ttflist if Path(font.fname).is_relative_to(own)]
    )
    monkeypatch.setattr(fonts, "findSystemFonts", list)
    forget_fonts()
    yield
    forget_fonts()
    fontManager._findfont_cached.cache_clear()


@pytest.fixture
def chinese_font(own_fonts_only: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a font that has Chinese characters, installed after Matplotlib listed the fonts."""
    tables = Path(words.__file__).parent.glob("zh/*.py")
    characters = {character for table in tables for character in table.read_text() if character > "\u2e80"}
    make_font(tmp_path / "hei.ttf", "Some Hei", sorted(characters.union(*CLASSES)))
    monkeypatch.setattr(fonts, "findSystemFonts", lambda: [str(tmp_path / "hei.ttf")])
    forget_fonts()


def written(panel: Driver) -> Iterator[str]:
    """All texts of a panel: on its widgets, under the mouse, for screen readers, and in its figures."""
    yield panel.status
    for widget in panel.every_widget:
        for name in ("description", "tooltip", "placeholder", "tooltips", "options"):
            found = getattr(widget, name, None)
            for each in found if isinstance(found, list | tuple) else [found]:
                yield each[0] if isinstance(each, tuple) else each
        if isinstance(widget, widgets.HTML | widgets.Label) and not re.match("<style>|<textarea", widget.value):
            yield widget.value
        if isinstance(widget, Canvas):
            yield from (text.get_text() for text in widget.figure.texts if text.get_visible())


def plain(text: str) -> list[str]:
    """The text itself, and what is under the mouse."""
    return [html.unescape(each) for each in (re.sub("<[^>]*>", "", text), *re.findall('title="([^"]*)"', text))]


def english_in(panel: Driver) -> list[str]:
    """The texts that are no Chinese, without names that are the same in every language."""
    names = {*forms.METHOD_NAMES.values(), *COLOUR_MAPS, "S", "M", "L", "XS", "review.npz", ""}
    for module in panel.model.values() if isinstance(panel.model, dict) else [panel.model]:
        names |= {part for layer in find_layers(module, images(1)[0]) for part in (layer.name, layer.kind)}
    found = {each for text in written(panel) if text for each in plain(str(text))}
    left = {text for text in found if ENGLISH.search(text) or not CHINESE.search(text)}
    parts = {text: [part.strip(" ✓✗▸") for part in re.split(r"\s·\s|\s−\s", text)] for text in left}
    return sorted(
        text for text, of in parts.items() if any(re.search("[A-Za-z]{2}", part) for part in of if part not in names)
    )


def test_a_chinese_panel_says_nothing_in_english(opened, chinese_font, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    panel = opened(net().eval(), batches(LABELS), class_names=CLASSES, language="zh")
    for page in PAGES:
        panel.open_page(page)
        panel.wait()
        assert english_in(panel) == []
    panel.click("Find mistakes")
    panel.wait()
    panel.choose("Show", "mistakes")
    panel.mark("wrong label")
    panel.switch("Matrix", True)
    panel.wait()
    assert english_in(panel) == []
    panel.click("Save review")
    panel.click("Clear")
    panel.click("Survey")
    panel.wait()
    panel.choose_channel(panel.offered_channels[0])
    panel.click("Silence it")
    panel.wait()
    assert english_in(panel) == []
    panel.click("Silence these")
    assert english_in(panel) == []
    panel.click("Clear silenced")
    panel.cover_rectangle(1, 1, 6, 6)
    panel.click("Check")
    panel.wait()
    assert english_in(panel) == []
    for settings in (
        {"method": "grad-cam"},
        {"compare": "eigen-cam"},
        {"compare": "true"},
        {"compare": None, "scale": "fixed", "at": (1, 1)},
        {"method": "score-cam"},
        {"method": "attention-rollout"},
        {"method": "grad-cam", "target": "true"},
        {"layer": "fc"},
        {"layer": "conv2"},
    ):
        for name, value in settings.items():
            setattr(panel, name, value)
        panel.wait()
        assert english_in(panel) == []
    panel.click("Next mistake")
    panel.wait()
    panel.click("Pin")
    assert english_in(panel) == []
    assert CHINESE.search(panel.bundle()[0]["text/plain"])


def test_two_panels_side_by_side_keep_their_languages_also_on_threads(opened, chinese_font):
    english, chinese = (opened(net().eval(), batches(LABELS), language=each) for each in words.LANGUAGES)
    for panel in (english, chinese):
        panel.click("Find mistakes")
    english.wait()
    chinese.wait()
    for panel in (chinese, english):
        panel.sample = 3
        panel.choose("Show", "mistakes")
        panel.click("Survey")
        panel.wait()
    assert english_in(chinese) == []
    said = [text for text in written(english) if isinstance(text, str) and CHINESE.search(text)]
    assert said == []
    assert [words.language(), english.language, chinese.language] == ["en", "en", "zh"]


def test_a_panel_takes_the_environments_language_unless_it_is_given_one(opened, monkeypatch):
    monkeypatch.setenv("LANGUAGE", "zh_CN:en")
    chinese, english = opened(), opened(language="en")
    monkeypatch.setenv("LANGUAGE", "en")
    chinese.sample = english.sample = 1
    assert chinese.language == "zh"
    assert chinese.status.startswith("样本 1")
    assert english.status.startswith("Sample 1")
    with pytest.raises(AttributeError):
        chinese.language = "en"


def test_another_language_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match="language must be one of 'en', 'zh', got 'fr'"):
        AttentionExplorer(net(), batches(), language="fr")


def test_the_script_speaks_a_language_where_the_panel_was_given_one(opened):
    assert "speaking" not in opened().code
    code = opened(language="zh").code
    assert 'with speaking("zh"):\n    figure' in code.replace("'", '"')
    compile(code, "script", "exec")


def test_words_are_drawn_in_english_where_no_font_has_chinese_and_the_panel_says_so_once(opened, own_fonts_only):
    panel = opened(language="zh")
    with words.speaking("zh"):
        why = captions.DRAWN_IN_ENGLISH
    assert not any(re.search("[□\u4e00-\u9fff]", title) for title in panel.titles)
    assert "overall heatmap" in panel.titles
    assert panel.markup.count(why) == 1
    assert why not in opened(language="en").markup


def test_words_are_drawn_in_chinese_where_a_font_has_them(opened, chinese_font):
    panel = opened(language="zh")
    assert "总热力图" in panel.titles
    with words.speaking("zh"):
        assert captions.DRAWN_IN_ENGLISH not in panel.markup
