"""The panel on a page, as its user sees it."""

import base64
import contextlib
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Locator

from .canvas import Canvas, Pixels, differ
from .notebooks import Notebook

ROOT = Path(__file__).parents[2]
QUICKSTART = ROOT / "notebooks" / "quickstart.ipynb"
TESTS = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'tests')!r}]\n"

# Names, in the notebook's kernel, what the test asks for: the panel that is shown, and how to draw it afresh.
_SOURCE = f"""{TESTS}
from browser.drawing import cell_at, drawn_afresh, sheet_afresh, tile_at, tile_of
from attn_widget import AttentionExplorer
explorer = [value for value in list(Out.values()) if isinstance(value, AttentionExplorer)][-1]
"""
_PROLOGUE = f"exec({_SOURCE!r})"
# What ipykernel says where a kernel is restarted while it still sends something.
_KERNEL_ENDING = re.compile(
    r"(Exception in callback .*\n(handle: .*\n)?)?Traceback \(most recent call last\):\n( .*\n)*"
    "RuntimeError: zmq gc socket requested during shutdown"
)


def cells(folder: Path, model: str = "seed_cnn", **options: Any) -> list[str]:
    """Write the cells that show a panel on the real images of `folder`; the loader shuffles."""
    arguments = "".join(f", {name}={value!r}" for name, value in options.items())
    setup = f"""{TESTS}
from pathlib import Path
import models
from attn_widget import AttentionExplorer

folder = Path({str(folder)!r})
model, loader = models.trained(folder, {model!r}), models.loader(folder, {model!r}, shuffle=True)"""
    return [setup, f"explorer = AttentionExplorer(model, loader{arguments})\nexplorer"]


class Panel:
    """The panel of a notebook that has run.

    Parameters
    ----------
    notebook : Notebook
        Its first canvas is the panel's.
    """

    def __init__(self, notebook: Notebook):
        self.notebook = notebook
        self.page = notebook.page
        self.root = self.page.locator(".attn").first
        self.first = self.canvas.wait_for_picture()
        self._errors_before = len(notebook.errors)  # Notebook 7 has some of its own when it opens.

    @property
    def canvas(self) -> Canvas:
        """The figure."""
        return Canvas(self.root.locator(".attn-stage .jupyter-matplotlib-figure"))

    def canvas_of(self, part: str) -> Canvas:
        """The canvas of the matrix, the tiles or the layers, once it has a picture for the width that the page has."""
        canvas = Canvas(self.root.locator(f".attn-{part} .jupyter-matplotlib-figure"))
        canvas.wait_for_picture()
        canvas.hover(0.01, 0.01)
        canvas.settled()
        return canvas

    def open_page(self, title: str) -> None:
        """Open a page of the inspector."""
        self.root.locator(".attn-tabs button").get_by_text(title, exact=True).click()

    def know_python(self) -> None:
        """Name the panel `explorer` in the kernel, where the test may ask what it shows."""
        self.notebook.evaluate(_PROLOGUE)

    # What is written.

    @property
    def status(self) -> str:
        """The status line, which is for screen readers."""
        return self.root.get_by_role("status").text_content() or ""

    @property
    def message(self) -> Locator:
        """The message above the figure, if there is one."""
        return self.root.get_by_role("alert")

    def at(self, position: int) -> str:
        """Write what the status line says of a position."""
        return f"Sample {position} of {int(self.number.get_attribute('max') or '') + 1:,}"

    @property
    def position(self) -> int:
        """The position that the status line names."""
        return int(self.status.split()[1])

    def wait_for_status(self, *parts: str) -> str:
        """Wait until the status line holds each of these parts, and return it."""
        self.notebook.wait_until(
            lambda: set(parts) <= set(self.status.split(" · ")), f"a status line with {', '.join(parts)}", 60
        )
        return self.status

    def complaints(self) -> list[str]:
        """What the page said of errors since the panel was there, and server and kernel since the notebook was."""
        log = _KERNEL_ENDING.sub("", self.notebook.log())
        said = [line for line in log.splitlines() if re.search(r"Traceback|Error|Exception", line)]
        return self.notebook.errors[self._errors_before :] + said

    # Controls that have no description beside them.

    @property
    def number(self) -> Locator:
        """The field for a position."""
        return self.root.locator(".attn-samples .attn-number input")

    def go_to(self, position: int) -> None:
        """Type a position."""
        self.number.fill(str(position))
        self.number.press("Enter")

    @property
    def play(self) -> Locator:
        """The button that starts or pauses."""
        return self.root.locator(".widget-play button").nth(0)

    @property
    def footer(self) -> Locator:
        """The line under the figure that says what the mouse points at."""
        return self.root.locator(".attn-stage .jupyter-matplotlib-footer")

    def layers(self) -> dict[str, str]:
        """Each layer's entry in the dropdown, by its name."""
        self.notebook.dropdown("Layer").wait_for()
        entries = self.notebook.dropdown("Layer").locator("option").all_text_contents()
        return {entry.split("\N{NO-BREAK SPACE}")[0]: entry for entry in entries}

    def choose_layer(self, name: str) -> None:
        """Choose a layer by its name, which begins its entry."""
        self.notebook.dropdown("Layer").select_option(label=self.layers()[name])

    # The picture.

    def boxes(self) -> list[tuple[float, float, float, float]]:
        """Each image panel's left, top, right and bottom as fractions of the figure: image, overall, channels."""
        found: list[list[float]] = self.notebook.evaluate(
            "[axes.get_position().extents.tolist() for axes in explorer.figure.axes"
            " if axes.get_visible() and axes.get_navigate()]"
        )
        return [(left, 1 - top, right, 1 - bottom) for left, bottom, right, top in found]

    def panels(self, pixels: Pixels) -> list[Pixels]:
        """Cut the image panels out of a picture, without their borders."""
        height, width = pixels.shape[:2]

        def cut(left: float, top: float, right: float, bottom: float) -> Pixels:
            rows = slice(round(top * height) + 2, round(bottom * height) - 2)
            return pixels[rows, round(left * width) + 2 : round(right * width) - 2]

        return [cut(*box) for box in self.boxes()]

    def drawn_afresh(self, ratio: float = 1) -> Pixels:
        """Draw what the panel's traits describe on a new figure, from a pass of its own."""
        return read(self.notebook.evaluate(f"drawn_afresh(explorer, model, loader, {ratio})"))

    def wait_until_true(self, ratio: float = 1) -> Pixels:
        """Wait until the canvas shows, pixel by pixel, what the panel's traits describe."""
        for _ in range(20):  # The traits may still change: what they describe is drawn again.
            expected = self.drawn_afresh(ratio)
            with contextlib.suppress(AssertionError):
                return self.canvas.wait_for_same(expected, timeout=1)
        for name, pixels in (("shown", self.canvas.pixels()), ("expected", expected)):
            (ROOT / "screenshots").mkdir(exist_ok=True)
            Image.fromarray(pixels).save(ROOT / "screenshots" / f"failed-{name}.png")
        raise AssertionError("The canvas never showed the true picture: screenshots/failed-{shown,expected}.png")

    def changes(self, act: Callable[[], object], *parts: str) -> Pixels:
        """Do something, and wait for another picture that is the true one, with these parts in the status line."""
        before = self.canvas.pixels()
        act()
        self.wait_for_status(*parts)
        self.canvas.wait_until(lambda pixels: differ(pixels, before), "another picture")
        pixels = self.wait_until_true()
        said = self.notebook.evaluate("explorer.status")
        self.notebook.wait_until(lambda: self.status == said, "the words about the picture, which follow it")
        return pixels


def read(picture: str) -> Pixels:
    """Read a PNG in base 64."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB"))
