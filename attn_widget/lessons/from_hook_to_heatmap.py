"""The questions of the lesson that goes from a plain hook to the panel's heatmap."""

from attn_widget.lessons.lesson_question import Question, Shown
from attn_widget.methods import method_named
from attn_widget.words import hook_questions

HALF = 0.5
LAYER = "conv3"


def _finest_grid(shown: Shown) -> str | None:
    grid, image = shown.explanation.overall_map.shape, shown.explanation.size
    if grid == image:
        return None
    return hook_questions.COARSE_GRID if 4 * grid[0] <= image[0] else hook_questions.FINER_GRID


def _half_of_the_heat(shown: Shown) -> str | None:
    explanation = shown.explanation
    if explanation.layer != LAYER:
        return hook_questions.BACK_TO_CONV3
    if explanation.method != "channel-mean":
        return hook_questions.BACK_TO_MEANS
    share = float(explanation.shares.sum())
    if share < HALF:
        return hook_questions.less_than_half(len(explanation.shares), share)
    if share - float(explanation.shares[-1]) >= HALF:
        return hook_questions.fewer_will_do(len(explanation.shares), share)
    return None


def _another_class(shown: Shown) -> str | None:
    explanation = shown.explanation
    if not method_named(explanation.method).class_specific:
        return hook_questions.KNOWS_NO_CLASS
    if explanation.method != "grad-cam":
        return hook_questions.ANOTHER_METHOD
    if not isinstance(explanation.target_classes, int):
        return hook_questions.ONE_CLASS
    return hook_questions.SAME_CLASS if explanation.target_classes == explanation.predicted else None


def _which_one_changes(shown: Shown) -> str | None:
    written = "".join(each for each in str(shown.answer or "").lower() if each.isalpha())
    if not written:
        return hook_questions.WRITE_ONE
    return None if written == "gradcam" else hook_questions.NOT_THAT_ONE


QUESTIONS = (
    Question(lambda: hook_questions.ASKS_FINEST, _finest_grid),
    Question(lambda: hook_questions.ASKS_HALF, _half_of_the_heat),
    Question(lambda: hook_questions.ASKS_ANOTHER_CLASS, _another_class),
    Question(lambda: hook_questions.ASKS_WHICH_CHANGES, _which_one_changes, written=True),
)
