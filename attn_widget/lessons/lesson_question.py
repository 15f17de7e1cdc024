"""One question of a lesson, and what it is answered by."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from attn_widget.explanation import Explanation
from attn_widget.explorer import AttentionExplorer


@dataclass(frozen=True)
class Shown:
    """What a question is answered by.

    Attributes
    ----------
    explorer : AttentionExplorer
        The panel.
    explanation : Explanation
        The one that it shows.
    sample : int
        The position of the sample that it shows.
    model : str or None
        The name of the model that it shows.
    answer : object
        A written answer, or None.
    previous : Shown or None
        What answered the question before.
    """

    explorer: AttentionExplorer
    explanation: Explanation
    sample: int
    model: str | None
    answer: Any = None
    previous: "Shown | None" = None

    @classmethod
    def by(cls, explorer: AttentionExplorer, answer: Any = None, previous: "Shown | None" = None) -> "Shown | None":
        """Give what a panel shows now; None where it has no picture."""
        explanation = explorer.explanation
        if explanation is None:
            return None
        return cls(explorer, explanation, explorer.sample, explorer.model, answer, previous)

    @property
    def is_mistake(self) -> bool:
        """Whether the model, as it is shown, predicts another class than the true one."""
        return self.explanation.predicted != self.explanation.label


@dataclass(frozen=True)
class Question:
    """A question about a panel.

    Attributes
    ----------
    asks : callable
        Gives the question, in the language that is spoken when it is asked.
    look : callable
        Gives None where what is shown answers the question; otherwise a hint that fits what was tried, and never the
        solution.
    written : bool
        Whether it also takes a written answer.
    """

    asks: Callable[[], str]
    look: Callable[[Shown], str | None]
    written: bool = False
