"""Where the panel's parts stand, how they are reached and read: in every front-end, on light and dark pages."""

import io
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from attn_widget.demo import load
from attn_widget.explorer.view.pages import PAGES as KINDS_OF_PAGES
from attn_widget.figure import ConfusionFigure
from attn_widget.words import captions, evidence, guessing, shortcuts, speaking, surveys

from .canvas import Canvas, Pixels, differ
from .conftest import SCREENSHOTS, OpenNotebook
from .notebooks import FrontEnd, Notebook
from .panel import Panel

CELLS = [
    "from attn_widget import AttentionExplorer, demo\nmodel, loader, class_names = demo.load()\n"
    "loader.dataset.count = 300",
    "explorer = AttentionExplorer(model, loader, class_names=class_names)\nexplorer",
]
PLACES: dict[str, tuple[FrontEnd, str]] = {
    "lab": ("lab", "dark"),
    "notebook": ("notebook", "light"),
    "voila": ("voila", "dark"),
}
PAGES = tuple(captions.PAGE_TITLES[page.name] for page in KINDS_OF_PAGES)
ROWS = (".attn-samples", ".attn-verdict-row", ".attn-stage .attn-tools", ".attn-stage .attn-canvas", ".attn-tabs")
MOST_BYTES = 60_000  # of a picture of a page
TILES_HIGH = 208  # CSS pixels of two rows

# Every element of the panel that Tab should stop at.
STOPS = """root => [
    ...root.querySelectorAll('button, input, select, textarea, [tabindex="0"], [contenteditable="true"]')
].filter(e => !e.disabled && (e.tabIndex >= 0 || e.isContentEditable))
.filter(e => e.offsetParent && getComputedStyle(e).visibility === 'visible')"""
FOCUSED = f"root => ({STOPS})(root).indexOf(document.activeElement)"

# Words of the panel with a contrast (WCAG 2) below 4.5, but for those of controls that are disabled.
# Words for screen readers alone are no matter, such as those of the see-through buttons over the class bars.
PALE = """root => {
    const numbers = colour => { const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
    const over = ([r, g, b, a], ground) => [r, g, b].map((c, i) => c * a + ground[i] * (1 - a));
    const light = channels => channels.map(c => c / 255)
        .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = e => e === null ? [255, 255, 255]
        : over(numbers(getComputedStyle(e).backgroundColor), ground(e.parentElement));
    return [...root.querySelectorAll('*')]
        .filter(e => [...e.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()))
        .filter(e => e.checkVisibility() && !e.closest(':disabled'))
        .filter(e => !e.matches('style, option, .attn-spoken, .attn-class'))
        .map(e => {
            const behind = ground(e), lights = [light(over(numbers(getComputedStyle(e).color), behind)), light(behind)];
            return [e.textContent.trim(), (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05)];
        })
        .filter(([, contrast]) => contrast < 4.5);
}"""

# What reaches out of the panel's box, or is wider than its own.
CUT_OFF = """root => {
    const {left, right} = root.getBoundingClientRect();
    return [...root.querySelectorAll('button, input, select, textarea, label, canvas:first-child, .noUi-base, span')]
        .filter(e => e.checkVisibility() && !e.matches('.attn-spoken'))
        .filter(e => {
            const box = e.getBoundingClientRect();
            return box.left < left - 1 || box.right > right + 1 || e.matches('button') && e.scrollWidth > e.clientWidth;
        })
        .map(e => `${e.tagName} ${e.className} ${e.textContent}`);
}"""


@pytest.fixture(scope="module", params=PLACES)
def panel(request: pytest.FixtureRequest, open_for_all: OpenNotebook) -> Panel:
    """The panel in a window of 1440 by 900 pixels, its mistakes found, its cell at the top."""
    front_end, theme = PLACES[request.param]
    notebook = open_for_all(CELLS, front_end, theme=theme, width=1440, height=900)
    if front_end == "lab":
        show_files(notebook, False)
    if front_end != "voila":
        notebook.run_all()
    panel = Panel(notebook)
    panel.canvas.hover(0.5, 0.5)  # which tells the kernel of the page's theme
    panel.open_page(captions.PAGE_TITLES["mistakes"])
    notebook.button(captions.FIND_MISTAKES).press("Enter")
    notebook.text("300 samples: 91 % right, 26 wrong.").wait_for()
    panel.canvas_of("tiles")
    return panel


def test_matrix_filters_tiles_and_the_picture_they_change_are_in_one_window(panel: Panel) -> None:
    panel.open_page(captions.PAGE_TITLES["mistakes"])
    if panel.notebook.front_end == "lab":
        show_files(panel.notebook, True)
        assert_in_one_window(panel)
        show_files(panel.notebook, False)
    assert_in_one_window(panel)
    before = panel.canvas.settled()
    matrix = panel.canvas_of("matrix")
    panel.page.mouse.click(*matrix.point(*cell(1, 0)))
    panel.canvas.wait_for_change(before)
    panel.wait_for_status("wrong")
    panel.notebook.button(captions.CLEAR_SELECTION).click()
    assert panel.complaints() == []


def test_rows_stay_where_they_are_whatever_is_shown(panel: Panel) -> None:
    panel.open_page(captions.PAGE_TITLES["look"])
    panel.go_to(0)
    panel.wait_for_status(panel.at(0))
    bring_to_top(panel)
    first = [edges(panel, row) for row in ROWS]

    for position in (1, 2, 3):
        panel.notebook.button("The sample after this one").press("Enter")
        panel.wait_for_status(panel.at(position))
        panel.canvas.settled(0.2)
        assert [edges(panel, row) for row in ROWS] == first
    for page in PAGES:
        panel.open_page(page)
        panel.canvas.settled(0.2)
        assert [edges(panel, row) for row in ROWS] == first
    assert panel.complaints() == []


def test_everything_is_done_by_keyboard_alone(panel: Panel) -> None:
    keyboard, notebook = panel.page.keyboard, panel.notebook
    notebook.button("The sample before this one").focus()
    # What a page's keys do depends on the page, and not on the front-end, which has a say in what lies around it.
    titles = captions.PAGE_TITLES
    for page in PAGES if notebook.front_end == "lab" else (titles["look"], titles["mistakes"]):
        walk_to(panel, page)
        keyboard.press("Enter")
        panel.canvas.settled(0.2)
        count = panel.root.evaluate(f"root => ({STOPS})(root).length")
        panel.root.evaluate(f"root => ({STOPS})(root)[0].focus()")
        onwards = list(range(count))
        assert walked(panel, "Tab", count - 1) == onwards
        assert walked(panel, "Shift+Tab", 0) == onwards[::-1]

    before = panel.canvas.settled()
    panel.go_to(7)
    panel.wait_for_status(panel.at(7))
    stepped = panel.canvas.wait_for_change(before)
    notebook.button("The sample after this one").press("Enter")
    panel.wait_for_status(panel.at(8))
    notebook.button("The sample before this one").press("Space")
    panel.wait_for_status(panel.at(7))
    panel.canvas.wait_for_same(stepped)
    panel.open_page(captions.PAGE_TITLES["look"])
    notebook.dropdown("Layer").press("Home")
    panel.wait_for_status("layer conv1")
    assert differ(panel.canvas.wait_for_change(stepped), stepped)
    panel.choose_layer("conv3")
    panel.canvas.wait_for_same(stepped)
    if notebook.front_end != "notebook":  # which gives arrow keys to itself
        notebook.slider("Sample").press("ArrowRight")
        panel.wait_for_status(panel.at(8))
    assert panel.complaints() == []


def test_code_is_copied_by_keys(panel: Panel) -> None:
    panel.open_page(captions.PAGE_TITLES["code"])
    code, shown = panel.root.locator("textarea"), f"samples[{panel.position}]"
    panel.notebook.wait_until(lambda: shown in code.input_value(), "the code of the sample shown")
    panel.page.evaluate(
        "() => document.addEventListener('copy', ({target: field}) => {"
        " window.copied = field.value?.slice(field.selectionStart, field.selectionEnd) })"
    )

    code.press("Control+a")
    code.press("Control+c")

    copied = panel.page.evaluate("() => window.copied")
    assert copied == code.input_value()
    assert "explain(" in copied
    assert len(copied.splitlines()) <= 10


def test_every_word_can_be_read(panel: Panel) -> None:
    for page in PAGES:
        panel.open_page(page)
        panel.canvas.settled(0.2)
        panel.page.mouse.move(3, 3)
        assert panel.root.evaluate(PALE) == [], page
    panel.open_page(captions.PAGE_TITLES["look"])
    panel.choose_layer("fc")  # for a message
    panel.message.wait_for()
    assert panel.root.evaluate(PALE) == []
    panel.choose_layer("conv3")
    panel.message.wait_for(state="hidden")


def test_a_class_is_guessed_by_keys_alone(panel: Panel) -> None:
    keyboard, notebook = panel.page.keyboard, panel.notebook
    panel.open_page(captions.PAGE_TITLES["look"])
    panel.go_to(0)
    panel.wait_for_status(panel.at(0))
    before = panel.canvas.settled()
    switch = notebook.button(captions.SETTINGS["guess"][1])
    switch.press("Enter")
    panel.wait_for_status(guessing.GUESS_QUESTION)
    alone = panel.canvas.wait_for_change(before)
    assert alone.shape == before.shape
    assert panel.root.evaluate(PALE) == []

    panel.root.locator(".attn-guess-class").first.focus()
    for _ in range(2):
        keyboard.press("Tab")
    keyboard.press("Enter")  # the third class, which is right
    panel.root.get_by_text("Model: ✓ moon").wait_for()
    panel.canvas.wait_for_same(before)
    keyboard.press("Tab")
    keyboard.press("Enter")  # the next picture
    panel.wait_for_status(panel.at(1), guessing.GUESS_QUESTION)
    panel.root.locator(".attn-guess-class").first.press("Enter")
    panel.root.get_by_text("You 1 of 2, model 2 of 2").wait_for()
    notebook.button(guessing.BOTH_MATRICES).press("Enter")
    for side in (0, 1):
        Canvas(panel.root.locator(".attn-guess-matrix .jupyter-matplotlib-figure").nth(side)).wait_for_picture()
    panel.page.mouse.move(3, 3)
    assert panel.root.evaluate(PALE) == []
    assert panel.root.evaluate(CUT_OFF) == []

    switch.press("Enter")
    panel.wait_for_status("right")
    assert panel.complaints() == []


@pytest.fixture(scope="module")
def dense(open_for_all: OpenNotebook) -> Panel:
    """A panel in JupyterLab on a dense screen, on a mistake that Grad-CAM explains."""
    notebook = open_for_all(CELLS, scale=2, width=1400, height=1100)
    show_files(notebook, False)
    notebook.run_all()
    panel = Panel(notebook)
    panel.know_python()
    notebook.dropdown("Method").select_option(label="Grad-CAM")
    panel.wait_until_true(2)
    return panel


def test_a_picture_of_the_panel_for_the_readme(dense: Panel) -> None:
    before = dense.canvas.pixels()
    dense.open_page(captions.PAGE_TITLES["look"])
    dense.notebook.button("Next mistake").click()
    dense.wait_for_status("wrong")
    dense.canvas.wait_for_change(before)
    dense.page.mouse.move(3, 3)
    dense.page.evaluate("() => document.activeElement.blur()")
    widen(dense, 1005)

    picture = dense.notebook.screenshot(SCREENSHOTS / "panel.png", of=dense.root)

    assert picture.stat().st_size > 50_000


def test_nothing_is_cut_off_in_a_cell_of_any_width_and_large_enlarges(dense: Panel) -> None:
    dense.open_page(captions.PAGE_TITLES["mistakes"])
    dense.notebook.button(captions.FIND_MISTAKES).press("Enter")
    dense.notebook.text("300 samples: 91 % right, 26 wrong.").wait_for()
    for width in (360, 590, 922, 1100, 1900):
        widen(dense, width)
        for page in PAGES:
            dense.open_page(page)
            dense.canvas.settled(0.2)
            assert dense.root.evaluate(CUT_OFF) == [], (width, page)
            assert width < 1100 or one_row(dense, ".attn-tabs button"), (width, page)
        dense.open_page(captions.PAGE_TITLES["mistakes"])
        track = dense.root.locator(".attn-selection .noUi-base").bounding_box()
        assert track is not None
        assert track["width"] > 60, width
        widths = []
        for size in "SML":
            resize_figure(dense, size)
            widths.append(dense.canvas.size[0])
        assert all(less < more or less >= width - 40 for less, more in pairwise(widths)), (width, widths)
        assert widths[-1] <= width
        resize_figure(dense, "M")
    assert dense.complaints() == []


def test_a_chinese_panel_fits_a_cell_of_any_width(dense: Panel) -> None:
    """The environment's language is read when the cell runs again."""
    dense.notebook.evaluate("__import__('os').environ.update(LANGUAGE='zh')")
    try:
        dense.notebook.run_cell(1)
        dense.wait_for_status("样本 0 / 300")
        dense.canvas.wait_for_picture()
        with speaking("zh"):
            titles = [captions.PAGE_TITLES[page.name] for page in KINDS_OF_PAGES]
        for width in (360, 590, 922, 1100):
            widen(dense, width)
            for title in titles:
                dense.open_page(title)
                dense.canvas.settled(0.2)
                assert dense.root.evaluate(CUT_OFF) == [], (width, title)
                assert width < 1100 or one_row(dense, ".attn-tabs button"), (width, title)
    finally:
        dense.notebook.evaluate("__import__('os').environ.update(LANGUAGE='en')")
        dense.notebook.run_cell(1)
    dense.wait_for_status("Sample 0 of 300")
    assert dense.complaints() == []


def test_the_classes_to_guess_and_both_matrices_fit_a_cell_of_any_width(dense: Panel) -> None:
    dense.open_page(captions.PAGE_TITLES["look"])
    dense.notebook.button(captions.SETTINGS["guess"][1]).press("Enter")
    dense.wait_for_status(guessing.GUESS_QUESTION)
    for width in (360, 700, 922):
        widen(dense, width)
        dense.canvas.settled(0.2)
        assert dense.root.evaluate(CUT_OFF) == [], width
        top, low = edges(dense, ".attn-guess-class")[1], edges(dense, ".attn-stage .attn-tools")[0]
        assert 0 <= low - top < 120, width  # the picture is right below, whatever the inspector shows
    dense.root.locator(".attn-guess-class").first.click()
    dense.notebook.button(guessing.BOTH_MATRICES).click()
    for width in (360, 700, 922):
        widen(dense, width)
        dense.canvas.settled(0.2)
        assert dense.root.evaluate(CUT_OFF) == [], width
    dense.notebook.button(captions.SETTINGS["guess"][1]).press("Enter")
    assert dense.complaints() == []


def test_a_picture_of_each_page_for_its_description(dense: Panel) -> None:
    dense.open_page(captions.PAGE_TITLES["look"])
    dense.notebook.button(captions.NEXT_MISTAKE).click()
    dense.wait_for_status("wrong")
    dense.notebook.dropdown("Method").select_option(label="Grad-CAM")
    size = dense.page.viewport_size
    assert size is not None
    dense.page.set_viewport_size({"width": size["width"], "height": 1500})
    widen(dense, 1005)
    resize_figure(dense, "S")  # for the page beside it, and for fewer bytes
    for page, title in captions.PAGE_TITLES.items():
        dense.open_page(title)
        fill, empty = FILLED.get(page, (leave, leave))
        fill(dense)
        all_drawn(dense)
        dense.page.mouse.move(3, 3)
        dense.page.evaluate("() => document.activeElement.blur()")
        part = dense.root.locator(".attn-inspector") if page in WITHOUT_FIGURE else dense.root
        seen = Image.open(io.BytesIO(part.screenshot(scale="css"))).convert("RGB")
        save_small(seen, SCREENSHOTS / "pages" / f"{page}.webp")
        empty(dense)
        assert is_written_on(np.asarray(seen), 0, 0.5), page
        assert is_written_on(np.asarray(seen), 0.5, 1), page
    resize_figure(dense, "M")
    dense.page.set_viewport_size(size)
    assert dense.complaints() == []


def resize_figure(panel: Panel, size: str) -> None:
    """Choose a size, and wait until the page has it and the picture is at rest."""
    stage = panel.root.locator(".attn-stage")
    button = stage.locator(".attn-sizes button").get_by_text(size, exact=True)
    if "mod-active" not in (button.get_attribute("class") or ""):
        before = stage.evaluate("stage => stage.style.maxWidth")
        button.click()
        panel.notebook.wait_until(
            lambda: stage.evaluate("stage => stage.style.maxWidth") != before, f"the size {size} in the page"
        )
    panel.canvas.settled(0.8)


def leave(_panel: Panel) -> None:
    """Do nothing: the page shows what it is for as it is."""


def compare_with_the_true_class(panel: Panel) -> None:
    before = panel.canvas.settled()
    panel.notebook.dropdown(captions.SETTINGS["compare"][0]).select_option(label=captions.target_name("true"))
    panel.canvas.wait_for_change(before)


def compare_with_nothing(panel: Panel) -> None:
    before = panel.canvas.settled()
    panel.notebook.dropdown(captions.SETTINGS["compare"][0]).select_option(label=captions.NOT_COMPARED)
    panel.canvas.wait_for_change(before)


def silence_shown(panel: Panel) -> None:
    panel.notebook.button(evidence.SILENCE_SHOWN).click()
    panel.root.locator(".attn-effect").get_by_text("drawn at random").wait_for()


def silence_none(panel: Panel) -> None:
    before = panel.canvas.settled()
    panel.notebook.button(evidence.BENCH_TOOLTIPS["clear_silenced"]).click()
    panel.canvas.wait_for_change(before)


def find_mistakes(panel: Panel) -> None:
    panel.notebook.button(captions.FIND_MISTAKES).press("Enter")
    panel.notebook.text("300 samples: 91 % right, 26 wrong.").wait_for()
    panel.canvas_of("tiles")


def survey_samples(panel: Panel) -> None:
    panel.notebook.button(surveys.SURVEY_ALL).click()
    panel.notebook.text("300 samples surveyed").wait_for(timeout=120_000)
    panel.canvas_of("crops")


def find_shortcuts(panel: Panel) -> None:
    panel.notebook.button(shortcuts.FIND_SHORTCUTS).click()
    panel.root.locator(".attn-shortcuts table").wait_for(timeout=120_000)


FILLED: dict[str, tuple[Callable[[Panel], None], Callable[[Panel], None]]] = {
    "compare": (compare_with_the_true_class, compare_with_nothing),
    "evidence": (silence_shown, silence_none),
    "mistakes": (find_mistakes, leave),
    "channels": (survey_samples, leave),
    "shortcuts": (find_shortcuts, leave),
}
"""What is done on a page before its picture is taken, and what undoes it."""


WITHOUT_FIGURE = ("shortcuts",)  # which has so many pictures of its own that the file would be too large


def all_drawn(panel: Panel) -> None:
    """Wait until every figure that is seen, the panel's and the page's, has its picture."""
    for figure in panel.root.locator(".jupyter-matplotlib-figure").all():
        if figure.is_visible():
            Canvas(figure).settled()


def save_small(picture: Image.Image, path: Path) -> None:
    """Save a picture with the best quality that takes fewer than `MOST_BYTES`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for quality in range(90, 30, -5):
        picture.save(path, quality=quality, method=6)
        if path.stat().st_size < MOST_BYTES:
            return
    raise AssertionError(f"{path} takes more than {MOST_BYTES:,} bytes at every quality.")


def is_written_on(pixels: Pixels, start: float, end: float) -> bool:
    """Say whether a picture has dark words and light ground between two fractions of its width."""
    width = pixels.shape[1]
    grey = pixels[:, round(start * width) : round(end * width)].mean(axis=2)
    return bool((grey < 80).mean() > 0.003 and (grey > 230).mean() > 0.1)


def assert_in_one_window(panel: Panel) -> None:
    """Check that matrix, filters, two rows of tiles and the picture are seen without scrolling."""
    bring_to_top(panel)
    panel.canvas.settled()
    box = panel.canvas_of("tiles").locator.bounding_box()
    assert box is not None
    bottom = window_bottom(panel)
    for part in (".attn-samples", ".attn-stage .jupyter-matplotlib-canvas-div", ".attn-matrix", ".attn-filters"):
        top, low = edges(panel, part)
        assert 0 <= top < low <= bottom, part
    assert box["y"] + TILES_HIGH <= bottom
    assert one_row(panel, ".attn-stage .attn-tools > *")


def show_files(notebook: Notebook, shown: bool) -> None:
    """Open or close JupyterLab's sidebar."""
    stack = notebook.page.locator("#jp-left-stack")
    if stack.is_visible() != shown:
        notebook.page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
        stack.wait_for(state="visible" if shown else "hidden")


def widen(panel: Panel, width: int) -> None:
    """Make the window as wide as the panel's cell needs it for this width; JupyterLab moves prompts in narrow ones."""

    def is_so() -> bool:
        size, missing = panel.page.viewport_size, width - panel.root.evaluate("e => e.clientWidth")
        assert size is not None
        panel.page.set_viewport_size({"width": size["width"] + missing, "height": size["height"]})
        return not missing

    panel.notebook.wait_until(is_so, f"a cell of {width} pixels", 10)


def bring_to_top(panel: Panel) -> None:
    """Scroll until the panel's cell, or in Voila the panel, begins where the window does."""
    panel.root.evaluate("root => (root.closest('.jp-CodeCell') ?? root).scrollIntoView()")


def window_bottom(panel: Panel) -> float:
    """Give how far down the page a notebook is seen."""
    bottom: float = panel.root.evaluate(
        "root => Math.min(innerHeight, root.closest('.jp-WindowedPanel-outer')?.getBoundingClientRect().bottom ?? 9999)"
    )
    return bottom


def edges(panel: Panel, part: str) -> tuple[int, int]:
    """Give the upper and the lower edge of a part, in pixels of the window."""
    box = panel.root.locator(part).first.bounding_box()
    assert box is not None, part
    return round(box["y"]), round(box["y"] + box["height"])


def one_row(panel: Panel, parts: str) -> bool:
    """Say whether parts that can be seen stand in one row."""
    boxes = [each.bounding_box() for each in panel.root.locator(parts).all() if each.is_visible()]
    middles = [box["y"] + box["height"] / 2 for box in boxes if box is not None]
    return max(middles) - min(middles) < 10


def cell(true: int, predicted: int) -> tuple[float, float]:
    """Say where on its canvas a cell of the demo's matrix is, as fractions from left and top."""
    names = load()[2]
    figure = ConfusionFigure(232)
    figure.show(np.eye(len(names), dtype=int), names.__getitem__)
    left, bottom, right, top = figure.axes.get_position().extents
    count = len(names)
    return left + (predicted + 0.5) / count * (right - left), 1 - top + (true + 0.5) / count * (top - bottom)


def at(panel: Panel) -> int:
    """Say at which of the panel's tab stops the keyboard is; -1 for none."""
    number: int = panel.root.evaluate(FOCUSED)
    return number


def walked(panel: Panel, key: str, last: int) -> list[int]:
    """Press a key until the keyboard is at a stop; list all stops, without boxes that Chromium lets keys scroll."""
    stops = [at(panel)]
    for _ in range(60):
        if stops[-1] == last:
            break
        panel.page.keyboard.press(key)
        stops += [stop for stop in [at(panel)] if stop >= 0]
    return stops


def walk_to(panel: Panel, page: str) -> None:
    """Press Tab until the keyboard is on a page's tab."""
    tab = panel.root.locator(".attn-tabs button").get_by_text(page, exact=True)
    panel.root.evaluate(f"root => ({STOPS})(root)[0].focus()")
    for _ in range(40):
        if tab.evaluate("e => e === document.activeElement"):
            return
        panel.page.keyboard.press("Tab")
    raise AssertionError(f"The keyboard never came to {page}.")
