"""The questions of the lesson that opens a model and pictures of one's own."""

from attn_widget.lessons.lesson_question import Question, Shown
from attn_widget.methods import method_named
from attn_widget.words import own_model_questions

NAMED = 7
"""Where the picture that is asked for by its name stands in the notebook's folder."""


def _by_name(shown: Shown) -> str | None:
    return None if shown.explorer.sample == NAMED else own_model_questions.OTHER_FILE


def _fine_layer(shown: Shown) -> str | None:
    return None if shown.explanation.layer == "conv2" else own_model_questions.OTHER_LAYER


def _why_not(shown: Shown) -> str | None:
    explanation = shown.explanation
    if not shown.is_mistake:
        return own_model_questions.RIGHT_IN_FOLDER
    if not method_named(explanation.method).class_specific:
        return own_model_questions.BLIND_TO_CLASSES
    asked = explanation.predicted, explanation.label
    return None if explanation.target_classes == asked else own_model_questions.NOT_AGAINST_TRUE


QUESTIONS = (
    Question(lambda: own_model_questions.ASKS_BY_NAME, _by_name),
    Question(lambda: own_model_questions.ASKS_FINE_LAYER, _fine_layer),
    Question(lambda: own_model_questions.ASKS_WHY_NOT, _why_not),
)
