"""The tool that covers a region: what is drawn on the image, what covers it, and what that does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from attn_widget.evidence.region_cover import Cover, CoverFill
from attn_widget.explorer.settings import State
from attn_widget.samples import Samples
from attn_widget.words import evidence

Changes = Mapping[str, Any] | None
Drawn = Literal["", "rectangle", "lasso"]
"""What dragging over the image draws; nothing, where that is empty."""


@dataclass(frozen=True)
class Covering:
    """What the tool offers."""

    drawn: Drawn
    fill: CoverFill
    other: int  # the position of the sample whose patch is taken
    last: int  # the highest that can be
    said: str  # what is covered now, or what to do


class CoverTool:
    """Covers a region that is drawn on the image; `state` gives the settings as they are."""

    def __init__(self, samples: Samples, state: Callable[[], State]) -> None:
        self._samples, self._state = samples, state
        self._drawn: Drawn = ""
        self._fill: CoverFill = "blur"
        self._other: int | None = None  # none chosen: the sample after the one shown

    # What can be asked for: each returns the settings to change.

    def draw(self, drawn: Drawn) -> Changes:
        """Have dragging over the image draw a region, or nothing any more."""
        self._drawn = drawn
        return None

    def rectangle(self, left: float, top: float, right: float, bottom: float) -> Changes:
        """Cover a rectangle."""
        return self._covered(Cover.rectangle(left, top, right, bottom))

    def lasso(self, points: Sequence[tuple[float, float]]) -> Changes:
        """Cover what a line goes round."""
        return self._covered(Cover.polygon(points))

    def fill_with(self, fill: CoverFill) -> Changes:
        """Cover regions with something else; one that is covered, too."""
        self._fill = fill
        return self._refilled(fill)

    def take_from(self, position: int) -> Changes:
        """Take the patch of another sample."""
        self._other = position
        return self._refilled("sample")

    def _refilled(self, fill: CoverFill) -> Changes:
        cover: Cover | None = self._state().cover
        return None if cover is None else {"cover": self._filled(cover, fill)}

    def _covered(self, cover: Cover) -> Changes:
        present: Cover | None = self._state().cover
        return {"cover": self._filled(cover, self._fill if present is None else present.fill)}

    def _filled(self, cover: Cover, fill: CoverFill) -> Cover:
        return replace(cover, fill=fill, other=self._other_in(self._state()) if fill == "sample" else None)

    def _other_in(self, state: State) -> int:
        """Give the sample whose patch is taken; by default the one after the sample shown."""
        if self._other is not None:
            return self._other
        following, count = state.sample + 1, self._samples.count
        return following if count is None or following < count else 0

    # What is shown.

    def scene_part(self, state: State) -> Covering:
        """Say what dragging does, and what is covered."""
        cover: Cover | None = state.cover
        fill = self._fill if cover is None else cover.fill
        other = self._other_in(state) if cover is None or cover.other is None else cover.other
        count = self._samples.count
        last = max(state.sample + 1, other) if count is None else count - 1
        said = evidence.COVER if cover is None else evidence.covered(cover.fill, cover.other)
        return Covering(self._drawn, fill, other, last, said)
