"""The page that asks the model: silence channels, cover a region, or check the heatmap against chance."""

import threading
from typing import Protocol

import ipywidgets as widgets

from attn_widget.explorer.action import Send
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.page import Page
from attn_widget.explorer.view.pages.bench_section import BenchSection
from attn_widget.explorer.view.pages.check_section import CheckSection
from attn_widget.explorer.view.pages.cover_section import CoverSection
from attn_widget.explorer.view.widget_parts import Maker
from attn_widget.words import evidence


class Section(Protocol):
    """A part of the page."""

    root: widgets.Widget

    def render(self, scene: Scene) -> None:
        """Show a scene."""

    def closed(self) -> None:
        """Stop whatever is running."""


class EvidencePage(Page):
    """Three questions to the model, one below the other, each in a section of its own."""

    name = "evidence"
    wants = ("state", "bars", "look", "explanation", "bench", "covering", "checking")

    def __init__(self, send: Send, lock: threading.RLock) -> None:
        super().__init__(send, lock)
        make = Maker(send)
        sections: dict[str, Section] = {
            evidence.BENCH_HEADING: BenchSection(make, send),
            evidence.COVER_HEADING: CoverSection(make, send),
            evidence.CHECK_HEADING: CheckSection(make, send, lock),
        }
        self._sections = sections.values()
        parts = [
            make.column(_heading(make, title), section.root, classes="attn-section")
            for title, section in sections.items()
        ]
        self.root = make.column(*parts, classes="attn-evidence")

    def render(self, scene: Scene) -> None:
        """Show every section's state."""
        for section in self._sections:
            section.render(scene)

    def closed(self) -> None:
        """Stop whatever the sections have running."""
        for section in self._sections:
            section.closed()


def _heading(make: Maker, text: str) -> widgets.HTML:
    heading = make.html("attn-words")
    heading.value = markup.heading(text)
    return heading
