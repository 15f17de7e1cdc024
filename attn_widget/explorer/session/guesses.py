"""Guess first: what the picture shows is guessed before the panel tells what the model says."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from attn_widget.explorer.action import Action
from attn_widget.explorer.class_names import ClassNames
from attn_widget.explorer.session.looker import Look
from attn_widget.explorer.session.playlist import EVERYTHING, Playlist
from attn_widget.explorer.session.scene import Alone, Chip, ClassTables, Guessing, Scene, Words
from attn_widget.figure import MOST_CHANNELS, Beside
from attn_widget.words import guessing, messages

_MOST_NAMED = 4  # of the classes that a typed text may mean


@dataclass(frozen=True)
class Guess:
    """What was guessed for a sample, beside the sample's label and what the model predicted then: class indices."""

    guessed: int
    label: int
    predicted: int

    @property
    def right(self) -> bool:
        """Whether the guess is right."""
        return self.guessed == self.label

    @property
    def model_right(self) -> bool:
        """Whether the model was."""
        return self.predicted == self.label


class Guesses:
    """The guesses by position; its public methods are verbs of actions.

    `shown` gives the look for the state that is asked for, and `playlist` what the slider runs over; `play` lets it run
    over other samples.
    """

    def __init__(
        self,
        names: ClassNames,
        shown: Callable[[], Look | None],
        play: Callable[[Sequence[int], str], Mapping[str, Any] | None],
    ) -> None:
        self._names, self._shown, self._play = names, shown, play
        self._given: dict[int, Guess] = {}
        self._cleared: dict[int, Guess] = {}
        self._misread: dict[int, str] = {}  # why what was typed last is no guess, by the position that it was for
        self._tables: ClassTables | None = None
        self._options: tuple[list[str], tuple[str, ...]] = ([], ())

    # What can be asked for.

    def choose(self, index: int) -> None:
        """Guess a class for the sample that is shown, unless one was guessed already."""
        look = self._shown()
        if look is not None and self.hides(look):
            label, predicted = look.sample.label, look.explanation.predicted
            assert isinstance(label, int)
            assert predicted is not None
            self._given[look.sample.position] = Guess(index, label, predicted)
            self._cleared, self._misread, self._tables = {}, {}, None

    def read(self, text: str) -> None:
        """Guess the class that is called so, or the only one whose name contains the text."""
        look, names = self._shown(), self._named_classes()
        if look is None:
            return
        position = look.sample.position
        plain = [name.casefold() for name in names]
        wanted = text.strip().casefold()
        found = [index for index, name in enumerate(plain) if name == wanted]
        found = found or [index for index, name in enumerate(plain) if wanted in name]
        if len(found) == 1:
            self.choose(found[0])
        elif found:
            some = [names[index] for index in found[:_MOST_NAMED]]
            self._misread = {position: guessing.several_classes(text, some, len(found))}
        else:
            near = difflib.get_close_matches(wanted, plain, n=2)
            self._misread = {position: guessing.unknown_guess(text, [names[plain.index(each)] for each in near])}

    def take_back(self) -> None:
        """Forget the guess for the sample that is shown."""
        look = self._shown()
        if look is not None and self._given.pop(look.sample.position, None) is not None:
            self._tables = None

    def clear(self) -> None:
        """Forget all guesses; until the next one they can be brought back."""
        self._given, self._cleared, self._tables = {}, self._given, None

    def bring_back(self) -> None:
        """Take that back."""
        self._given, self._cleared, self._tables = {**self._cleared, **self._given}, {}, None

    def open_cell(self, true: int, said: int, by_model: bool) -> Mapping[str, Any] | None:
        """Let the slider run over the samples in a cell of one of the two matrices."""
        positions = [
            position
            for position, guess in sorted(self._given.items())
            if guess.label == true and said == (guess.predicted if by_model else guess.guessed)
        ]
        named = guessing.cell_of_guesses(self._names.of(true), self._names.of(said), by_model=by_model)
        return self._play(positions, named) if positions else None

    def following(self, position: int, playlist: Playlist, count: int | None) -> int | None:
        """Give the next position of the slider for which nothing was guessed; None after the last."""
        return next((each for each in playlist.beside(position, count, onwards=True) if each not in self._given), None)

    # What is shown.

    def hides(self, look: Look | None) -> bool:
        """Whether the answer to a look is to be guessed first."""
        return look is not None and not why_no_guess(look) and look.sample.position not in self._given

    def told(self, scene: Scene, present: Look | None, where: str, *, more: bool) -> Scene:
        """Give the scene as far as it may be told.

        `where` says which sample it is, and `more` whether there is another one to guess.
        """
        look, guess = scene.look, None if present is None else self._given.get(present.sample.position)
        hidden = look if self.hides(look) else None
        count, given = len(self._given), self._given.values()
        yours, models = sum(guess.right for guess in given), sum(guess.model_right for guess in given)
        part = Guessing(
            alone=None if hidden is None else _alone(hidden, len(scene.pins)),
            asks=hidden is not None and hidden is present,
            options=self._named_classes(),
            said=self._said(scene, present, hidden),
            answers=() if guess is None else self._answers(guess),
            score=guessing.guess_score(yours, models, count) if count else "",
            cleared=len(self._cleared),
            more=more,
            tables=self._both_tables() if count else None,
        )
        return replace(scene, guess=True, guessing=part) if hidden is None else _veiled(scene, part, hidden, where)

    def _said(self, scene: Scene, present: Look | None, hidden: Look | None) -> str:
        if hidden is not None:
            if hidden is present:
                return self._misread.get(hidden.sample.position, "")
            return "" if scene.message else guessing.GUESS_WAITS
        return "" if present is None else why_no_guess(present)

    def _answers(self, guess: Guess) -> tuple[tuple[str, bool], ...]:
        return (
            (guessing.you_said(self._names.of(guess.guessed), guess.right), guess.right),
            (guessing.model_said(self._names.of(guess.predicted), guess.model_right), guess.model_right),
        )

    def _named_classes(self) -> tuple[str, ...]:
        """Name the classes; those that share a name by their number, too."""
        classes, (before, named) = self._names.classes, self._options
        if classes is not before:
            twice = {name for name in classes if classes.count(name) > 1} if len(set(classes)) < len(classes) else set()
            named = tuple(
                guessing.name_with_number(name, index) if name in twice else name for index, name in enumerate(classes)
            )
            self._options = classes, named
        return named

    def _both_tables(self) -> ClassTables:
        """Count the guesses, and the model's predictions, by true class: only of classes that occur."""
        if self._tables is None:
            rows = np.array([(guess.label, guess.guessed, guess.predicted) for guess in self._given.values()])
            classes, places = np.unique(rows, return_inverse=True)
            places = places.reshape(rows.shape)
            counts = np.zeros((2, len(classes), len(classes)), np.int64)
            for table, column in zip(counts, (1, 2), strict=True):
                np.add.at(table, (places[:, 0], places[:, column]), 1)
            self._tables = ClassTables(tuple(map(int, classes)), counts[0], counts[1])
        return self._tables


def why_no_guess(look: Look) -> str:
    """Say in a sentence why there is nothing to guess; empty where there is."""
    label, explanation = look.sample.label, look.explanation
    if explanation.predicted is None or explanation.probabilities is None:
        return guessing.NO_SCORES_TO_GUESS
    if isinstance(label, tuple):
        return guessing.SEVERAL_LABELS_TO_GUESS
    if label is None or label == -1:
        return guessing.NO_LABEL_TO_GUESS
    known = isinstance(label, int) and 0 <= label < len(explanation.probabilities)
    return "" if known else guessing.NO_CLASS_TO_GUESS


def _alone(look: Look, pins: int) -> Alone:
    compared = look.comparison is not None
    channels = 0 if compared else min(len(look.explanation.channels), MOST_CHANNELS)
    return Alone(look.sample.rendering, Beside(channels, compared, pins))


def _veiled(scene: Scene, part: Guessing, look: Look, where: str) -> Scene:
    """Leave nothing in a scene by which the true or the predicted class could be known."""
    said = guessing.GUESS_QUESTION if part.asks else scene.words.verdict
    return replace(
        scene,
        look=None,
        explanation=None,
        pins=(),
        remedy=None if part.asks else scene.remedy,
        bars=(),
        words=Words(said, None, where, messages.joined([where, said]), guessing.GUESS_FIRST, ""),
        chips=tuple(_neutral(chip) for chip in scene.chips if chip.action == Action("reviews.select", EVERYTHING)),
        make_name=lambda: f"sample_{look.sample.position}",
        make_code=str,
        guess=True,
        guessing=part,
    )


def _neutral(chip: Chip) -> Chip:
    """A selection may be that of the model's mistakes, or of one class."""
    return replace(chip, text=guessing.SELECTED_CHIP)
