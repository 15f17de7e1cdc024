"""The questions of the lesson that watches a network learn."""

from attn_widget.lessons.lesson_question import Question, Shown
from attn_widget.words import training_questions


def _side_by_side(shown: Shown) -> str | None:
    if shown.explorer.model != "epoch 4":
        return training_questions.NOT_EPOCH_4
    return None if shown.explorer.compare == "epoch 1" else training_questions.NOT_BESIDE_EPOCH_1


def _not_yet_learnt(shown: Shown) -> str | None:
    if shown.explorer.model != "epoch 4":
        return training_questions.NOT_EPOCH_4
    return None if shown.is_mistake else training_questions.IS_LEARNT


QUESTIONS = (
    Question(lambda: training_questions.ASKS_SIDE_BY_SIDE, _side_by_side),
    Question(lambda: training_questions.ASKS_NOT_YET_LEARNT, _not_yet_learnt),
)
