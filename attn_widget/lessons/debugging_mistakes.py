"""The questions of the lesson that finds what mistakes have in common."""

from attn_widget.lessons.lesson_question import Question, Shown
from attn_widget.predictions import Review
from attn_widget.words import mistake_questions

WANTED = 3
SAME = 0.0005


def _by_lamp(review: Review, position: int) -> bool:
    """Whether the notebook put a lamp into a picture that is wrong."""
    return position % 3 == 1 and position in review.misclassified()


def _surest(shown: Shown) -> str | None:
    review = shown.explorer.review
    if review is None:
        return mistake_questions.FIND_FIRST
    wrong = review.select("most surely wrong")
    if shown.explorer.sample not in wrong:
        return mistake_questions.NO_MISTAKE_HERE
    # Where several are as sure, to what the panel writes, each of them is an answer.
    least = review.confidence[wrong[0]] - SAME
    return None if review.confidence[shown.explorer.sample] >= least else mistake_questions.LESS_SURE


def _marked(shown: Shown) -> str | None:
    review = shown.explorer.review
    if review is None:
        return mistake_questions.FIND_FIRST
    marked = [position for position, mark in review.marks.items() if mark.kind == "bad image"]
    in_vain = [position for position in marked if not _by_lamp(review, position)]
    if in_vain:
        return mistake_questions.marked_in_vain(in_vain[0])
    return None if len(marked) >= WANTED else mistake_questions.marked_so_far(len(marked))


def _covered(shown: Shown) -> str | None:
    explorer = shown.explorer
    if explorer.review is None:
        return mistake_questions.FIND_FIRST
    if not _by_lamp(explorer.review, explorer.sample):
        return mistake_questions.WITHOUT_A_LAMP
    if explorer.cover is None:
        return mistake_questions.NO_CORNER_COVERED
    return mistake_questions.STILL_WRONG if shown.is_mistake else None


QUESTIONS = (
    Question(lambda: mistake_questions.ASKS_SUREST, _surest),
    Question(lambda: mistake_questions.ASKS_TO_MARK, _marked),
    Question(lambda: mistake_questions.ASKS_TO_COVER_CORNER, _covered),
)
