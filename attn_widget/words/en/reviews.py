"""What is said about a review, its progress and its files."""

from collections.abc import Mapping

from attn_widget.words.en import forms


def rechosen(before: str, now: str, label: int) -> str:
    return (
        f"One label is {label}, but output{before} has no such class: class scores are read from output{now} instead."
    )


EARLIER_UNREAD = "The samples before it cannot be read again, so they have no prediction."

# Why a sample, or a loader, has no review: whole sentences.
MULTI_LABEL = "A review needs one class per sample, but the labels of this loader name several."
LABEL_OF_SEVERAL = "Its label names several classes."
NO_CLASS_SCORES = (
    "A review needs class scores, but the model's output has none: "
    "pass forward=lambda model, images: ... that returns logits [B, n]."
)
REGRESSION = (
    "A review needs class scores, but the model gives one value per sample, and the labels are not just 0 and 1: "
    "that is a regression. (For two classes, the labels must be the whole numbers 0 and 1.)"
)


def always_failed(count: int, error: Exception) -> str:
    which = "the only sample: " if count == 1 else f"each of the first {count} samples. The last error: "
    return f"The model failed on {which}{forms.error_text(error)}"


def label_outside(label: int, classes: int) -> str:
    return f"Its label is {label}, but the model's classes are 0 to {classes - 1}."


NOT_FOR_RAY = (
    "engine='ray' needs a DataLoader that collates the items of a data set with __getitem__: "
    "pass one, or leave out engine."
)
UNEVEN_FOR_RAY = "engine='ray' needs a data set in which each item is one image: leave out engine."
NO_RAY = "engine='ray' needs Ray Data, which is not installed: pip install 'attn-widget[ray]'."

# Why a review is out of date: whole sentences.
MODEL_CHANGED = "The model's parameters or buffers are no longer those that were reviewed."
CLASSES_CHANGED = "The data set's class names are no longer those that were reviewed."


def count_changed(before: int, now: int) -> str:
    return (
        f"The data set has {forms.counted(now, 'sample')}, but {before:,} {'was' if before == 1 else 'were'} reviewed."
    )


def place_changed(position: int, before: str, now: str) -> str:
    return f"Sample {position} is now {now or 'one without a name'}, but {before or 'one without a name'} was reviewed."


def cannot_go_on(reason: str) -> str:
    return f"{reason} The review cannot continue and has to start over."


NOTHING_TO_COMPARE = "nothing to compare (no labels, or no predictions)"


def how_far(reviewed: int, count: int | None) -> str:
    if reviewed == count:
        return forms.counted(reviewed, "sample")
    if count is None:
        return f"{forms.counted(reviewed, 'sample')} so far"
    return f"{reviewed:,} of {forms.counted(count, 'sample')} so far"


def how_right(accuracy: float, wrong: int) -> str:
    """Say how good the predictions are; an accuracy of NaN means that nothing could be compared."""
    if accuracy != accuracy:
        return NOTHING_TO_COMPARE
    right = forms.percent(min(accuracy, 0.994) if wrong else accuracy)  # never 100 % if one is wrong
    return f"{right} right, {wrong:,} wrong"


def loader_failed(why: str) -> str:
    return f"Then the loader failed ({why})."


def review_summary(
    reviewed: int, count: int | None, accuracy: float, wrong: int, marks: int, broken_off: str | None
) -> str:
    end = "" if broken_off is None else f". {loader_failed(broken_off)}"
    return f"Review of {how_far(reviewed, count)}: {how_right(accuracy, wrong)}, {marks:,} marked{end}"


def broken_off_warning(reviewed: int, why: str) -> str:
    return (
        f"The loader failed after {forms.counted(reviewed, 'sample')} ({why}), so the review is not complete. "
        "Continue it with Reviewing(model, found.samples, review=found).steps()."
    )


# A review's file.
NOT_A_REVIEW = "is not a review that Review.save wrote, or is cut short"


def no_review(path: object) -> str:
    return f"{path} {NOT_A_REVIEW}."


def a_table(path: object) -> str:
    return (
        f"{path} is a table, written for other programs. "
        "A review is loaded from the .npz file that Save review, or Review.save, wrote."
    )


def review_of_other_data(marks: int) -> str:
    return f"holds a review of another data set, with {forms.counted(marks, 'mark')}"


def other_marks(marks: Mapping[int, object]) -> str:
    first = min(marks)
    if len(marks) == 1:
        return f"marks sample {first} differently"
    return f"marks {len(marks):,} samples differently, the first of them sample {first}"


NOT_A_TABLE = "is not a table that the panel, or Review.to_csv, wrote"


def marks_in_table(count: int) -> str:
    return f"has {forms.counted(count, 'mark')} that this review does not have"


def would_replace(path: object, what: str) -> str:
    return f"{path} {what}. Choose another path, or pass overwrite=True to replace what is there."


# How far a review is.
REVIEWING = "Reviewing"
SAMPLES = " samples"
