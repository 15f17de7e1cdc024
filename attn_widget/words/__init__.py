"""Every text that users read in the panel, in figures and in an `Explanation`, each under a name of its own.

The texts of errors stand where they are raised. Each language is a folder of tables, one for each subject, and all have
the same names; which one is read is decided when a word is asked for (`spoken_language`).
"""

from typing import TYPE_CHECKING

from attn_widget.words.spoken_language import LANGUAGES, Subject, checked, language, said_in, speaking, spoken

if TYPE_CHECKING:
    from attn_widget.words.en import (
        active_questions,
        captions,
        cards,
        evidence,
        forms,
        groups,
        guessing,
        hans_questions,
        hook_questions,
        lesson_words,
        messages,
        method_summaries,
        mistakes,
        part_words,
        pictures,
        reasons,
        refusals,
        reviews,
        sample_notes,
        several_models,
        shortcuts,
        summaries,
        surveys,
    )
else:
    active_questions = Subject("active_questions")
    captions = Subject("captions")
    cards = Subject("cards")
    evidence = Subject("evidence")
    forms = Subject("forms")
    groups = Subject("groups")
    guessing = Subject("guessing")
    hans_questions = Subject("hans_questions")
    hook_questions = Subject("hook_questions")
    lesson_words = Subject("lesson_words")
    messages = Subject("messages")
    method_summaries = Subject("method_summaries")
    mistakes = Subject("mistakes")
    part_words = Subject("part_words")
    pictures = Subject("pictures")
    reasons = Subject("reasons")
    refusals = Subject("refusals")
    reviews = Subject("reviews")
    sample_notes = Subject("sample_notes")
    several_models = Subject("several_models")
    shortcuts = Subject("shortcuts")
    summaries = Subject("summaries")
    surveys = Subject("surveys")

__all__ = [
    "LANGUAGES",
    "active_questions",
    "captions",
    "cards",
    "checked",
    "evidence",
    "forms",
    "groups",
    "guessing",
    "hans_questions",
    "hook_questions",
    "language",
    "lesson_words",
    "messages",
    "method_summaries",
    "mistakes",
    "part_words",
    "pictures",
    "reasons",
    "refusals",
    "reviews",
    "said_in",
    "sample_notes",
    "several_models",
    "shortcuts",
    "speaking",
    "spoken",
    "summaries",
    "surveys",
]
