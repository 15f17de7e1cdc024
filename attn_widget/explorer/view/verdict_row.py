"""The line that says what the model made of the sample, with what is selected as chips."""

from functools import partial

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.scene import Chip, Remedy, Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.widget_parts import Maker, show
from attn_widget.words import captions

_MOST_CHIPS = 3


class VerdictRow:
    """Verdict, what is on its way, and chips; under them what failed."""

    def __init__(self, make: Maker, send: Send) -> None:
        tips = captions.TOOLTIPS
        self._send = send
        self._scene: Scene | None = None
        self._verdict = make.html("attn-verdict")
        self._buttons = [make.button("", "times", "", "attn-chip") for _ in range(_MOST_CHIPS)]
        for place, button in enumerate(self._buttons):
            button.on_click(partial(self._taken_back, place))
        self._work = make.html("attn-work")
        self._stop = make.button(captions.STOP, "stop", tips["stop"])
        self._stop.on_click(lambda _button: send(Action("stop")))
        self._message, self._help = make.html("attn-message"), make.button("", "magic", tips["remedy"])
        self._help.on_click(self._helped)
        line = make.row(self._verdict, self._work, self._stop, *self._buttons, classes="attn-verdict-row")
        self._failed = make.row(self._message, self._help)
        self.root = make.column(line, self._failed)

    def render(self, scene: Scene) -> None:
        """Show a scene's words."""
        before, self._scene = self._scene, None  # after an interrupt all of it is done again
        if before is None or scene.words is not before.words:
            self._verdict.value = markup.verdict(scene.words)
        if before is None or scene.chips != before.chips:
            self._show_chips(scene.chips)
        if before is None or _said(scene) != _said(before):
            self._show_said(scene)
        self._scene = scene

    def _show_chips(self, chips: tuple[Chip, ...]) -> None:
        for place, button in enumerate(self._buttons):
            show(button, place < len(chips))
            if place < len(chips):
                button.description, button.tooltip = chips[place].text, chips[place].tooltip

    def _show_said(self, scene: Scene) -> None:
        self._work.value = markup.faint(scene.work) if scene.work else ""
        self._message.value = markup.message(scene.message) if scene.message else ""
        show(self._stop, scene.stoppable)
        show(self._work, bool(scene.work))
        show(self._failed, bool(scene.message) or scene.remedy is not None)
        show(self._help, scene.remedy is not None)
        if scene.remedy is not None:
            self._help.description = scene.remedy.text

    def _taken_back(self, place: int, _button: object) -> None:
        if self._scene is not None and place < len(self._scene.chips):
            self._send(self._scene.chips[place].action)

    def _helped(self, _button: object) -> None:
        if self._scene is not None and self._scene.remedy is not None:
            self._send(self._scene.remedy.action)


def _said(scene: Scene) -> tuple[str, str, bool, Remedy | None]:
    return scene.work, scene.message, scene.stoppable, scene.remedy
