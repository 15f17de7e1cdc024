"""What is written for others: what, where, how far, and what there is to say."""

from typing import Any

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.handed import Handed
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.widget_parts import Maker, on_change, show
from attn_widget.words import captions, exports


class ExportSection:
    """A row to choose from, progress with *Stop*, and a line that tells or asks."""

    def __init__(self, make: Maker, send: Send) -> None:
        self._send = send
        tips = exports.EXPORT_TOOLTIPS
        kinds = [(text, kind) for kind, text in exports.EXPORT_KINDS.items()]
        self._kind = make.one(widgets.Dropdown, "attn-export-kind", options=kinds, tooltip=tips["export_kind"])
        self._path = make.one(widgets.Text, "attn-path", continuous_update=False, tooltip=tips["export_path"])
        on_change(self._kind, self._chosen)
        on_change(self._path, self._renamed)
        self._begin = make.button(exports.EXPORT, "share-square-o", tips["export"], action=Action("handing.begin"))
        self._bar = make.one(widgets.FloatProgress, "attn-progress", max=1)
        self._stop = make.button(captions.STOP, "stop", tips["stop_export"], action=Action("handing.stop"))
        self._said = make.html("attn-words")
        self._replace = make.button(exports.REPLACE, "", tips["replace"], action=Action("handing.overwrite"))
        self._running = make.row(self._bar, self._stop, classes="attn-exporting")
        self._line = make.row(self._said, self._replace, classes="attn-file-words attn-exported")
        self.root = make.column(make.row(self._kind, self._path, self._begin), self._running, self._line)

    def render(self, handed: Handed) -> None:
        """Show what is chosen, how far it is, and what there is to say."""
        self._kind.value, self._path.value, self._bar.value = handed.kind, handed.path, handed.fraction
        self._kind.disabled = self._path.disabled = self._begin.disabled = handed.running
        self._said.value = markup.sentence(handed.said)
        show(self._running, handed.running)
        show(self._replace, handed.asks)
        show(self._line, bool(handed.said))

    def _chosen(self, event: Any) -> None:
        self._send(Action("handing.choose", event["new"]))

    def _renamed(self, event: Any) -> None:
        self._send(Action("handing.rename", event["new"]))
