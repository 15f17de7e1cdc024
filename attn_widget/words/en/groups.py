"""What is said about mistakes in groups: each fact beside its control."""

from attn_widget.words.en import forms

_REGIONS = (
    *("in the top left", "at the top", "in the top right"),
    *("at the left", "in the middle", "at the right"),
    *("in the bottom left", "at the bottom", "in the bottom right"),
)
ARROW = "\N{RIGHTWARDS ARROW}"


def pair_said(true: str, predicted: str, share: float, predicted_share: float, true_share: float) -> str:
    """Name the commonest confusion of a group, by what its members share."""
    if share >= 0.5:
        return f"{true} {ARROW} {predicted} ({forms.percent(share)})"
    if predicted_share >= 0.5:
        return f"taken for {predicted} ({forms.percent(predicted_share)})"
    if true_share >= 0.5:
        return f"{true} taken for others ({forms.percent(true_share)})"
    return f"several pairs, most often {true} {ARROW} {predicted} ({forms.percent(share)})"


def predicted_beside_others(name: str, here: float, others: float) -> str:
    return f"{forms.percent(here)} are taken for {name} (other mistakes: {forms.percent(others)})"


def fact_said(kind: str, which: int, value: float, right: float) -> str:
    """Say a fact with its control."""
    if kind in ("channel", "part"):
        times = f", {forms.number(value / right, 2)} times as strong" if right > 0.001 else ""
        return f"{kind} {which}: {forms.percent(value)} of the heatmap{times} (right ones: {forms.percent(right)})"
    if kind == "sharpness":
        return f"sharpness: {forms.number(10**value, 2)} (right ones: {forms.number(10**right, 2)})"
    what = {
        "outside": "heat outside the centre",
        "region": f"heat {_REGIONS[which] if kind == 'region' else ''}",
        "brightness": "brightness",
        "confidence": "how sure the model is",
    }[kind]
    return f"{what}: {forms.percent(value)} (right ones: {forms.percent(right)})"


NOTHING_SETS_APART = "neither heat nor channels nor brightness nor sharpness sets them apart from right ones"


def group_summary(size: int, pair: str, stability: float) -> str:
    return f"Group of {forms.counted(size, 'mistake')}: {pair}, stability {forms.number(stability, 2)}"


def groups_summary(sizes: list[int], count: int, silhouette: float, by_chance: float) -> str:
    groups = forms.listed(list(map(str, sizes)))
    return (
        f"{count:,} mistakes in {len(sizes)} groups of {groups} "
        f"(silhouette {forms.number(silhouette, 2)}; shuffled: at most {forms.number(by_chance, 2)})"
    )


# Why there are no groups: whole sentences.


def too_few_mistakes(count: int, least: int) -> str:
    return f"No groups: {forms.counted(count, 'mistake')}, and fewer than {least} show no pattern that can be trusted."


def too_few_right(count: int, least: int) -> str:
    return (
        f"No groups: {forms.counted(count, 'right prediction')} to compare the mistakes with, and {least} are needed."
    )


def not_clearer_than_chance(silhouette: float, mean: float, most: float) -> str:
    return (
        "No groups: the mistakes fall into groups hardly more clearly than they do with their features shuffled among "
        f"them (silhouette {forms.number(silhouette, 2)}; shuffled: {forms.number(mean, 2)} on average, "
        f"at most {forms.number(most, 2)})."
    )


def not_stable(stability: float, least: float) -> str:
    return (
        "No groups: they change when the mistakes are drawn again "
        f"(stability {forms.number(stability, 2)}, where {forms.number(least, 2)} is needed)."
    )


ONLY_FRAGMENTS = "No groups: the mistakes fall into one large lot and fragments of a few."

# The section of the page Mistakes.
GROUP_MISTAKES = "Group by where it looked"
TO_GROUP = (
    "Mistakes in groups: those that are unusual in the same way, by heatmap, channels, picture and confused classes, "
    "each beside right predictions. It takes a survey of all samples first."
)
SURVEY_FIRST = "The survey comes first."
GROUPING = "Grouping the mistakes."
GROUPING_STOPPED = "Stopped."
STOP_SIGN = "."
SHOW_GROUP = "Show"
MARK_GROUP = "Mark all"
EXPORT_GROUP = "CSV"
NAME_GROUP = "name this group, then Enter"
MEAN_PICTURE = "mean"
NO_REVIEW_TO_MARK = "Marks belong to a review: click Find mistakes first."
GROUP_TOOLTIPS = {
    "group": "Sort the mistakes into groups that have something in common; where there is no survey yet, make one",
    "stop_grouping": "Stop; what was surveyed is kept",
    "show_group": "Let the slider run over this group, the most typical mistake first",
    "name_group": "A name for this group, which its selection, marks and table carry; press Enter to keep it",
    "mark_group": "Mark every sample of this group so, with the group's name as the note",
    "export_group": "Write this group as a table to a new file in the notebook kernel's working folder",
}


def group_heading(size: int, pair: str) -> str:
    return f"{forms.counted(size, 'mistake')}: {pair}"


def stability_said(stability: float) -> str:
    """Say how much of a group comes back, and what that is worth (Hennig 2007)."""
    worth = "very stable" if stability >= 0.85 else "stable" if stability >= 0.75 else "doubtful"
    if stability < 0.6:
        worth = "not to be trusted"
    return f"{forms.percent(stability)} of it comes back when the mistakes are drawn again: {worth}"


def group_named(number: int, pair: str) -> str:
    return f"group {number}: {pair}"


def group_marked(count: int, kind: str) -> str:
    return f"{forms.counted(count, 'sample')} marked: {kind}."


def group_saved(path: str, count: int) -> str:
    return f"Saved in {path}: {forms.counted(count, 'sample')}."


def group_not_saved(path: str, why: str) -> str:
    return f"Not saved in {path}: {why}."


def grouping_failed(error: Exception) -> str:
    return f"The mistakes could not be grouped: {forms.error_text(error)}"


def grouped_of(layer: str, method: str) -> str:
    where = f"layer {layer} by {forms.method_name(method)}" if layer else forms.method_name(method)
    return f"Heatmaps are those of the survey: {where}."


def member_pointed(position: int | None, heading: str) -> str:
    return f"mean of typical members of: {heading}" if position is None else f"sample {position}"
