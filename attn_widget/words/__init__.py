"""Every text that users read in the panel, in figures and in an `Explanation`, each under a name of its own.

The texts of errors stand where they are raised. Each language is a folder of tables, one for each subject, and all have
the same names; which one is read is decided when a word is asked for (`spoken_language`).
"""

from typing import TYPE_CHECKING

from attn_widget.words.spoken_language import LANGUAGES, Subject, checked, language, speaking

if TYPE_CHECKING:
    from attn_widget.words.en import (
        captions,
        cards,
        evidence,
        forms,
        groups,
        hook_questions,
        lesson_words,
        messages,
        mistakes,
        part_words,
        pictures,
        reasons,
        reviews,
        several_models,
        shortcuts,
        summaries,
        surveys,
    )
else:
    captions = Subject("captions")
    cards = Subject("cards")
    evidence = Subject("evidence")
    forms = Subject("forms")
    groups = Subject("groups")
    hook_questions = Subject("hook_questions")
    lesson_words = Subject("lesson_words")
    messages = Subject("messages")
    mistakes = Subject("mistakes")
    part_words = Subject("part_words")
    pictures = Subject("pictures")
    reasons = Subject("reasons")
    reviews = Subject("reviews")
    several_models = Subject("several_models")
    shortcuts = Subject("shortcuts")
    summaries = Subject("summaries")
    surveys = Subject("surveys")

__all__ = [
    "LANGUAGES",
    "captions",
    "cards",
    "checked",
    "evidence",
    "forms",
    "groups",
    "hook_questions",
    "language",
    "lesson_words",
    "messages",
    "mistakes",
    "part_words",
    "pictures",
    "reasons",
    "reviews",
    "several_models",
    "shortcuts",
    "speaking",
    "summaries",
    "surveys",
]
