"""Guess first: what the panel asks before it tells what the model says."""

from collections.abc import Sequence

from attn_widget.words.en import forms

GUESS_QUESTION = "What does this picture show?"
GUESS_FIRST = "Choose a class. The true class, the prediction and the heatmaps appear once you have guessed."
GUESS_WAITS = "The model is still at work on this picture."
PAGE_WAITS = "This page would give the answer away: it comes back once you have guessed."
SELECTED_CHIP = "selected samples only"
TYPE_CLASS = "type a class, then Enter"
YOUR_GUESSES = "Your guesses"
MODELS_ANSWERS = "The model's answers"
NEXT_PICTURE = "Next picture"
TAKE_BACK = "Take back"
CLEAR_GUESSES = "Clear"
GUESSED_COLUMNS = "guessed →"
BOTH_MATRICES = "Who confuses what"
GUESS_TOOLTIPS = {
    "guess_typed": "Which class the picture shows: type a part of its name, choose, and press Enter",
    "next_picture": "Go on to the next picture that you have not guessed",
    "take_back": "Forget your guess for this picture, and guess again",
    "clear_guesses": "Forget all guesses, and begin a new score",
    "bring_back": "Undo: bring the guesses back that were cleared",
    "both_matrices": "Your confusion matrix beside the model's; click a cell to see its pictures",
}
NO_LABEL_TO_GUESS = "Nothing to guess here: this sample has no label, so there is nothing to hold a guess against."
SEVERAL_LABELS_TO_GUESS = "Nothing to guess here: this sample has several true classes, or none."
NO_CLASS_TO_GUESS = "Nothing to guess here: the label of this sample is none of the model's classes."
NO_SCORES_TO_GUESS = "Nothing to guess here: the model gives no class for this sample."


def choose_class(name: str) -> str:
    return f"Guess: {name}"


def you_said(name: str, right: bool) -> str:
    return f"You: {forms.marked(name, right)}"


def model_said(name: str, right: bool) -> str:
    return f"Model: {forms.marked(name, right)}"


def guess_score(yours: int, models: int, count: int) -> str:
    return f"You {yours} of {count}, model {models} of {count}"


def bring_back(count: int) -> str:
    return f"Bring back {count:,} {'guess' if count == 1 else 'guesses'}"


def unknown_guess(text: str, near: Sequence[str]) -> str:
    hint = f"; did you mean {' or '.join(near)}?" if near else "; type a part of a class's name."
    return f"No class is called “{text}”{hint}"


def several_classes(text: str, names: Sequence[str], count: int) -> str:
    shown = ", ".join(names) if count == len(names) else f"{', '.join(names)}, …"
    return f"“{text}” is in the names of {count} classes ({shown}): type more of the name."


def name_with_number(name: str, index: int) -> str:
    return f"{name} ({index})"


def cell_of_guesses(true: str, said: str, *, by_model: bool) -> str:
    return f"{true}, {'predicted' if by_model else 'guessed'} as {said}"
