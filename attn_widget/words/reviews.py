"""What a review, its progress and its files say."""

from collections.abc import Mapping

from attn_widget.words import forms


def rechosen(before: str, now: str, label: int) -> str:
    """Say that a label has shown which of a model's outputs are the class scores."""
    return f"A label is {label}, and output{before} has no such class: the class scores are read from output{now}."


EARLIER_UNREAD = "The samples before that label cannot be read again: they count as not predicted."

# Why a sample, or a loader, has no review: whole sentences.
MULTI_LABEL = "A review needs one class a sample, and labels of this loader name several: it cannot be reviewed."
LABEL_OF_SEVERAL = "Its label names several classes."
NO_CLASS_SCORES = (
    "A review needs class scores, and the model's output has none: "
    "pass forward=lambda model, images: ... that gives logits [B, n]."
)
REGRESSION = (
    "A review needs class scores, and the model gives one value a sample beside labels that are not 0 or 1: "
    "that is a regression (a model of two classes needs whole numbers 0 and 1 as labels)."
)


def always_failed(count: int, error: Exception) -> str:
    """Say that a model fails on everything."""
    which = "the only sample" if count == 1 else f"all of the first {count} samples, as on the last one"
    return f"The model failed on {which}: {forms.error_text(error)}"


def label_outside(label: int, classes: int) -> str:
    """Say that a label is no class of the model's."""
    return f"Its label, {label}, is outside the model's classes 0 to {classes - 1}."


NOT_FOR_RAY = (
    "engine='ray' needs a DataLoader over a data set that is reached by index, with its items collated: "
    "pass one, or leave engine out."
)
UNEVEN_FOR_RAY = "engine='ray' needs a data set of which each item is one image: leave engine out."
NO_RAY = "engine='ray' needs Ray Data, which is not installed: pip install 'attn-widget[ray]'."

# Why a review is out of date: whole sentences.
MODEL_CHANGED = "The model's parameters or buffers are other ones than those that were reviewed."
CLASSES_CHANGED = "The data set's class names are other ones than those that were reviewed."


def count_changed(before: int, now: int) -> str:
    """Say that there are more or fewer samples than there were."""
    return f"The data set has {now:,} samples, and {before:,} were reviewed."


def place_changed(position: int, before: str, now: str) -> str:
    """Say that another sample stands at a position."""
    return f"Sample {position} is {now or 'without a name'} now, and {before or 'one without a name'} was reviewed."


def cannot_go_on(reason: str) -> str:
    """Say that a review must begin anew."""
    return f"{reason} The review cannot go on and must begin anew."


NOTHING_TO_COMPARE = "nothing to compare (no labels, or no predictions)"


def review_summary(
    reviewed: int, count: int | None, accuracy: float, wrong: int, marks: int, broken_off: str | None
) -> str:
    """Describe a review in a line."""
    right = NOTHING_TO_COMPARE if accuracy != accuracy else f"{forms.percent(accuracy)} right, {wrong:,} wrong"
    end = "" if broken_off is None else f". {broken_off_after(reviewed, broken_off)}"
    return f"Review of {reviewed:,} {forms.extent(count)} samples: {right}, {marks:,} marked{end}"


def broken_off_after(reviewed: int, why: str) -> str:
    """Say that a review is not complete, because its loader raised."""
    return f"Broken off after {reviewed:,} sample{'s' if reviewed != 1 else ''} ({why})"


def broken_off_warning(reviewed: int, why: str) -> str:
    """Say to a script that a review is not complete."""
    return (
        f"{broken_off_after(reviewed, why)}: the review found is not complete. "
        "Reviewing(model, found.samples, review=found).steps() goes on."
    )


# A review's file.
NOT_A_REVIEW = "is no review that Review.save wrote, or is cut short"


def no_review(path: object) -> str:
    """Say that a file is no review."""
    return f"{path} {NOT_A_REVIEW}."


def a_table(path: object) -> str:
    """Say that a file is a review's table."""
    return (
        f"{path} is a table for other programs that the panel, or Review.to_csv, wrote; "
        "reviews are loaded from the .npz file that Save review, or Review.save, writes."
    )


def review_of_other_data(marks: int) -> str:
    """Say that a file has a review of another data set."""
    return f"holds a review of other data, with {forms.count_of_marks(marks)}"


def other_marks(marks: Mapping[int, object]) -> str:
    """Say that a file has marks of samples that the review marks otherwise."""
    first = min(marks)
    which = f"sample {first}" if len(marks) == 1 else f"{len(marks):,} samples, the first {first}"
    return f"marks {which} otherwise than this review"


NOT_A_TABLE = "is no table that the panel, or Review.to_csv, wrote"


def marks_in_table(count: int) -> str:
    """Say that a table has marks that the review has not."""
    return f"has {forms.count_of_marks(count)} that this review does not have"


def would_replace(path: object, what: str) -> str:
    """Say that a save would lose something."""
    return f"{path} {what}. Choose another path, or replace it by save(path, overwrite=True)."


# How far a review is.
REVIEWING = "Reviewing"
SAMPLES = " samples"
