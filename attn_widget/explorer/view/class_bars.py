"""The class probabilities as bars; a click on one explains that class."""

from collections.abc import Sequence
from functools import partial

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.scene import ClassBar
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.widget_parts import Maker, on_click, set_class, show
from attn_widget.words import captions

_MOST = 6  # the likeliest classes and the true one


class ClassBars:
    """The bars, and over each row of them a see-through button, which takes clicks and keys.

    What is seen is one piece of HTML (`markup.bars`), whose rows are as high as the buttons (`markup.BAR_ROW`). What is
    written on these is for screen readers.
    """

    def __init__(self, make: Maker, send: Send) -> None:
        self._send = send
        self._rows: tuple[ClassBar, ...] | None = None
        self._seen = make.html("attn-bars")
        self._buttons = [make.button("", "", "", "attn-class") for _ in range(_MOST)]
        for place, button in enumerate(self._buttons):
            on_click(button, partial(self._clicked, place))
        self.root = make.column(self._seen, make.column(*self._buttons, classes="attn-over"), classes="attn-classes")

    def render(self, rows: Sequence[ClassBar]) -> None:
        """Show these classes; none at all leave no room."""
        before, self._rows = self._rows, None  # if this is interrupted, the next render does all of it again
        self._seen.value = markup.bars(rows)
        if before is None or len(before) != len(rows):
            show(self.root, bool(rows))
            for place, button in enumerate(self._buttons):
                show(button, place < len(rows))
                if place >= len(rows):
                    button.description = button.tooltip = ""
        for button, row in zip(self._buttons, rows, strict=False):
            button.description = row.name
            button.tooltip = captions.class_bar(row.name, explained=row.explained)
            if row.explained is not ("attn-explained" in button._dom_classes):
                set_class(button, "attn-explained", row.explained)
        self._rows = tuple(rows)

    def _clicked(self, place: int, _button: object) -> None:
        if self._rows is not None and place < len(self._rows):
            self._send(Action("explain_class", self._rows[place].index))
