"""`Lesson`: questions that check themselves against a panel."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from attn_widget.explorer import AttentionExplorer
from attn_widget.lessons.lesson_progress import Progress
from attn_widget.lessons.lesson_question import Question, Shown
from attn_widget.words import language, lesson_words, speaking


class Lesson:
    """The questions at the end of a notebook, one after the other.

    Each call of `check` looks at what the panel shows. It answers with a hint until the next question is solved, and
    then asks the one after it; what has been solved stays so.
    """

    def __init__(self, name: str, questions: Sequence[Question]) -> None:
        self.name, self._questions, self._done = name, tuple(questions), 0
        self._solved: Shown | None = None  # what answered the last question

    def __repr__(self) -> str:
        return f"Lesson({self.name!r}, {self._done} of {len(self._questions)} questions answered)"

    def check(self, explorer: Any, answer: Any = None) -> Progress:
        """Look whether the panel answers the next question.

        Parameters
        ----------
        explorer : AttentionExplorer
            Stays as it is.
        answer : str or number, optional
            For questions that ask for a name or a number as well.

        Returns
        -------
        Progress
            In the panel's language, or the environment's. A wrong object, a closed panel and one without a picture
            solve nothing; it says so.
        """
        with speaking(explorer.language if isinstance(explorer, AttentionExplorer) else language()):
            return self._progress(self._said(explorer, answer))

    def _said(self, explorer: Any, answer: Any) -> str:
        if not isinstance(explorer, AttentionExplorer):
            return lesson_words.no_explorer(type(explorer).__name__)
        if explorer.comm is None:
            return lesson_words.NO_LONGER_SHOWN
        shown = Shown.by(explorer, answer, self._solved)
        if shown is None:
            return lesson_words.PANEL_IS_EMPTY
        if self._done == len(self._questions):
            return lesson_words.ALL_DONE
        question = self._questions[self._done]
        if answer is not None and not question.written:
            return lesson_words.TAKES_NO_ANSWER
        hint = question.look(shown)
        if hint is not None:
            return lesson_words.hint(hint)
        self._done, self._solved = self._done + 1, replace(shown, previous=None)
        return lesson_words.ALL_DONE if self._done == len(self._questions) else lesson_words.RIGHT

    def _progress(self, said: str) -> Progress:
        asked = [question.asks() for question in self._questions[: self._done + 1]]
        question = ""
        if self._done < len(self._questions):
            question = asked.pop()
            if self._questions[self._done].written:
                question = lesson_words.with_answer(question)
        return Progress(tuple(asked), len(self._questions), question, said, language())
