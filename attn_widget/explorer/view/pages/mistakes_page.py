"""The page of mistakes: the review, a selection from it, its confusion matrix, and the selected samples as tiles."""

import threading

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.page import Page
from attn_widget.explorer.view.pages.file_words import FileWords
from attn_widget.explorer.view.pages.groups_section import GroupsSection
from attn_widget.explorer.view.pages.matrix import Matrix
from attn_widget.explorer.view.pages.mistake_tiles import MistakeTiles
from attn_widget.explorer.view.pages.review_controls import MarkControls, SelectionControls
from attn_widget.explorer.view.widget_parts import Maker, show
from attn_widget.words import captions, evidence, forms, mistakes


class MistakesPage(Page):
    """A button that starts the review; then matrix and selection side by side, the sample's mark, and the tiles."""

    name = "mistakes"
    wants = ("reviewed", "state", "style", "look", "playlist", "playing", "grouped", "surveyed")

    def __init__(self, send: Send, lock: threading.RLock) -> None:
        super().__init__(send, lock)
        make, tips = Maker(send), captions.TOOLTIPS
        self.find = make.button("", "search", tips["find"], action=Action("reviews.begin"))
        self.find.button_style = "primary"
        self.bar = make.one(widgets.FloatProgress, "attn-progress", max=1)
        self.stop = make.button(captions.STOP, "stop", tips["stop_review"], action=Action("reviews.stop"))
        self.save = make.button(captions.SAVE_REVIEW, "save", tips["save_review"], action=Action("reviews.file.save"))
        self.said, self.warning = make.html("attn-words"), make.html("attn-words")
        self.selection, self.matrix = SelectionControls(make, send), Matrix(make, lock, send)
        self.marks, self.file = MarkControls(make, send), FileWords(make, send)
        self.tiles = MistakeTiles(make, lock, send)
        self.groups = GroupsSection(make, lock, send)
        filters = make.column(self.selection.root, self.matrix.tools, classes="attn-filters")
        found = make.box(self.matrix.root, filters, classes="attn-found")
        self._known = make.column(found, self.marks.root)
        buttons = make.row(self.find, self.bar, self.stop, self.save, self.said, self.file.root)
        self.root = make.column(buttons, self.warning, self._known, self.tiles.root, self.groups.root)

    def render(self, scene: Scene) -> None:
        """Show what is known of the mistakes, and the selected samples."""
        reviewed = scene.reviewed
        running, known = reviewed.running, reviewed.findings is not None
        self.find.description, self.bar.value = reviewed.begin, reviewed.fraction
        itself = evidence.OF_THE_MODEL_ITSELF if scene.state.alters else ""
        self.said.value = markup.sentence(forms.together(reviewed.said or mistakes.NO_REVIEW_YET, itself))
        self.warning.value = markup.message(reviewed.warning) if reviewed.warning else ""
        show(self.find, not running)
        show(self.bar, running)
        show(self.stop, running)
        show(self.save, known and not running)
        show(self.warning, bool(reviewed.warning))
        show(self._known, known)
        if known:
            self.selection.render(reviewed)
            self.matrix.render(reviewed)
            self.marks.render(reviewed)
        self.file.render(reviewed.file)
        self.tiles.render(scene)
        self.groups.render(scene)

    def closed(self) -> None:
        """Stop computing tiles."""
        self.tiles.forget()
