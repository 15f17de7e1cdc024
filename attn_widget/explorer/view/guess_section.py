"""What the picture shows is guessed here, before the panel tells what the model says."""

import threading
from functools import partial
from typing import Any

import ipywidgets as widgets

from attn_widget.explorer.action import Action, Send
from attn_widget.explorer.session.scene import NO_GUESSING, Guessing, Scene
from attn_widget.explorer.view import markup
from attn_widget.explorer.view.guess_matrices import GuessMatrices
from attn_widget.explorer.view.widget_parts import Maker, on_change, show
from attn_widget.words import guessing

_MOST_BUTTONS = 12
"""Of more classes, one is typed."""


class GuessSection:
    """The classes to choose from; after a guess, who was right, the score, and the way on.

    Its widgets are made when the class is first to be guessed: most panels never need them.
    """

    def __init__(self, make: Maker, lock: threading.RLock, send: Send) -> None:
        self._make, self._lock, self._send = make, lock, send
        self._shown: Guessing | None = NO_GUESSING
        self._options: tuple[str, ...] = ()
        self.root = make.column(classes="attn-guess attn-hidden")

    def render(self, scene: Scene) -> None:
        """Show what has changed since the last scene."""
        part, before = scene.guessing, self._shown
        if part is before:
            return
        if not self.root.children:
            self._build()
        self._shown = None  # if this is interrupted, the next render does all of it again
        show(self.root, scene.guess)
        if scene.guess:
            self._offer(part)
            self._tell(part)
            self.matrices.render(part.tables, scene.name_of)
        self._shown = part

    def _build(self) -> None:
        make, tips = self._make, guessing.GUESS_TOOLTIPS
        self._buttons: list[widgets.Button] = []
        self._classes = make.row(classes="attn-guesses")
        self._typed = make.one(
            widgets.Combobox,
            "attn-guess-typed",
            placeholder=guessing.TYPE_CLASS,
            continuous_update=False,
            tooltip=tips["guess_typed"],
        )
        on_change(self._typed, self._was_typed)
        self._said, self._answers, self._score = map(
            make.html, ("attn-guess-said", "attn-guess-answers", "attn-guess-score-said")
        )
        onwards, back = Action("next_to_guess"), Action("guesses.take_back")
        self._next = make.button(guessing.NEXT_PICTURE, "arrow-right", tips["next_picture"], action=onwards)
        self._back = make.button(guessing.TAKE_BACK, "undo", tips["take_back"], action=back)
        self._both = make.toggle(guessing.BOTH_MATRICES, "th", tips["both_matrices"])
        on_change(self._both, self._both_changed)
        self._clear = make.button(
            guessing.CLEAR_GUESSES, "trash", tips["clear_guesses"], action=Action("guesses.clear")
        )
        self._undo = make.button("", "undo", tips["bring_back"], action=Action("guesses.bring_back"))
        self.matrices = GuessMatrices(make, self._lock, self._send)
        told = make.row(self._answers, self._next, self._back)
        score = make.row(self._score, self._both, self._clear, self._undo, classes="attn-guess-score")
        line = make.row(self._classes, self._typed, told, score, classes="attn-guess-line")
        self.root.children = [line, self._said, self.matrices.root]

    def _offer(self, part: Guessing) -> None:
        """Show the classes to choose from, while a guess is awaited."""
        few = len(part.options) <= _MOST_BUTTONS
        if part.options != self._options:
            self._options = part.options
            self._name_buttons(part.options if few else ())
            self._typed.options = () if few else part.options
        show(self._classes, part.asks and few)
        show(self._typed, part.asks and not few)

    def _name_buttons(self, names: tuple[str, ...]) -> None:
        for button in self._buttons:
            button.close()
        self._buttons = [
            self._make.button(name, "", guessing.choose_class(name), "attn-guess-class", action=_choice(index))
            for index, name in enumerate(names)
        ]
        self._classes.children = self._buttons

    def _tell(self, part: Guessing) -> None:
        """Show who was right, and the score."""
        self._said.value = markup.sentence(part.said) if part.said else ""
        self._answers.value = markup.answers(part.answers) if part.answers else ""
        self._score.value = markup.score(part.score) if part.score else ""
        show(self._said, bool(part.said))
        for widget in (self._answers, self._back):
            show(widget, bool(part.answers))
        for widget in (self._both, self._clear):
            show(widget, part.tables is not None)
        show(self._next, part.more and not part.asks)
        show(self._score, bool(part.score))
        show(self._undo, part.cleared > 0)
        if part.cleared:
            self._undo.description = guessing.bring_back(part.cleared)

    def _was_typed(self, event: Any) -> None:
        text = event["new"].strip()
        if text:
            self._send(Action("guesses.read", text))
            self._typed.value = ""

    def _both_changed(self, event: Any) -> None:
        with self._lock:
            self.matrices.open(event["new"])


_choice = partial(Action, "guesses.choose")
