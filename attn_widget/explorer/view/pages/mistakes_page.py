"""The page of mistakes: the review, what is chosen from it, its matrix, and the samples chosen as small pictures."""

import threading

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.reviewed import Reviewed
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.page import Page
from attn_widget.explorer.view.pages.file_controls import FileWords
from attn_widget.explorer.view.pages.mark_controls import MarkControls
from attn_widget.explorer.view.pages.matrix import Matrix
from attn_widget.explorer.view.pages.mistake_tiles import MistakeTiles
from attn_widget.explorer.view.pages.selection_controls import SelectionControls
from attn_widget.explorer.view.widget_parts import Maker, show
from attn_widget.words import captions, mistakes


class MistakesPage(Page):
    """One button that finds mistakes; then matrix and selection beside each other, marks, and tiles."""

    title = captions.MISTAKES
    tooltip = captions.PAGE_TOOLTIPS[title]
    wants = ("reviewed", "state", "style", "look", "playlist", "playing")

    def __init__(self, send: Send, lock: threading.RLock) -> None:
        super().__init__(send, lock)
        make, tips = Maker(), captions.TOOLTIPS
        self.find = make.button("", "search", tips["find"])
        self.find.button_style = "primary"
        self.stop = make.button(captions.STOP, "stop", tips["stop_review"])
        self.save = make.button(captions.SAVE_REVIEW, "save", tips["save_review"])
        self.bar = make.one(widgets.FloatProgress, "attn-progress", min=0, max=1)
        for button, verb in ((self.find, "begin"), (self.stop, "stop"), (self.save, "file.save")):
            button.on_click(lambda _button, verb=verb: send(Action(f"reviews.{verb}")))
        self.said, self.warning = make.html("attn-words"), make.html("attn-words")
        self.selection, self.matrix = SelectionControls(make, send), Matrix(make, lock, send)
        self.marks, self.file = MarkControls(make, send), FileWords(make, send)
        self.tiles = MistakeTiles(make, lock, send)
        filters = make.column(self.selection.root, self.matrix.tools, classes="attn-filters")
        found = make.box(self.matrix.root, filters, classes="attn-found")
        self._known = make.column(found, self.marks.root)
        buttons = make.row(self.find, self.bar, self.stop, self.save, self.said, self.file.root)
        self.root = make.column(buttons, self.warning, self._known, self.tiles.root)

    def render(self, scene: Scene) -> None:
        """Show what is known of mistakes, and the samples chosen."""
        reviewed = scene.reviewed
        self._show_review(reviewed)
        if reviewed.findings is not None:
            self.selection.render(reviewed)
            self.matrix.render(reviewed)
            self.marks.render(reviewed)
        self.file.render(reviewed.file)
        self.tiles.render(scene)

    def closed(self) -> None:
        """End what the tiles have on their way."""
        self.tiles.forget()

    def _show_review(self, reviewed: Reviewed) -> None:
        """Show how the review is, and what can be done about it."""
        running, known = reviewed.running, reviewed.findings is not None
        self.find.description, self.bar.value = reviewed.begin, reviewed.fraction
        self.said.value = markup.sentence(reviewed.said or mistakes.NO_REVIEW_YET)
        self.warning.value = markup.message(reviewed.warning) if reviewed.warning else ""
        shown = (
            (self.find, not running),
            (self.bar, running),
            (self.stop, running),
            (self.save, known and not running),
        )
        for part, is_there in (*shown, (self.warning, bool(reviewed.warning)), (self._known, known)):
            show(part, is_there)
