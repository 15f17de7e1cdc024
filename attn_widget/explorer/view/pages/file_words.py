"""What the panel says and asks about the review's file."""

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.review_file import FileTalk
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.widget_parts import Maker, on_click, show
from attn_widget.words import captions


class FileWords:
    """A sentence about the file, buttons that answer it, and one that loads earlier marks from the file."""

    def __init__(self, make: Maker, send: Send) -> None:
        self._send = send
        self._talk: FileTalk | None = None
        self.said = make.html("attn-words")
        self.answers = [make.button("", "", "") for _ in range(2)]
        for answer in self.answers:
            on_click(answer, self._answered)
        self.offer = make.button("", "bookmark", captions.TOOLTIPS["offer"], action=Action("reviews.file.take_marks"))
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
