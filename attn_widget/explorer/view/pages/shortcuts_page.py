"""The page Shortcuts."""

import threading

from attn_widget.explorer.action import Send
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view.page import Page
from attn_widget.explorer.view.widget_parts import Maker
from attn_widget.words import captions


class ShortcutsPage(Page):
    """To come."""

    title = captions.SHORTCUTS
    wants = ("state",)

    def __init__(self, send: Send, lock: threading.RLock) -> None:
        super().__init__(send, lock)
        make = Maker(send)
        self.root = make.column()

    def render(self, scene: Scene) -> None:
        """Show a scene."""
