"""A lesson asks one question after the other, and answers with hints."""

import pytest

from attn_widget import lessons
from attn_widget.lessons import Lesson, Question, Shown
from attn_widget.words import lesson_words, speaking


def question(alpha, written=False):
    """One that is answered by an alpha, and by its number as a text where it is written."""

    def look(shown: Shown) -> str | None:
        given = shown.answer if written else shown.explorer.alpha
        return None if given == alpha else f"It is {'not ' if given else ''}a fraction."

    return Question(lambda: f"Which alpha? ({alpha})", look, written)


def two():
    return Lesson("two", [question(0.25), question("0.5", written=True)])


def test_a_lesson_asks_its_questions_one_after_the_other(opened):
    panel, lesson = opened(), two()
    first = lesson.check(panel)
    assert (first.done, first.question) == ((), "Which alpha? (0.25)")
    assert first.said == lesson_words.hint("It is not a fraction.")
    panel.alpha = 0.25
    second = lesson.check(panel)
    assert second.done == ("Which alpha? (0.25)",)
    assert second.question.startswith("Which alpha? (0.5)")
    assert second.said == lesson_words.RIGHT
    last = lesson.check(panel, answer="0.5")
    assert last.finished
    assert (last.question, last.said) == ("", lesson_words.ALL_DONE)


def test_what_is_solved_stays_solved(opened):
    panel, lesson = opened(alpha=0.25), two()
    lesson.check(panel)
    panel.alpha = 0.75
    assert len(lesson.check(panel).done) == 1
    lesson.check(panel, answer="0.5")
    assert lesson.check(panel).finished


def test_a_question_says_how_it_is_answered_in_writing(opened):
    panel, lesson = opened(alpha=0.25), two()
    assert "answer=" not in lesson.check(opened()).question
    assert "lesson.check(explorer, answer=…)" in lesson.check(panel).question


def test_a_written_answer_to_a_question_about_the_panel_is_not_taken(opened):
    lesson = two()
    assert lesson.check(opened(), answer=0.25).said == lesson_words.TAKES_NO_ANSWER
    assert not lesson.check(opened(alpha=0.25), answer=0.25).done


@pytest.mark.parametrize("wrong", [None, 3, "explorer", lessons])
def test_what_is_no_panel_is_named_in_one_sentence(wrong):
    progress = two().check(wrong)
    assert not progress.done
    assert progress.said == lesson_words.no_explorer(type(wrong).__name__)


def test_a_panel_without_a_picture_solves_nothing(opened):
    panel = opened(layer="fc", alpha=0.25)
    assert panel.explanation is None
    progress = two().check(panel)
    assert (progress.done, progress.said) == ((), lesson_words.PANEL_IS_EMPTY)


def test_a_closed_panel_solves_nothing(opened):
    panel = opened(alpha=0.25)
    panel.close()
    progress = two().check(panel)
    assert (progress.done, progress.said) == ((), lesson_words.NO_LONGER_SHOWN)


def test_a_check_leaves_the_panel_as_it_is(opened):
    panel = opened()
    before, shown = repr(panel), panel.explanation
    two().check(panel)
    assert repr(panel) == before
    assert panel.explanation is shown


def test_what_a_check_answers_is_readable_in_a_terminal_and_in_a_notebook(opened):
    lesson = two()
    lesson.check(opened(alpha=0.25))
    progress = lesson.check(opened())
    assert repr(progress).splitlines() == [
        "1 of 2 questions answered",
        "✓ 1. Which alpha? (0.25)",
        "→ 2. Which alpha? (0.5) Answer with lesson.check(explorer, answer=…).",
        "",
        "Not yet. It is a fraction.",
    ]
    assert progress._repr_markdown_().split("\n\n") == [
        "**1 of 2 questions answered**",
        "✓ 1. Which alpha? (0.25)",
        "**→ 2. Which alpha? (0.5) Answer with lesson.check(explorer, answer=…).**",
        "> Not yet. It is a fraction.",
    ]
    assert repr(lesson) == "Lesson('two', 1 of 2 questions answered)"


def test_a_check_speaks_the_language_of_the_panel_wherever_it_is_read(opened, monkeypatch):
    assert repr(two().check(opened(language="zh"))).startswith("已答对 0 / 2 题")
    progress = two().check(opened(language="en"))
    with speaking("zh"):
        assert repr(progress).startswith("0 of 2")
        assert repr(two().check(None)).startswith("已答对 0 / 2 题")


def test_a_question_can_build_on_what_answered_the_one_before(opened):
    def same_sample(shown: Shown) -> str | None:
        return None if shown.previous and shown.sample == shown.previous.sample else "Another one."

    panel, lesson = opened(alpha=0.25), Lesson("two", [question(0.25), Question(lambda: "The same?", same_sample)])
    lesson.check(panel)
    panel.sample = 1
    assert not lesson.check(panel).finished
    panel.sample = 0
    assert lesson.check(panel).finished


def test_a_lesson_that_there_is_not_is_refused_with_the_near_match():
    with pytest.raises(ValueError, match=r"got 'from_hook'; did you mean 'from_hook_to_heatmap'\?"):
        lessons.open("from_hook")
    with pytest.raises(ValueError, match="got 3"):
        lessons.open(3)
