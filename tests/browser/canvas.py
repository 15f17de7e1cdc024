"""What is painted on an ipympl canvas in the browser, as NumPy arrays."""

import base64
import io
import time
from collections.abc import Callable

import numpy as np
from PIL import Image
from playwright.sync_api import Error, Locator

Pixels = np.ndarray
"""A picture `[H, W, 3]`, uint8, in device pixels."""


class Canvas:
    """An ipympl canvas on a page.

    Every `wait_…` returns the picture that it waited for, so that a test chains them::

        first = canvas.wait_for_picture()
        notebook.slider("Sample").press("ArrowRight")
        second = canvas.wait_for_change(first)
    """

    def __init__(self, locator: Locator, timeout: float = 60):
        self.locator = locator
        self.timeout = timeout
        self._layer = locator.locator("canvas").first

    def pixels(self) -> Pixels:
        """What is painted now."""
        url = self._layer.evaluate("canvas => canvas.toDataURL('image/png')", timeout=1000)
        data = base64.b64decode(url.partition(",")[2])
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) if data else np.zeros((0, 0, 3), np.uint8)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in CSS pixels."""
        box = self._layer.bounding_box()
        assert box is not None, "the canvas is not visible"
        return box["width"], box["height"]

    def wait_until(self, condition: Callable[[Pixels], bool], what: str, timeout: float | None = None) -> Pixels:
        """Wait for a picture that fulfils the condition, and return it."""
        deadline = time.monotonic() + (timeout or self.timeout)
        while True:
            try:
                pixels = self.pixels()
                if condition(pixels):
                    return pixels
            except Error:  # Not there yet, or replaced while it was read: look again.
                if time.monotonic() > deadline:
                    raise
            if time.monotonic() > deadline:
                raise AssertionError(f"The canvas never showed {what}.")
            # Not time.sleep: the page's own events (console, errors) arrive only while Playwright waits.
            self.locator.page.wait_for_timeout(50)

    def wait_for_picture(self, timeout: float | None = None) -> Pixels:
        """Wait until something is painted and has come to rest."""
        self.wait_until(has_picture, "a picture", timeout)
        return self.settled()

    def wait_for_change(self, before: Pixels, timeout: float | None = None) -> Pixels:
        """Wait until the picture differs from `before` and has come to rest."""
        self.wait_until(lambda pixels: differ(pixels, before), "another picture", timeout)
        return self.settled()

    def wait_for_same(self, expected: Pixels, timeout: float | None = None) -> Pixels:
        """Wait until the picture is `expected`, pixel by pixel."""
        return self.wait_until(lambda pixels: not differ(pixels, expected), "the expected picture", timeout)

    def settled(self, quiet: float = 0.4) -> Pixels:
        """Wait until the picture has stayed the same for `quiet` seconds."""
        last = self.pixels()
        since = time.monotonic()

        def is_quiet(pixels: Pixels) -> bool:
            nonlocal last, since
            if differ(pixels, last):
                last, since = pixels, time.monotonic()
            return time.monotonic() - since >= quiet

        return self.wait_until(is_quiet, "a picture at rest")

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Page coordinates of a place on the canvas, given as fractions from its left and top."""
        self.locator.scroll_into_view_if_needed()
        box = self._layer.bounding_box()
        assert box is not None, "the canvas is not visible"
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def hover(self, x: float, y: float) -> None:
        """Move the mouse to a place, given as fractions from the canvas's left and top."""
        self.locator.page.mouse.move(*self.point(x, y))

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag from one place to another, as one zooms or pans."""
        mouse = self.locator.page.mouse
        mouse.move(*self.point(*start))
        mouse.down()
        mouse.move(*self.point(*end), steps=8)
        mouse.up()


def has_picture(pixels: Pixels) -> bool:
    """Say whether more than one colour is painted."""
    return pixels.size > 0 and bool((pixels != pixels[0, 0]).any())


def differ(one: Pixels, other: Pixels) -> bool:
    """Say whether two pictures differ in size or in any pixel."""
    return not np.array_equal(one, other)
