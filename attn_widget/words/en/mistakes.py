"""What the panel says about mistakes: the search for the next one, the review, its marks, thumbnails and file."""

from collections.abc import Mapping, Sequence

from attn_widget.refusal import Refusal
from attn_widget.words.en import captions, forms, reviews


def page(first: int, last: int, count: int) -> str:
    """Say which of the selected samples a page shows: from `first` + 1, counted from one, to `last`."""
    which = f"{last:,}" if last == first + 1 else f"{first + 1:,} to {last:,}"
    return f"{which} of {count:,}; click one to open it."


def tile_pointed(position: int, says: str, noted: str) -> str:
    return " · ".join(part for part in (f"sample {position}", says, noted) if part)


def mark_said(kind: str, note: str) -> str:
    name = captions.MARK_NAMES.get(kind, kind)
    return f"{name} ({note})" if note else name


def page_computed(done: int, count: int) -> str:
    return f"Computing: {done} of {count} samples."


def no_sheet(method: str) -> str:
    name = forms.capitalised(forms.method_name(method))
    return f"{name} takes many passes for each sample: choose another method to see a page of them."


NO_REVIEW_YET = "Find mistakes runs the model on all samples, in the background. Until then, they are shown in order."
NOTHING_TO_SAVE = "There is no review yet: click Find mistakes first."


def chosen(count: int | None, reviewed: int) -> str:
    every = forms.counted(reviewed, "sample")
    if count is None:
        return every if reviewed == 1 else f"all {every}"
    return f"{count:,} of {every}"


def selection_said(which: str, true: str, predicted: str, confidence: tuple[float, float]) -> str:
    """Say in a few words what is selected from a review; a class is empty if any will do."""
    if true and predicted:
        classes = f"{true} → {predicted}"
    else:
        classes = f"true {true}" if true else f"predicted {predicted}" if predicted else ""
    sure = "" if confidence == (0.0, 1.0) else f"{forms.percent(confidence[0])} to {forms.percent(confidence[1])} sure"
    named = "" if which == "all" else captions.SELECTION_NAMES.get(which, which)
    return ", ".join(part for part in (named, classes, sure) if part)


def nothing_chosen(selection: str) -> str:
    return f"No sample matches: {selection}." if selection else "There are no samples."


def review_said(
    reviewed: int,
    count: int | None,
    accuracy: float,
    wrong: int,
    errors: Mapping[int, str],
    broken_off: str | None,
    notes: Sequence[str],
) -> str:
    """Say what a review has found, so far or altogether."""
    said = f"{reviews.how_far(reviewed, count)}: {reviews.how_right(accuracy, wrong)}"
    if errors:
        first = min(errors)
        said += f", {len(errors):,} with an error. The first, sample {first}: {errors[first]}"
    parts = [said if errors else f"{said}.", *([reviews.loader_failed(broken_off)] if broken_off else [])]
    return " ".join([*parts, *notes])


def review_failed(error: Exception) -> str:
    return str(error) if isinstance(error, Refusal) else f"The review failed: {forms.error_text(error)}"


def saved(path: str, marks: int, of_before: int) -> str:
    before = f", {of_before:,} of them from before" if of_before else ""
    return f"Saved in {path}" + (f" with {forms.counted(marks, 'mark')}{before}." if marks else ".")


def marks_kept(path: str, marks: int) -> str:
    return f"{forms.counted(marks, 'mark').capitalize()}, kept in {path}."


def marks_not_kept(path: str, error: OSError | ValueError) -> str:
    why = getattr(error, "strerror", None) or error
    return f"The mark is not in {path}: {why}. Save review writes all of them again."


def marks_of_before(count: int) -> str:
    return f"{forms.counted(count, 'earlier mark')}: load {'them' if count != 1 else 'it'}"


def marks_loaded(count: int) -> str:
    return f"{forms.counted(count, 'earlier mark')} {'are' if count != 1 else 'is'} back."


def loaded_with(count: int) -> str:
    return f"Loaded; {forms.counted(count, 'mark')} made here {'are' if count != 1 else 'is'} not in the file yet."


def loading_drops(count: int) -> str:
    made = forms.counted(count, "mark")
    return f"That review is of other data, and {made} made here {'are' if count != 1 else 'is'} not in any file."


def is_there(name: str, what: str) -> str:
    return f"{name} {what}."


def both_notes(note: str, kind: str, other: str) -> str:
    """Add the file's mark of a sample, its kind and its note, to the note of the mark made here."""
    name = captions.MARK_NAMES.get(kind, kind)
    before = f"before: {name}, {other}" if other else f"before: {name}"
    return f"{note} ({before})" if note else before


def not_saved(path: str, error: OSError | ValueError) -> str:
    return f"Not saved in {path or 'a file without a name'}: {getattr(error, 'strerror', None) or error}."


def not_loaded(path: str, error: OSError) -> str:
    return f"Not loaded from {path or 'a file without a name'}: {error.strerror or error}."


def tried(count: int) -> str:
    return f"Looking for a mistake: {forms.counted(count, 'sample')} tried."


def found_after(count: int, position: int) -> str:
    return f"Sample {position} is a mistake ({count:,} tried)."


def none_found(count: int, unknown: int, forward: bool) -> str:
    where = "after" if forward else "before"
    if count == 0:
        return f"There is no sample {where} this one."
    known = f", {unknown:,} of them without a class label or unreadable" if unknown else ""
    return f"No mistake {where} this sample ({count:,} tried{known})."


def next_known(position: int | None, onwards: bool, selected: bool) -> str:
    if position is not None:
        return f"Sample {position} is a mistake."
    where = "after" if onwards else "before"
    return f"No mistake {where} this sample" + (" in the selection." if selected else ".")


def search_broken_off(error: Exception) -> str:
    return f"No mistake up to there: {error}"


def search_failed(error: Exception) -> str:
    return f"The search failed: {forms.error_text(error)}"


def stopped(count: int) -> str:
    return f"Stopped after {forms.counted(count, 'sample')} without a mistake."
