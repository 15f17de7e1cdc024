"""The page with the view as code to copy, the picture to save, the review's file, the report, and what is exported."""

import threading
from typing import Any

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.page import Page
from attn_widget.explorer.view.pages.export_section import ExportSection
from attn_widget.explorer.view.pages.file_words import FileWords
from attn_widget.explorer.view.pages.report_section import ReportSection
from attn_widget.explorer.view.widget_parts import Maker, on_change, show
from attn_widget.words import captions, messages


class CodePage(Page):
    """The code, a button that saves the picture, the review's file, the report, and exports."""

    name = "code"
    wants = ("state", "style", "look", "explanation", "picture_name", "reviewed", "reporting", "handed")

    def __init__(self, send: Send, lock: threading.RLock) -> None:
        super().__init__(send, lock)
        make, tips = Maker(send), captions.TOOLTIPS
        self.about, self.code, self.called = make.html("attn-words"), make.html("attn-code"), make.html("attn-words")
        self.save = make.button(captions.SAVE_PICTURE, "download", tips["save_picture"], action=Action("save_picture"))
        self.path = make.one(widgets.Text, "attn-path", continuous_update=False, tooltip=tips["path"])
        on_change(self.path, self._renamed)
        save = make.button(captions.SAVE_REVIEW, "save", tips["save"], action=Action("reviews.file.save"))
        self.load = make.button(captions.LOAD_REVIEW, "folder-open", tips["load"], action=Action("reviews.file.load"))
        self.words = FileWords(make, send)
        self.report = ReportSection(make, send)
        file = make.column(make.row(self.path, save, self.load), self.words.root)
        self.export = ExportSection(make, send)
        picture = make.row(self.save, self.called)
        self.root = make.column(self.about, self.code, picture, file, self.report.root, self.export.root)

    def render(self, scene: Scene) -> None:
        """Show the code, which a state that could not be computed does not have, and the files' names."""
        code, reviewed = scene.code, scene.reviewed
        self.about.value = markup.faint(messages.COPY_CODE if code else messages.NO_CODE)
        self.code.value = markup.code(code)
        show(self.code, bool(code))
        self.save.disabled = scene.look is None
        self.called.value = markup.faint(messages.picture_called(scene.picture_name) if scene.look else "")
        self.path.value = reviewed.file.path
        self.load.disabled = reviewed.running
        self.words.render(reviewed.file)
        self.report.render(scene.reporting)
        self.export.render(scene.handed)

    def _renamed(self, event: Any) -> None:
        self.send(Action("reviews.file.rename", event["new"]))
