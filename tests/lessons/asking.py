"""How tests ask one question of a lesson."""

from typing import Any

from attn_widget import AttentionExplorer
from attn_widget.lessons import Question, Shown


def hint_of(question: Question, panel: AttentionExplorer, answer: Any = None) -> str | None:
    """Give the hint, or None where the panel and the answer solve the question."""
    assert panel.explanation is not None
    return question.look(Shown(panel, panel.explanation, answer))
