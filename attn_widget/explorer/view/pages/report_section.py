"""The report: the name of its file, *Save report*, progress and Stop, and what was written."""

from typing import Any

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.report_work import ReportSaving
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.widget_parts import Maker, on_change, show
from attn_widget.words import captions, reports


class ReportSection:
    """A row, and a sentence below it."""

    def __init__(self, make: Maker, send: Send) -> None:
        tips = reports.REPORT_TOOLTIPS
        self._send = send
        self._path = make.one(widgets.Text, "attn-path", continuous_update=False, tooltip=tips["report_path"])
        on_change(self._path, self._renamed)
        save, over, stop = (Action(f"reports.{verb}") for verb in ("begin", "replace", "stop"))
        self._save = make.button(reports.SAVE_REPORT, "file-text-o", tips["report"], action=save)
        self._replace = make.button(reports.REPLACE_REPORT, "", tips["replace_report"], action=over)
        self._bar = make.one(widgets.FloatProgress, "attn-progress", max=1)
        self._stop = make.button(captions.STOP, "stop", tips["stop_report"], action=stop)
        self._said = make.html("attn-words", "attn-report-said")
        row = make.row(self._path, self._save, self._bar, self._stop)
        self.root = make.column(row, make.row(self._said, self._replace))

    def render(self, saving: ReportSaving) -> None:
        """Show how far it is, or what was written."""
        self._path.value, self._bar.value = saving.path, saving.fraction
        self._said.value = markup.faint(saving.said)
        show(self._save, not saving.running)
        show(self._bar, saving.running)
        show(self._stop, saving.running)
        show(self._replace, saving.in_the_way)

    def _renamed(self, event: Any) -> None:
        self._send(Action("reports.rename", event["new"]))
