"""The line that says what the model made of the sample, with a chip for each choice that is not visible elsewhere."""

from functools import partial
from operator import attrgetter

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.scene import Chip, Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.widget_parts import Maker, on_click, show
from attn_widget.words import captions

_MOST_CHIPS = 6
_STATUS = attrgetter("work", "message", "stoppable", "remedy")  # what `_show_status` shows of a scene


class VerdictRow:
    """Verdict, progress and chips; on a second line the error, and a button for its remedy."""

    def __init__(self, make: Maker, send: Send) -> None:
        tips = captions.TOOLTIPS
        self._send = send
        self._scene: Scene | None = None
        self._verdict = make.html("attn-verdict")
        self._chips = [make.button("", "times", "", "attn-chip") for _ in range(_MOST_CHIPS)]
        for place, button in enumerate(self._chips):
            on_click(button, partial(self._chip_clicked, place))
        self._work = make.html("attn-work")
        self._stop = make.button(captions.STOP, "stop", tips["stop"], action=Action("stop"))
        self._message, self._remedy = make.html("attn-message"), make.button("", "magic", tips["remedy"])
        on_click(self._remedy, self._remedy_clicked)
        line = make.row(self._verdict, self._work, self._stop, *self._chips, classes="attn-verdict-row")
        self._failed = make.row(self._message, self._remedy)
        self.root = make.column(line, self._failed)

    def render(self, scene: Scene) -> None:
        """Show what has changed since the last scene."""
        before, self._scene = self._scene, None  # if this is interrupted, the next render does all of it again
        if before is None or scene.words is not before.words:
            self._verdict.value = markup.verdict(scene.words)
        if before is None or scene.chips != before.chips:
            self._show_chips(scene.chips)
        if before is None or _STATUS(scene) != _STATUS(before):
            self._show_status(scene)
        self._scene = scene

    def _show_chips(self, chips: tuple[Chip, ...]) -> None:
        for place, button in enumerate(self._chips):
            show(button, place < len(chips))
            shown = place < len(chips)
            button.description, button.tooltip = (chips[place].text, chips[place].tooltip) if shown else ("", "")

    def _show_status(self, scene: Scene) -> None:
        self._work.value = markup.faint(scene.work) if scene.work else ""
        self._message.value = markup.message(scene.message) if scene.message else ""
        show(self._stop, scene.stoppable)
        show(self._work, bool(scene.work))
        show(self._failed, bool(scene.message) or scene.remedy is not None)
        show(self._remedy, scene.remedy is not None)
        if scene.remedy is not None:
            self._remedy.description = scene.remedy.text

    def _chip_clicked(self, place: int, _button: object) -> None:
        if self._scene is not None and place < len(self._scene.chips):
            self._send(self._scene.chips[place].action)

    def _remedy_clicked(self, _button: object) -> None:
        if self._scene is not None and self._scene.remedy is not None:
            self._send(self._scene.remedy.action)
