"""How tests ask one question of a lesson."""

from typing import Any

from attn_widget import AttentionExplorer
from attn_widget.lessons import Question, Shown


def hint_of(
    question: Question, panel: AttentionExplorer, answer: Any = None, previous: Shown | None = None
) -> str | None:
    """Give the hint, or None where the panel and the answer solve the question."""
    shown = Shown.by(panel, answer, previous)
    assert shown is not None
    return question.look(shown)
