"""The questions of the lesson that shows every control."""

from attn_widget.lessons.lesson_question import Question, Shown
from attn_widget.words import quickstart_questions


def _a_mistake(shown: Shown) -> str | None:
    return None if shown.is_mistake else quickstart_questions.RIGHT_ONE


def _true_class(shown: Shown) -> str | None:
    explanation = shown.explanation
    if not shown.is_mistake:
        return quickstart_questions.NO_MISTAKE_NOW
    if explanation.method != "grad-cam":
        return quickstart_questions.OTHER_METHOD
    return None if explanation.target_classes == explanation.label else quickstart_questions.OTHER_CLASS


def _silenced(shown: Shown) -> str | None:
    if shown.explorer.sample != 2:
        return quickstart_questions.NOT_PICTURE_2
    if shown.explorer.silence is None:
        return quickstart_questions.NOTHING_TAKEN
    return None if shown.is_mistake else quickstart_questions.STAR_WITHOUT_CHANNELS


QUESTIONS = (
    Question(lambda: quickstart_questions.ASKS_A_MISTAKE, _a_mistake),
    Question(lambda: quickstart_questions.ASKS_TRUE_CLASS, _true_class),
    Question(lambda: quickstart_questions.ASKS_TO_SILENCE, _silenced),
)
