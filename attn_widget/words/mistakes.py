"""What the panel says of mistakes: the search for the next one, the review, its marks, tiles and file."""

from collections.abc import Mapping, Sequence

from attn_widget.refusal import Refusal
from attn_widget.words import forms, reviews


def page(first: int, last: int, count: int) -> str:
    """Say which of the samples chosen are on a page, counted from one."""
    which = f"{last:,}" if last == first + 1 else f"{first + 1:,} to {last:,}"
    return f"{which} of {count:,}; click one to open it."


def tile_pointed(position: int, says: str, noted: str) -> str:
    """Say which sample is under the mouse, what it shows, and what is noted of it."""
    return " · ".join(part for part in (f"sample {position}", says, noted) if part)


def page_computed(done: int, count: int) -> str:
    """Say how much of a page is computed."""
    return f"Computing: {done} of {count} samples."


def no_sheet(method: str) -> str:
    """Say why there is no contact sheet of a method."""
    name = forms.method_name(method)
    return (
        f"{name[0].upper()}{name[1:]} takes many passes for each sample: choose another method to see a page of them."
    )


NO_REVIEW_YET = "Find mistakes runs the model on all samples, beside the panel. Until then, samples are shown in order."
NOTHING_TO_SAVE = "There is no review yet: find mistakes first."


def chosen(count: int | None, reviewed: int) -> str:
    """Say how many samples are chosen."""
    every = forms.counted(reviewed, "sample")
    if count is None:
        return every if reviewed == 1 else f"all {every}"
    return f"{count:,} of {every}"


def selection_said(which: str, true: str, predicted: str, confidence: tuple[float, float]) -> str:
    """Say what is chosen from a review, in a few words; classes are empty where any is meant."""
    classes = f"{true} → {predicted}" if true and predicted else f"true {true}" if true else ""
    if predicted and not true:
        classes = f"predicted {predicted}"
    sure = "" if confidence == (0.0, 1.0) else f"{forms.percent(confidence[0])} to {forms.percent(confidence[1])} sure"
    return ", ".join(part for part in ("" if which == "all" else which, classes, sure) if part)


def nothing_chosen(selection: str) -> str:
    """Say that a selection has no sample."""
    return f"No sample here: {selection}." if selection else "There is no sample."


def review_said(
    reviewed: int,
    count: int | None,
    accuracy: float,
    wrong: int,
    errors: Mapping[int, str],
    broken_off: str | None,
    notes: Sequence[str],
) -> str:
    """Say what a review found, or how far it came."""
    said = f"{reviews.how_far(reviewed, count)}: {reviews.how_right(accuracy, wrong)}"
    if errors:
        first = min(errors)
        said += f", {len(errors):,} with an error. The first, sample {first}: {errors[first]}"
    parts = [said if errors else f"{said}.", *([reviews.loader_failed(broken_off)] if broken_off else [])]
    return " ".join([*parts, *notes])


def review_failed(error: Exception) -> str:
    """Say that a review raised."""
    return str(error) if isinstance(error, Refusal) else f"The review failed: {forms.error_text(error)}"


def saved(path: str, marks: int, of_before: int) -> str:
    """Say that a review is in a file, and how many of its marks were there."""
    before = f", {of_before:,} of them from before" if of_before else ""
    return f"Saved in {path}" + (f" with {forms.counted(marks, 'mark')}{before}." if marks else ".")


def marks_kept(path: str, marks: int) -> str:
    """Say that a file has the marks as they are now."""
    return f"{forms.counted(marks, 'mark').capitalize()}, kept in {path}."


def marks_not_kept(path: str, error: OSError | ValueError) -> str:
    """Say that a mark could not be written."""
    return f"The mark is not in {path}: {getattr(error, 'strerror', None) or error}. Save review writes all again."


def marks_of_before(count: int) -> str:
    """Offer the marks that are in a file."""
    return f"{forms.counted(count, 'earlier mark')}: load {'them' if count != 1 else 'it'}"


def marks_loaded(count: int) -> str:
    """Say that the marks of a file are in the review."""
    return f"{forms.counted(count, 'earlier mark')} {'are' if count != 1 else 'is'} back."


def loaded_with(count: int) -> str:
    """Say that a review was loaded to which marks of the one before came."""
    return f"Loaded; {forms.counted(count, 'mark')} made here {'are' if count != 1 else 'is'} not in the file yet."


def loading_drops(count: int) -> str:
    """Say that marks would be lost by loading a review of other data."""
    made = forms.counted(count, "mark")
    return f"That review is for other data: {made} made here {'are' if count != 1 else 'is'} in no file."


def is_there(name: str, what: str) -> str:
    """Say what is in a file before it is replaced."""
    return f"{name} {what}."


def both_notes(note: str, kind: str, other: str) -> str:
    """Write another mark into a mark's note."""
    before = f"before: {kind}, {other}" if other else f"before: {kind}"
    return f"{note} ({before})" if note else before


def not_saved(path: str, error: OSError | ValueError) -> str:
    """Say that a review could not be written."""
    return f"Not saved in {path or 'a file without a name'}: {getattr(error, 'strerror', None) or error}."


def not_loaded(path: str, error: OSError) -> str:
    """Say that a review could not be read."""
    return f"Not loaded from {path or 'a file without a name'}: {error.strerror or error}."


def tried(count: int) -> str:
    """Say how far a search is."""
    return f"Looking for a mistake: {forms.counted(count, 'sample')} tried."


def found_after(count: int, position: int) -> str:
    """Say what a search found."""
    return f"Sample {position} is a mistake ({count:,} tried)."


def none_found(count: int, unknown: int, forward: bool) -> str:
    """Say that a search found nothing."""
    where = "after" if forward else "before"
    if count == 0:
        return f"There is no sample {where} this one."
    known = f", {unknown:,} of them without a class label or unreadable" if unknown else ""
    return f"No mistake {where} this sample ({count:,} tried{known})."


def next_known(position: int | None, onwards: bool, selected: bool) -> str:
    """Say what a review knows of the mistake that follows, or goes before."""
    if position is not None:
        return f"Sample {position} is a mistake."
    where = "after" if onwards else "before"
    return f"No mistake {where} this sample" + (" in the selection." if selected else ".")


def search_broken_off(error: Exception) -> str:
    """Say that a search came to where a loader broke off."""
    return f"No mistake up to there: {error}"


def search_failed(error: Exception) -> str:
    """Say that a search raised."""
    return f"The search failed: {forms.error_text(error)}"


def stopped(count: int) -> str:
    """Say that a search was stopped."""
    return f"Stopped after {forms.counted(count, 'sample')} without a mistake."
