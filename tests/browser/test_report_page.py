"""A report, opened from disk in Chromium and used."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from models import loader, trained
from playwright.sync_api import Browser
from torch import nn
from torch.utils.data import Dataset

from attn_widget import AttentionExplorer, demo, report
from attn_widget.figure import Painter, Style
from attn_widget.reports import report_making
from attn_widget.reports.map_bytes import form_within
from attn_widget.words import reports
from attn_widget.words.zh import reports as in_chinese

from .report_page import ReportPage

OPENING = '<img src=x onerror="window.hacked = 1"><!--'
HOSTILE = f"</script>{OPENING}"
SHOWN = [3, 25, 36, 40]  # of the demo's pictures; its network takes 36 for another shape
METHODS = {"grad-cam": "Grad-CAM", "channel-mean": "Channel mean"}
Open = Callable[..., ReportPage]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Open reports, and afterwards see that none asked for anything but itself, or broke its policy."""
    pages = []

    def open_page(path: Path, **options: Any) -> ReportPage:
        pages.append((path, ReportPage(browser, path, **options)))
        return pages[-1][1]

    yield open_page
    for path, page in pages:
        outside = [url for url in page.requests if not url.startswith("data:")]
        complaints = page.complaints
        page.close()
        assert outside == [path.as_uri()]
        assert complaints == []


@pytest.fixture(scope="module")
def panel() -> Iterator[Callable[..., AttentionExplorer]]:
    """Open panels, and close them at the end."""
    with ExitStack() as stack:
        yield lambda *given, **options: stack.enter_context(closing(AttentionExplorer(*given, **options)))


@pytest.fixture(scope="module")
def shapes(
    panel: Callable[..., AttentionExplorer], tmp_path_factory: pytest.TempPathFactory
) -> tuple[AttentionExplorer, Path]:
    """A panel on the demo, and its report."""
    model, data, names = demo.load()
    explorer = panel(model, data, class_names=names, method="grad-cam")
    path = explorer.report(tmp_path_factory.mktemp("report") / "shapes.html", SHOWN, progress=unheard)
    return explorer, path


def unheard(done: int, total: int | None) -> None:
    """Hear progress, and say nothing."""


def in_the_panel(explorer: AttentionExplorer) -> np.ndarray:
    """The overall heatmap as the panel has it."""
    axes = [one for one in explorer.figure.axes if one.get_visible() and one.get_navigate()]
    return np.asarray(axes[1].images[0].get_array())[..., :3].astype(int)


def assert_alike(page: ReportPage, explorer: AttentionExplorer) -> None:
    """Compare the heatmap on the page with the panel's."""
    assert np.abs(page.pixels("heatmap") - in_the_panel(explorer)).max() <= 2


# --- pixels


def test_its_pixels_are_those_of_the_panel(shapes, opened):
    explorer, path = shapes
    page = opened(path)
    for layer, method, alpha, cmap, fade in [
        ("conv3", "grad-cam", 0.5, "jet", False),
        ("conv2", "channel-mean", 1, "jet", False),
        ("conv3", "channel-mean", 0.3, "magma", False),
        ("conv2", "grad-cam", 0.85, "turbo", True),
    ]:
        explorer.sample, explorer.layer, explorer.method = SHOWN[2], layer, method
        explorer.alpha, explorer.cmap, explorer.fade = alpha, cmap, fade
        page.slide("sample", 2)
        page.choose("layer", layer)
        page.choose("method", METHODS[method])
        page.slide("alpha", alpha)
        page.page.select_option("#cmap", cmap)
        page.tick("fade", fade)
        assert_alike(page, explorer)
    assert np.abs(page.pixels("image") - 255 * np.asarray(explorer_picture(explorer))).max() <= 1


def explorer_picture(explorer: AttentionExplorer) -> np.ndarray:
    """The picture as the panel has it, in [0, 1]."""
    return np.asarray(explorer.figure.axes[0].images[0].get_array())[..., :3] / 255


def test_so_are_those_of_real_images(cifar10, panel, opened, tmp_path):
    explorer = panel(trained(cifar10, "resnet20"), loader(cifar10, "resnet20"), method="grad-cam")
    page = opened(explorer.report(tmp_path / "cifar.html", [0, 7], progress=unheard))
    for step, position in enumerate([0, 7]):
        explorer.sample = position
        page.slide("sample", step)
        assert_alike(page, explorer)


class Holes(nn.Module):
    """Has a layer with values that are not numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Identity()

    def forward(self, images):
        coarse = images[:, :2, ::3, ::3]
        maps = self.layer(torch.where(coarse > 0.3, coarse, torch.nan))
        return maps.nan_to_num().mean((2, 3))


@pytest.mark.parametrize(("kind", "most"), [("f4", 600), ("u2", 300), ("u1", 200)])
def test_places_without_a_value_are_grey_in_every_form_of_a_map(kind, most, panel, opened, tmp_path, monkeypatch):
    monkeypatch.setattr(report_making, "form_within", lambda maps, _most: form_within(maps, most))
    images = torch.rand(1, 3, 36, 24, generator=torch.Generator().manual_seed(0))
    explorer = panel(Holes().eval(), [(images, torch.tensor([1]))], layer="layer", cmap="gray")
    page = opened(explorer.report(tmp_path / "holes.html", methods=["channel-mean"], progress=unheard))
    assert page.page.evaluate("data.kind") == kind
    assert np.isnan(explorer.explanation.overall).any()
    assert_alike(page, explorer)


# --- its controls


def test_slider_buttons_keys_and_tiles_go_from_sample_to_sample(shapes, opened):
    _, path = shapes
    page = opened(path)
    assert page.text("where").startswith("Sample 3 of 600")
    page.click("#next")
    assert page.text("where").startswith("Sample 25")
    page.press("ArrowRight")
    page.press("ArrowRight")
    page.press("ArrowRight")  # there is no further one
    assert page.text("where").startswith("Sample 40")
    assert page.text("place") == "4 of 4"
    page.press("ArrowLeft")
    assert page.text("verdict").startswith("✗ true ")
    page.click(".tile >> nth=1")
    assert page.text("where").startswith("Sample 25")
    page.page.focus("#sample")
    page.page.keyboard.press("ArrowLeft")
    assert page.text("where").startswith("Sample 3 ")


def test_mistakes_alone_can_be_shown_and_each_is_told_by_a_sign(shapes, opened):
    _, path = shapes
    page = opened(path)
    assert [tile[0] for tile in page.tiles] == ["✓", "✓", "✗", "✓"]
    page.tick("mistakes-only")
    assert page.text("where").startswith("Sample 36")
    assert page.text("place") == "1 of 1"
    assert [tile[0] for tile in page.tiles] == ["✗"]
    bars = page.text("bars").split("\n")
    assert [bar[0] for bar in bars if bar[:1] in "✓✗"] == ["✗", "✓"]
    page.tick("mistakes-only", on=False)
    assert len(page.tiles) == 4


def test_another_method_has_another_heatmap_and_sentence(shapes, opened):
    _, path = shapes
    page = opened(path)
    first, said = page.pixels("heatmap"), page.text("said")
    page.choose("method", "Channel mean")
    assert np.abs(page.pixels("heatmap") - first).max() > 20
    assert "by Grad-CAM for" in said
    assert "moves between" in said
    assert "weighted by their means" in page.text("said")
    assert "the same map for every class" in page.text("said")


def test_guessing_comes_before_what_the_model_says_and_keeps_score(opened, tmp_path):
    model, data, names = demo.load()
    shown = {"positions": SHOWN, "class_names": names, "guess_first": True, "progress": unheard}
    page = opened(report(model, data, tmp_path / "guess.html", **shown))
    labels = [names[data.dataset[position][1]] for position in SHOWN]
    model_says = page.page.evaluate("data.samples.map(sample => sample.verdict)")
    assert page.text("verdict") == reports.PAGE_WORDS["guessAsk"]
    assert not page.is_seen("heatmap")
    assert page.text("bars") == page.text("said") == page.text("notes") == ""
    assert page.tiles == list(map(str, SHOWN))
    page.click(f"#guess >> text='{labels[0]}'")
    assert page.text("guessed") == f"✓ You guessed {labels[0]}: right."
    assert page.text("verdict") == model_says[0]
    assert page.is_seen("heatmap")
    page.slide("sample", 2)
    wrong = next(name for name in names if name != labels[2])
    page.click(f"#guess >> text='{wrong}'")
    assert page.text("guessed") == f"✗ You guessed {wrong}: wrong."
    assert page.text("score").startswith("Right: you 1, the model 1, of 2 guessed.")
    page.press("ArrowRight")
    page.click("#skip")
    assert page.text("score").startswith("Right: you 1, the model 1, of 2 guessed.")
    page.click("#again")
    assert not page.is_seen("heatmap")
    page.tick("guess-first", on=False)
    assert page.is_seen("heatmap")
    assert not page.is_seen("score")


# --- strange names, and strange samples


class Hostile(Dataset[tuple[torch.Tensor, int]]):
    """Two classes and two files, named to break a page; the third sample is broken itself."""

    classes = (f"cat {HOSTILE}", "</title>&quot;dog")

    def __init__(self) -> None:
        self.samples = [(f"/data/cat/{name}{OPENING}.png", 0) for name in "abc"]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        if index == 2:
            raise OSError(HOSTILE)
        return torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(index)), 0


def test_names_and_errors_stay_text_and_a_broken_sample_says_what_is_wrong(opened, tmp_path):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 2, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    page = opened(report(model, Hostile(), tmp_path / "names.html", title=HOSTILE, progress=unheard))
    assert page.page.title() == page.page.inner_text("h1") == HOSTILE
    assert f"cat {HOSTILE}" in page.text("bars")
    assert "</title>&quot;dog" in page.text("bars")
    assert page.text("where") == f"Sample 0 of 3 · cat/a{OPENING}.png"
    page.slide("sample", 2)
    assert page.text("verdict") == reports.PAGE_WORDS["notRead"]
    assert HOSTILE in page.text("notes")
    assert not page.is_seen("image")
    assert page.page.evaluate("[window.hacked, document.querySelectorAll('[onerror], [src=x]').length]") == [None, 0]


def test_its_policy_lets_nothing_else_run_or_load(shapes, browser):
    page = ReportPage(browser, shapes[1])
    page.page.evaluate("""() => {
      const script = document.createElement("script");
      script.textContent = "window.hacked = 1";
      const button = document.createElement("b");
      button.setAttribute("onclick", "window.hacked = 1");
      const picture = document.createElement("img");
      picture.src = "file:///picture.png";
      document.body.append(script, button, picture);
      button.click();
    }""")
    page.page.wait_for_timeout(0)
    assert page.page.evaluate("window.hacked") is None
    assert sum("Content Security Policy" in one for one in page.complaints) == 3
    page.close()


# --- languages and windows


@pytest.mark.parametrize(("language", "words"), [("en", reports), ("zh", in_chinese)])
def test_no_window_is_too_narrow_in_either_language(language, words, opened, tmp_path):
    model, data, names = demo.load()
    shown = {"positions": SHOWN, "class_names": names, "language": language, "progress": unheard}
    page = opened(report(model, data, tmp_path / "page.html", **shown), width=360, dark=True)
    assert page.page.inner_text("h1") == words.REPORT_TITLE
    assert page.page.get_attribute("html", "lang") == language
    assert page.overflow == 0
    dark = page.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, dark.removeprefix("rgb(").removesuffix(")").split(","))) < 60


def test_the_heatmap_over_a_compressed_picture_is_exact(panel, opened, tmp_path, monkeypatch):
    monkeypatch.setattr(report_making, "_MOST_BYTES", 60_000)
    model, data, names = demo.load()
    explorer = panel(model, data, class_names=names, method="grad-cam", alpha=0.4)
    page = opened(explorer.report(tmp_path / "small.html", [0, 1, 2, 3], progress=unheard))
    picture = page.pixels("image") / 255
    assert "JPEG" in page.page.inner_text("footer")
    expected = Painter(picture.astype(np.float32), Style(alpha=0.4)).heat(explorer.explanation.overall)
    assert np.abs(page.pixels("heatmap") - expected[..., :3].astype(int)).max() <= 2
