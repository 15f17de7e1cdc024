"""The line that says what the model made of the sample, with what is selected as chips."""

from functools import partial

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.scene import Chip, Remedy, Scene, Words
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.widget_parts import Maker, show
from attn_widget.words import captions

_MOST_CHIPS = 3


class VerdictRow:
    """Verdict, what is on its way, and chips; under them what failed.

    Attributes
    ----------
    root : Widget
        All of it.
    """

    def __init__(self, make: Maker, send: Send) -> None:
        tips = captions.TOOLTIPS
        self._send = send
        self._words: Words | None = None
        self._chips: tuple[Chip, ...] = ()
        self._remedy: Remedy | None = None
        self._said: tuple[str, str, bool] | None = None
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
        if scene.words is not self._words:
            self._verdict.value = markup.verdict(scene.words)
            self._words = scene.words
        if scene.chips != self._chips or self._said is None:
            self._show_chips(scene.chips)
        said = scene.work, scene.message, scene.stoppable
        if said != self._said or scene.remedy != self._remedy:
            self._show_said(scene)
            self._said, self._remedy = said, scene.remedy

    def _show_chips(self, chips: tuple[Chip, ...]) -> None:
        for place, button in enumerate(self._buttons):
            show(button, place < len(chips))
            if place < len(chips):
                button.description, button.tooltip = chips[place].text, chips[place].tooltip
        self._chips = chips

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
        if place < len(self._chips):
            self._send(self._chips[place].action)

    def _helped(self, _button: object) -> None:
        if self._remedy is not None:
            self._send(self._remedy.action)
