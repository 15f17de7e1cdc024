"""A line of text that is drawn fast, from cached pieces."""

import math
import re
from functools import cache, lru_cache
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.artist import Artist, allow_rasterization
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text

from attn_widget.figure.fast.fast_image import draws_on_pixels
from attn_widget.figure.fonts import BASE

_ALIGNED = {"left": 0.0, "center": 0.5, "right": 1.0}
_LATIN = re.compile(r"[\x20-\u024f·−…×✓✗]*")  # scripts whose words can be drawn one by one, in BASE
_WORD = re.compile(r"\S+\s*|\s+")
_NUMBER = re.compile(r"[\d.,−%]+\s*")
_PROBES = ("weight −1.23 · share 40.56 %", "Avery: 7.89")


class Font(NamedTuple):
    """A line's font, and everything else that its look depends on."""

    families: tuple[str, ...]
    weight: str
    size: float
    dpi: float
    hinting: Any


Placed = tuple[np.ndarray, int, int]
"""The image of a glyph, uint8, and its left and bottom edge in dots from the upper left corner."""


class Line(Text):
    """One line of text, without mathematics.

    When drawing to pixels, Matplotlib draws each word and each digit only once; lines are then assembled from these
    cached pieces, pixel for pixel as Matplotlib draws them whole. Where the result would differ, as before Matplotlib
    3.11 or in scripts that join or reorder their words, the piece that is cached is the whole line. Lines that are
    rotated, clipped or not aligned at their baseline are drawn by `Text`.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._known: tuple[Any, list[Placed]] = (None, [])
        super().__init__(*arguments, **options)

    def breadth(self, dpi: float) -> float:
        """Return the width in dots."""
        font = self._font(dpi)
        return sum(_advance(piece, font) for piece in _pieces(self.get_text(), font))

    @allow_rasterization  # type: ignore[untyped-decorator]  # untyped
    def draw(self, renderer: RendererBase) -> None:
        """Draw, as `Text.draw` does."""
        clipped = self.get_clip_box() is not None or self.get_clip_path() is not None
        if (
            not draws_on_pixels(renderer)
            or clipped
            or self.get_rotation()
            or self.get_verticalalignment() != "baseline"
            or not _can_repeat()
        ):
            super().draw(renderer)
        elif self.get_visible() and self.get_text():
            self._repeat(renderer)
            self.stale = False

    def _repeat(self, renderer: RendererAgg) -> None:
        context = renderer.new_gc()
        context.set_foreground(to_rgba(self.get_color()), isRGBA=True)
        context.set_alpha(self.get_alpha())  # type: ignore[arg-type]  # None is what Text gives it too
        draw = renderer._renderer.draw_text_image
        for image, x, y in self._placed(renderer):
            draw(image, x, y, 0, context)
        context.restore()

    def _placed(self, renderer: RendererAgg) -> list[Placed]:
        """Return the images of the glyphs, merged if they do not overlap, and their places."""
        font, text, height = self._font(renderer.dpi), self.get_text(), int(renderer.height)
        x, y = self.get_transform().transform(self.get_position()).tolist()
        key = font, text, height, x, y, self.get_horizontalalignment()
        if self._known[0] != key:
            x -= _ALIGNED[self.get_horizontalalignment()] * self.breadth(renderer.dpi)
            bottom, placed = math.floor(y), []
            for piece in _pieces(text, font):
                left = math.floor(x)
                for image, right, down in _glyphs(piece, font, round(x - left, 6), round(y - bottom, 6)):
                    placed.append((image, left + right, height - bottom + down))
                x += _advance(piece, font)
            self._known = key, _joined(placed)
        return self._known[1]

    def _font(self, dpi: float) -> Font:
        families, weight, size = tuple(self.get_fontfamily()), str(self.get_fontweight()), float(self.get_fontsize())
        return Font(families, weight, size, dpi, matplotlib.rcParams["text.hinting"])


def add_line(figure: Figure, line: Line) -> None:
    """Add a line to a figure's texts, as `Figure.text` adds one."""
    line.set_figure(figure)
    figure.texts.append(line)
    line._remove_method = figure.texts.remove  # type: ignore[attr-defined]  # untyped
    line.stale_callback = _pass_on


def _pass_on(artist: Artist, stale: bool) -> None:
    """Mark an artist's figure as stale too."""
    figure = artist.get_figure()
    if figure is not None:
        figure.stale = stale


def _joined(placed: list[Placed]) -> list[Placed]:
    """Merge a line's glyphs into one image, unless two of them share a dot, where their ink would add up."""
    if len(placed) < 2:
        return placed
    left, right = min(x for _, x, _ in placed), max(x + image.shape[1] for image, x, _ in placed)
    top, bottom = min(y - image.shape[0] for image, _, y in placed), max(y for _, _, y in placed)
    whole = np.zeros((bottom - top, right - left), np.uint8)
    dots = 0
    for image, x, y in placed:
        part = whole[y - top - image.shape[0] : y - top, x - left : x - left + image.shape[1]]
        np.maximum(part, image, out=part)
        dots += int(np.count_nonzero(image))
    return [(whole, left, bottom)] if np.count_nonzero(whole) == dots else placed


@lru_cache(maxsize=1024)
def _pieces(text: str, font: Font) -> tuple[str, ...]:
    """Cut a text into words, and numbers into digits; not at all if that would change the picture."""
    if not _LATIN.fullmatch(text) or font.families != (BASE,) or not _can_cut(font.hinting):
        return (text,)
    return _cut(text)


def _cut(text: str) -> tuple[str, ...]:
    words = _WORD.findall(text)
    return tuple(piece for word in words for piece in (word if _NUMBER.fullmatch(word) else (word,)))


@lru_cache(maxsize=8)
def _ruler(dpi: float) -> Any:
    """Return a renderer that measures text without a canvas."""
    return RendererAgg(1, 1, dpi)  # type: ignore[no-untyped-call]  # untyped


@lru_cache(maxsize=4096)
def _advance(piece: str, font: Font) -> float:
    """Return the distance in dots from a piece's origin to that of the next."""
    width, _, _ = _ruler(font.dpi).get_text_width_height_descent(piece, _properties(font), False)
    return float(width)


@lru_cache(maxsize=64)
def _properties(font: Font) -> FontProperties:
    properties = FontProperties(family=list(font.families), weight=font.weight, size=font.size)
    properties.set_style("normal")
    properties.set_variant("normal")
    properties.set_stretch("normal")
    return properties


class _Recorder:
    """Stands in for Agg's own renderer, and records the glyphs that it is asked to draw."""

    def __init__(self) -> None:
        self.glyphs: list[Placed] = []

    def draw_text_image(self, image: Any, x: float, y: float, *_: Any) -> None:
        """Record a glyph, or a line of them."""
        self.glyphs.append((np.array(image.get_image() if hasattr(image, "get_image") else image), int(x), int(y)))


@lru_cache(maxsize=4096)
def _glyphs(piece: str, font: Font, x: float, y: float) -> tuple[Placed, ...]:
    """Draw a piece whose origin is `x` right of and `y` above a dot's corner; return its images and their places."""
    renderer: Any = RendererAgg(1, 1, font.dpi)  # type: ignore[no-untyped-call]  # untyped
    recorder = renderer._renderer = _Recorder()
    renderer.draw_text(renderer.new_gc(), x, renderer.height - y, piece, _properties(font), 0, ismath=False)
    height = int(renderer.height)
    return tuple((image, right, down - height) for image, right, down in recorder.glyphs if image.size)


@cache
def _can_repeat() -> bool:
    """Whether glyphs can be recorded from this version of Matplotlib."""
    font = Font((BASE,), "normal", 9.0, 100.0, matplotlib.rcParams["text.hinting"])
    try:
        RendererAgg(1, 1, 100)._renderer.draw_text_image  # type: ignore[no-untyped-call]  # noqa: B018  # is it there?
        return bool(_glyphs(_PROBES[0], font, 0.0, 0.0))
    except Exception:  # whatever another version raises: `Text.draw` always works
        return False


@cache
def _can_cut(hinting: Any) -> bool:
    """Whether pieces side by side give the same picture as the whole line."""
    return all(
        _same_picture(probe, Font((BASE,), weight, size, dpi, hinting))
        for probe in _PROBES
        for weight, size, dpi in (("normal", 9.0, 100.0), ("bold", 7.0, 100.0), ("normal", 8.0, 150.0))
    )


def _same_picture(text: str, font: Font) -> bool:
    x = 0.375
    together = []
    for piece in _cut(text):
        left = math.floor(x)
        together += [(image, left + right, down) for image, right, down in _glyphs(piece, font, x - left, 0.25)]
        x += _advance(piece, font)
    whole = _glyphs(text, font, 0.375, 0.25)
    return len(whole) == len(together) and all(
        np.array_equal(one[0], other[0]) and one[1:] == other[1:] for one, other in zip(whole, together, strict=True)
    )
