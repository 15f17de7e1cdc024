"""The view as code to copy, the picture to save, and the review's file."""

import threading

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.page import Page
from attn_widget.explorer.view.pages.file_controls import FileControls
from attn_widget.explorer.view.widget_parts import Maker, show
from attn_widget.words import captions, messages


class CodePage(Page):
    """The lines, a button that saves the picture, and what `FileControls` has."""

    title = captions.CODE_AND_FILES
    tooltip = captions.PAGE_TOOLTIPS[title]
    wants = ("state", "style", "look", "explanation", "picture_name", "reviewed")

    def __init__(self, send: Send, lock: threading.RLock) -> None:
        super().__init__(send, lock)
        make, tips = Maker(), captions.TOOLTIPS
        self.code = make.html("attn-code")
        self.about, self.called = (make.html("attn-words") for _ in range(2))
        self.save = make.button(captions.SAVE_PICTURE, "download", tips["save_picture"])
        self.save.on_click(lambda _button: send(Action("save_picture")))
        self.files = FileControls(send)
        saving = make.row(self.save, self.called)
        self.root = make.column(self.about, self.code, saving, self.files.root)

    def render(self, scene: Scene) -> None:
        """Show the code of what is shown; of a state that could not be computed there is none."""
        code = scene.code
        self.about.value = markup.faint(messages.COPY_CODE if code else messages.NO_CODE)
        self.code.value = markup.code(code)
        show(self.code, bool(code))
        self.save.disabled = scene.look is None
        self.called.value = markup.faint(messages.picture_called(scene.picture_name) if scene.look else "")
        self.files.render(scene)
