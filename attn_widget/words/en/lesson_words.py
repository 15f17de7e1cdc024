"""What every lesson says, whatever its subject."""

ALL_DONE = "That was the last question. Well done!"
NO_LONGER_SHOWN = "This panel is no longer on the page. Run the cell that makes it, then check again."
PANEL_IS_EMPTY = "The panel shows no picture at the moment; the line above it says why. Fix that, then check again."
RIGHT = "Right! Now the next question."
TAKES_NO_ANSWER = "This question needs no written answer: set the panel, and call lesson.check(explorer)."


def answered(done: int, count: int) -> str:
    return f"{done} of {count} questions answered"


def hint(text: str) -> str:
    return f"Not yet. {text}"


def no_explorer(kind: str) -> str:
    return f"lesson.check needs the panel, as in lesson.check(explorer); this is of type {kind}."


def with_answer(question: str) -> str:
    return f"{question} Answer with lesson.check(explorer, answer=…)."
