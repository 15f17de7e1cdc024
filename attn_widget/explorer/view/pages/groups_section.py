"""Mistakes in groups: a button, progress, and a row for each group."""

import threading
from typing import Any

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.group_pictures import Pictured
from attn_widget.explorer.session.group_work import Grouped, GroupSeen
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.lazy_canvas import LazyCanvas
from attn_widget.explorer.view.widget_parts import Maker, on_change, set_class, show
from attn_widget.figure import Painter, SheetFigure, Style, Tile, in_drawn_language, opaque
from attn_widget.predictions.marks import MARKS
from attn_widget.words import captions, forms, groups

_WIDTH = 420  # CSS pixels, until the browser reports the page's real width


class GroupsSection:
    """Groups of mistakes, each with pictures and what was measured of it."""

    def __init__(self, make: Maker, lock: threading.RLock, send: Send) -> None:
        tips = groups.GROUP_TOOLTIPS
        self._make, self._lock, self._send = make, lock, send
        self._begin = make.button(groups.GROUP_MISTAKES, "object-group", tips["group"], action=Action("groups.begin"))
        self._stop = make.button(captions.STOP, "stop", tips["stop_grouping"], action=Action("groups.stop"))
        self._progress = make.one(widgets.FloatProgress, "attn-progress", max=1)
        self._said, self._done = make.html("attn-words", "attn-groups-said"), make.html("attn-words", "attn-group-done")
        self._rows: list[_GroupRow] = []
        self._room = make.column()
        row = make.row(self._begin, self._stop, self._progress)
        self.root = make.column(row, self._said, self._done, self._room, classes="attn-section attn-groups")

    def render(self, scene: Scene) -> None:
        """Show how far the work is, or the groups."""
        grouped, surveyed = scene.grouped, scene.surveyed
        said = forms.together(grouped.said, surveyed.said) if grouped.waiting else grouped.said
        self._said.value = (markup.sentence if grouped.seen else markup.faint)(said)
        self._done.value = markup.sentence(grouped.done) if grouped.done else ""
        busy = grouped.waiting or grouped.running
        self._begin.disabled = busy or surveyed.running
        self._progress.value = surveyed.fraction if grouped.waiting else grouped.fraction
        show(self._stop, busy)
        show(self._progress, busy)
        show(self._done, bool(grouped.done))
        self._render_rows(grouped, scene.style)

    def _render_rows(self, grouped: Grouped, style: Style) -> None:
        if len(grouped.seen) > len(self._rows):
            more = range(len(self._rows), len(grouped.seen))
            self._rows += [_GroupRow(index, self._make, self._lock, self._send) for index in more]
            self._room.children = [row.root for row in self._rows]
        for index, row in enumerate(self._rows):
            show(row.root, index < len(grouped.seen))
            if index < len(grouped.seen):
                row.render(grouped.seen[index], style, chosen=index == grouped.chosen)


class _GroupRow:
    """One group: its size and pair on a button, pictures, facts, a name, and what can be done with it."""

    def __init__(self, index: int, make: Maker, lock: threading.RLock, send: Send) -> None:
        self._index, self._send, tips = index, send, groups.GROUP_TOOLTIPS
        self._heading = make.html("attn-words", "attn-group-heading")
        self._show = make.button(
            groups.SHOW_GROUP, "play", tips["show_group"], "attn-group-show", action=Action("groups.choose", index)
        )
        self._name = make.one(
            *(widgets.Text, "attn-group-name"),
            placeholder=groups.NAME_GROUP,
            tooltip=tips["name_group"],
            continuous_update=False,
        )
        on_change(self._name, self._was_named)
        options = [("", ""), *((captions.MARK_NAMES[kind], kind) for kind in MARKS)]
        self._mark = make.dropdown(groups.MARK_GROUP, tips["mark_group"], "attn-group-mark", options=options)
        on_change(self._mark, self._was_marked)
        self._export = make.button(
            groups.EXPORT_GROUP, "download", tips["export_group"], action=Action("groups.export", index)
        )
        self._words = make.html("attn-words", "attn-group-words")
        self._sheet = LazyCanvas(lambda: SheetFigure(_WIDTH), lock, self._clicked)
        self._drawn: tuple[Any, ...] = ()
        self._pictures: tuple[Pictured, ...] = ()
        head = make.row(self._heading, self._show)
        tools = make.row(self._name, self._mark, self._export)
        self.root = make.column(head, self._sheet.root, self._words, tools, classes="attn-section attn-group")

    def render(self, seen: GroupSeen, style: Style, *, chosen: bool) -> None:
        """Show a group."""
        group = seen.group
        heading = groups.group_heading(len(group), group.pair)
        self._heading.value = markup.heading(heading)
        self._words.value = markup.listed([*group.said, groups.stability_said(group.stability)])
        self._name.value, self._mark.value = seen.name, ""
        set_class(self._show, "mod-active", chosen)
        if self._drawn != (seen.pictures, style):
            self._drawn, self._pictures = (seen.pictures, style), seen.pictures
            self._sheet.drawing.show([_tile(each, style) for each in seen.pictures], "XS")
            self._sheet.drawing.point([groups.member_pointed(each.position, heading) for each in seen.pictures])
            self._sheet.redraw()

    def _clicked(self, event: Any) -> None:
        tile = None if event.xdata is None else self._sheet.drawing.tile_at(event.xdata, event.ydata)
        position = None if tile is None else self._pictures[tile].position
        if position is not None:
            self._send(Action("pick", position))

    def _was_named(self, event: Any) -> None:
        self._send(Action("groups.name", self._index, event["new"]))

    def _was_marked(self, event: Any) -> None:
        if event["new"]:
            self._send(Action("groups.mark", self._index, event["new"]))


@in_drawn_language
def _tile(seen: Pictured, style: Style) -> Tile:
    """Make a tile: the picture under its heatmap."""
    caption = [[groups.MEAN_PICTURE if seen.position is None else str(seen.position)]]
    if seen.picture is None or seen.heatmap is None:
        return Tile(None if seen.picture is None else opaque(seen.picture), caption)
    return Tile(Painter(seen.picture, style).heat(seen.heatmap), caption)
