"""Many samples as contact sheets: pages of small pictures, each beside its heatmap, as PNG."""

import re
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field, replace
from itertools import count, takewhile
from pathlib import Path

import numpy as np
from PIL import Image

from attn_widget.atomic_files import replacing
from attn_widget.explanation import Glance
from attn_widget.figure import SheetFigure, Style, Tile, sample_tile
from attn_widget.predictions.progress import Progress
from attn_widget.window import Window
from attn_widget.words import exports

PER_PAGE = 60
WIDTH = 1000
"""How many samples a page has, and its width in CSS pixels; with square pictures its shape is that of A4."""

_PIXEL_RATIO = 2


@dataclass(eq=False, repr=False)
class ContactSheets:
    """Contact sheets at a path: one page there or, where there are several, ``sheet-1.png``, ``sheet-2.png``, ...

    Attributes
    ----------
    path : Path
        Ends in ``.png``.
    style : Style
        How heatmaps are painted.
    pages : list of Path
        The files that were written.
    shown : int
        How many samples are on them.
    errors : dict of int to str
        By position, why a sample, which is on a page nevertheless, has no heatmap.
    """

    path: Path
    style: Style = field(default_factory=Style)
    pages: list[Path] = field(default_factory=list)
    shown: int = 0
    errors: dict[int, str] = field(default_factory=dict)

    def existing(self) -> list[Path]:
        """List the files that pages may replace, in order."""
        one = re.compile(rf"{re.escape(self.path.stem)}(-([1-9]\d*))?{re.escape(self.path.suffix)}", re.DOTALL)
        folder = self.path.parent
        matches = [(one.fullmatch(path.name), path) for path in folder.iterdir()] if folder.is_dir() else []
        return [path for _, path in sorted((int(match[2] or 0), path) for match, path in matches if match)]

    def steps(self, glances: Iterable[Glance], total: int | None, name_of: Callable[[int], str]) -> Generator[Progress]:
        """Put one sample after another on a page, and write each page once it is full, yielding after each sample.

        To stop, stop iterating: the samples of a page that is not full are then on one as well. Pages that exist are
        replaced, and further ones that were there before, numbered without a gap, removed. Raises an OSError where
        nothing can be written.
        """
        before, tiles, about = [self.path, *takewhile(Path.exists, map(self._page, count(1)))], list[Tile](), ""
        try:
            for done, seen in enumerate(glances, 1):
                if len(tiles) == PER_PAGE:
                    self._write(tiles, about, last=False)
                    tiles = []
                tiles.append(self._tile(seen, name_of))
                if seen.explanation is None:
                    self.errors[seen.position] = seen.said
                else:
                    about = exports.sheet_about(seen.explanation.layer, seen.explanation.method)
                yield Progress(done, total)
        finally:
            if tiles:
                self._write(tiles, about, last=True)
        for path in before:
            if path not in self.pages:
                path.unlink(missing_ok=True)

    def _tile(self, seen: Glance, name_of: Callable[[int], str]) -> Tile:
        picture = None
        if seen.sample is not None:
            rendering = seen.sample.rendering
            picture = rendering.part(Window.whole(rendering.size, SheetFigure.MOST))
        tile = sample_tile(seen.position, picture, seen.explanation, self.style, name_of, badge=str(seen.position))
        return replace(tile, picture=_small(tile.picture), heatmap=_small(tile.heatmap))

    def _write(self, tiles: list[Tile], about: str, *, last: bool) -> None:
        number = len(self.pages) + 1
        single = last and number == 1
        path = self.path if single else self._page(number)
        sheet = SheetFigure(WIDTH)
        sheet.show(tiles, "M", pairs=True, heading=exports.sheet_heading(about, len(tiles), number))
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            figure = sheet.figure  # the whole of it, whatever the user's savefig.bbox is
            figure.savefig(
                file,
                format="png",
                dpi=_PIXEL_RATIO * figure.dpi,
                facecolor=figure.get_facecolor(),
                bbox_inches=figure.bbox_inches,
            )
        self.pages.append(path)
        self.shown += len(tiles)

    def _page(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.stem}-{number}{self.path.suffix}")

    def __repr__(self) -> str:
        return exports.sheets_written([str(path) for path in self.pages], self.shown, len(self.errors))


def _small(pixels: np.ndarray | None) -> np.ndarray | None:
    """Reduce pixels ``[h, w, 4]`` to no more than a tile shows, so that a page of large images takes little memory."""
    if pixels is None or all(length <= most for length, most in zip(pixels.shape, SheetFigure.MOST, strict=False)):
        return pixels
    image = Image.fromarray(pixels)
    image.thumbnail((int(SheetFigure.MOST[1]), int(SheetFigure.MOST[0])), Image.Resampling.BOX)
    return np.asarray(image)
