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
        exports,
        forms,
        groups,
        guessing,
        hans_questions,
        hook_questions,
        lesson_words,
        messages,
        method_summaries,
        mistake_questions,
        mistakes,
        own_model_questions,
        part_words,
        pictures,
        quickstart_questions,
        reasons,
        refusals,
        reports,
        reviews,
        sample_notes,
        several_models,
        shell_words,
        shortcuts,
        summaries,
        surveys,
        training_questions,
        transformer_questions,
    )
else:
    active_questions = Subject("active_questions")
    captions = Subject("captions")
    cards = Subject("cards")
    evidence = Subject("evidence")
    exports = Subject("exports")
    forms = Subject("forms")
    groups = Subject("groups")
    guessing = Subject("guessing")
    hans_questions = Subject("hans_questions")
    hook_questions = Subject("hook_questions")
    lesson_words = Subject("lesson_words")
    messages = Subject("messages")
    method_summaries = Subject("method_summaries")
    mistake_questions = Subject("mistake_questions")
    mistakes = Subject("mistakes")
    own_model_questions = Subject("own_model_questions")
    part_words = Subject("part_words")
    pictures = Subject("pictures")
    quickstart_questions = Subject("quickstart_questions")
    reasons = Subject("reasons")
    refusals = Subject("refusals")
    reports = Subject("reports")
    reviews = Subject("reviews")
    sample_notes = Subject("sample_notes")
    several_models = Subject("several_models")
    shell_words = Subject("shell_words")
    shortcuts = Subject("shortcuts")
    summaries = Subject("summaries")
    surveys = Subject("surveys")
    training_questions = Subject("training_questions")
    transformer_questions = Subject("transformer_questions")

__all__ = [
    "LANGUAGES",
    "active_questions",
    "captions",
    "cards",
    "checked",
    "evidence",
    "exports",
    "forms",
    "groups",
    "guessing",
    "hans_questions",
    "hook_questions",
    "language",
    "lesson_words",
    "messages",
    "method_summaries",
    "mistake_questions",
    "mistakes",
    "own_model_questions",
    "part_words",
    "pictures",
    "quickstart_questions",
    "reasons",
    "refusals",
    "reports",
    "reviews",
    "said_in",
    "sample_notes",
    "several_models",
    "shell_words",
    "shortcuts",
    "speaking",
    "spoken",
    "summaries",
    "surveys",
    "training_questions",
    "transformer_questions",
]
