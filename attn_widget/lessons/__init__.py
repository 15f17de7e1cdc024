"""The course's lessons: each notebook ends with questions that check themselves.

``lesson = lessons.open("clever_hans")``, and then ``lesson.check(explorer)`` as often as it takes.
"""

import difflib
from importlib import import_module

from attn_widget.lessons.lesson import Lesson
from attn_widget.lessons.lesson_progress import Progress
from attn_widget.lessons.lesson_question import Question, Shown

__all__ = ["NAMES", "Lesson", "Progress", "Question", "Shown", "open"]

NAMES = (
    "quickstart",
    "from_hook_to_heatmap",
    "active_is_not_used",
    "clever_hans",
    "debugging_mistakes",
    "reading_a_transformer",
    "training_under_the_lens",
    "your_own_model",
)
"""The lessons, in the order of the course; the questions of each stand in the file of that name beside this one."""


def open(name: str) -> Lesson:
    """Open a lesson, with no question answered yet.

    Raises
    ------
    ValueError
        For a name that is not in `NAMES`.
    """
    if name not in NAMES:
        near = difflib.get_close_matches(str(name), NAMES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"name must be one of {', '.join(map(repr, NAMES))}, got {name!r}{hint}")
    return Lesson(name, import_module(f"attn_widget.lessons.{name}").QUESTIONS)
