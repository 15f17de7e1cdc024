"""The page that says what is explained and how it is drawn, with the classes that the model considers likely."""

import threading

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.scene import Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.class_bars import ClassBars
from attn_widget.explorer.view.model_play import ModelPlay
from attn_widget.explorer.view.page import Page
from attn_widget.explorer.view.setting_controls import SettingControls
from attn_widget.explorer.view.widget_parts import Maker
from attn_widget.words import captions


class LookPage(Page):
    """The settings' controls, what the method does, the class probabilities as bars, and two buttons."""

    name = "look"
    wants = ("state", "style", "guess", "offers", "bars")
    tells = False

    def __init__(self, send: Send, lock: threading.RLock) -> None:
        super().__init__(send, lock)
        make, tips = Maker(send), captions.TOOLTIPS
        self.controls = SettingControls(self.name, make, send)
        self.about, self.bars = make.html("attn-words"), ClassBars(make, send)
        self.models = ModelPlay(make, send)
        self.again = make.button(captions.RUN_AGAIN, "refresh", tips["again"], action=Action("refresh"))
        self.reset = make.button(captions.RESET, "undo", tips["reset"], action=Action("reset"))
        buttons = make.row(self.again, self.reset, self.models.root)
        self.root = make.column(self.controls.root, self.about, self.bars.root, buttons)

    def render(self, scene: Scene) -> None:
        """Show the settings and the classes."""
        self.controls.render(scene)
        self.about.value = markup.faint(scene.offers["method"].about)
        self.bars.render(scene.bars)
        if scene.offers["model"].shown:
            self.models.render(scene)

    def closed(self) -> None:
        """Stop playing over the models, whose buttons cannot be seen any more."""
        self.models.stop()
