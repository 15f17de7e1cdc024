"""Where attention moved between two models: a button, progress, what was found, and two orders of the samples."""

import ipywidgets as widgets

from attn_widget.explorer.action import Action
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.widget_parts import Maker, show
from attn_widget.words import captions, several_models


class MovesSection:
    """The section, made where there are several models."""

    def __init__(self, make: Maker) -> None:
        tips = captions.TOOLTIPS
        begin, stop = Action("moves.begin"), Action("moves.stop")
        self._begin = make.button(several_models.FIND_MOVES, "exchange", tips["moves"], action=begin)
        self._stop = make.button(captions.STOP, "stop", tips["stop_moves"], action=stop)
        self._progress = make.one(widgets.FloatProgress, "attn-progress", max=1)
        self._said = make.html("attn-words", "attn-moves-said")
        by_distance, by_change = Action("moves.play", "distance"), Action("moves.play", "changed")
        self._orders = make.row(
            make.button(several_models.MOST_MOVED, "sort-amount-desc", tips["most_moved"], action=by_distance),
            make.button(several_models.CHANGED_FIRST, "random", tips["changed_first"], action=by_change),
        )
        row = make.row(self._begin, self._stop, self._progress)
        self.root = make.column(row, self._said, self._orders, classes="attn-section")

    def render(self, scene: Scene) -> None:
        """Show how far it is, or what was found."""
        moving = scene.moving
        self._said.value = (markup.sentence if moving.found else markup.faint)(moving.said)
        self._begin.disabled = moving.running
        self._progress.value = moving.fraction
        show(self._stop, moving.running)
        show(self._progress, moving.running)
        show(self._orders, moving.found)
