"""The review's file: its name, saving and loading, and what is said and asked about it."""

from typing import Any

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.review_file import FileTalk
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.widget_parts import Maker, show
from attn_widget.words import captions


class FileWords:
    """What is said of the file, the answers to what is asked, and the marks in it that can be taken over."""

    def __init__(self, make: Maker, send: Send) -> None:
        self._send = send
        self._talk: FileTalk | None = None
        self.said = make.html("attn-words")
        self.answers = [make.button("", "", "") for _ in range(2)]
        self.offer = make.button("", "bookmark", captions.TOOLTIPS["offer"])
        for answer in self.answers:
            answer.on_click(self._answered)
        self.offer.on_click(lambda _button: send(Action("reviews.file.take_marks")))
        self.root = make.row(self.said, *self.answers, self.offer, classes="attn-file-words")

    def render(self, talk: FileTalk) -> None:
        """Show what there is to say."""
        if talk is self._talk:
            return
        self._talk = talk
        self.said.value = markup.sentence(talk.said) if talk.said else ""
        for place, button in enumerate(self.answers):
            label = talk.answers[place] if place < len(talk.answers) else ""
            button.description, button.tooltip = label, captions.ANSWER_TOOLTIPS.get(label, "")
            show(button, bool(label))
        self.offer.description = talk.offer
        show(self.offer, bool(talk.offer))
        show(self.root, bool(talk.said or talk.offer))

    def _answered(self, button: widgets.Button) -> None:
        self._send(Action("reviews.file.answer", button.description))


class FileControls:
    """A field for the name, *Save review* and *Load*, and the words."""

    def __init__(self, send: Send) -> None:
        self._send, make, tips = send, Maker(), captions.TOOLTIPS
        self.path = make.one(widgets.Text, "attn-path", continuous_update=False, tooltip=tips["path"])
        self.path.observe(self._renamed, "value")
        self.save = make.button(captions.SAVE_REVIEW, "save", tips["save"])
        self.load = make.button(captions.LOAD_REVIEW, "folder-open", tips["load"])
        self.save.on_click(lambda _button: send(Action("reviews.file.save")))
        self.load.on_click(lambda _button: send(Action("reviews.file.load")))
        self.words = FileWords(make, send)
        self.root = make.column(make.row(self.path, self.save, self.load), self.words.root)

    def render(self, scene: Scene) -> None:
        """Show the name, and what there is to say; nothing is loaded while a review is on its way."""
        reviewed = scene.reviewed
        self.path.value = reviewed.file.path
        self.load.disabled = reviewed.running
        self.words.render(reviewed.file)

    def _renamed(self, change: Any) -> None:
        self._send(Action("reviews.file.rename", change["new"]))
