"""Covering a region: drawn on the image by mouse, with what the model says before and after."""

from functools import partial
from typing import Any

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send, change
from attn_widget.explorer.session.cover_tool import Covering
from attn_widget.explorer.session.looker import Look
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.class_bars import ClassBars
from attn_widget.explorer.view.widget_parts import Maker, on_change, show
from attn_widget.words import evidence


class CoverSection:
    """Two toggles to draw with, what covers the region, and what that does beside the same shape elsewhere."""

    def __init__(self, make: Maker, send: Send) -> None:
        self._send = send
        self._covering: Covering | None = None
        self._measured: Look | None = None  # the look whose effect is shown
        tips = evidence.COVER_TOOLTIPS
        self._said, self._effect = make.html("attn-words"), make.html("attn-words", "attn-covering-effect")
        self._rectangle = make.toggle(evidence.RECTANGLE, "square-o", tips["rectangle"])
        self._lasso = make.toggle(evidence.LASSO, "pencil", tips["lasso"])
        self._uncover = make.button(evidence.UNCOVER, "times", tips["uncover"], action=change(cover=None))
        fills = [(text, fill) for fill, text in evidence.COVER_FILLS.items()]
        self._fill = make.dropdown(evidence.COVER_WITH, tips["cover_with"], "attn-fill", options=fills)
        self._other = make.one(
            widgets.BoundedIntText,
            "attn-other",
            description=evidence.OTHER_SAMPLE,
            tooltip=tips["other_sample"],
            continuous_update=False,
        )
        self._bars = ClassBars(make, send)
        for toggle, drawn in ((self._rectangle, "rectangle"), (self._lasso, "lasso")):
            on_change(toggle, partial(self._toggled, drawn))
        on_change(self._fill, self._filled)
        on_change(self._other, self._other_chosen)
        tools = make.row(self._rectangle, self._lasso, self._uncover)
        with_what = make.row(self._fill, self._other)
        self.root = make.column(self._said, tools, with_what, self._bars.root, self._effect, classes="attn-cover")

    def render(self, scene: Scene) -> None:
        """Show what is covered, and what that does."""
        covering = scene.covering
        self._covering = None  # if this is interrupted, what was sent meanwhile is ignored
        self._said.value = markup.faint(covering.said)
        self._rectangle.value, self._lasso.value = (covering.drawn == drawn for drawn in ("rectangle", "lasso"))
        self._fill.value = covering.fill
        self._other.max = covering.last
        self._other.value = covering.other
        show(self._other, covering.fill == "sample")
        covered = scene.state.cover is not None
        self._uncover.disabled = not covered
        self._bars.render(scene.bars if covered and scene.state.silence is None else ())
        if covered and scene.look is not self._measured and scene.explanation is not None:
            self._effect.value = markup.sentence(scene.covering_effect)
        self._measured = scene.look if covered and scene.explanation is not None else None
        show(self._effect, covered)
        self._covering = covering

    def closed(self) -> None:
        """Stop drawing; measure again when the page is opened again, as the model may have changed."""
        self._measured = None
        if self._covering is not None and self._covering.drawn:
            self._send(Action("covering.draw", ""))

    def _toggled(self, drawn: str, event: Any) -> None:
        self._send(Action("covering.draw", drawn if event["new"] else ""))

    def _filled(self, event: Any) -> None:
        self._send(Action("covering.fill_with", event["new"]))

    def _other_chosen(self, event: Any) -> None:
        self._send(Action("covering.take_from", event["new"]))
