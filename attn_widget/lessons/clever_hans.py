"""The questions of the lesson on shortcuts: a network that cheats by a tag, an honest one, and one that cheats by blur.

Of every three pictures, the second has the tag in its upper right corner, and the third is blurred.
"""

import numpy as np

from attn_widget.evidence import energy_inside
from attn_widget.explanation import Explanation
from attn_widget.lessons.lesson_question import Question, Shown
from attn_widget.words import hans_questions

HONEST, BLUR, CHEAT = "A", "B", "C"
STAR = 4
TAG = (slice(2, 14), slice(50, 62))  # rows and columns
MUCH, LITTLE = 0.3, 0.15  # of the heat on the tag
LARGE = 3  # times the tag


def _has_tag(shown: Shown) -> bool:
    return shown.sample % 3 == 1


def _is_blurred(shown: Shown) -> bool:
    return shown.sample % 3 == 2


def _wrongly_a_star(explanation: Explanation) -> str | None:
    """Give a hint unless a picture is called a star that shows none."""
    if explanation.predicted != STAR:
        return hans_questions.NOT_CALLED_A_STAR
    return hans_questions.IS_A_STAR if explanation.label == STAR else None


def _tag_region(size: tuple[int, int]) -> np.ndarray:
    region = np.zeros(size, dtype=bool)
    region[TAG] = True
    return region


def _altered(shown: Shown) -> str | None:
    whole = shown.explorer.cover is None and shown.explorer.silence is None
    return None if whole else hans_questions.TAKE_IT_BACK


def _led_by_the_tag(shown: Shown) -> str | None:
    explanation = shown.explanation
    if (hint := _altered(shown) or _wrongly_a_star(explanation)) is not None:
        return hint
    if not _has_tag(shown):
        return hans_questions.NO_TAG_HERE
    if explanation.method != "grad-cam":
        return hans_questions.BY_GRAD_CAM
    if explanation.target_classes != STAR:
        return hans_questions.WHY_A_STAR
    hot = energy_inside(explanation, _tag_region(explanation.size))
    return None if hot >= MUCH else hans_questions.heat_elsewhere(hot)


def _proven_by_covering(shown: Shown) -> str | None:
    before, cover, size = shown.previous, shown.explorer.cover, shown.explanation.size
    if before is None or (shown.sample, shown.model) != (before.sample, before.model):
        return hans_questions.SAME_CASE
    if cover is None:
        return hans_questions.COVER_IT
    covered, tag = cover.mask(size), _tag_region(size)
    if covered[tag].mean() < 0.9:
        return hans_questions.TAG_STILL_SEEN
    if covered.sum() > LARGE * tag.sum():
        return hans_questions.COVERS_TOO_MUCH
    return hans_questions.STILL_CALLED_A_STAR if shown.explanation.predicted == STAR else None


def _accuses_the_cheat_alone(shown: Shown) -> str | None:
    given = shown.answer if isinstance(shown.answer, list | tuple | set) else [shown.answer or ""]
    accused = {letter for each in given for letter in str(each).upper() if letter.isalpha()}
    if not accused or not accused <= {HONEST, BLUR, CHEAT}:
        return hans_questions.WRITE_LETTERS
    if HONEST in accused:
        return hans_questions.INNOCENT
    return hans_questions.GUILTY_OF_ANOTHER_THING if BLUR in accused else None


def _cleared(shown: Shown) -> str | None:
    explanation = shown.explanation
    if (hint := _altered(shown)) is not None:
        return hint
    if shown.model == CHEAT:
        return hans_questions.THAT_IS_THE_CHEAT
    if not _has_tag(shown):
        return hans_questions.NO_TAG_HERE
    if explanation.predicted != explanation.label:
        return hans_questions.NOT_RIGHT
    if explanation.method != "grad-cam":
        return hans_questions.BY_GRAD_CAM
    if shown.model != HONEST:
        return hans_questions.NEVER_SAW_A_TAG
    hot = energy_inside(explanation, _tag_region(explanation.size))
    return None if hot <= LITTLE else hans_questions.still_on_the_tag(hot)


def _misled_by_blur(shown: Shown) -> str | None:
    if (hint := _altered(shown) or _wrongly_a_star(shown.explanation)) is not None:
        return hint
    if shown.model != BLUR:
        return hans_questions.THE_THIRD_NETWORK
    return None if _is_blurred(shown) else hans_questions.NOT_BY_ITS_CUE


def _names_the_blur(shown: Shown) -> str | None:
    written = str(shown.answer or "").lower()
    if not written.strip():
        return hans_questions.WRITE_A_WORD
    return None if any(word in written for word in hans_questions.BLUR_WORDS.split()) else hans_questions.COMPARE_THEM


QUESTIONS = (
    Question(lambda: hans_questions.ASKS_FOR_THE_CHEAT, _led_by_the_tag),
    Question(lambda: hans_questions.ASKS_FOR_PROOF, _proven_by_covering),
    Question(lambda: hans_questions.ASKS_FOR_A_VERDICT, _accuses_the_cheat_alone, written=True),
    Question(lambda: hans_questions.ASKS_TO_CLEAR, _cleared),
    Question(lambda: hans_questions.ASKS_FOR_THE_RIDDLE, _misled_by_blur),
    Question(lambda: hans_questions.ASKS_FOR_ITS_CUE, _names_the_blur, written=True),
)
